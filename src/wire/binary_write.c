/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values to binary protocol bytes: the parts that know the protocol.  Messages
 * are written in the strict form, which every reader understands.
 */
#include "wire/binary.h"

#include "wire/write.h"

static hot uint8_t *
put_len(uint8_t *p, uint64_t n)
{
	return binary_put32(p, (uint32_t)n);
}

static hot uint8_t *
put_list(uint8_t *p, uint32_t n, const struct plan_slot *elem)
{
	*p++ = elem->btype;
	return binary_put32(p, n);
}

static hot uint8_t *
put_map(uint8_t *p, uint32_t n, const struct plan_slot *key,
    const struct plan_slot *val)
{
	*p++ = key->btype;
	*p++ = val->btype;
	return binary_put32(p, n);
}

#define LEN_BYTES	4	/* of a short string */

static hot void
put_short_len(uint8_t *p, size_t n)
{
	binary_put32(p, (uint32_t)n);
}

static hot uint8_t *
put_head(uint8_t *p, const struct plan_op *op)
{
	memcpy(p, &op->bwire, sizeof(op->bwire));
	return p + 3;
}

static hot uint8_t *
put_head_after(uint8_t *p, const struct plan_op *op, int last)
{
	(void)last;
	return put_head(p, op);
}

static hot uint8_t *
put_bool(uint8_t *head, uint8_t *p, const bool *v)
{
	(void)head;
	*p++ = *v;
	return p;
}

static apart uint8_t *
write_bools(struct writer *w, uint8_t *p, const bool *v, size_t n)
{
	if (write_lacks_for(w, p, n) &&
	    (p = write_more(w, p, n)) == NULL)
		return NULL;
	return write_bytes(p, v, n);
}

#define WRITE_INTS(put, run, type, bits)				\
static hot uint8_t *							\
put(uint8_t *p, const type *v)						\
{									\
	uint##bits##_t x;						\
									\
	memcpy(&x, v, sizeof(x));					\
	x = __builtin_bswap##bits(x);					\
	memcpy(p, &x, sizeof(x));					\
	return p + sizeof(x);						\
}									\
									\
static apart uint8_t *							\
run(struct writer *w, uint8_t *p, const type *v, size_t n)		\
{									\
	if (write_lacks_for(w, p, n * sizeof(*v)) &&			\
	    (p = write_more(w, p, n * sizeof(*v))) == NULL)		\
		return NULL;						\
	_Pragma("GCC unroll 4")						\
	for (size_t i = 0; i < n; i++)					\
		put(p + i * sizeof(*v), v + i);				\
	return p + n * sizeof(*v);					\
}

WRITE_INTS(put_i16, write_i16s, int16_t, 16)
WRITE_INTS(put_i32, write_i32s, int32_t, 32)
WRITE_INTS(put_i64, write_i64s, int64_t, 64)
WRITE_INTS(put_double, write_doubles, double, 64)

/* There is room. */
static hot uint8_t *
put_msg(uint8_t *p, const struct wire_msg *m)
{
	p = binary_put32(p, BINARY_VERSION_1 | m->type);
	p = binary_put32(p, (uint32_t)m->name.len);
	p = write_name(p, &m->name);
	return binary_put32(p, (uint32_t)m->seqid);
}

#include "wire/write_values.h"

int
binary_write(struct buf *b, const struct plan *pl, const void *value,
    const char **why)
{
	return write_whole(b, NULL, pl, value, why);
}

int
binary_write_message(struct buf *b, const struct wire_msg *m,
    const struct plan *pl, const void *value, const char **why)
{
	return write_whole(b, m, pl, value, why);
}
