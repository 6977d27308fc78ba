/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building the extremes in C, and looking at them in C.  cross_cpp.cc and
 * cross-codec.py add the same things to their constants.
 */
#include "cross_value.h"

#include <string.h>

#define BIG	70000

static const uint64_t double_bits[] = {
	0x7ff0000000000000, 0xfff0000000000000,	/* infinities */
	0x7ff8000000000001, 0xfff8000000000000,	/* NaNs */
	0x8000000000000000,			/* -0.0 */
	0x0000000000000001, 0x8000000000000001,	/* denormals */
	0x000fffffffffffff,
	0x0010000000000000, 0x7fefffffffffffff,
	0x3ff0000000000001, 0x0102030405060708
};
#define DOUBLES	(sizeof(double_bits) / sizeof(double_bits[0]))

/* The ends of what one, two, three, four bytes hold; one of each plane. */
static const uint32_t code_points[] = {
	0x1, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xffff,
	0x10000, 0x1f600, 0x20041, 0x30041, 0x40041, 0x50041, 0x60041, 0x70041,
	0x80041, 0x90041, 0xa0041, 0xb0041, 0xc0041, 0xd0041, 0xe0041, 0xf0041,
	0x100041, 0x10ffff
};
#define CODE_POINTS	(sizeof(code_points) / sizeof(code_points[0]))

static size_t
utf8(char *out, uint32_t c)
{
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = len; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[len] | c);
	return len;
}

static struct tf_str
planes(char out[4 * CODE_POINTS])
{
	size_t len = 0;

	for (size_t i = 0; i < CODE_POINTS; i++)
		len += utf8(out + len, code_points[i]);
	return (struct tf_str){ out, len };
}

static void
build_doubles(struct tf_arena *a, struct cross_doubles *d)
{
	for (size_t i = 0; i < DOUBLES; i++)
		memcpy(TF_PUSH(a, &d->values), &double_bits[i], 8);
	memcpy(&d->one, &double_bits[4], 8);
}

static void
build_texts(struct tf_arena *a, struct cross_texts *t)
{
	char *big = tf_alloc(a, BIG, 1), *bytes = tf_alloc(a, BIG, 1);
	char utf[4 * CODE_POINTS];
	struct tf_str all = planes(utf);

	for (size_t i = 0; i < BIG; i++) {
		big[i] = (char)('a' + i % 26);
		bytes[i] = (char)(i * 7 & 0xff);
	}
	*TF_PUSH(a, &t->texts) = TF_STR("a\0b");
	*TF_PUSH(a, &t->texts) = TF_STR("\0");
	*TF_PUSH(a, &t->texts) = tf_strn(a, all.s, all.len);
	*TF_PUSH(a, &t->texts) = (struct tf_str){ big, BIG };
	*TF_PUSH(a, &t->blobs) = TF_STR("\0");
	*TF_PUSH(a, &t->blobs) = TF_STR("\xff\xfe\x80");
	*TF_PUSH(a, &t->blobs) = (struct tf_str){ bytes, 256 };
	*TF_PUSH(a, &t->blobs) = (struct tf_str){ bytes, BIG };
	t->text = TF_STR("end\0");
	t->blob = TF_STR("\x80\0\x80");
}

void
value_build(struct tf_arena *a, struct cross_all *all)
{
	*all = cross_extremes;
	build_doubles(a, &all->doubles);
	build_texts(a, &all->texts);
	*TF_PUSH(a, &all->lists.colors) = (enum cross_color)77;
	for (int i = 0; i < 300; i++)
		*TF_PUSH(a, &all->lists.smalls) = (int16_t)(i * 200 - 30000);
}

#define WANT(condition)							\
	do {								\
		if (!(condition))					\
			return #condition;				\
	} while (0)

static bool
is(struct tf_str s, const char *want, size_t len)
{
	return s.len == len && memcmp(s.s, want, len) == 0 &&
	    s.s[len] == '\0';
}
#define IS(str, lit)	is((str), (lit), sizeof(lit) - 1)

static bool
bits_are(const double *d, uint64_t want)
{
	return memcmp(d, &want, sizeof(want)) == 0;
}

static const char *
scalars_differ(const struct tf_list_cross_scalars *l)
{
	WANT(l->n == 5);
	WANT(!l->v[0].truth && l->v[0].last);
	WANT(l->v[0].tiny == INT8_MIN && l->v[0].small == INT16_MIN);
	WANT(l->v[0].medium == INT32_MIN && l->v[0].large == INT64_MIN);
	WANT(bits_are(&l->v[0].real, 0xffefffffffffffff));
	WANT(IS(l->v[0].text, "") && IS(l->v[0].blob, ""));
	WANT(l->v[0].color == CROSS_COLOR_FIRST);
	WANT(l->v[1].truth && !l->v[1].last);
	WANT(l->v[1].tiny == INT8_MAX && l->v[1].small == INT16_MAX);
	WANT(l->v[1].medium == INT32_MAX && l->v[1].large == INT64_MAX);
	WANT(bits_are(&l->v[1].real, 0x7fefffffffffffff));
	WANT(IS(l->v[1].text, "gr\xc3\xbc\xc3\x9f" "e \xe4\xb8\x96\xe7\x95"
	    "\x8c"));
	WANT(IS(l->v[1].blob, "bytes"));
	WANT(l->v[1].color == CROSS_COLOR_LAST);
	WANT(l->v[2].large == 0 && bits_are(&l->v[2].real, 0));
	WANT(IS(l->v[2].text, "'\"\\\r\n\t"));
	WANT(l->v[3].tiny == 1 && l->v[3].large == 1 && l->v[3].real == 1.5);
	WANT(l->v[4].tiny == -1 && l->v[4].small == -1);
	WANT(l->v[4].medium == -1 && l->v[4].large == -1);
	WANT(l->v[4].color == CROSS_COLOR_BLUE && l->v[4].last);
	return NULL;
}

static const char *
doubles_differ(const struct cross_doubles *d)
{
	WANT(d->values.n == 3 + DOUBLES);
	WANT(d->values.v[0] == 0.1 && d->values.v[1] == 1e-7);
	for (size_t i = 0; i < DOUBLES; i++)
		WANT(bits_are(&d->values.v[3 + i], double_bits[i]));
	WANT(bits_are(&d->one, 0x8000000000000000));
	return NULL;
}

static const char *
texts_differ(const struct cross_texts *t)
{
	char utf[4 * CODE_POINTS];
	struct tf_str all = planes(utf);

	WANT(t->texts.n == 6 && t->blobs.n == 6);
	WANT(IS(t->texts.v[0], "") && IS(t->texts.v[1], "x"));
	WANT(IS(t->texts.v[2], "a\0b") && IS(t->texts.v[3], "\0"));
	WANT(is(t->texts.v[4], all.s, all.len));
	WANT(t->texts.v[5].len == BIG && t->blobs.v[5].len == BIG);
	for (size_t i = 0; i < BIG; i++)
		WANT(t->texts.v[5].s[i] == (char)('a' + i % 26) &&
		    (uint8_t)t->blobs.v[5].s[i] == (i * 7 & 0xff));
	WANT(IS(t->blobs.v[2], "\0") && IS(t->blobs.v[3], "\xff\xfe\x80"));
	WANT(is(t->blobs.v[4], t->blobs.v[5].s, 256));
	WANT(IS(t->text, "end\0") && IS(t->blob, "\x80\0\x80"));
	return NULL;
}

static const char *
lists_differ(const struct cross_lists *l)
{
	static const char many[] = "100111000011111010";

	WANT(l->bools.n == 4 && l->bools.v[0] && !l->bools.v[1]);
	WANT(l->tinies.n == 5 && l->tinies.v[0] == INT8_MIN);
	WANT(l->smalls.n == 309 && l->smalls.v[8] == INT16_MAX);
	WANT(l->smalls.v[9] == -30000 && l->smalls.v[308] == 29800);
	WANT(l->mediums.n == 15 && l->mediums.v[14] == INT32_MAX);
	WANT(l->larges.n == 17 && l->larges.v[0] == INT64_MIN);
	WANT(l->larges.v[15] == INT64_C(1) << 62);
	WANT(l->colors.n == 5 && l->colors.v[3] == CROSS_COLOR_BLUE);
	WANT((int)l->colors.v[4] == 77);
	WANT(l->keys.n == 3 && l->keys.v[2].id == -1);
	WANT(IS(l->keys.v[2].name, "c") && l->nothings.n == 3);
	WANT(l->fourteen.n == 14 && l->fourteen.v[13] == 14);
	WANT(l->fifteen.n == 15 && l->fifteen.v[14] == 15);
	WANT(l->sixteen.n == 16 && l->sixteen.v[15] == 16);
	WANT(l->no_bools.n == 0 && l->no_keys.n == 0);
	WANT(l->many_bools.n == sizeof(many) - 1);
	for (size_t i = 0; i < sizeof(many) - 1; i++)
		WANT(l->many_bools.v[i] == (many[i] == '1'));
	return NULL;
}

static const char *
counts_differ(const struct cross_sets *s, const struct cross_maps *m)
{
	WANT(s->bools.n == 2 && s->larges.n == 3 && s->lists.n == 3);
	WANT(s->none.n == 0 && s->keys.n == 2);
	WANT(m->bools.n == 2 && m->bools.v[0].key != m->bools.v[0].val);
	WANT(m->tinies.n == 2 && m->keys.n == 2 && m->by_map.n == 2);
	for (int i = 0; i < 2; i++) {
		WANT(m->tinies.v[i].key < 0 ?
		    m->tinies.v[i].val == INT64_MIN :
		    m->tinies.v[i].val == INT64_MAX);
		WANT(m->keys.v[i].key.id == 1 ? m->keys.v[i].val.id == 0 :
		    IS(m->keys.v[i].val.name, "B"));
		WANT(m->by_set.v[i].key.n == 0 ?
		    IS(m->by_set.v[i].val, "none") :
		    IS(m->by_set.v[i].val, "two"));
	}
	WANT(m->none.n == 0 && m->no_keys.n == 0);
	return NULL;
}

static const char *
nested_differs(const struct cross_nested *n)
{
	WANT(n->deep.n == 4 && n->deep.v[0].n == 0 && n->deep.v[2].n == 2);
	WANT(n->deep.v[3].v[0].v[0].val.v[0] == -1);
	WANT(n->choices.n == 17);
	WANT(n->choices.v[0].which == CROSS_CHOICE_TRUTH);
	WANT(!n->choices.v[0].u.truth && n->choices.v[1].u.truth);
	WANT(n->choices.v[2].u.tiny == INT8_MIN);
	WANT(n->choices.v[5].u.large == INT64_MIN);
	WANT(n->choices.v[6].u.real == -0.5);
	WANT(n->choices.v[9].u.color == CROSS_COLOR_BLUE);
	WANT(n->choices.v[12].u.bools.v[0] && !n->choices.v[12].u.bools.v[1]);
	WANT(n->choices.v[15].which == CROSS_CHOICE_NOTHING);
	WANT(IS(n->choices.v[16].u.far, "away"));
	WANT(n->empties.n == 3 && n->empties.v[2].v[0].v[0].n == 2);
	return NULL;
}

static const char *
gaps_differ(const struct cross_gaps *g)
{
	WANT(g->last == INT32_MAX && g->first == -1);
	WANT(g->by_15 && !g->by_16 && g->by_1);
	WANT(IS(g->by_15_again, "x") && IS(g->by_16_again, "y"));
	WANT(g->c == INT8_MIN && g->d == INT8_MAX && g->before_last);
	WANT(g->e.n == 2 && !g->e.v[0] && g->e.v[1]);
	return NULL;
}

static const char *
optionals_differ(const struct cross_optionals *u,
    const struct cross_optionals *p)
{
	WANT(!u->has_truth && !u->has_tiny && !u->has_small);
	WANT(!u->has_medium && !u->has_large && !u->has_real);
	WANT(!u->has_text && !u->has_blob && !u->has_color && !u->has_last);
	WANT(!u->has_list_ && !u->has_set_ && !u->has_map_);
	WANT(u->key == NULL && u->choice == NULL && u->nothing == NULL);
	WANT(p->has_truth && p->has_tiny && p->has_small);
	WANT(p->has_medium && p->has_large && p->has_real);
	WANT(p->has_text && p->has_blob && p->has_color && p->has_last);
	WANT(p->has_list_ && p->has_set_ && p->has_map_);
	WANT(p->key != NULL && p->choice != NULL && p->nothing != NULL);
	WANT(!p->truth && p->last && p->choice->which == CROSS_CHOICE_MEDIUM);
	return NULL;
}

const char *
value_differs(const struct cross_all *a)
{
	const char *what;

	if ((what = scalars_differ(&a->scalars)) != NULL ||
	    (what = doubles_differ(&a->doubles)) != NULL ||
	    (what = texts_differ(&a->texts)) != NULL ||
	    (what = lists_differ(&a->lists)) != NULL ||
	    (what = counts_differ(&a->sets, &a->maps)) != NULL ||
	    (what = nested_differs(&a->nested)) != NULL ||
	    (what = gaps_differ(&a->gaps)) != NULL ||
	    (what = optionals_differ(&a->unset, &a->present)) != NULL)
		return what;
	WANT(a->absent == NULL && a->strict != NULL);
	WANT(a->strict->choice.which == CROSS_CHOICE_TRUTH);
	WANT(IS(a->trailer, "end"));
	return NULL;
}
