/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thrift bytes <-> C values: the three RPC protocols behind one table of
 * functions.  Everything here works on memory alone; what a value looks like
 * comes from a plan, which is compiled from a struct tf_type.
 *
 * All functions return 0, or -1 with the reason in the reader, the buffer or
 * *why.  Nothing a peer sends can make them do anything else.
 */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include <thriftfork/type.h>

struct buf;
struct plan;

/*
 * No more nested structs than this are read or written, whatever is asked
 * for: it bounds the stack and ends values that contain themselves.
 */
#define WIRE_MAX_DEPTH	256

enum wire_err {
	WIRE_OK,
	WIRE_SHORT,		/* the input ends too early */
	WIRE_BAD,		/* against the protocol or the type */
	WIRE_TOO_BIG,		/* past the arena's limit */
	WIRE_TOO_DEEP,
	WIRE_MISSING		/* a required field did not come */
};

enum {
	WIRE_CALL = 1,
	WIRE_REPLY,
	WIRE_EXCEPTION,
	WIRE_ONEWAY
};

/*
 * Where decoding stands.  Errors are sticky: after the first failure every
 * call returns -1 and err and why stay.  depth is in structs and unions;
 * when unknown fields are skipped, containers count too, as there the bytes
 * alone decide how they nest.
 */
struct wire_reader {
	const uint8_t	*p, *end;
	struct tf_arena	*arena;		/* everything decoded is copied here */
	unsigned	 depth;		/* levels left */
	enum wire_err	 err;
	const char	*why;		/* static, or of the type */
};

void	wire_reader_init(struct wire_reader *, const void *bytes, size_t len,
	    struct tf_arena *, unsigned max_depth);

struct wire_msg {
	struct tf_str	name;		/* read: in the input or the arena,
					   perhaps no NUL */
	int32_t		seqid;
	uint8_t		type;		/* as sent: perhaps none of WIRE_* */
};

/*
 * The plan of a type, compiled at the first call and cached in *type->plan;
 * safe from any thread.  NULL if the table is malformed, which only one built
 * at run time can be.
 */
const struct plan *plan_get(const struct tf_type *);

struct wire_proto {
	const char *name;
	int (*read_msg)(struct wire_reader *, struct wire_msg *);
	/* value: size of the type, any content before; garbage after -1. */
	int (*read)(struct wire_reader *, const struct plan *, void *value);
	int (*skip_struct)(struct wire_reader *);
	int (*read_end)(struct wire_reader *);	/* of a message; or NULL */
	/* After -1 the buffer is as long as before; *why as in the reader. */
	int (*write)(struct buf *, const struct plan *, const void *value,
	    const char **why);
	/* A message, of which value is all but the head. */
	int (*write_message)(struct buf *, const struct wire_msg *,
	    const struct plan *, const void *value, const char **why);
};

const struct wire_proto *wire_compact(void);
const struct wire_proto *wire_binary(void);
const struct wire_proto *wire_json(void);	/* see wire/tjson.h */

/*
 * A value that is all of a message behind its head, and what ends the message,
 * of which only JSON has something.
 */
static inline int
wire_read_body(const struct wire_proto *proto, struct wire_reader *r,
    const struct plan *plan, void *value)
{
	if (proto->read(r, plan, value) == -1)
		return -1;
	return proto->read_end == NULL ? 0 : proto->read_end(r);
}

#endif
