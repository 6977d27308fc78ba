/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binary protocol bytes to values: the parts that know the protocol.
 */
#include "wire/binary.h"

#include "wire/read.h"

static hot const uint8_t *
get_len(struct wire_reader *r, const uint8_t *p, uint64_t *n)
{
	*n = 0;
	if (unlikely(read_left(r, p) < 4))
		return read_short(r);
	*n = binary_get32(p);
	if (unlikely(*n > INT32_MAX))
		return read_fail(r, WIRE_BAD, "negative count");
	return p + 4;
}

#define LEN_BYTES	4	/* of a short length */

static hot uint64_t
peek_len(const uint8_t *p)
{
	return binary_get32(p);
}

static hot const uint8_t *
get_list(struct wire_reader *r, const uint8_t *p, uint64_t *n, unsigned *type)
{
	*n = *type = 0;
	if (unlikely(p == r->end))
		return read_short(r);
	*type = *p;
	return get_len(r, p + 1, n);
}

static hot const uint8_t *
get_map(struct wire_reader *r, const uint8_t *p, uint64_t *n, unsigned *key,
    unsigned *val)
{
	*n = *key = *val = 0;
	if (unlikely(read_left(r, p) < 2))
		return read_short(r);
	*key = p[0];
	*val = p[1];
	return get_len(r, p + 2, n);
}

#define LIST_BYTES	5
#define MAP_BYTES	6

static hot size_t
peek_count(const uint8_t *p)
{
	uint32_t n = binary_get32(p);

	return n <= INT32_MAX ? n : 0;
}

static hot size_t
peek_list(const struct wire_reader *r, const uint8_t *p,
    const struct plan_slot *elem)
{
	if (unlikely(read_left(r, p) < LIST_BYTES || *p != elem->btype))
		return 0;
	return peek_count(p + 1);
}

static hot size_t
peek_map(const struct wire_reader *r, const uint8_t *p,
    const struct plan_slot *key, const struct plan_slot *val)
{
	if (unlikely(read_left(r, p) < MAP_BYTES || p[0] != key->btype ||
	    p[1] != val->btype))
		return 0;
	return peek_count(p + 2);
}

/*
 * A field header, as type << 16 | id; 0 at the end of a struct.  Something
 * follows every header, so that four bytes may be loaded for the three.
 */
static hot const uint8_t *
get_head(struct wire_reader *r, const uint8_t *p, unsigned *head)
{
	*head = 0;
	if (likely(read_left(r, p) >= 4)) {
		*head = binary_get32(p) >> 8;
		if (*head >> 16 != B_STOP)
			return p + 3;
	} else if (p == r->end || *p != B_STOP) {
		return read_short(r);
	}
	*head = 0;
	return p + 1;
}

static hot bool
head_ends(unsigned head)
{
	return head >> 16 == B_STOP;
}

static hot unsigned
head_type(unsigned head)
{
	return head >> 16;
}

static hot bool
head_predicted(const struct plan_op *op, unsigned head)
{
	return head == op->bhead;
}

static hot const uint8_t *
head_id(struct wire_reader *r, const uint8_t *p, unsigned head, int32_t *id)
{
	(void)r;
	*id = (int16_t)(uint16_t)head;
	return p;
}

static hot bool
type_fits(const struct plan_slot *s, unsigned type)
{
	return s->btype == type;
}

static hot enum tf_kind
kind_of(unsigned type)
{
	static const uint8_t kinds[B_UUID + 1] = {
		[B_BOOL] = TF_T_BOOL, [B_I8] = TF_T_I8, [B_I16] = TF_T_I16,
		[B_I32] = TF_T_I32, [B_I64] = TF_T_I64,
		[B_DOUBLE] = TF_T_DOUBLE, [B_STRING] = TF_T_STRING,
		[B_LIST] = TF_T_LIST, [B_SET] = TF_T_LIST, [B_MAP] = TF_T_MAP,
		[B_STRUCT] = TF_T_STRUCT, [B_UUID] = TF_T_UUID,
	};

	return type <= B_UUID ? kinds[type] : TF_T_NONE;
}

static hot bool
field_is_empty(unsigned type)
{
	(void)type;
	return false;
}

static hot const uint8_t *
skip_ints(struct wire_reader *r, const uint8_t *p, enum tf_kind kind,
    uint64_t n)
{
	n *= kind == TF_T_I16 ? 2 : kind == TF_T_I32 ? 4 : 8;
	return likely(n <= read_left(r, p)) ? p + n : read_short(r);
}

static hot const uint8_t *
skip_int(struct wire_reader *r, const uint8_t *p, enum tf_kind kind)
{
	return skip_ints(r, p, kind, 1);
}

static hot uint64_t
min_bytes(const struct plan_slot *s)
{
	return s->bmin;
}

static apart const uint8_t *
read_bools(struct wire_reader *r, const uint8_t *p, bool *v, size_t n)
{
	if (read_left(r, p) < n)
		return read_short(r);
	for (size_t i = 0; i < n; i++)
		v[i] = p[i] != 0;
	return p + n;
}

static hot const uint8_t *
get_bool(struct wire_reader *r, const uint8_t *p, unsigned head, bool *v)
{
	(void)head;
	if (unlikely(p == r->end))
		return read_short(r);
	*v = *p != 0;
	return p + 1;
}

#define READ_INTS(get, run, type, bits)					\
static hot void								\
get##_at(const uint8_t *p, type *v)					\
{									\
	uint##bits##_t x;						\
									\
	memcpy(&x, p, sizeof(x));					\
	x = __builtin_bswap##bits(x);					\
	memcpy(v, &x, sizeof(x));					\
}									\
									\
static hot const uint8_t *						\
get(struct wire_reader *r, const uint8_t *p, type *v)			\
{									\
	if (unlikely(read_left(r, p) < sizeof(*v)))			\
		return read_short(r);					\
	get##_at(p, v);							\
	return p + sizeof(*v);						\
}									\
									\
static apart const uint8_t *						\
run(struct wire_reader *r, const uint8_t *p, type *v, size_t n)		\
{									\
	if (unlikely(read_left(r, p) < n * sizeof(*v)))			\
		return read_short(r);					\
	_Pragma("GCC unroll 4")						\
	for (size_t i = 0; i < n; i++)					\
		get##_at(p + i * sizeof(*v), v + i);			\
	return p + n * sizeof(*v);					\
}

READ_INTS(get_i16, read_i16s, int16_t, 16)
READ_INTS(get_i32, read_i32s, int32_t, 32)
READ_INTS(get_i64, read_i64s, int64_t, 64)
READ_INTS(get_double, read_doubles, double, 64)

#include "wire/skip_values.h"
#include "wire/read_values.h"

/* Strict: version and type, name, sequence number. */
static const uint8_t *
read_strict(struct wire_reader *r, const uint8_t *p, struct wire_msg *m)
{
	uint64_t len;

	if ((binary_get32(p) & BINARY_VERSION_MASK) != BINARY_VERSION_1)
		return read_fail(r, WIRE_BAD, "not a binary message");
	m->type = p[3];
	if ((p = get_len(r, p + 4, &len)) == NULL)
		return NULL;
	if (read_left(r, p) < len + 4)
		return read_short(r);
	m->name = (struct tf_str){ (const char *)p, len };
	m->seqid = (int32_t)binary_get32(p + len);
	return p + len + 4;
}

/* As old clients send it: name, one byte of type, sequence number. */
static const uint8_t *
read_lax(struct wire_reader *r, const uint8_t *p, struct wire_msg *m)
{
	uint64_t len;

	if ((p = get_len(r, p, &len)) == NULL)
		return NULL;
	if (read_left(r, p) < len + 5)
		return read_short(r);
	m->name = (struct tf_str){ (const char *)p, len };
	m->type = p[len];
	m->seqid = (int32_t)binary_get32(p + len + 1);
	return p + len + 5;
}

static int
read_msg(struct wire_reader *r, struct wire_msg *m)
{
	const uint8_t *p = r->p;

	if (r->err != WIRE_OK)
		return -1;
	if (read_left(r, p) < 4)
		return read_short(r), -1;
	p = *p & 0x80 ? read_strict(r, p, m) : read_lax(r, p, m);
	if (p == NULL)
		return -1;
	r->p = p;
	return 0;
}

const struct wire_proto *
wire_binary(void)
{
	static const struct wire_proto binary = {
		.name = "binary", .read_msg = read_msg, .read = read_value,
		.skip_struct = skip_struct, .write = binary_write,
		.write_message = binary_write_message
	};

	return &binary;
}
