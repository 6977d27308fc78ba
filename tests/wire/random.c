/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world has a few structs and unions, laid out as a compiler would.  By
 * value, and behind required pointers, they hold only those before them; by
 * optional pointers and in containers, any, so that cycles are common.
 */
#include "random.h"

#include <math.h>
#include <string.h>

#define MAX_FIELDS	12
#define MAX_LEVEL	5	/* of values; below it everything is empty */

uint64_t
rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint32_t
rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)(rng_next(r) >> 32) % n;
}

/* Where something stands, while a struct is laid out. */
struct layout {
	uint32_t end, align;
};

static uint32_t
place(struct layout *l, uint32_t size, uint32_t align)
{
	uint32_t off = (l->end + align - 1) & ~(align - 1);

	l->end = off + size;
	if (align > l->align)
		l->align = align;
	return off;
}

static uint32_t
finish(const struct layout *l)
{
	return (l->end + l->align - 1) & ~(l->align - 1);
}

static bool
is_struct(uint8_t kind)
{
	return kind == TF_T_STRUCT || kind == TF_T_UNION;
}

static uint32_t
size_of(uint8_t kind, const struct tf_type *t)
{
	static const uint8_t sizes[] = { 0, 1, 1, 2, 4, 8, 8, 16, 16, 16, 4,
	    16, 16, 16 };

	return is_struct(kind) ? t->size : sizes[kind];
}

static uint32_t
align_of(uint8_t kind)
{
	static const uint8_t aligns[] = { 1, 1, 1, 2, 4, 8, 8, 8, 8, 1, 4, 8,
	    8, 8, 8, 8 };

	return aligns[kind];
}

static struct tf_type *
new_type(struct world *w, uint8_t kind)
{
	struct tf_type *t;

	if (w->n == WORLD_TYPES)
		return NULL;
	t = &w->types[w->n];
	t->plan = &w->plans[w->n++];
	t->kind = kind;
	t->size = sizeof(struct tf_any_list);
	return t;
}

static const struct tf_type *
new_enum(struct world *w)
{
	static const struct tf_enum_value values[] = {
		{ "ZERO", 0 }, { "ONE", 1 }, { "MINUS", -1 }, { "UNO", 1 },
	};
	struct tf_type *t = new_type(w, TF_T_ENUM);

	if (t != NULL) {
		t->name = "E";
		t->values = values;
		t->n = 4;
		t->size = 4;
	}
	return t;
}

static void choose(struct world *, unsigned, unsigned, uint8_t *,
    const struct tf_type **);

/*
 * A container of elements that may be structs below limit; sizes of later ones
 * are not known yet, so world_init() fills in the entries at its end.
 */
static const struct tf_type *
new_container(struct world *w, uint8_t kind, unsigned limit, unsigned level)
{
	struct tf_type *t = new_type(w, kind);

	if (t == NULL)
		return NULL;
	choose(w, limit, level + 1, &t->key.kind, &t->key.type);
	if (kind == TF_T_MAP)
		choose(w, limit, level + 1, &t->val.kind, &t->val.type);
	return t;
}

/* A random kind and type; structs and unions below limit. */
static void
choose(struct world *w, unsigned limit, unsigned level, uint8_t *kind,
    const struct tf_type **type)
{
	unsigned i;

	*kind = (uint8_t)(1 + rng_below(&w->rng, TF_T_UNION));
	*type = NULL;
	if (*kind == TF_T_ENUM) {
		*type = new_enum(w);
	} else if (*kind >= TF_T_STRUCT && limit > 0) {
		i = rng_below(&w->rng, limit);
		*type = &w->types[i];
		*kind = w->types[i].kind;
	} else if (*kind >= TF_T_LIST && *kind <= TF_T_MAP && level < 3) {
		*type = new_container(w, *kind, WORLD_STRUCTS, level);
	}
	if (*type == NULL && *kind >= TF_T_ENUM)
		*kind = TF_T_I32;
}

static void
place_field(struct world *w, struct tf_type *t, struct tf_field *f,
    struct layout *l)
{
	uint32_t size = size_of(f->kind, f->type), align = align_of(f->kind);

	if (f->flags & TF_POINTER)
		size = align = sizeof(void *);
	if (t->kind == TF_T_UNION) {
		f->off = 8;
		f->flags &= TF_POINTER;
		if (8 + size > l->end)
			l->end = 8 + size;
		return;
	}
	f->off = place(l, size, align);
	if (f->flags == 0 && rng_below(&w->rng, 3) == 0) {
		f->flags = TF_OPTIONAL;
		f->has = place(l, 1, 1);
	} else if (rng_below(&w->rng, 5) == 0) {
		f->flags |= TF_REQUIRED;
	}
}

static void
fill_field(struct world *w, unsigned i, struct tf_field *f, unsigned nth)
{
	struct tf_type *t = &w->types[i];

	f->name = tf_strf(w->arena, "f%u", nth).s;
	choose(w, i, 0, &f->kind, &f->type);
	/* So that every union has a member without end. */
	if (t->kind == TF_T_UNION && nth == 0) {
		f->kind = TF_T_I32;
		f->type = NULL;
	} else if (rng_below(&w->rng, 5) == 0) {
		f->type = &w->types[rng_below(&w->rng, WORLD_STRUCTS)];
		f->kind = f->type->kind;
		f->flags = TF_POINTER;
	}
}

static void
fill_struct(struct world *w, unsigned i)
{
	struct tf_type *t = &w->types[i];
	unsigned n = 1 + rng_below(&w->rng, MAX_FIELDS);
	struct tf_field *f = tf_alloc(w->arena, n, sizeof(*f));
	struct layout l = { 0, 8 };
	int id = t->kind == TF_T_UNION ? 0 : (int)rng_below(&w->rng, 4) - 3;

	t->name = tf_strf(w->arena, "T%u", i).s;
	t->fields = f;
	t->n = n;
	if (t->kind == TF_T_UNION)
		place(&l, 8, 8);
	for (unsigned k = 0; k < n; k++) {
		id += 1 + (int)(rng_below(&w->rng, 4) == 0 ?
		    rng_below(&w->rng, 300) : rng_below(&w->rng, 3));
		f[k].id = (int16_t)id;
		fill_field(w, i, &f[k], k);
		place_field(w, t, &f[k], &l);
		/* A pointer to what comes later may not be required. */
		if (f[k].flags & TF_POINTER && f[k].type >= t)
			f[k].flags &= (uint8_t)~TF_REQUIRED;
	}
	t->size = finish(&l);
}

static void
fill_entry(struct tf_type *t)
{
	struct layout l = { 0, 1 };

	t->key.off = place(&l, size_of(t->key.kind, t->key.type),
	    align_of(t->key.kind));
	if (t->kind == TF_T_MAP)
		t->val.off = place(&l, size_of(t->val.kind, t->val.type),
		    align_of(t->val.kind));
	t->entry = finish(&l);
}

void
world_init(struct world *w, uint64_t seed)
{
	memset(w, 0, sizeof(*w));
	w->rng.state = seed;
	w->arena = tf_arena_new(0);
	for (unsigned i = 0; i < WORLD_STRUCTS; i++)
		new_type(w, rng_below(&w->rng, 3) == 0 ? TF_T_UNION :
		    TF_T_STRUCT);
	for (unsigned i = 0; i < WORLD_STRUCTS; i++)
		fill_struct(w, i);
	for (unsigned i = 0; i < w->n; i++)
		if (w->types[i].kind >= TF_T_LIST &&
		    w->types[i].kind <= TF_T_MAP)
			fill_entry(&w->types[i]);
}

void
world_fini(struct world *w)
{
	for (unsigned i = 0; i < w->n; i++)
		tf_type_forget(&w->types[i]);
	tf_arena_free(w->arena);
}

/* Now values. */

struct maker {
	struct rng	*rng;
	struct tf_arena	*arena;
};

static void make(struct maker *, uint8_t, const struct tf_type *, void *,
    unsigned);

static int64_t
make_int(struct maker *m)
{
	uint64_t bits = rng_next(m->rng);

	bits >>= rng_below(m->rng, 64);
	return (int64_t)(rng_below(m->rng, 2) ? bits : ~bits);
}

static double
make_double(struct maker *m)
{
	static const double some[] = { 0.0, -0.0, 1.0, NAN, INFINITY,
	    -INFINITY, 5e-324, 1.7976931348623157e308, 0.1 };
	double d;
	uint64_t bits = rng_next(m->rng);

	if (rng_below(m->rng, 3) == 0)
		return some[rng_below(m->rng, 9)];
	memcpy(&d, &bits, sizeof(d));
	return isnan(d) ? 1.5 : d;	/* JSON has but one NaN */
}

static struct tf_str
make_string(struct maker *m)
{
	uint32_t len = rng_below(m->rng, 8) == 0 ? rng_below(m->rng, 3000) :
	    rng_below(m->rng, 40);
	bool text = rng_below(m->rng, 2);
	char *s = tf_alloc(m->arena, len + 1, 1);

	for (uint32_t i = 0; i < len; i++)
		s[i] = (char)(text ? 'a' + rng_below(m->rng, 26) :
		    rng_below(m->rng, 256));
	return (struct tf_str){ s, len };
}

static void
make_container(struct maker *m, const struct tf_type *t, struct tf_any_list *l,
    unsigned level)
{
	uint32_t n = level >= MAX_LEVEL ? 0 : rng_below(m->rng, 4);
	char *v;

	if (level < 2 && rng_below(m->rng, 6) == 0)
		n = rng_below(m->rng, 40);
	*l = (struct tf_any_list){ NULL, n, n };
	if (n == 0)
		return;
	l->v = v = tf_alloc(m->arena, n, t->entry);
	for (; n > 0; n--, v += t->entry) {
		make(m, t->key.kind, t->key.type, v + t->key.off, level + 1);
		if (t->kind == TF_T_MAP)
			make(m, t->val.kind, t->val.type, v + t->val.off,
			    level + 1);
	}
}

static void
make_field(struct maker *m, const struct tf_field *f, char *value,
    unsigned level)
{
	void *dst = value + f->off;

	if (f->flags & TF_POINTER) {
		if (!(f->flags & TF_REQUIRED) && (level >= MAX_LEVEL ||
		    rng_below(m->rng, 2)))
			return;
		*(void **)dst = tf_alloc(m->arena, 1, f->type->size);
		dst = *(void **)dst;
	}
	if (f->flags & TF_OPTIONAL &&
	    !(*(bool *)(value + f->has) = rng_below(m->rng, 2)))
		return;
	make(m, f->kind, f->type, dst, level + 1);
}

static void
make_union(struct maker *m, const struct tf_type *t, char *value,
    unsigned level)
{
	const struct tf_field *f = &t->fields[0];

	if (level < MAX_LEVEL)
		f = &t->fields[rng_below(m->rng, t->n)];
	if (f->flags & TF_POINTER)
		*(void **)(value + f->off) = tf_alloc(m->arena, 1,
		    f->type->size);
	*(int32_t *)value = f->id;
	make(m, f->kind, f->type, f->flags & TF_POINTER ?
	    *(void **)(value + f->off) : value + f->off, level + 1);
}

static void
make(struct maker *m, uint8_t kind, const struct tf_type *t, void *dst,
    unsigned level)
{
	int64_t v = make_int(m);

	switch (kind) {
	case TF_T_BOOL:
		*(bool *)dst = v & 1;
		return;
	case TF_T_I8:
		*(int8_t *)dst = (int8_t)v;
		return;
	case TF_T_I16:
		*(int16_t *)dst = (int16_t)v;
		return;
	case TF_T_I32:
		*(int32_t *)dst = (int32_t)v;
		return;
	case TF_T_ENUM:
		*(int32_t *)dst = (int32_t)v % 3;
		return;
	case TF_T_I64:
		*(int64_t *)dst = v;
		return;
	case TF_T_DOUBLE:
		*(double *)dst = make_double(m);
		return;
	case TF_T_STRING:
	case TF_T_BINARY:
		*(struct tf_str *)dst = make_string(m);
		return;
	case TF_T_UUID:
		memcpy(dst, &v, sizeof(v));
		return;
	case TF_T_UNION:
		make_union(m, t, dst, level);
		return;
	case TF_T_STRUCT:
		for (uint32_t i = 0; i < t->n; i++)
			make_field(m, &t->fields[i], dst, level);
		return;
	default:
		make_container(m, t, dst, level);
		return;
	}
}

void *
world_value(struct world *w, unsigned i, struct tf_arena *arena)
{
	struct maker m = { &w->rng, arena };
	const struct tf_type *t = &w->types[i];
	void *value = tf_alloc(arena, 1, t->size);

	make(&m, t->kind, t, value, 0);
	return value;
}
