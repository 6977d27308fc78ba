/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How structs stand in memory: which fields are pointers, which have a flag,
 * what must be complete before what, and every offset, as a C compiler lays
 * out the structs that thriftfork-gen writes.
 *
 *	struct		flags (bool) in the order of their fields, then the
 *			fields in the order of the IDL
 *	union		int32_t which, then the union of the members
 *	empty		one char
 *
 * An optional struct, union or exception is a pointer; so is a field that
 * lies on a cycle of structs by value.  The cycles are the strongly connected
 * components of the graph of structs, found with a stack of our own because a
 * file may chain a hundred thousand of them.
 */
#include "image.h"
#include "load.h"

#define MAX_STRUCT_BYTES	(16u << 20)
#define MAX_STRUCT_DEPTH	500	/* structs within structs by value */

struct visit {
	struct idl_def	*def;
	uint32_t	 next;		/* field to look at */
	uint32_t	 number, low;
	bool		 on_stack;
	bool		 endless;	/* a cycle without any union */
};
TF_LIST_OF(visits, struct visit *);

struct shaper {
	struct idl_file	*file;
	struct visits	 path, component;
	uint32_t	 count;
};

/* The struct of this file that a field would hold by value, or NULL. */
static struct idl_def *
inner_struct(const struct idl_file *file, const struct idl_field *f)
{
	const struct idl_type *t = idl_type_real(f->type);

	if (f->pointer || !idl_type_is_struct(t) || t->def->file != file)
		return NULL;
	return t->def;
}

static struct visit *
open_visit(struct shaper *s, struct idl_def *d)
{
	struct visit *v = tf_alloc(s->file->idl->arena, 1, sizeof(*v));

	v->def = d;
	d->data = v;
	v->number = v->low = ++s->count;
	v->on_stack = true;
	*TF_PUSH(s->file->idl->arena, &s->path) = v;
	*TF_PUSH(s->file->idl->arena, &s->component) = v;
	return v;
}

/* All fields between members of one component become pointers. */
static void
close_component(struct shaper *s, struct visit *root)
{
	uint32_t i, first = s->component.n;
	bool endless = true;
	struct visit *v;

	do {
		v = s->component.v[--first];
		v->low = root->number;
		endless = endless && v->def->kind != IDL_UNION;
	} while (v != root);
	for (i = first; i < s->component.n; i++) {
		s->component.v[i]->on_stack = false;
		s->component.v[i]->endless = endless;
	}
	s->component.n = first;
}

static void
step(struct shaper *s)
{
	struct visit *v = s->path.v[s->path.n - 1], *to;
	struct idl_def *inner;

	if (v->next == v->def->fields.n) {
		s->path.n--;
		if (s->path.n > 0 && s->path.v[s->path.n - 1]->low > v->low)
			s->path.v[s->path.n - 1]->low = v->low;
		if (v->low == v->number)
			close_component(s, v);
		return;
	}
	inner = inner_struct(s->file, v->def->fields.v[v->next++]);
	if (inner == NULL)
		return;
	to = inner->data;
	if (to == NULL)
		open_visit(s, inner);
	else if (to->on_stack && to->number < v->low)
		v->low = to->number;
}

static void
break_cycle(struct idl_file *file, const struct idl_def *d,
    struct idl_field *f)
{
	const struct idl_def *inner = inner_struct(file, f);
	const struct visit *v = d->data;

	if (inner == NULL || ((struct visit *)inner->data)->low != v->low)
		return;
	f->pointer = true;
	if (v->endless && !f->ref)
		idl_lint(file->idl, f->loc, "make it optional",
		    "'%s' would contain itself without end; '%s' becomes a "
		    "pointer", idl_show(file->idl, d->name),
		    idl_show(file->idl, f->name));
}

static void
find_cycles(struct idl_file *file)
{
	struct shaper s = { .file = file };
	struct idl_def *d;
	uint32_t i, j;

	for (i = 0; i < file->defs.n; i++) {
		d = file->defs.v[i];
		if (!idl_is_struct(d) || d->data != NULL)
			continue;
		open_visit(&s, d);
		while (s.path.n > 0)
			step(&s);
	}
	for (i = 0; i < file->defs.n; i++) {
		d = file->defs.v[i];
		for (j = 0; j < d->fields.n; j++)
			break_cycle(file, d, d->fields.v[j]);
	}
}

static void
order_structs(struct idl_file *file)
{
	struct idl_defs stack = { NULL, 0, 0 };
	struct tf_arena *arena = file->idl->arena;
	struct idl_def *d, *inner;
	uint32_t i;

	for (i = 0; i < file->defs.n; i++) {
		d = file->defs.v[i];
		d->data = NULL;
		d->size = 0;		/* until lay_out(): fields looked at */
	}
	for (i = 0; i < file->defs.n; i++) {
		d = file->defs.v[i];
		if (!idl_is_struct(d) || d->state != 0)
			continue;
		d->state = 1;
		*TF_PUSH(arena, &stack) = d;
		while (stack.n > 0) {
			d = stack.v[stack.n - 1];
			if (d->size == d->fields.n) {
				*TF_PUSH(arena, &file->order) = d;
				stack.n--;
				continue;
			}
			inner = inner_struct(file, d->fields.v[d->size++]);
			if (inner != NULL && inner->state == 0) {
				inner->state = 1;
				*TF_PUSH(arena, &stack) = inner;
			}
		}
	}
}

static void
measure_field(const struct idl_field *f, uint32_t *size, uint32_t *align)
{
	if (f->pointer)
		*size = *align = sizeof(void *);
	else
		image_measure(f->type, size, align);
}

static uint64_t
round_up(uint64_t n, uint32_t align)
{
	return (n + align - 1) / align * align;
}

static uint64_t
lay_out_struct(struct idl_def *d)
{
	uint32_t i, size, align;
	struct idl_field *f;
	uint64_t off = 0;

	for (i = 0; i < d->fields.n; i++)
		if (d->fields.v[i]->has)
			d->fields.v[i]->has_off = (uint32_t)off++;
	for (i = 0; i < d->fields.n; i++) {
		f = d->fields.v[i];
		measure_field(f, &size, &align);
		off = round_up(off, align);
		f->off = (uint32_t)off;
		off += size;
		if (align > d->align)
			d->align = align;
	}
	return off;
}

static uint64_t
lay_out_union(struct idl_def *d)
{
	uint32_t i, size, align, largest = 1;

	d->align = 4;
	for (i = 0; i < d->fields.n; i++) {
		measure_field(d->fields.v[i], &size, &align);
		if (size > largest)
			largest = size;
		if (align > d->align)
			d->align = align;
	}
	for (i = 0; i < d->fields.n; i++)
		d->fields.v[i]->off = d->align;
	return (uint64_t)d->align + largest;
}

static void
measure_depth(struct idl_def *d)
{
	const struct idl_type *t;
	uint32_t i;

	d->depth = 1;
	for (i = 0; i < d->fields.n; i++) {
		t = idl_type_real(d->fields.v[i]->type);
		if (!d->fields.v[i]->pointer && idl_type_is_struct(t) &&
		    t->def->depth >= d->depth)
			d->depth = t->def->depth + 1;
	}
	if (d->depth > MAX_STRUCT_DEPTH)
		idl_error(d->file->idl, d->loc, "make a field optional",
		    "'%s' holds structs more than %d deep",
		    idl_show(d->file->idl, d->name), MAX_STRUCT_DEPTH);
}

static void
lay_out(struct idl_def *d)
{
	uint64_t size;

	d->align = 1;
	measure_depth(d);
	size = d->kind == IDL_UNION ? lay_out_union(d) : lay_out_struct(d);
	if (size == 0)
		size = 1;
	size = round_up(size, d->align);
	if (size > MAX_STRUCT_BYTES) {
		idl_error(d->file->idl, d->loc,
		    "optional structs are pointers and take 8 bytes",
		    "'%s' takes more than %u bytes in memory",
		    idl_show(d->file->idl, d->name), MAX_STRUCT_BYTES);
		size = 1;
	}
	d->size = (uint32_t)size;
}

/*
 * Presence.  Arguments stand by value, always; a result is one flag and one
 * value, then a pointer for each exception.
 */
static void
choose_presence(const struct idl_def *d)
{
	struct idl_field *f;
	uint32_t i;
	bool is_struct;

	for (i = 0; i < d->fields.n; i++) {
		f = d->fields.v[i];
		is_struct = idl_type_is_struct(idl_type_real(f->type));
		if (d->kind == IDL_RESULT) {
			f->has = f->id == 0;
			f->pointer = f->id != 0;
		} else if (d->kind != IDL_UNION && f->req == IDL_OPTIONAL) {
			f->has = !is_struct;
			f->pointer = is_struct;
		}
	}
}

static void
find_init(struct idl_def *d)
{
	const struct idl_value *v;
	const struct idl_field *f;
	const struct idl_type *t;
	uint32_t i;

	for (i = 0; d->kind != IDL_UNION && i < d->fields.n; i++) {
		f = d->fields.v[i];
		t = idl_type_real(f->type);
		v = f->value;
		if (v != NULL ? f->has || f->pointer ||
		    !idl_value_is_zero(t, v) : !f->pointer &&
		    idl_type_is_struct(t) && t->def->has_init)
			d->has_init = true;
		if (!f->pointer && idl_type_has_text(t))
			d->has_text = true;
	}
}

static void
shape_methods(const struct idl_def *service)
{
	struct idl_def *d;
	uint32_t i, j;

	for (i = 0; i < service->methods.n; i++)
		for (j = 0; j < 2; j++) {
			d = j == 0 ? service->methods.v[i]->args :
			    service->methods.v[i]->result;
			choose_presence(d);
			lay_out(d);
			find_init(d);
		}
}

void
shape_file(struct idl_file *f)
{
	uint32_t i;

	for (i = 0; i < f->defs.n; i++)
		if (idl_is_struct(f->defs.v[i]))
			choose_presence(f->defs.v[i]);
	find_cycles(f);
	order_structs(f);
	for (i = 0; i < f->order.n; i++) {
		lay_out(f->order.v[i]);
		find_init(f->order.v[i]);
	}
	for (i = 0; i < f->defs.n; i++) {
		f->defs.v[i]->state = 0;
		if (f->defs.v[i]->kind == IDL_SERVICE)
			shape_methods(f->defs.v[i]);
	}
}
