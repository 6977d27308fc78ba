/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading values: the half that is the same in compact and binary; JSON has its
 * own, tjson_read.c.  Included once by the reader of each, after its
 * primitives, so that each gets a copy with the primitives inlined.
 *
 * The loop over a struct's fields expects the header that its plan predicts;
 * what comes out of order, twice, or from another version of the type takes
 * the longer way through the field's id.
 *
 * Primitives: those of skip_values.h and head_predicted, type_fits, min_bytes,
 * get_bool, get_i16, get_i32, get_i64, get_double, and read_bools and so on, of
 * many; peek_len, a length that may be no short one, which is LEN_BYTES
 * long; peek_list and peek_map, the count of a container of the expected types
 * if its header is LIST_BYTES or MAP_BYTES long, as most are, or 0.
 */

static const uint8_t *read_structs(struct wire_reader *, const uint8_t *,
    const struct plan *, char *, size_t);
static const uint8_t *read_containers(struct wire_reader *, const uint8_t *,
    const struct plan *, struct tf_any_list *, size_t);

static const uint8_t *
bad_elem(struct wire_reader *r)
{
	return read_fail(r, WIRE_BAD, "container of another element type");
}

static hot const uint8_t *
read_string(struct wire_reader *r, const uint8_t *p, struct tf_str *dst)
{
	uint64_t len;

	if (unlikely((p = get_len(r, p, &len)) == NULL))
		return NULL;
	return read_str(r, p, len, dst);
}

static apart const uint8_t *
read_any_strings(struct wire_reader *r, const uint8_t *p, struct tf_str *v,
    struct tf_str *end)
{
	for (; v < end && p != NULL; v++)
		p = read_string(r, p, v);
	return p;
}

/*
 * n strings.  Short ones, which most are, are copied with stores of fixed width
 * that run over into what the next will take.
 */
static const uint8_t *
read_strings(struct wire_reader *r, const uint8_t *p, struct tf_str *v,
    size_t n)
{
	const uint8_t *wide = read_wide(r, p, LEN_BYTES + READ_WIDE);
	struct tf_arena *a = r->arena;
	size_t room = (size_t)(a->end - a->p) / READ_WIDE;
	struct tf_str *end = v + n, *sure = v + (room < n ? room : n);
	uint8_t *s = a->p;
	uint64_t len;

	for (; ARENA_SLOP >= READ_WIDE && v < sure; v++) {
		if (unlikely(p >= wide))
			break;
		if (unlikely((len = peek_len(p)) >= READ_WIDE))
			break;
		memcpy(s, p + LEN_BYTES, READ_WIDE);
		s[len] = '\0';
		v->s = (char *)s;
		v->len = len;
		s += len + 1;
		p += LEN_BYTES + len;
	}
	a->p = s;
	return v == end ? p : read_any_strings(r, p, v, end);
}

/* n values that stand one behind the other, as containers hold them. */
static hot const uint8_t *
read_run(struct wire_reader *r, const uint8_t *p, const struct plan_slot *s,
    void *dst, size_t n)
{
	switch (s->kind) {
	case TF_T_BOOL:
		return read_bools(r, p, dst, n);
	case TF_T_I8:
		return read_bytes(r, p, dst, n);
	case TF_T_I16:
		return read_i16s(r, p, dst, n);
	case TF_T_I32:
	case TF_T_ENUM:
		return read_i32s(r, p, dst, n);
	case TF_T_I64:
		return read_i64s(r, p, dst, n);
	case TF_T_DOUBLE:
		return read_doubles(r, p, dst, n);
	case TF_T_UUID:
		return read_bytes(r, p, dst, n * 16);
	case TF_T_STRING:
	case TF_T_BINARY:
		return read_strings(r, p, dst, n);
	case TF_T_STRUCT:
	case TF_T_UNION:
		return read_structs(r, p, s->sub, dst, n);
	case TF_T_LIST:
	case TF_T_SET:
	case TF_T_MAP:
		return read_containers(r, p, s->sub, dst, n);
	default:
		__builtin_unreachable();
	}
}

/* count entries of a map. */
static const uint8_t *
read_entries(struct wire_reader *r, const uint8_t *p, const struct plan *pl,
    char *entry, size_t count)
{
	if (pl->texts)
		return read_strings(r, p, (void *)entry, 2 * count);
	for (; count > 0; count--, entry += pl->entry) {
		p = read_run(r, p, &pl->key, entry + pl->key.off, 1);
		if (unlikely(p == NULL))
			return NULL;
		p = read_run(r, p, &pl->val, entry + pl->val.off, 1);
		if (unlikely(p == NULL))
			return NULL;
	}
	return p;
}

/* A list or map, of which the arena's block may not hold all. */
static apart const uint8_t *
read_long(struct wire_reader *r, const uint8_t *p, const struct plan *pl,
    uint32_t n, struct tf_any_list *l)
{
	struct tf_any_list got = { NULL, 0, 0 };
	char *v;

	while (got.n < n) {
		if (!read_grow(r, &got, n, pl->entry, read_left(r, p)))
			return NULL;
		v = (char *)got.v + (size_t)got.n * pl->entry;
		p = pl->kind == TF_T_MAP ?
		    read_entries(r, p, pl, v, got.cap - got.n) :
		    read_run(r, p, &pl->key, v, got.cap - got.n);
		if (unlikely(p == NULL))
			return NULL;
		got.n = got.cap;
	}
	*l = got;
	return p;
}

/* An array for all of n elements or entries. */
static hot void
take_array(struct wire_reader *r, const struct plan *pl, uint64_t n,
    struct tf_any_list *l)
{
	l->v = arena_take(r->arena, n * pl->entry);
	l->n = l->cap = (uint32_t)n;
}

static apart const uint8_t *
read_any_list(struct wire_reader *r, const uint8_t *p, const struct plan *pl,
    struct tf_any_list *l)
{
	unsigned type;
	uint64_t n;

	if (unlikely((p = get_list(r, p, &n, &type)) == NULL))
		return NULL;
	if (n == 0) {
		*l = (struct tf_any_list){ NULL, 0, 0 };
		return p;
	}
	if (unlikely(!type_fits(&pl->key, type)))
		return bad_elem(r);
	if (unlikely(n * min_bytes(&pl->key) > read_left(r, p)))
		return read_short(r);
	if (unlikely(!read_fits(r, n * pl->entry)))
		return read_long(r, p, pl, (uint32_t)n, l);
	take_array(r, pl, n, l);
	return read_run(r, p, &pl->key, l->v, n);
}

/*
 * Most lists are short, and fit into what the arena's block has left.  That is
 * nobody else's, so that the bytes to come need not justify its use.
 */
static const uint8_t *
read_list(struct wire_reader *r, const uint8_t *p, const struct plan *pl,
    struct tf_any_list *l)
{
	size_t n = peek_list(r, p, &pl->key);
	void *v;

	if (unlikely(n == 0 ||
	    (v = arena_take_here(r->arena, n * pl->entry)) == NULL))
		return read_any_list(r, p, pl, l);
	*l = (struct tf_any_list){ v, (uint32_t)n, (uint32_t)n };
	return read_run(r, p + LIST_BYTES, &pl->key, v, n);
}

static apart const uint8_t *
read_any_map(struct wire_reader *r, const uint8_t *p, const struct plan *pl,
    struct tf_any_list *l)
{
	unsigned key, val;
	uint64_t n;

	if (unlikely((p = get_map(r, p, &n, &key, &val)) == NULL))
		return NULL;
	if (n == 0) {
		*l = (struct tf_any_list){ NULL, 0, 0 };
		return p;
	}
	if (unlikely(!type_fits(&pl->key, key) || !type_fits(&pl->val, val)))
		return bad_elem(r);
	if (unlikely(n * (min_bytes(&pl->key) + min_bytes(&pl->val)) >
	    read_left(r, p)))
		return read_short(r);
	if (unlikely(!read_fits(r, n * pl->entry)))
		return read_long(r, p, pl, (uint32_t)n, l);
	take_array(r, pl, n, l);
	return read_entries(r, p, pl, l->v, n);
}

static const uint8_t *
read_map(struct wire_reader *r, const uint8_t *p, const struct plan *pl,
    struct tf_any_list *l)
{
	size_t n = peek_map(r, p, &pl->key, &pl->val);
	void *v;

	if (unlikely(n == 0 ||
	    (v = arena_take_here(r->arena, n * pl->entry)) == NULL))
		return read_any_map(r, p, pl, l);
	*l = (struct tf_any_list){ v, (uint32_t)n, (uint32_t)n };
	return read_entries(r, p + MAP_BYTES, pl, v, n);
}

static const uint8_t *
read_containers(struct wire_reader *r, const uint8_t *p, const struct plan *pl,
    struct tf_any_list *v, size_t n)
{
	for (; n > 0 && p != NULL; n--, v++)
		p = pl->kind == TF_T_MAP ? read_map(r, p, pl, v) :
		    read_list(r, p, pl, v);
	return p;
}

/* The value of a field of some kind, whose header was head. */
static hot const uint8_t *
read_field(struct wire_reader *r, const uint8_t *p, const struct plan_op *op,
    unsigned kind, unsigned head, void *dst)
{
	switch (kind) {
	case TF_T_BOOL:
		return get_bool(r, p, head, dst);
	case TF_T_I32:
	case TF_T_ENUM:
		return get_i32(r, p, dst);
	case TF_T_I64:
		return get_i64(r, p, dst);
	case TF_T_DOUBLE:
		return get_double(r, p, dst);
	case TF_T_STRING:
	case TF_T_BINARY:
		return read_string(r, p, dst);
	case TF_T_LIST:
	case TF_T_SET:
		return read_list(r, p, op->slot.sub, dst);
	case TF_T_MAP:
		return read_map(r, p, op->slot.sub, dst);
	case TF_T_STRUCT:
	case TF_T_UNION:
		if (op->flags & TF_POINTER &&
		    (dst = read_pointee(r, op, dst)) == NULL)
			return NULL;
		return read_structs(r, p, op->slot.sub, dst, 1);
	case TF_T_I8:
		return read_raw(r, p, dst, 1);
	case TF_T_I16:
		return get_i16(r, p, dst);
	case TF_T_UUID:
		return read_raw(r, p, dst, 16);
	default:
		__builtin_unreachable();
	}
}

/*
 * The longer way: the op of a field whose header was not predicted; the
 * closing op at the end of the struct.  NULL: the field is not known, or not
 * of this type, and has been skipped.
 */
static hot const uint8_t *
find_field(struct wire_reader *r, const uint8_t *p, const struct plan *pl,
    unsigned head, int32_t *id, const struct plan_op **op)
{
	if (head_ends(head)) {
		*op = &pl->ops[pl->n];
		return p;
	}
	if (unlikely((p = head_id(r, p, head, id)) == NULL))
		return NULL;
	*op = plan_find(pl, *id);
	if (*op != NULL && likely(type_fits(&(*op)->slot, head_type(head))))
		return p;
	*op = NULL;
	return skip_field(r, p, head_type(head));
}

/* Notes that a field has come, with what is asked about it later. */
static hot void
mark_field(const struct plan_op *op, char *value, uint64_t *marks)
{
	if (op->flags & TF_OPTIONAL)
		*(bool *)(value + op->has) = true;
	if (op->flags & TF_REQUIRED)
		marks[op->required / 64] |= 1ull << op->required % 64;
}

static hot const uint8_t *
read_fields(struct wire_reader *r, const uint8_t *p, const struct plan *pl,
    char *value)
{
	static const struct plan_op lost = {
		.chead = PLAN_NO_HEAD, .way = PLAN_END
	};
	const struct plan_op *op = pl->ops;
	uint64_t few = 0, *marks = &few;
	int32_t id = 0;
	unsigned head, way;

	if (unlikely(pl->nrequired > 64) &&
	    (marks = read_marks(r, pl)) == NULL)
		return NULL;
	for (;;) {
		if (unlikely((p = get_head(r, p, &head)) == NULL))
			return NULL;
		if (unlikely(!head_predicted(op, head))) {
			if (op != &lost)
				id = op > pl->ops ? op[-1].id : 0;
			p = find_field(r, p, pl, head, &id, &op);
			if (p == NULL)
				return NULL;
			if (op == NULL) {
				op = &lost;
				continue;
			}
		}
		way = op->way;
		if (unlikely(way > TF_T_UNION)) {
			if (way == PLAN_END)
				return read_required(r, p, pl, marks);
			mark_field(op, value, marks);
			way = op->slot.kind;
		}
		p = read_field(r, p, op, way, head, value + op->slot.off);
		if (unlikely(p == NULL))
			return NULL;
		op++;
	}
}

static const uint8_t *
read_member(struct wire_reader *r, const uint8_t *p, const struct plan *pl,
    char *value, unsigned head)
{
	const struct plan_op *op;
	int32_t id = 0;

	p = find_field(r, p, pl, head, &id, &op);
	if (p == NULL || op == NULL)
		return p;
	*(int32_t *)value = id;
	return read_field(r, p, op, op->slot.kind, head, value + op->slot.off);
}

static const uint8_t *
read_union(struct wire_reader *r, const uint8_t *p, const struct plan *pl,
    char *value)
{
	unsigned head;

	for (int members = 0; p != NULL; members++) {
		if ((p = get_head(r, p, &head)) == NULL || head_ends(head))
			return p;
		if (members > 0)
			return read_fail(r, WIRE_BAD,
			    "union with two members");
		*(int32_t *)value = 0;
		p = read_member(r, p, pl, value, head);
	}
	return NULL;
}

/* n structs or unions that stand one behind the other. */
static apart const uint8_t *
read_structs(struct wire_reader *r, const uint8_t *p, const struct plan *pl,
    char *v, size_t n)
{
	if (unlikely(r->depth == 0))
		return read_fail(r, WIRE_TOO_DEEP, "nested too deep");
	r->depth--;
	for (; n > 0; n--, v += pl->size) {
		plan_init(pl, v);
		if (pl->kind == TF_T_STRUCT)
			p = read_fields(r, p, pl, v);
		else
			p = read_union(r, p, pl, v);
		if (unlikely(p == NULL))
			break;
	}
	r->depth++;
	return p;
}

static int
read_value(struct wire_reader *r, const struct plan *pl, void *value)
{
	const uint8_t *p;

	if (r->err != WIRE_OK)
		return -1;
	if (plan_is_empty(pl) && r->p < r->end && *r->p == 0) {
		r->p++;
		return 0;
	}
	if (pl->kind == TF_T_STRUCT || pl->kind == TF_T_UNION)
		p = read_structs(r, r->p, pl, value, 1);
	else
		p = read_containers(r, r->p, pl, value, 1);
	if (p == NULL)
		return -1;
	r->p = p;
	return 0;
}
