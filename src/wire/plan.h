/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans: what the codecs want to know about a type, in the form in which they
 * want it.  A table says what a type is; its plan says what to do next.
 *
 * A struct's plan is a row of ops by rising id, closed by one that stands for
 * the end of the struct.  Each op carries the header byte that its field has
 * if the field before it came last, so that a reader which meets what it
 * expects needs one compare, and looks ids up only when it does not.
 *
 * A plan never changes once it can be seen, and plans of types that contain
 * each other point at each other.
 */
#ifndef WIRE_PLAN_H
#define WIRE_PLAN_H

#include <string.h>

#include <thriftfork/type.h>

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define hot		inline __attribute__((always_inline))
#define apart		__attribute__((noinline))

/* A place for a value: a field, an element, a map's key or value. */
struct plan_slot {
	struct plan *sub;	/* containers, structs, unions */
	const struct tf_type *type;	/* these and enums */
	uint32_t off;		/* within the struct or the entry */
	uint32_t size;		/* in memory; of what a pointer points to */
	uint8_t	 kind;		/* enum tf_kind */
	uint8_t	 ctype, btype;	/* of an element, on the wire */
	uint8_t	 cmin, bmin;	/* wire bytes that an element takes at least */
};

#define PLAN_NO_HEAD	0x100	/* no byte can be predicted */

/* What a reader does with a field, where that is not told by its kind. */
enum plan_way {
	PLAN_MARKED = TF_T_UNION + 1,	/* note that it came, and go on */
	PLAN_END			/* of the struct */
};

struct plan_op {
	struct plan_slot slot;	/* kind TF_T_NONE: end of the struct */
	uint32_t has;
	uint32_t required;	/* index among the required fields */
	int16_t	 id;
	uint16_t chead;		/* predicted compact header */
	uint8_t	 calt;		/* 1: or the byte after it (bool) */
	uint8_t	 way;		/* enum plan_way, or the kind */
	uint8_t	 flags;		/* enum tf_field_flag */
	bool	 odd;		/* may be absent, or has no predicted head */
	uint32_t bhead;		/* binary header: type << 16 | id */
	uint32_t bwire;		/* the same, as it is stored */
	const char *name;
	char	*unset;		/* the error that this field is not set */
};

struct plan {
	const struct tf_type *type;
	uint8_t	 kind;
	uint32_t size;		/* of a value */
	void	*image;		/* a value with all defaults */

	/* structs and unions */
	uint32_t n;		/* of ops, the closing one not counted */
	struct plan_op *ops;
	uint32_t nrequired;
	uint32_t nby_id;	/* ids 0 .. nby_id - 1 are in by_id */
	uint16_t *by_id;	/* index of the op, plus one; 0 = unknown */
	char	*unset;		/* union: the error that no member is set */

	/* containers */
	struct plan_slot key, val;	/* list, set: key is the element */
	uint32_t entry;
	bool	 texts;		/* map: entries are two strings, no more */

	/* while compiling */
	struct plan *next, *bucket;
	enum { PLAN_NEW, PLAN_OPEN, PLAN_DONE } state;
};

/* Whether a value has a field: set, not NULL, the member of the union. */
static inline bool
plan_present(const struct plan *pl, const struct plan_op *op, const void *value)
{
	const char *v = value;

	if (pl->kind == TF_T_UNION && (op->id == 0 ||
	    op->id != *(const int32_t *)value))
		return false;
	if (op->flags & TF_OPTIONAL)
		return *(const bool *)(v + op->has);
	if (op->flags & TF_POINTER)
		return *(void *const *)(v + op->slot.off) != NULL;
	return true;
}

/* The value of a field, or NULL, from the place that it has in the struct. */
static inline const void *
plan_follow(const struct plan_op *op, const void *place)
{
	return op->flags & TF_POINTER ? *(const void *const *)place : place;
}

/* The value of a field that is present. */
static inline const void *
plan_field(const struct plan_op *op, const void *value)
{
	return plan_follow(op, (const char *)value + op->slot.off);
}

/* A struct without fields, as the arguments and results of many methods. */
static inline bool
plan_is_empty(const struct plan *pl)
{
	return pl->n == 0 && pl->kind == TF_T_STRUCT;
}

/* A value with all defaults, as tf_init() makes one. */
static inline void
plan_init(const struct plan *pl, void *value)
{
	if (!plan_is_empty(pl))
		memcpy(value, pl->image, pl->size);
}

/* A place for a value of the plan's own type. */
static inline struct plan_slot
plan_whole(const struct plan *pl)
{
	return (struct plan_slot){ .sub = *pl->type->plan, .type = pl->type,
	    .size = pl->size, .kind = pl->kind };
}

/* The op of a field id, by halves. */
const struct plan_op *plan_search(const struct plan *, int32_t id);

/* The op of a field id, or NULL. */
static inline const struct plan_op *
plan_find(const struct plan *pl, int32_t id)
{
	unsigned n;

	if (unlikely((uint32_t)id >= pl->nby_id))
		return plan_search(pl, id);
	n = pl->by_id[id];
	return n > 0 ? &pl->ops[n - 1] : NULL;
}

/*
 * The layers below plan_get(): whether a table is one that can be trusted, as
 * far as it can be seen without following it to other types.
 */
bool	plan_check(const struct tf_type *);

/* Size and alignment of a kind in memory; 0 for struct and union. */
uint32_t plan_kind_size(uint8_t kind);
uint32_t plan_kind_align(uint8_t kind);

#endif
