/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptions of IDL types, and what can be done with any described value.
 *
 * thriftfork-gen writes one const struct tf_type per type; a program that
 * reads IDL at run time builds the same tables in memory.  The library
 * compiles a table once, at its first use, into a plan of its own and keeps
 * that in *plan; a table never changes after its first use.
 *
 * How IDL types stand in memory (thriftfork-idl(7) has the whole mapping):
 *
 *	bool i8 i16 i32 i64 double	bool int8_t ... int64_t double
 *	string binary uuid enum		struct tf_str, struct tf_uuid, int32_t
 *	list set map			{ T *v; uint32_t n, cap; }
 *	struct exception		by value; optional or on a cycle: a
 *					pointer, NULL = absent
 *	union				{ int32_t which; union { ... } u; },
 *					which = field id, 0 = none
 */
#ifndef THRIFTFORK_TYPE_H
#define THRIFTFORK_TYPE_H

#include <stdio.h>

#include <thriftfork/base.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Magic and ABI number of tables and modules, checked before use. */
#define TF_MAGIC	0x7466726bu
#define TF_ABI		1u

enum tf_kind {
	TF_T_NONE,
	TF_T_BOOL,
	TF_T_I8,
	TF_T_I16,
	TF_T_I32,
	TF_T_I64,
	TF_T_DOUBLE,
	TF_T_STRING,
	TF_T_BINARY,
	TF_T_UUID,
	TF_T_ENUM,
	TF_T_LIST,
	TF_T_SET,
	TF_T_MAP,
	TF_T_STRUCT,		/* also exceptions, arguments, results */
	TF_T_UNION
};

/*
 * How a field's presence is known.  Neither flag: always present, always
 * written.  A field may be required and a pointer.
 */
enum tf_field_flag {
	TF_OPTIONAL = 1,	/* present if the bool at offset has is true */
	TF_REQUIRED = 2,	/* reading a message without it is an error */
	TF_POINTER = 4		/* a struct or union behind a pointer,
				   present if not NULL */
};

struct tf_type;

struct tf_field {
	const char		*name;
	const struct tf_type	*type;	/* enum, container, struct, union;
					   NULL for the rest */
	uint32_t		 off;	/* of the value, or of the pointer */
	uint32_t		 has;	/* with TF_OPTIONAL: of the flag */
	int16_t			 id;
	uint8_t			 kind;	/* enum tf_kind */
	uint8_t			 flags;	/* enum tf_field_flag */
};

/* What a container holds; type as in struct tf_field. */
struct tf_elem {
	const struct tf_type	*type;
	uint32_t		 off;	/* in an entry; not 0 for map values */
	uint8_t			 kind;
};

struct tf_enum_value {
	const char		*name;
	int32_t			 value;
};

struct tf_type {
	const char		*name;	/* as in the IDL; NULL for containers */
	const struct tf_field	*fields;	/* by rising id */
	const struct tf_enum_value *values;	/* enum: as declared */
	const void		*init;	/* all defaults; NULL: zero */
	void			**plan;	/* the library's; starts out NULL */
	struct tf_elem		 key;	/* or the element */
	struct tf_elem		 val;	/* map: the value */
	uint32_t		 size;	/* of one value in memory */
	uint32_t		 entry;	/* container: of one element or entry */
	uint32_t		 n;	/* of fields or values */
	uint8_t			 kind;	/* enum, container, struct, union */
};

/*
 * A deep copy in one block, to be released with free(3); NULL if out of
 * memory.  tf_copy() copies into an arena.
 */
void	*tf_dup(const struct tf_type *, const void *) __attribute__((malloc));
void	*tf_copy(struct tf_arena *, const struct tf_type *, const void *);

/*
 * Whether two values are equal: same presence, same members.  Lists compare in
 * order; sets and maps compare without regard to order.  Doubles compare by
 * their bits, so a NaN equals itself and -0.0 differs from 0.0.
 */
bool	 tf_equal(const struct tf_type *, const void *, const void *);

/* All defaults, as decoding starts from: every string is "", not NULL. */
void	 tf_init(const struct tf_type *, void *);

/*
 * Releases what the library keeps for a table that is about to go away.  Only
 * programs that build tables at run time need it; nobody may be using it.
 */
void	 tf_type_forget(const struct tf_type *);

/*
 * Encoding and decoding of a struct, exception or union by itself, as files
 * hold it; messages of services are the client's and the server's business.
 */
enum tf_protocol {
	TF_COMPACT,		/* thrift-compact-protocol.md */
	TF_BINARY,		/* thrift-binary-protocol.md */
	TF_JSON,		/* by field name, for people and tools; not
				   Apache's TJSONProtocol, which is */
	TF_TJSON		/* by field id */
};

/*
 * Decodes one value from the len bytes at bytes into *value (type->size bytes,
 * any content); all memory comes from the arena, and bytes may be released
 * afterwards.  The number of bytes read, or -1 with a reason in *why (a static
 * or arena string; why may be NULL).
 */
ptrdiff_t tf_decode(const struct tf_type *, enum tf_protocol, const void *bytes,
	    size_t len, struct tf_arena *, void *value, const char **why);

/*
 * Encodes one value; the bytes are in the arena.  0, or -1 with a reason: a
 * union with no member set, a required pointer that is NULL, more bytes than
 * the arena may hold beside what it holds.
 */
int	 tf_encode(const struct tf_type *, enum tf_protocol, const void *value,
	    struct tf_arena *, struct tf_str *bytes, const char **why);

/* Writes a value for people, on as many lines as it takes. */
void	 tf_dump(const struct tf_type *, const void *, FILE *);

/* The containers that need no IDL of their own. */
#define TF_LIST_OF(name, T)						\
	struct name {							\
		T		*v;					\
		uint32_t	 n, cap;				\
	}
TF_LIST_OF(tf_list_bool, bool);
TF_LIST_OF(tf_list_i8, int8_t);
TF_LIST_OF(tf_list_i16, int16_t);
TF_LIST_OF(tf_list_i32, int32_t);
TF_LIST_OF(tf_list_i64, int64_t);
TF_LIST_OF(tf_list_double, double);
TF_LIST_OF(tf_list_str, struct tf_str);
TF_LIST_OF(tf_list_uuid, struct tf_uuid);

/* Any container, for code that handles them by table. */
struct tf_any_list {
	void		*v;
	uint32_t	 n, cap;
};

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
