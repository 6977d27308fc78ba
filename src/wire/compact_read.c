/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compact bytes to values: the parts that know the protocol.
 */
#include "wire/compact.h"

#include "wire/read.h"
#include "wire/varint.h"

/* A value and where what follows it begins; NULL: failed. */
struct taken {
	const uint8_t	*p;
	uint64_t	 v;
};

/* A varint that is long, or ends with the input. */
static apart struct taken
take_varint(struct wire_reader *r, const uint8_t *p)
{
	struct taken t;
	uint64_t x;

	if (likely(read_left(r, p) >= sizeof(x))) {
		memcpy(&x, p, sizeof(x));
		if ((x & 0x800000) == 0)
			return (struct taken){ p + 3, (x & 0x7f) |
			    (x >> 1 & 0x3f80) | (x >> 2 & 0x1fc000) };
		if (likely((~x & VARINT_STOPS) != 0))
			return (struct taken){ p + varint_len(x),
			    varint_join(x) };
	}
	if ((t.p = varint_get(p, r->end, &t.v)) == NULL)
		t.p = t.v == 0 ? read_short(r) :
		    read_fail(r, WIRE_BAD, "varint of more than 10 bytes");
	return t;
}

/* Most without a call. */
static hot const uint8_t *
get_varint(struct wire_reader *r, const uint8_t *p, uint64_t *v)
{
	struct taken t;
	uint64_t x;

	if (VARINT_JOINS && likely(read_left(r, p) >= sizeof(x))) {
		memcpy(&x, p, sizeof(x));
		if (likely((~x & VARINT_STOPS) != 0)) {
			*v = varint_join(x);
			return p + varint_len(x);
		}
	}
	if (!VARINT_JOINS && likely(read_left(r, p) >= 2)) {
		if (p[0] < 0x80) {
			*v = p[0];
			return p + 1;
		}
		if (p[1] < 0x80) {
			*v = (p[0] & 0x7fu) | (unsigned)p[1] << 7;
			return p + 2;
		}
	}
	t = take_varint(r, p);
	*v = t.v;
	return t.p;
}

/* A count or length, which is 32 bits wide and not negative. */
static hot const uint8_t *
get_len(struct wire_reader *r, const uint8_t *p, uint64_t *n)
{
	if (likely(p < r->end && *p < 0x80)) {
		*n = *p;
		return p + 1;
	}
	p = get_varint(r, p, n);
	if (unlikely(p != NULL && *n > INT32_MAX))
		return read_fail(r, WIRE_BAD, "negative or oversized count");
	return p;
}

#define LEN_BYTES	1	/* of a short length */

static hot uint64_t
peek_len(const uint8_t *p)
{
	return *p;
}

/* What follows the header of a list or a set: its count and element type. */
static hot const uint8_t *
get_list(struct wire_reader *r, const uint8_t *p, uint64_t *n, unsigned *type)
{
	*n = *type = 0;
	if (unlikely(p == r->end))
		return read_short(r);
	*type = *p & 15;
	*n = *p++ >> 4;
	return likely(*n < 15) ? p : get_len(r, p, n);
}

static hot const uint8_t *
get_map(struct wire_reader *r, const uint8_t *p, uint64_t *n, unsigned *key,
    unsigned *val)
{
	*key = *val = 0;
	if ((p = get_len(r, p, n)) == NULL || *n == 0)
		return p;
	if (unlikely(p == r->end))
		return read_short(r);
	*key = *p >> 4;
	*val = *p & 15;
	return p + 1;
}

#define SHORT_COUNT	14	/* what a list's header can say itself */
#define LIST_BYTES	1
#define MAP_BYTES	2

static hot size_t
peek_list(const struct wire_reader *r, const uint8_t *p,
    const struct plan_slot *elem)
{
	if (unlikely(p == r->end || (*p & 15) != elem->ctype ||
	    *p >> 4 > SHORT_COUNT))
		return 0;
	return *p >> 4;
}

static hot size_t
peek_map(const struct wire_reader *r, const uint8_t *p,
    const struct plan_slot *key, const struct plan_slot *val)
{
	if (unlikely(read_left(r, p) < MAP_BYTES || p[0] > SHORT_COUNT ||
	    p[1] != (key->ctype << 4 | val->ctype)))
		return 0;
	return p[0];
}

/* The first byte of a field header; head_id() reads the rest. */
static hot const uint8_t *
get_head(struct wire_reader *r, const uint8_t *p, unsigned *head)
{
	*head = 0;
	if (unlikely(p == r->end))
		return read_short(r);
	*head = *p;
	return p + 1;
}

static hot bool
head_ends(unsigned head)
{
	return (head & 15) == C_STOP;
}

static hot unsigned
head_type(unsigned head)
{
	return head & 15;
}

static hot bool
head_predicted(const struct plan_op *op, unsigned head)
{
	return likely(head == op->chead) ||
	    (op->calt != 0 && head == op->chead + 1u);
}

/* The id of a field, given the one before it. */
static hot const uint8_t *
head_id(struct wire_reader *r, const uint8_t *p, unsigned head, int32_t *id)
{
	uint64_t v;

	if (likely(head >> 4 != 0)) {
		*id += (int32_t)(head >> 4);
	} else {
		if ((p = get_varint(r, p, &v)) == NULL)
			return NULL;
		*id = (int16_t)unzigzag(v);
	}
	if (*id > INT16_MAX)
		return read_fail(r, WIRE_BAD, "field id above 32767");
	return p;
}

static hot bool
type_fits(const struct plan_slot *s, unsigned type)
{
	return s->ctype == type || (s->kind == TF_T_BOOL && type == C_FALSE);
}

static hot enum tf_kind
kind_of(unsigned type)
{
	static const uint8_t kinds[16] = {
		[C_TRUE] = TF_T_BOOL, [C_FALSE] = TF_T_BOOL, [C_I8] = TF_T_I8,
		[C_I16] = TF_T_I16, [C_I32] = TF_T_I32, [C_I64] = TF_T_I64,
		[C_DOUBLE] = TF_T_DOUBLE, [C_BINARY] = TF_T_STRING,
		[C_LIST] = TF_T_LIST, [C_SET] = TF_T_LIST, [C_MAP] = TF_T_MAP,
		[C_STRUCT] = TF_T_STRUCT, [C_UUID] = TF_T_UUID,
	};

	return kinds[type & 15];
}

/* The header of a bool field holds its value. */
static hot bool
field_is_empty(unsigned type)
{
	return type == C_TRUE || type == C_FALSE;
}

static hot const uint8_t *
skip_int(struct wire_reader *r, const uint8_t *p, enum tf_kind kind)
{
	uint64_t x;

	(void)kind;
	if (likely(read_left(r, p) >= sizeof(x))) {
		memcpy(&x, p, sizeof(x));
		if (likely((~x & VARINT_STOPS) != 0))
			return p + varint_len(x);
	}
	return take_varint(r, p).p;
}

/* By eight bytes as long as these can hold no more than n. */
static const uint8_t *
skip_ints(struct wire_reader *r, const uint8_t *p, enum tf_kind kind,
    uint64_t n)
{
	uint64_t x, stops;

	while (n >= sizeof(x) && read_left(r, p) >= sizeof(x)) {
		memcpy(&x, p, sizeof(x));
		if (unlikely((stops = ~x & VARINT_STOPS) == 0))
			break;
		n -= varint_stops(stops);
		p += 8 - (unsigned)__builtin_clzll(stops) / 8;
	}
	for (; n > 0 && p != NULL; n--)
		p = skip_int(r, p, kind);
	return p;
}

static hot uint64_t
min_bytes(const struct plan_slot *s)
{
	return s->cmin;
}

static hot const uint8_t *
get_bool(struct wire_reader *r, const uint8_t *p, unsigned head, bool *v)
{
	(void)r;
	*v = (head & 15) == C_TRUE;
	return p;
}

/* Elements: 1 is true, 2 is false, and so was 0 with old writers. */
static apart const uint8_t *
read_bools(struct wire_reader *r, const uint8_t *p, bool *v, size_t n)
{
	if (read_left(r, p) < n)
		return read_short(r);
	for (size_t i = 0; i < n; i++)
		v[i] = p[i] == 1;
	return p + n;
}

/*
 * Zigzag is undone in the width of the type: what is above was never there.
 * A run is read eight bytes at a time as far as these can be loaded and hold a
 * varint: where one ends is known before the one before it has been decoded.
 */
#define READ_INTS(get, run, rest, type, unzigzag)			\
static hot const uint8_t *						\
get(struct wire_reader *r, const uint8_t *p, type *v)			\
{									\
	uint64_t x;							\
									\
	if (likely((p = get_varint(r, p, &x)) != NULL))			\
		*v = (type)unzigzag(x);					\
	return p;							\
}									\
									\
static apart const uint8_t *						\
rest(struct wire_reader *r, const uint8_t *p, type *v, type *end)	\
{									\
	for (; v < end && p != NULL; v++)				\
		p = get(r, p, v);					\
	return p;							\
}									\
									\
static const uint8_t *							\
run(struct wire_reader *r, const uint8_t *p, type *v, size_t n)		\
{									\
	const uint8_t *wide = read_wide(r, p, sizeof(uint64_t));	\
	type *end = v + n;						\
	unsigned from, stop;						\
	uint64_t x, stops;						\
									\
	while (VARINT_JOINS && v < end && p < wide) {			\
		memcpy(&x, p, sizeof(x));				\
		if (unlikely((stops = ~x & VARINT_STOPS) == 0))		\
			break;						\
		from = 0;						\
		do {							\
			stop = (unsigned)__builtin_ctzll(stops);	\
			*v++ = (type)unzigzag(				\
			    varint_part(x, from, stop));		\
			from = stop + 1;				\
			stops &= stops - 1;				\
		} while (stops != 0 && v < end);			\
		p += from / 8;						\
	}								\
	return v == end ? p : rest(r, p, v, end);			\
}

READ_INTS(get_i16, read_i16s, rest_i16s, int16_t, unzigzag32)
READ_INTS(get_i32, read_i32s, rest_i32s, int32_t, unzigzag32)
READ_INTS(get_i64, read_i64s, rest_i64s, int64_t, unzigzag)

static hot const uint8_t *
get_double(struct wire_reader *r, const uint8_t *p, double *v)
{
	return read_raw(r, p, v, sizeof(*v));
}

static hot const uint8_t *
read_doubles(struct wire_reader *r, const uint8_t *p, double *v, size_t n)
{
	return read_bytes(r, p, v, n * sizeof(*v));
}

#include "wire/skip_values.h"
#include "wire/read_values.h"

/* 0x82, type and version, an unsigned sequence number, the name. */
static int
read_msg(struct wire_reader *r, struct wire_msg *m)
{
	const uint8_t *p = r->p;
	uint64_t seqid, len;

	if (r->err != WIRE_OK)
		return -1;
	if (read_left(r, p) < 2)
		return read_short(r), -1;
	if (p[0] != COMPACT_ID || (p[1] & 0x1f) != COMPACT_VERSION)
		return read_fail(r, WIRE_BAD, "not a compact message"), -1;
	m->type = p[1] >> 5;
	if ((p = get_varint(r, p + 2, &seqid)) == NULL ||
	    (p = get_len(r, p, &len)) == NULL)
		return -1;
	if (len > read_left(r, p))
		return read_short(r), -1;
	m->seqid = (int32_t)(uint32_t)seqid;
	m->name = (struct tf_str){ (const char *)p, len };
	r->p = p + len;
	return 0;
}

const struct wire_proto *
compact_proto(void)
{
	static const struct wire_proto compact = {
		.name = "compact", .read_msg = read_msg, .read = read_value,
		.skip_struct = skip_struct, .write = compact_write,
		.write_message = compact_write_message
	};

	return &compact;
}
