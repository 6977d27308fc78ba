/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be done with any value: copying, comparing, dumping; and the tables
 * that no value can be made from.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "lib/unit.h"
#include "wire/wire.h"
#include "../wire/sample.h"

static struct tf_arena *arena;

static void
setup(void)
{
	arena = tf_arena_new(0);
}

static void
teardown(void)
{
	tf_arena_free(arena);
}

/* A copy of the full value that shares no byte with it or another copy. */
static struct sample_all *
decoded(void)
{
	struct sample_all *a = tf_alloc(arena, 1, sizeof(*a));
	struct tf_str s;

	ck_assert_int_eq(tf_encode(&sample_all_type, TF_BINARY,
	    sample_all_full(), arena, &s, NULL), 0);
	ck_assert(tf_decode(&sample_all_type, TF_BINARY, s.s, s.len, arena, a,
	    NULL) > 0);
	return a;
}

START_TEST(duplicate)
{
	struct sample_all *a = decoded(), *d, *c;

	d = tf_dup(&sample_all_type, a);
	c = tf_copy(arena, &sample_all_type, a);
	ck_assert_ptr_nonnull(d);
	/* Ruin the original: nothing of it may be shared. */
	memset((char *)(uintptr_t)a->text.s, 'X', a->text.len);
	memset(a->words.v, 0, 4 * a->words.n);
	memset((char *)(uintptr_t)a->names.v[3].s, 'X', 5);
	a->there->x = 99;
	a->shape->which = 0;
	a->tracks.v[0].val.v[2] = 5;
	a->tree.kids.v[0].left->value = 17;
	ck_assert(!tf_equal(&sample_all_type, a, sample_all_full()));
	ck_assert(tf_equal(&sample_all_type, d, sample_all_full()));
	ck_assert(tf_equal(&sample_all_type, c, sample_all_full()));
	ck_assert_int_eq(d->text.s[d->text.len], '\0');
	ck_assert_uint_eq(d->words.cap, d->words.n);
	free(d);
}
END_TEST

START_TEST(duplicate_of_absent)
{
	struct sample_point p = { .x = 1, .label = { (char *)1, 1000 } }, *d;
	struct sample_shape s = { .which = 1, .u.text = { (char *)1, 99 } }, *e;
	struct tf_list_i32 l = { NULL, 0, 7 }, *m;

	s.u.number = 5;
	d = tf_dup(&sample_point_type, &p);
	ck_assert_str_eq(d->label.s, "");
	ck_assert(tf_equal(&sample_point_type, d, &p));
	free(d);
	e = tf_dup(&sample_shape_type, &s);
	ck_assert_int_eq(e->u.number, 5);
	free(e);
	m = tf_dup(&sample_list_i32_type, &l);
	ck_assert_uint_eq(m->n, 0);
	ck_assert_uint_eq(m->cap, 0);
	free(m);
}
END_TEST

#define DIFFERS(change) do {						\
	struct sample_all *x = decoded();				\
									\
	ck_assert(tf_equal(&sample_all_type, x, sample_all_full()));	\
	x->change;							\
	ck_assert_msg(!tf_equal(&sample_all_type, x, sample_all_full()), \
	    #change);							\
	ck_assert(!tf_equal(&sample_all_type, sample_all_full(), x));	\
} while (0)

START_TEST(differences)
{
	DIFFERS(odd++);
	DIFFERS(yes = false);
	DIFFERS(tiny++);
	DIFFERS(big++);
	DIFFERS(real = 1);
	DIFFERS(text.len--);
	DIFFERS(uuid.b[15]++);
	DIFFERS(color++);
	DIFFERS(words.n--);
	DIFFERS(words.v[16]++);
	DIFFERS(names.v[0] = TF_STR("x"));
	DIFFERS(dict.v[1].val = TF_STR("x"));
	DIFFERS(here.x++);
	DIFFERS(there = NULL);
	DIFFERS(there->has_label = false);
	DIFFERS(shape->u.node->value++);
	DIFFERS(shape->which = 0);
	DIFFERS(flags.v[0] = false);
	DIFFERS(grid.v[0].v[0]++);
	DIFFERS(tracks.v[0].val.v[1] = 0.0);		/* was -0.0 */
	DIFFERS(has_maybe = false);
	DIFFERS(shapes.v[0].which = 5);
	DIFFERS(bits.v[0].key++);
}
END_TEST

START_TEST(order)
{
	struct tf_str ab[] = { TF_STR("a"), TF_STR("b"), TF_STR("b") };
	struct tf_str ba[] = { TF_STR("b"), TF_STR("a"), TF_STR("b") };
	struct tf_str aa[] = { TF_STR("a"), TF_STR("b"), TF_STR("a") };
	struct tf_list_str x = { ab, 3, 0 }, y = { ba, 3, 0 }, z = { aa, 3, 0 };
	int32_t up[] = { 1, 2 }, down[] = { 2, 1 };
	struct tf_list_i32 u = { up, 2, 0 }, d = { down, 2, 0 };

	ck_assert(tf_equal(&sample_set_str_type, &x, &y));
	ck_assert(!tf_equal(&sample_set_str_type, &x, &z));
	ck_assert(!tf_equal(&sample_list_i32_type, &u, &d));
}
END_TEST

/* Quadratic comparison of these would take minutes. */
START_TEST(large_sets)
{
	enum { N = 200000 };
	struct tf_list_str a = { NULL, 0, 0 }, b = { NULL, 0, 0 };

	for (int i = 0; i < N; i++) {
		*TF_PUSH(arena, &a) = tf_strf(arena, "%d", i);
		*TF_PUSH(arena, &b) = tf_strf(arena, "%d", N - 1 - i);
	}
	ck_assert(tf_equal(&sample_set_str_type, &a, &b));
	b.v[7] = TF_STR("x");
	ck_assert(!tf_equal(&sample_set_str_type, &a, &b));
}
END_TEST

START_TEST(dump)
{
	static const char expected[] =
	    "Node {\n"
	    "\tvalue = 1\n"
	    "\tleft = Node {\n"
	    "\t\tvalue = 2\n"
	    "\t\tkids = []\n"
	    "\t}\n"
	    "\tkids = [\n"
	    "\t\tNode {\n"
	    "\t\t\tvalue = 3\n"
	    "\t\t\tkids = []\n"
	    "\t\t}\n"
	    "\t]\n"
	    "}\n"
	    "[\"a\\\"\\n\\x1b\\xff\\xc2\\x9b\xc3\xa9\"]\n";
	struct sample_node left = { .value = 2 }, kid = { .value = 3 };
	struct sample_node n = { .value = 1, .left = &left,
	    .kids = { &kid, 1, 0 } };
	struct tf_str s = TF_STR("a\"\n\x1b\xff\xc2\x9b\xc3\xa9");
	struct tf_list_str l = { &s, 1, 0 };
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(f);
	tf_dump(&sample_node_type, &n, f);
	tf_dump(&sample_set_str_type, &l, f);
	fclose(f);
	ck_assert_str_eq(text, expected);
	free(text);
}
END_TEST

/* Whether a plan can be made of a copy of a good table after a change. */
static bool
accepts(const struct tf_type *t)
{
	bool ok = plan_get(t) != NULL;

	tf_type_forget(t);
	ck_assert_ptr_null(*t->plan);
	return ok;
}

#define REJECTS(change) do {						\
	struct tf_field f[2] = {					\
		{ "a", NULL, 0, 0, 1, TF_T_I32, 0 },			\
		{ "b", NULL, 4, 0, 2, TF_T_I32, 0 } };			\
	void *plan = NULL;						\
	struct tf_type t = { .name = "T", .fields = f, .plan = &plan,	\
	    .size = 8, .n = 2, .kind = TF_T_STRUCT };			\
									\
	ck_assert(accepts(&t));						\
	change;								\
	ck_assert_msg(!accepts(&t), #change);				\
} while (0)

START_TEST(malformed_tables)
{
	REJECTS(t.kind = TF_T_NONE);
	REJECTS(t.kind = 99);
	REJECTS(t.size = 7);
	REJECTS(t.name = NULL);
	REJECTS(t.fields = NULL);
	REJECTS(f[0].name = NULL);
	REJECTS(f[0].kind = TF_T_NONE);
	REJECTS(f[0].kind = 200);
	REJECTS(f[0].kind = TF_T_I64; f[0].off = 4);
	REJECTS(f[1].off = 5);
	REJECTS(f[1].off = 8);
	REJECTS(f[1].off = UINT32_MAX - 3);
	REJECTS(f[1].id = 1);
	REJECTS(f[1].id = 0);
	REJECTS(f[1].flags = TF_OPTIONAL; f[1].has = 8);
	REJECTS(f[1].flags = TF_POINTER);
	REJECTS(f[1].kind = TF_T_LIST);
	REJECTS(f[1].kind = TF_T_STRUCT; f[1].type = &sample_shape_type);
	REJECTS(f[1].kind = TF_T_STRUCT; f[1].type = &sample_point_type);
	REJECTS(t.kind = TF_T_UNION);			/* a is on which */
	/* By value within itself. */
	REJECTS(f[0].kind = TF_T_STRUCT; f[0].type = &t; t.n = 1);
}
END_TEST

START_TEST(malformed_containers)
{
	void *plan = NULL;
	struct tf_type l = { .plan = &plan, .key = { NULL, 0, TF_T_I32 },
	    .size = 16, .entry = 4, .kind = TF_T_LIST };

	ck_assert(accepts(&l));
	l.entry = 8;
	ck_assert(!accepts(&l));
	l.entry = 0;
	ck_assert(!accepts(&l));
	l.entry = 16;
	l.key = (struct tf_elem){ &l, 0, TF_T_LIST };	/* holds itself */
	ck_assert(!accepts(&l));
	l.key = (struct tf_elem){ NULL, 0, TF_T_STRUCT };
	ck_assert(!accepts(&l));
	l = (struct tf_type){ .plan = &plan, .key = { NULL, 0, TF_T_I32 },
	    .val = { NULL, 8, TF_T_I64 }, .entry = 16, .kind = TF_T_MAP };
	ck_assert(accepts(&l));
	l.val.off = 4;
	ck_assert(!accepts(&l));
	l.val.off = 16;
	ck_assert(!accepts(&l));
}
END_TEST

/* A good table that reaches a bad one is not planned, nor half planned. */
START_TEST(malformed_deep)
{
	void *plan[2] = { NULL, NULL };
	struct tf_type bad = { .plan = &plan[0], .key = { NULL, 0, 77 },
	    .entry = 4, .kind = TF_T_LIST };
	struct tf_field f = { "l", &bad, 0, 0, 1, TF_T_LIST, 0 };
	struct tf_type good = { .name = "Good", .fields = &f,
	    .plan = &plan[1], .size = 16, .n = 1, .kind = TF_T_STRUCT };

	ck_assert_ptr_null(plan_get(&good));
	ck_assert_ptr_null(plan[0]);
	ck_assert_ptr_null(plan[1]);
	bad.key.kind = TF_T_I32;
	ck_assert_ptr_nonnull(plan_get(&good));
	tf_type_forget(&good);
	tf_type_forget(&bad);
}
END_TEST

static void *
get_plan(void *barrier)
{
	pthread_barrier_wait(barrier);
	return (void *)(uintptr_t)plan_get(&sample_all_type);
}

START_TEST(threads)
{
	enum { N = 8 };
	pthread_barrier_t barrier;
	pthread_t t[N];
	void *plan[N];

	pthread_barrier_init(&barrier, NULL, N);
	for (int i = 0; i < N; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, get_plan,
		    &barrier), 0);
	for (int i = 0; i < N; i++)
		pthread_join(t[i], &plan[i]);
	for (int i = 0; i < N; i++)
		ck_assert_ptr_eq(plan[i], plan_get(&sample_all_type));
	ck_assert_ptr_nonnull(plan[0]);
	pthread_barrier_destroy(&barrier);
}
END_TEST

/* What the arena holds already counts, as the limit is its own. */
START_TEST(bytes_that_the_arena_cannot_hold)
{
	static char many[40000];
	struct tf_arena *small = tf_arena_new(65536);
	struct tf_list_str l = { &(struct tf_str){ many, sizeof(many) }, 1, 0 };
	const char *why = "";
	struct tf_str s;

	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(tf_encode(&sample_set_str_type, TF_COMPACT,
		    &l, small, &s, &why), i == 0 ? 0 : -1);
		ck_assert(!tf_arena_over(small));
	}
	ck_assert_str_eq(why, "value exceeds the memory limit");
	tf_arena_free(small);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("wire/value");
	TCase *t = unit_case(s, "value");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, duplicate);
	tcase_add_test(t, duplicate_of_absent);
	tcase_add_test(t, differences);
	tcase_add_test(t, order);
	tcase_add_test(t, large_sets);
	tcase_add_test(t, dump);
	tcase_add_test(t, bytes_that_the_arena_cannot_hold);
	tcase_add_test(t, malformed_tables);
	tcase_add_test(t, malformed_containers);
	tcase_add_test(t, malformed_deep);
	tcase_add_test(t, threads);
	return unit_main(s);
}
