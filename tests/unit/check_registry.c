/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry: methods of a service and of those it extends are found by
 * their whole name, members that are NULL are not there, and what cannot be
 * served is refused with a reason.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/unit.h"
#include "serve/registry.h"
#include "unit_service.h"

static struct registry r;
static char why[256];

static void
setup(void)
{
	registry_init(&r);
	why[0] = '\0';
}

static void
teardown(void)
{
	registry_fini(&r);
}

static int
add(const struct tf_service *s, const void *handler)
{
	return registry_add(&r, NULL, s, handler, why, sizeof(why));
}

static int
add_as(const char *name, const void *handler)
{
	return registry_add(&r, name, &unit_service, handler, why,
	    sizeof(why));
}

static const struct entry *
find(const char *name)
{
	return registry_find(&r, name, strlen(name));
}

START_TEST(found_by_the_whole_name)
{
	ck_assert_msg(add(&unit_service, &unit_handler) == 0, "%s", why);
	ck_assert_uint_eq(r.n, 12);	/* absent is not, ping is */
	ck_assert_ptr_eq(find("echo")->method, unit_method("echo"));
	ck_assert_str_eq(find("echo")->service, "Unit");
	ck_assert_ptr_eq(find("echo")->handler, &unit_handler);
	ck_assert_ptr_null(find(""));
	ck_assert_ptr_null(find("ech"));
	ck_assert_ptr_null(find("echoo"));
	ck_assert_ptr_null(find("Echo"));
	ck_assert_ptr_null(registry_find(&r, "echo\0x", 6));
	ck_assert_ptr_nonnull(registry_find(&r, "echoes", 4));
}
END_TEST

/* By the service that was added, through the handler's first member. */
START_TEST(methods_of_the_base)
{
	const struct entry *e;

	ck_assert_int_eq(add(&unit_service, &unit_handler), 0);
	e = find("ping");
	ck_assert_ptr_nonnull(e);
	ck_assert_ptr_eq(e->method, unit_method("ping"));
	ck_assert_str_eq(e->service, "Unit");
	ck_assert_int_eq(e->method->call(NULL, e->handler, NULL, NULL), 0);
}
END_TEST

START_TEST(members_that_are_null)
{
	static const struct unit_handler none;

	ck_assert_int_eq(add(&unit_service, &unit_handler), 0);
	ck_assert_ptr_null(find("absent"));
	registry_fini(&r);
	ck_assert_int_eq(add(&unit_service, &none), 0);
	ck_assert_uint_eq(r.n, 0);
	ck_assert_ptr_null(find("ping"));
}
END_TEST

START_TEST(duplicates)
{
	ck_assert_int_eq(add(&unit_base_service, &unit_handler.base), 0);
	ck_assert_int_eq(add(&unit_service, &unit_handler), -1);
	ck_assert_ptr_nonnull(strstr(why, "Unit.ping"));
	ck_assert_ptr_nonnull(strstr(why, "Base"));
	ck_assert_str_eq(find("ping")->service, "Base");
}
END_TEST

/* The same service twice under names, and once without. */
START_TEST(instances)
{
	static struct unit_handler second;
	char name[] = "first";
	const struct entry *e;

	second = unit_handler;
	ck_assert_msg(add_as(name, &unit_handler) == 0, "%s", why);
	memset(name, 'x', sizeof(name) - 1);
	ck_assert_msg(add_as("a/second-1.x_", &second) == 0, "%s", why);
	ck_assert_ptr_null(find("echo"));
	ck_assert_int_eq(add(&unit_service, &unit_handler), 0);
	ck_assert_uint_eq(r.n, 36);
	e = find("first:echo");
	ck_assert_ptr_eq(e->handler, &unit_handler);
	ck_assert_ptr_eq(e->method, unit_method("echo"));
	ck_assert_str_eq(e->service, "first");
	ck_assert_str_eq(e->title, "first:Unit");
	ck_assert_uint_eq(e->prefix, 6);
	e = find("a/second-1.x_:ping");
	ck_assert_ptr_eq(e->handler, &second);
	ck_assert_str_eq(e->title, "a/second-1.x_:Unit");
	e = find("echo");
	ck_assert_str_eq(e->service, "Unit");
	ck_assert_str_eq(e->title, "Unit");
	ck_assert_uint_eq(e->prefix, 0);
	ck_assert_ptr_null(find("Unit:echo"));
	ck_assert_ptr_null(find("first:absent"));
	ck_assert_ptr_null(find("firs:echo"));
	ck_assert(registry_serves(&r, "first", 5));
	ck_assert(!registry_serves(&r, "first", 4));
	ck_assert(!registry_serves(&r, "firstly", 7));
	ck_assert(!registry_serves(&r, "Unit", 4));
	ck_assert(!registry_serves(&r, "", 0));
	ck_assert_int_eq(add_as("first", &second), -1);
	ck_assert_ptr_nonnull(strstr(why, "first:Unit.echo"));
}
END_TEST

START_TEST(names_that_are_none)
{
	static const char *const bad[] = { "", ":", "a:", "a b", "a\tb",
	    "caf\303\251", "\"", "a\n" };
	char text[80];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(add_as(bad[i], &unit_handler), -1);
		ck_assert_ptr_nonnull(strstr(why, "the name of a service"));
	}
	memset(text, 'n', sizeof(text));
	text[64] = '\0';
	ck_assert_int_eq(add_as(text, &unit_handler), -1);
	ck_assert_uint_eq(r.n, 0);
	text[63] = '\0';
	ck_assert_int_eq(add_as(text, &unit_handler), 0);
}
END_TEST

START_TEST(another_abi)
{
	struct tf_service other = unit_service, base = unit_base_service;

	other.abi = TF_ABI + 1;
	ck_assert_int_eq(add(&other, &unit_handler), -1);
	ck_assert_ptr_nonnull(strstr(why, "ABI"));
	other = unit_service;
	other.magic = 0x12345678;
	ck_assert_int_eq(add(&other, &unit_handler), -1);
	ck_assert_uint_eq(r.n, 0);
	other = unit_service;
	base.abi = TF_ABI + 1;
	other.base = &base;
	ck_assert_int_eq(add(&other, &unit_handler), -1);
}
END_TEST

START_TEST(malformed_tables)
{
	static void *plan;
	static const struct tf_field fields[] = {
		{ "wild", NULL, 100000, 0, 1, TF_T_I64, 0 } };
	static const struct tf_type type = { .name = "bad", .plan = &plan,
	    .fields = fields, .n = 1, .size = 8, .kind = TF_T_STRUCT };
	struct tf_method m = *unit_method("ping");
	struct tf_service s = unit_base_service;

	s.methods = &m;
	m.args = &type;
	ck_assert_int_eq(add(&s, &unit_handler.base), -1);
	ck_assert_ptr_nonnull(strstr(why, "ping"));
	ck_assert_ptr_nonnull(strstr(why, "malformed"));
	ck_assert_uint_eq(r.n, 0);
}
END_TEST

START_TEST(a_thousand_methods)
{
	enum { N = 1000 };
	static struct tf_method methods[N];
	static char names[N][24];
	struct tf_service s = unit_base_service;

	for (int i = 0; i < N; i++) {
		snprintf(names[i], sizeof(names[i]), "method%d",
		    i * 7919 % 100003);
		methods[i] = *unit_method("ping");
		methods[i].name = names[i];
	}
	s.methods = methods;
	s.n = N;
	ck_assert_msg(add(&s, &unit_handler.base) == 0, "%s", why);
	ck_assert_uint_eq(r.n, N);
	for (int i = 0; i < N; i++)
		ck_assert_ptr_eq(find(names[i])->method, &methods[i]);
	for (int i = 0; i < N; i++) {
		const char *n = names[i];

		ck_assert_ptr_ne(registry_find(&r, n, strlen(n) - 1),
		    find(n));
	}
	ck_assert_uint_ge(r.mask + 1, 2 * r.n);
}
END_TEST

START_TEST(an_empty_registry)
{
	ck_assert_ptr_null(find("ping"));
	ck_assert_ptr_null(find(""));
	registry_fini(&r);
	registry_fini(&r);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("registry");
	TCase *t = unit_case(s, "registry");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, found_by_the_whole_name);
	tcase_add_test(t, methods_of_the_base);
	tcase_add_test(t, members_that_are_null);
	tcase_add_test(t, duplicates);
	tcase_add_test(t, instances);
	tcase_add_test(t, names_that_are_none);
	tcase_add_test(t, another_abi);
	tcase_add_test(t, malformed_tables);
	tcase_add_test(t, a_thousand_methods);
	tcase_add_test(t, an_empty_registry);
	return unit_main(s);
}
