/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing values: the half that is the same in both protocols.  Included once
 * by the writer of each, after its primitives.  Fields go out by rising id.
 *
 * Primitives, all with room for WRITE_ROOM bytes given: put_head, put_stop,
 * put_list, put_map, put_len, put_bool, put_i32, put_i64, put_double; and
 * write_bools, write_i16s, write_i32s, write_i64s, write_doubles, which make
 * their own.
 */

static uint8_t *write_struct(struct writer *, uint8_t *, const struct plan *,
    const void *);
static uint8_t *write_run(struct writer *, uint8_t *, const struct plan_slot *,
    const void *, size_t);

/* There is WRITE_ROOM for the header. */
static uint8_t *
write_list(struct writer *w, uint8_t *p, const struct plan *pl,
    const struct tf_any_list *l)
{
	if (unlikely(l->n > INT32_MAX))
		return write_fail(w, "more than 2^31 - 1 elements");
	p = put_list(p, l->n, &pl->key);
	return l->n == 0 ? p : write_run(w, p, &pl->key, l->v, l->n);
}

static hot uint8_t *
write_string(struct writer *w, uint8_t *p, const struct tf_str *s)
{
	size_t len = s->len;

	if (unlikely(len > INT32_MAX))
		return write_fail(w, "string of more than 2^31 - 1 bytes");
	if (unlikely((p = write_room(w, p, len + WRITE_ROOM)) == NULL))
		return NULL;
	return write_bytes(put_len(p, len), s->s, len);
}

static uint8_t *
write_strings(struct writer *w, uint8_t *p, const struct tf_str *v, size_t n)
{
	for (; n > 0 && p != NULL; n--)
		p = write_string(w, p, v++);
	return p;
}

/* There is WRITE_ROOM for the header. */
static uint8_t *
write_map(struct writer *w, uint8_t *p, const struct plan *pl,
    const struct tf_any_list *l)
{
	const char *entry = l->v;

	if (unlikely(l->n > INT32_MAX))
		return write_fail(w, "more than 2^31 - 1 entries");
	p = put_map(p, l->n, &pl->key, &pl->val);
	if (pl->texts)
		return write_strings(w, p, l->v, 2 * (size_t)l->n);
	for (uint32_t i = 0; i < l->n && p != NULL; i++, entry += pl->entry) {
		p = write_run(w, p, &pl->key, entry + pl->key.off, 1);
		if (p != NULL)
			p = write_run(w, p, &pl->val, entry + pl->val.off, 1);
	}
	return p;
}

static inline uint8_t *
write_raw(struct writer *w, uint8_t *p, const void *v, size_t n)
{
	if ((p = write_room(w, p, n)) == NULL)
		return NULL;
	return write_bytes(p, v, n);
}

static uint8_t *
write_structs(struct writer *w, uint8_t *p, const struct plan *pl,
    const char *v, size_t n)
{
	for (; n > 0 && p != NULL; n--, v += pl->size)
		p = write_struct(w, p, pl, v);
	return p;
}

static uint8_t *
write_containers(struct writer *w, uint8_t *p, const struct plan *pl,
    const struct tf_any_list *v, size_t n)
{
	for (; n > 0; n--, v++) {
		if ((p = write_room(w, p, WRITE_ROOM)) != NULL)
			p = pl->kind == TF_T_MAP ? write_map(w, p, pl, v) :
			    write_list(w, p, pl, v);
		if (p == NULL)
			return NULL;
	}
	return p;
}

/* n values that stand one behind the other, as containers hold them. */
static uint8_t *
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
	case TF_T_UNION:
		return write_structs(w, p, s->sub, v, n);
	default:
		return write_containers(w, p, s->sub, v, n);
	}
}

/* A struct or union that is a field, perhaps behind a pointer. */
static uint8_t *
write_nested(struct writer *w, uint8_t *p, const struct plan_op *op,
    const void *v)
{
	if (op->flags & TF_POINTER)
		v = *(const void *const *)v;
	if (v == NULL || (op->slot.kind == TF_T_UNION &&
	    *(const int32_t *)v == 0))
		return write_fail(w, op->unset);
	return write_struct(w, p, op->slot.sub, v);
}

/* A field's value, for which there is WRITE_ROOM. */
static hot uint8_t *
write_value(struct writer *w, uint8_t *p, const struct plan_op *op,
    const void *v)
{
	switch (op->slot.kind) {
	case TF_T_BOOL:
		return put_bool(p, v);
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
	case TF_T_UNION:
		return write_nested(w, p, op, v);
	default:
		return write_run(w, p, &op->slot, v, 1);
	}
}

/* A field after the one with the id last; 0 for the first. */
static hot uint8_t *
write_field(struct writer *w, uint8_t *p, const struct plan_op *op,
    const char *value, bool predicted, int last)
{
	value += op->slot.off;
	if (unlikely((p = write_room(w, p, 2 * WRITE_ROOM)) == NULL))
		return NULL;
	p = put_head(p, op, value, predicted, last);
	return write_value(w, p, op, value);
}

static uint8_t *
write_fields(struct writer *w, uint8_t *p, const struct plan *pl,
    const char *value)
{
	const struct plan_op *op = pl->ops, *next = op;

	for (; op->slot.kind != TF_T_NONE; op++) {
		if (op->flags != 0 && !write_present(op, value))
			continue;
		p = write_field(w, p, op, value, op == next,
		    next > pl->ops ? next[-1].id : 0);
		if (unlikely(p == NULL))
			return NULL;
		next = op + 1;
	}
	return p;
}

static uint8_t *
write_member(struct writer *w, uint8_t *p, const struct plan *pl,
    const char *value)
{
	int32_t which = *(const int32_t *)value;
	const struct plan_op *op = which == 0 ? NULL : plan_find(pl, which);

	if (op == NULL)
		return write_fail(w, pl->unset);
	return write_field(w, p, op, value, false, 0);
}

static uint8_t *
write_struct(struct writer *w, uint8_t *p, const struct plan *pl,
    const void *value)
{
	if (unlikely(w->depth == 0))
		return write_fail(w, "nested too deep");
	w->depth--;
	if (pl->kind == TF_T_STRUCT)
		p = write_fields(w, p, pl, value);
	else
		p = write_member(w, p, pl, value);
	w->depth++;
	if (p == NULL || (p = write_room(w, p, 1)) == NULL)
		return NULL;
	*p++ = 0;
	return p;
}

static int
write_whole(struct buf *b, const struct plan *pl, const void *value,
    const char **why)
{
	struct writer w;
	uint8_t *p;

	if ((p = write_begin(&w, b)) != NULL) {
		if (pl->kind == TF_T_STRUCT || pl->kind == TF_T_UNION)
			p = write_struct(&w, p, pl, value);
		else
			p = write_containers(&w, p, pl, value, 1);
	}
	return write_end(&w, p, why);
}
