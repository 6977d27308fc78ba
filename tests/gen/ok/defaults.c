/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Defaults: the macro and the image of the table say the same, and an element
 * added to a list starts with them.
 */
#include <string.h>

#include "defaults.tf.h"

static int
push(void)
{
	struct defaults_inner room = { .a = 77 }, *p;
	struct tf_list_defaults_inner l = { &room, 1, 0 };
	struct tf_list_i32 numbers = { NULL, 0, 0 };

	/* The list is borrowed: it moves, and what is new there is no zero. */
	p = TF_PUSH_INIT(NULL, &l, DEFAULTS_INNER_INIT);
	if (l.n != 2 || l.v == &room || p != &l.v[1] || l.v[0].a != 77)
		return 20;
	if (p->a != 5 || p->has_b || p->b.len != 0)
		return 21;
	/* The same where an element was taken off by hand. */
	p->a = 78;
	p->has_b = true;
	l.n--;
	p = TF_PUSH_INIT(NULL, &l, DEFAULTS_INNER_INIT);
	if (l.n != 2 || p != &l.v[1] || p->a != 5 || p->has_b)
		return 22;
	/* Any initialiser, with commas; the result need not be used. */
	TF_PUSH_INIT(NULL, &l, { .has_b = true, .b = TF_STR_INIT("bcd") });
	if (l.n != 3 || l.v[2].a != 0 || l.v[2].b.len != 3)
		return 23;
	if (*TF_PUSH_INIT(NULL, &numbers, { 6 }) != 6 || numbers.n != 1)
		return 24;
	return 0;
}

static bool
is_empty(struct tf_str s)
{
	return s.s != NULL && s.len == 0;
}

static bool
is_plain(const struct defaults_plain *p, int32_t n)
{
	return is_empty(p->s) && is_empty(p->b) && p->n == n;
}

/* No string is NULL, wherever it stands. */
static int
texts(void)
{
	static const struct defaults_texts t = DEFAULTS_TEXTS_INIT;

	if (!is_plain(t.pointer, 5) || !is_plain(&t.value, 7) ||
	    !is_plain(&t.unset, 0))
		return 30;
	if (!is_plain(&t.elems.v[0], 6) || !is_plain(&t.elems.v[1], 0))
		return 31;
	if (!is_plain(&t.entries.v[0].val.plain, 0) ||
	    !is_plain(&t.around->plain, 0) || t.around->absent != NULL)
		return 32;
	if (!is_empty(t.inners.v[0].b) || t.inners.v[0].has_b ||
	    !is_empty(t.text) || t.has_text || !is_empty(t.words.v[0]))
		return 33;
	return 0;
}

int
main(void)
{
	static const struct defaults_deeper d = DEFAULTS_DEEPER_INIT;
	const struct defaults_outer *o = &d.outer;
	const struct defaults_deeper *image = defaults_deeper_type.init;
	const struct tf_type *t = &defaults_outer_type;

	if (!d.has_b || d.b)
		return 1;
	if (o->zero != 0 || !o->has_set_zero || o->set_zero != 0)
		return 2;
	if (o->text.len != 5 || strcmp(o->text.s, "hello") != 0)
		return 3;
	if (o->op != DEFAULTS_OP_SUB || o->inner.a != 5 || o->inner.has_b)
		return 4;
	if (o->other.a != 6 || !o->other.has_b || o->other.b.len != 3)
		return 5;
	if (o->pointer == NULL || o->pointer->a != 5 || o->absent != NULL)
		return 6;
	if (o->numbers.n != 3 || o->numbers.cap != 0 || o->numbers.v[2] != 3)
		return 7;
	if (!o->has_table || o->table.n != 1 || o->table.v[0].val.n != 1)
		return 8;
	if (!o->flag || o->big != INT64_MAX || o->inners.v[1].a != 7 ||
	    o->inners.v[0].a != 5 || o->empty.n != 0)
		return 9;
	if (image == NULL || image->outer.inner.a != 5 || !image->has_b)
		return 10;
	if (t->n != 15 || t->fields[11].flags != TF_REQUIRED ||
	    t->fields[6].flags != TF_POINTER ||
	    t->fields[1].flags != TF_OPTIONAL)
		return 11;
	return texts() != 0 ? texts() : push();
}
