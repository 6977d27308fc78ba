/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few messages of the calculator, and some of the test bed, in framed
 * compact Thrift, written by hand from the protocol's description.  The load
 * client is the independent check of the library, so nothing here may come from
 * the library.
 */
#ifndef LOAD_PROTO_H
#define LOAD_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROTO_MAX_TAGS		20
#define PROTO_MAX_COMMENT	2047
#define PROTO_MAX_TAG		31
#define PROTO_MAX_CALL		4096	/* no encoded call is longer */
#define PROTO_MAX_REPLY		65536	/* longer frames are refused unread */
#define PROTO_MAX_TYPE		10	/* of TApplicationException */

enum proto_mtype { PROTO_CALL = 1, PROTO_REPLY, PROTO_EXCEPTION, PROTO_ONEWAY };

struct proto_text {
	const char	*s;		/* not NUL-terminated */
	size_t		 len;
};

struct proto_calculate {
	int32_t			 logid, num1, num2, op;
	bool			 has_comment;
	struct proto_text	 comment;
	struct proto_text	 tag[PROTO_MAX_TAGS];
	unsigned		 ntags;
};

/* What a reply may hold; texts point into the frame. */
struct proto_reply {
	int			 mtype;
	int32_t			 seqid;
	struct proto_text	 name;
	bool			 has_success, has_text, has_ouch; /* REPLY */
	int32_t			 success;
	struct proto_text	 text;
	int32_t			 what;
	struct proto_text	 why;
	int32_t			 app_type;		/* mtype EXCEPTION */
	struct proto_text	 app_message;
};

/* Each writes one whole frame to dst, which has PROTO_MAX_CALL; its length. */
size_t	 proto_put_calculate(uint8_t *dst, int32_t seqid,
	    const struct proto_calculate *);
size_t	 proto_put_empty(uint8_t *dst, int32_t seqid, const char *method);
size_t	 proto_put_forget(uint8_t *dst, int32_t seqid, int32_t logid);
size_t	 proto_put_doze(uint8_t *dst, int32_t seqid, int32_t ms);
size_t	 proto_put_texts(uint8_t *dst, enum proto_mtype, int32_t seqid,
	    const char *method, const struct proto_text *, unsigned n);

/* The length that the first four bytes of a frame declare. */
uint32_t proto_frame_length(const uint8_t *);

/*
 * Decodes the len bytes of a frame without its length.  Strict: fields that
 * neither service declares, wrong types, twice the same field, bytes
 * before the end or after it are all errors.  NULL, or what is wrong.
 */
const char *proto_get_reply(struct proto_reply *, const uint8_t *, size_t len);

#endif
