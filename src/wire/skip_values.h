/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passing over values that nobody asked for: the half that is the same in
 * compact and binary; JSON has its own, tjson_skip().  Included once by the
 * reader of each, after the primitives.  Here a stranger's bytes alone decide
 * what nests in what, so every level counts against the depth, and a count is
 * believed only as far as the bytes that are left.
 *
 * Primitives: get_head, head_ends, head_type, head_id, get_list, get_map,
 * get_len, kind_of, skip_int, skip_ints, field_is_empty.
 */

static const uint8_t *skip_elems(struct wire_reader *, const uint8_t *,
    unsigned, uint64_t);
static const uint8_t *skip_nested(struct wire_reader *, const uint8_t *,
    enum tf_kind, uint64_t);

static const uint8_t *
bad_elem_type(struct wire_reader *r)
{
	return read_fail(r, WIRE_BAD, "unknown element type");
}

static hot const uint8_t *
skip_bytes(struct wire_reader *r, const uint8_t *p, uint64_t n)
{
	return likely(n <= read_left(r, p)) ? p + n : read_short(r);
}

static hot const uint8_t *
skip_string(struct wire_reader *r, const uint8_t *p)
{
	uint64_t len;

	p = get_len(r, p, &len);
	return likely(p != NULL) ? skip_bytes(r, p, len) : NULL;
}

static const uint8_t *
skip_strings(struct wire_reader *r, const uint8_t *p, uint64_t n)
{
	for (; n > 0 && p != NULL; n--)
		p = skip_string(r, p);
	return p;
}

/* One value of a kind that is known. */
static hot const uint8_t *
skip_one(struct wire_reader *r, const uint8_t *p, enum tf_kind kind)
{
	switch (kind) {
	case TF_T_BOOL:
	case TF_T_I8:
		return skip_bytes(r, p, 1);
	case TF_T_DOUBLE:
		return skip_bytes(r, p, 8);
	case TF_T_UUID:
		return skip_bytes(r, p, 16);
	case TF_T_STRING:
		return skip_string(r, p);
	case TF_T_LIST:
	case TF_T_MAP:
	case TF_T_STRUCT:
		return skip_nested(r, p, kind, 1);
	default:
		return skip_int(r, p, kind);
	}
}

/* The value of a field whose header said type. */
static hot const uint8_t *
skip_field(struct wire_reader *r, const uint8_t *p, unsigned type)
{
	enum tf_kind kind = kind_of(type);

	if (unlikely(kind == TF_T_NONE))
		return read_fail(r, WIRE_BAD, "unknown field type");
	return field_is_empty(type) ? p : skip_one(r, p, kind);
}

static hot const uint8_t *
skip_fields(struct wire_reader *r, const uint8_t *p)
{
	int32_t id = 0;
	unsigned head;

	for (;;) {
		if ((p = get_head(r, p, &head)) == NULL || head_ends(head))
			return p;
		if ((p = head_id(r, p, head, &id)) == NULL ||
		    (p = skip_field(r, p, head_type(head))) == NULL)
			return NULL;
	}
}

static hot const uint8_t *
skip_list(struct wire_reader *r, const uint8_t *p)
{
	unsigned type;
	uint64_t n;

	if ((p = get_list(r, p, &n, &type)) == NULL)
		return NULL;
	return skip_elems(r, p, type, n);
}

static hot const uint8_t *
skip_map(struct wire_reader *r, const uint8_t *p)
{
	unsigned key_type, val_type;
	enum tf_kind key, val;
	uint64_t n;

	if ((p = get_map(r, p, &n, &key_type, &val_type)) == NULL || n == 0)
		return p;
	key = kind_of(key_type);
	val = kind_of(val_type);
	if (key == TF_T_STRING && val == TF_T_STRING)
		return skip_strings(r, p, 2 * n);
	if (unlikely(key == TF_T_NONE || val == TF_T_NONE))
		return bad_elem_type(r);
	for (; n > 0 && p != NULL; n--)
		if ((p = skip_one(r, p, key)) != NULL)
			p = skip_one(r, p, val);
	return p;
}

/* n values of a kind that holds others. */
static const uint8_t *
skip_nested(struct wire_reader *r, const uint8_t *p, enum tf_kind kind,
    uint64_t n)
{
	if (unlikely(r->depth == 0))
		return read_fail(r, WIRE_TOO_DEEP, "nested too deep");
	r->depth--;
	for (; n > 0 && p != NULL; n--)
		p = kind == TF_T_STRUCT ? skip_fields(r, p) :
		    kind == TF_T_MAP ? skip_map(r, p) : skip_list(r, p);
	r->depth++;
	return p;
}

/* n values of a wire type, as containers hold them. */
static const uint8_t *
skip_elems(struct wire_reader *r, const uint8_t *p, unsigned type, uint64_t n)
{
	enum tf_kind kind = kind_of(type);

	if (n == 0)
		return p;
	if (unlikely(n > read_left(r, p)))
		return read_short(r);
	switch (kind) {
	case TF_T_NONE:
		return bad_elem_type(r);
	case TF_T_BOOL:
	case TF_T_I8:
		return p + n;
	case TF_T_DOUBLE:
		return skip_bytes(r, p, n * 8);
	case TF_T_UUID:
		return skip_bytes(r, p, n * 16);
	case TF_T_STRING:
		return skip_strings(r, p, n);
	case TF_T_LIST:
	case TF_T_MAP:
	case TF_T_STRUCT:
		return skip_nested(r, p, kind, n);
	default:
		return skip_ints(r, p, kind, n);
	}
}

static int
skip_struct(struct wire_reader *r)
{
	const uint8_t *p;

	if (r->err != WIRE_OK ||
	    (p = skip_nested(r, r->p, TF_T_STRUCT, 1)) == NULL)
		return -1;
	r->p = p;
	return 0;
}
