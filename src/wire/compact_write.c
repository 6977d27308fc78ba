/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values to compact bytes: the parts that know the protocol.
 */
#include "wire/compact.h"

#include "wire/varint.h"
#include "wire/write.h"

static hot uint8_t *
put_len(uint8_t *p, uint64_t n)
{
	if (unlikely(n >= 0x80))
		return varint_put(p, n);
	*p = (uint8_t)n;
	return p + 1;
}

static hot uint8_t *
put_list(uint8_t *p, uint32_t n, const struct plan_slot *elem)
{
	if (n < 15) {
		*p++ = (uint8_t)(n << 4 | elem->ctype);
		return p;
	}
	*p++ = (uint8_t)(0xf0 | elem->ctype);
	return varint_put(p, n);
}

static hot uint8_t *
put_map(uint8_t *p, uint32_t n, const struct plan_slot *key,
    const struct plan_slot *val)
{
	p = put_len(p, n);
	if (n > 0)
		*p++ = (uint8_t)(key->ctype << 4 | val->ctype);
	return p;
}

#define LEN_BYTES	1	/* of a short string */

static hot void
put_short_len(uint8_t *p, size_t n)
{
	*p = (uint8_t)n;
}

/* As the plan predicts it. */
static hot uint8_t *
put_head(uint8_t *p, const struct plan_op *op)
{
	*p = (uint8_t)op->chead;
	return p + 1;
}

static uint8_t *
put_head_after(uint8_t *p, const struct plan_op *op, int last)
{
	int delta = op->id - last;

	if (delta >= 1 && delta <= 15) {
		*p = (uint8_t)(delta << 4 | op->slot.ctype);
		return p + 1;
	}
	*p = op->slot.ctype;
	return varint_put(p + 1, zigzag(op->id));
}

/* The header of a bool field holds its value. */
static hot uint8_t *
put_bool(uint8_t *head, uint8_t *p, const bool *v)
{
	*head = (uint8_t)(*head + !*v);
	return p;
}

static hot uint8_t *
put_double(uint8_t *p, const double *v)
{
	return write_bytes(p, v, sizeof(*v));
}

static apart uint8_t *
write_doubles(struct writer *w, uint8_t *p, const double *v, size_t n)
{
	if (write_lacks_for(w, p, n * sizeof(*v)) &&
	    (p = write_more(w, p, n * sizeof(*v))) == NULL)
		return NULL;
	return write_bytes(p, v, n * sizeof(*v));
}

static apart uint8_t *
write_bools(struct writer *w, uint8_t *p, const bool *v, size_t n)
{
	if (write_lacks_for(w, p, n) &&
	    (p = write_more(w, p, n)) == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		*p++ = v[i] ? C_TRUE : C_FALSE;
	return p;
}

/* Runs of up to WRITE_FEW need no more room than there is. */
#define WRITE_INTS(put, run, long_run, type)				\
static hot uint8_t *							\
put(uint8_t *p, const type *v)						\
{									\
	return varint_put(p, _Generic(*v, int64_t: zigzag,		\
	    default: zigzag32)(*v));					\
}									\
									\
static apart uint8_t *							\
long_run(struct writer *w, uint8_t *p, const type *v, size_t n)		\
{									\
	for (const type *end = v + n; v < end; v++) {			\
		if (write_lacks(w, p) &&				\
		    (p = write_more(w, p, 0)) == NULL)			\
			return NULL;					\
		p = put(p, v);						\
	}								\
	return p;							\
}									\
									\
static apart uint8_t *							\
run(struct writer *w, uint8_t *p, const type *v, size_t n)		\
{									\
	if (unlikely(n > WRITE_FEW))					\
		return long_run(w, p, v, n);				\
	for (const type *end = v + n; v < end; v++)			\
		p = put(p, v);						\
	return p;							\
}

WRITE_INTS(put_i16, write_i16s, write_long_i16s, int16_t)
WRITE_INTS(put_i32, write_i32s, write_long_i32s, int32_t)
WRITE_INTS(put_i64, write_i64s, write_long_i64s, int64_t)

/* There is room. */
static hot uint8_t *
put_msg(uint8_t *p, const struct wire_msg *m)
{
	*p++ = COMPACT_ID;
	*p++ = (uint8_t)(m->type << 5 | COMPACT_VERSION);
	p = varint_put(p, (uint32_t)m->seqid);
	p = put_len(p, m->name.len);
	return write_name(p, &m->name);
}

#include "wire/write_values.h"

int
compact_write(struct buf *b, const struct plan *pl, const void *value,
    const char **why)
{
	return write_whole(b, NULL, pl, value, why);
}

int
compact_write_message(struct buf *b, const struct wire_msg *m,
    const struct plan *pl, const void *value, const char **why)
{
	return write_whole(b, m, pl, value, why);
}
