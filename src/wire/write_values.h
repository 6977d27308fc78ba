/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing values: the half that is the same in compact and binary; JSON has its
 * own, json_write.c.  Included once by the writer of each, after its
 * primitives.  Fields go out by rising id.
 *
 * Primitives, with room given: put_head (of a field that follows the op before
 * its own), put_head_after (of one that follows any id), put_list, put_map,
 * put_len, LEN_BYTES, put_short_len, put_bool, put_i16, put_i32, put_i64,
 * put_double; with their own room, but for WRITE_FEW numbers: write_bools,
 * write_i16s, write_i32s, write_i64s, write_doubles; put_msg, of the head of a
 * message.
 */

static uint8_t *write_structs(struct writer *, uint8_t *, const struct plan *,
    const char *, size_t);
static uint8_t *write_unions(struct writer *, uint8_t *, const struct plan *,
    const char *, size_t);
static uint8_t *write_containers(struct writer *, uint8_t *,
    const struct plan *, const struct tf_any_list *, size_t);

/* Of any length, with its own room. */
static hot uint8_t *
write_any_string(struct writer *w, uint8_t *p, const struct tf_str *s)
{
	size_t len = s->len;

	if (unlikely(len > INT32_MAX))
		return write_fail(w, "string of more than 2^31 - 1 bytes");
	if (write_lacks_for(w, p, len) && (p = write_more(w, p, len)) == NULL)
		return NULL;
	return write_bytes(put_len(p, len), s->s, len);
}

static apart uint8_t *
write_long_string(struct writer *w, uint8_t *p, const struct tf_str *s)
{
	return write_any_string(w, p, s);
}

/* The string by value, as bytes stored could be those of its length. */
static hot uint8_t *
write_short_string(uint8_t *p, struct tf_str s)
{
	put_short_len(p, s.len);
	return copy_short(p + LEN_BYTES, s.s, s.len);
}

/* There is room for a short one. */
static hot uint8_t *
write_string(struct writer *w, uint8_t *p, const struct tf_str *s)
{
	if (unlikely(s->len > WRITE_SHORT))
		return write_long_string(w, p, s);
	return write_short_string(p, *s);
}

static apart uint8_t *
write_strings(struct writer *w, uint8_t *p, const struct tf_str *v, size_t n)
{
	const struct tf_str *end = v + n;

	for (; v < end; v++) {
		if (unlikely(p > w->soft_end || v->len > WRITE_SHORT)) {
			if ((p = write_any_string(w, p, v)) == NULL)
				return NULL;
		} else {
			p = write_short_string(p, *v);
		}
	}
	return p;
}

/*
 * Up to WRITE_TEXTS strings, in pairs as entries of a map are.  Room is asked
 * for all of them at once, for which it takes none that is long.
 */
static hot uint8_t *
write_few_texts(struct writer *w, uint8_t *p, const struct tf_str *v, size_t n)
{
	const struct tf_str *end = v + n;

	if (likely(!write_lacks_for(w, p, n * (LEN_BYTES + WRITE_SHORT)))) {
		while ((v[0].len | v[1].len) <= WRITE_SHORT) {
			p = write_short_string(p, v[0]);
			p = write_short_string(p, v[1]);
			if ((v += 2) == end)
				return p;
		}
	}
	return write_strings(w, p, v, (size_t)(end - v));
}

static apart uint8_t *
write_texts(struct writer *w, uint8_t *p, const struct tf_str *v, size_t n)
{
	for (; n > WRITE_TEXTS; v += WRITE_TEXTS, n -= WRITE_TEXTS)
		if ((p = write_few_texts(w, p, v, WRITE_TEXTS)) == NULL)
			return NULL;
	return write_few_texts(w, p, v, n);
}

static apart uint8_t *
write_raw(struct writer *w, uint8_t *p, const void *v, size_t n)
{
	if (write_lacks_for(w, p, n) &&
	    (p = write_more(w, p, n)) == NULL)
		return NULL;
	return write_bytes(p, v, n);
}

/* n values, at least one, one behind the other as containers hold them. */
static hot uint8_t *
write_run(struct writer *w, uint8_t *p, const struct plan_slot *s,
    const void *v, size_t n)
{
	switch (s->kind) {
	case TF_T_BOOL:
		return write_bools(w, p, v, n);
	case TF_T_I8:
		return write_raw(w, p, v, n);
	case TF_T_I16:
		return write_i16s(w, p, v, n);
	case TF_T_I32:
	case TF_T_ENUM:
		return write_i32s(w, p, v, n);
	case TF_T_I64:
		return write_i64s(w, p, v, n);
	case TF_T_DOUBLE:
		return write_doubles(w, p, v, n);
	case TF_T_UUID:
		return write_raw(w, p, v, n * 16);
	case TF_T_STRING:
	case TF_T_BINARY:
		return write_strings(w, p, v, n);
	case TF_T_STRUCT:
		return write_structs(w, p, s->sub, v, n);
	case TF_T_UNION:
		return write_unions(w, p, s->sub, v, n);
	case TF_T_LIST:
	case TF_T_SET:
	case TF_T_MAP:
		return write_containers(w, p, s->sub, v, n);
	default:
		__builtin_unreachable();
	}
}

/* There is room for the header. */
static uint8_t *
write_list(struct writer *w, uint8_t *p, const struct plan *pl,
    const struct tf_any_list *l)
{
	uint32_t n = l->n;

	if (unlikely(n > INT32_MAX))
		return write_fail(w, "more than 2^31 - 1 elements");
	p = put_list(p, n, &pl->key);
	return unlikely(n == 0) ? p : write_run(w, p, &pl->key, l->v, n);
}

static apart uint8_t *
write_entries(struct writer *w, uint8_t *p, const struct plan *pl,
    const char *v, size_t n)
{
	for (; n > 0; n--, v += pl->entry) {
		if (write_lacks(w, p) && (p = write_more(w, p, 0)) == NULL)
			return NULL;
		p = write_run(w, p, &pl->key, v + pl->key.off, 1);
		if (p == NULL ||
		    (write_lacks(w, p) && (p = write_more(w, p, 0)) == NULL))
			return NULL;
		p = write_run(w, p, &pl->val, v + pl->val.off, 1);
		if (p == NULL)
			return NULL;
	}
	return p;
}

/* There is room for the header. */
static uint8_t *
write_map(struct writer *w, uint8_t *p, const struct plan *pl,
    const struct tf_any_list *l)
{
	uint32_t n = l->n;

	if (unlikely(n > INT32_MAX))
		return write_fail(w, "more than 2^31 - 1 entries");
	p = put_map(p, n, &pl->key, &pl->val);
	if (n == 0)
		return p;
	if (pl->texts)
		return 2 * (size_t)n <= WRITE_TEXTS ?
		    write_few_texts(w, p, l->v, 2 * (size_t)n) :
		    write_texts(w, p, l->v, 2 * (size_t)n);
	return write_entries(w, p, pl, l->v, n);
}

static apart uint8_t *
write_containers(struct writer *w, uint8_t *p, const struct plan *pl,
    const struct tf_any_list *v, size_t n)
{
	for (; n > 0; n--, v++) {
		if (write_lacks(w, p) && (p = write_more(w, p, 0)) == NULL)
			return NULL;
		p = pl->kind == TF_T_MAP ? write_map(w, p, pl, v) :
		    write_list(w, p, pl, v);
		if (p == NULL)
			return NULL;
	}
	return p;
}

/* A struct that is a field, perhaps behind a pointer. */
static uint8_t *
write_struct(struct writer *w, uint8_t *p, const struct plan_op *op,
    const void *v)
{
	if ((v = plan_follow(op, v)) == NULL)
		return write_fail(w, op->unset);
	return write_structs(w, p, op->slot.sub, v, 1);
}

/* The same of a union. */
static uint8_t *
write_union(struct writer *w, uint8_t *p, const struct plan_op *op,
    const void *v)
{
	if ((v = plan_follow(op, v)) == NULL || *(const int32_t *)v == 0)
		return write_fail(w, op->unset);
	return write_unions(w, p, op->slot.sub, v, 1);
}

/* A field's value, its header at head; there is room.  NULL also at the end. */
static hot uint8_t *
write_value(struct writer *w, uint8_t *head, uint8_t *p,
    const struct plan_op *op, const void *v)
{
	switch (op->slot.kind) {
	case TF_T_BOOL:
		return put_bool(head, p, v);
	case TF_T_I32:
	case TF_T_ENUM:
		return put_i32(p, v);
	case TF_T_I64:
		return put_i64(p, v);
	case TF_T_DOUBLE:
		return put_double(p, v);
	case TF_T_STRING:
	case TF_T_BINARY:
		return write_string(w, p, v);
	case TF_T_LIST:
	case TF_T_SET:
		return write_list(w, p, op->slot.sub, v);
	case TF_T_MAP:
		return write_map(w, p, op->slot.sub, v);
	case TF_T_STRUCT:
		return write_struct(w, p, op, v);
	case TF_T_UNION:
		return write_union(w, p, op, v);
	case TF_T_I8:
		return write_bytes(p, v, 1);
	case TF_T_I16:
		return put_i16(p, v);
	case TF_T_UUID:
		return write_bytes(p, v, 16);
	case TF_T_NONE:
		return NULL;
	default:
		__builtin_unreachable();
	}
}

/*
 * The header of a field, or nothing at the end of the struct, where the fields
 * from first up to it are absent, or the plan predicts no header.
 */
static hot uint8_t *
put_odd_head(uint8_t *p, const struct plan *pl, const struct plan_op *op,
    const struct plan_op *first)
{
	if (op->slot.kind == TF_T_NONE)
		return p;
	if (op == first && op->chead != PLAN_NO_HEAD)
		return put_head(p, op);
	return put_head_after(p, op, first > pl->ops ? first[-1].id : 0);
}

/* All fields of a struct; the position of the stop byte, which has room. */
static hot uint8_t *
write_fields(struct writer *w, uint8_t *p, const struct plan *pl,
    const char *value)
{
	const struct plan_op *op = pl->ops, *first;
	uint8_t *head;

	for (;; op++) {
		if (write_lacks(w, p) && (p = write_more(w, p, 0)) == NULL)
			return NULL;
		head = p;
		if (!op->odd) {
			p = put_head(head, op);
		} else {
			first = op;
			while (op->odd && !write_present(op, value))
				op++;
			p = put_odd_head(head, pl, op, first);
		}
		p = write_value(w, head, p, op, value + op->slot.off);
		if (unlikely(p == NULL))
			return op->slot.kind == TF_T_NONE ? head : NULL;
	}
}

/* The same for a union. */
static hot uint8_t *
write_member(struct writer *w, uint8_t *p, const struct plan *pl,
    const char *value)
{
	int32_t which = *(const int32_t *)value;
	const struct plan_op *op = which == 0 ? NULL : plan_find(pl, which);
	uint8_t *head;

	if (op == NULL)
		return write_fail(w, pl->unset);
	if (write_lacks(w, p) && (p = write_more(w, p, 0)) == NULL)
		return NULL;
	head = p;
	p = put_head_after(head, op, 0);
	p = write_value(w, head, p, op, value + op->slot.off);
	if (p != NULL && write_lacks(w, p))
		return write_more(w, p, 0);
	return p;
}

typedef uint8_t *write_fn(struct writer *, uint8_t *, const struct plan *,
    const char *);

/*
 * n structs or unions, at least one, that stand one behind the other: a level
 * deeper than what they are in.
 */
static hot uint8_t *
write_level(struct writer *w, uint8_t *p, const struct plan *pl,
    const char *v, size_t n, write_fn *write_one)
{
	if (unlikely(w->depth == 0))
		return write_fail(w, "nested too deep");
	w->depth--;
	do {
		if (unlikely((p = write_one(w, p, pl, v)) == NULL))
			break;
		*p++ = 0;
		v += pl->size;
	} while (--n > 0);
	w->depth++;
	return p;
}

static apart uint8_t *
write_structs(struct writer *w, uint8_t *p, const struct plan *pl,
    const char *v, size_t n)
{
	return write_level(w, p, pl, v, n, write_fields);
}

static apart uint8_t *
write_unions(struct writer *w, uint8_t *p, const struct plan *pl,
    const char *v, size_t n)
{
	return write_level(w, p, pl, v, n, write_member);
}

/*
 * With room for the stop byte.  Most values are structs with little in them,
 * for which it shows that no function is called.
 */
static hot uint8_t *
write_top(struct writer *w, uint8_t *p, const struct plan *pl,
    const void *value)
{
	if (plan_is_empty(pl)) {
		*p = 0;
		return p + 1;
	}
	if (pl->kind == TF_T_UNION)
		return write_unions(w, p, pl, value, 1);
	if (unlikely(pl->kind != TF_T_STRUCT))
		return write_containers(w, p, pl, value, 1);
	w->depth--;
	if ((p = write_fields(w, p, pl, value)) != NULL)
		*p++ = 0;
	return p;
}

/* The head of a message, and room for what follows. */
static hot uint8_t *
write_head(struct writer *w, uint8_t *p, const struct wire_msg *m)
{
	if (write_lacks_for(w, p, m->name.len) &&
	    (p = write_more(w, p, m->name.len)) == NULL)
		return NULL;
	p = put_msg(p, m);
	return write_lacks(w, p) ? write_more(w, p, 0) : p;
}

/* A value, and m before it, unless that is NULL. */
static hot int
write_whole(struct buf *b, const struct wire_msg *m, const struct plan *pl,
    const void *value, const char **why)
{
	struct writer w;
	uint8_t *p = write_begin(&w, b);

	if (m != NULL && p != NULL)
		p = write_head(&w, p, m);
	if (p != NULL)
		p = write_top(&w, p, pl, value);
	return write_end(&w, p, why);
}
