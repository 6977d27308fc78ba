/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our client of the echo service: each line of standard input is an address,
 * settings of the client as key=value, and what to leave out: "no-oneway",
 * "no-services", "no-bools" in lists, "no-odd" doubles, or "small", for what
 * gets larger when it is inflated.  Each is answered with "ok" or with what is
 * wrong, after every kind of method was called on one connection.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "echo.tf.h"

struct run {
	struct tf_client	*client;
	struct tf_arena		*arena;
	bool			 small, no_bools, no_odd, no_oneway;
	bool			 no_services;
};

#define CHECK(cond) do {						\
	if (!(cond)) {							\
		printf("line %d: %s: %s\n", __LINE__, #cond,		\
		    tf_client_error(r->client));			\
		return false;						\
	}								\
} while (0)

#define IS_ECHOED(name, T, ...) do {					\
	const T sent_[] = { __VA_ARGS__ };				\
	for (size_t i_ = 0; i_ < sizeof(sent_) / sizeof(T); i_++) {	\
		T got_;							\
		CHECK(name(r->client, sent_[i_], &got_) == 0);		\
		CHECK(memcmp(&sent_[i_], &got_, sizeof(T)) == 0);	\
	}								\
} while (0)

static bool
scalars(struct run *r)
{
	double nan;

	CHECK(echo_echo_nothing(r->client) == 0);
	IS_ECHOED(echo_echo_echo_bool, bool, true, false);
	IS_ECHOED(echo_echo_echo_i8, int8_t, 0, 1, -1, 127, -128);
	IS_ECHOED(echo_echo_echo_i16, int16_t, 0, 1, -1, 32767, -32768);
	IS_ECHOED(echo_echo_echo_i32, int32_t, 0, 1, -1, INT32_MAX, INT32_MIN);
	IS_ECHOED(echo_echo_echo_i64, int64_t, 0, 1, -1, INT64_MAX, INT64_MIN);
	IS_ECHOED(echo_echo_echo_double, double, 0.0, 0.1, -1e307, 5e-324);
	IS_ECHOED(echo_echo_echo_enum, enum echo_colour, ECHO_COLOUR_BLUE,
	    ECHO_COLOUR_RED);
	if (r->no_odd)
		return true;
	IS_ECHOED(echo_echo_echo_double, double, -0.0, (double)INFINITY,
	    (double)-INFINITY);
	CHECK(echo_echo_echo_double(r->client, (double)NAN, &nan) == 0);
	CHECK(isnan(nan));
	return true;
}

static struct tf_str
bytes(struct run *r, size_t n)
{
	char *s = tf_alloc(r->arena, n, 1);

	for (size_t i = 0; i < n; i++)
		s[i] = (char)i;
	return (struct tf_str){ s, n };
}

static bool
strings(struct run *r)
{
	const struct tf_str texts[] = {
		TF_STR(""), TF_STR("abcdefghijklmnopqrstuvwxyz"),
		TF_STR("\"\\/\b\f\n\r\t\x7f \xc3\xa9\xe4\xb8\x96"
		    "\xf0\x9f\x98\x80"),
		tf_strf(r->arena, "%070000d", 1)
	};
	struct tf_str got, raw = bytes(r, r->small ? 20 : 5000);

	for (size_t i = 0; i < (r->small ? 2 : 4); i++) {
		CHECK(echo_echo_echo_string(r->client, texts[i], &got) == 0);
		CHECK(tf_str_eq(got, texts[i]));
	}
	CHECK(echo_echo_echo_binary(r->client, raw, &got) == 0);
	CHECK(tf_str_eq(got, raw));
	CHECK(echo_base_inherited(r->client, TF_STR("x"), &got) == 0);
	CHECK(tf_str_eq(got, TF_STR("base x")));
	return true;
}

static struct echo_outer
outer(struct run *r, uint32_t n)
{
	static struct echo_inner inner = { -7, TF_STR_INIT("inner") };
	struct echo_outer o = {
		.flag = true, .tiny = -128, .small = -32768,
		.medium = INT32_MIN, .large = INT64_MIN, .real = -0.5,
		.text = TF_STR("\xc3\xa9"), .bytes = bytes(r, 256),
		.inner = inner, .colour = ECHO_COLOUR_BLUE, .maybe = &inner,
		.has_perhaps = true, .perhaps = INT64_MAX
	};
	struct tf_map_str_list_i32_entry *e = TF_PUSH(r->arena, &o.lists);

	e->key = TF_STR("a");
	for (uint32_t i = 0; i < n; i++) {
		*TF_PUSH(r->arena, &o.inners) = inner;
		*TF_PUSH(r->arena, &e->val) = (int32_t)i * -1000003;
		*TF_PUSH(r->arena, &o.flags) =
		    i % 3 == 0 && !r->no_bools;
	}
	*TF_PUSH(r->arena, &o.numbers) = 77;
	return o;
}

/* What is in a struct is compared as such, and so are lists, within one. */
static bool
structs(struct run *r)
{
	const struct echo_outer o = outer(r, 20);
	const struct echo_choice u = { .which = ECHO_CHOICE_INNER,
	    .u.inner = o.inner };
	struct echo_outer got, lists = o;
	struct echo_choice choice;

	CHECK(echo_echo_echo_struct(r->client, &o, &got) == 0);
	CHECK(tf_equal(&echo_outer_type, &o, &got));
	CHECK(echo_echo_echo_union(r->client, &u, &choice) == 0);
	CHECK(tf_equal(&echo_choice_type, &u, &choice));
	CHECK(echo_echo_echo_list(r->client, &o.inners, &lists.inners) == 0);
	CHECK(tf_equal(&echo_outer_type, &o, &lists));
	lists.inners = o.inners;
	CHECK(echo_echo_echo_map_of_lists(r->client, &o.lists, &lists.lists)
	    == 0);
	CHECK(tf_equal(&echo_outer_type, &o, &lists));
	return true;
}

static bool
containers(struct run *r)
{
	struct tf_str one = TF_STR("a");
	struct tf_list_str set = { &one, 1, 0 }, got_set;
	struct tf_map_i32_str map = { 0 }, none = { 0 }, got;
	uint32_t n = r->small ? 2 : 50;

	for (uint32_t i = 0; i < n; i++)
		*TF_PUSH(r->arena, &map) = (struct tf_map_i32_str_entry){
		    (int32_t)i, tf_strf(r->arena, "%u", i) };
	CHECK(echo_echo_echo_map(r->client, &map, &got) == 0);
	CHECK(got.n == n && got.v[n - 1].key == (int32_t)n - 1);
	CHECK(tf_str_eq(got.v[n - 1].val, map.v[n - 1].val));
	CHECK(echo_echo_echo_map(r->client, &none, &got) == 0 && got.n == 0);
	CHECK(echo_echo_echo_set(r->client, &set, &got_set) == 0);
	CHECK(got_set.n == 1 && tf_str_eq(got_set.v[0], one));
	return true;
}

static bool
refusals(struct run *r)
{
	const struct echo_refused *refused;
	int32_t ret;
	int type;

	CHECK(echo_echo_refuse(r->client, 0, TF_STR(""), &ret, &refused) == 0);
	CHECK(ret == 0 && refused == NULL);
	CHECK(echo_echo_refuse(r->client, 42, TF_STR("declared"), &ret,
	    &refused) == -1);
	CHECK(refused != NULL && refused->code == 42);
	CHECK(tf_str_eq(refused->why, TF_STR("declared")));
	CHECK(echo_echo_fail(r->client, TF_STR("boo"), &ret) == -1);
	type = tf_client_error_type(r->client);
	CHECK(type == 0 || type == 6);		/* UNKNOWN, INTERNAL_ERROR */
	return true;
}

static bool
unknown_method(struct run *r)
{
	struct tf_method none = { 0 };
	void *result;

	for (uint32_t i = 0; i < echo_echo_service.n; i++)
		if (strcmp(echo_echo_service.methods[i].name, "nothing") == 0)
			none = echo_echo_service.methods[i];
	none.name = "no_such";
	CHECK(tf_client_call(r->client, &none, &(char){ 0 }, &result) == -1);
	/* UNKNOWN_METHOD, but JavaScript's says it in words only. */
	CHECK(tf_client_error_type(r->client) == 1 ||
	    strstr(tf_client_error(r->client), "Unknown function no_such"));
	CHECK(echo_echo_nothing(r->client) == 0);
	return true;
}

static bool
oneway(struct run *r)
{
	int32_t before, after;

	if (r->no_oneway)
		return true;
	CHECK(echo_echo_noted(r->client, &before) == 0);
	CHECK(echo_echo_note(r->client, 5) == 0);
	CHECK(echo_echo_noted(r->client, &after) == 0);
	CHECK(after == before + 5);
	return true;
}

/* An unknown service may cost the connection, so it comes last. */
static bool
services(struct run *r)
{
	struct tf_str got;

	if (r->no_services)
		return true;
	CHECK(tf_client_set(r->client, "service", "named") == 0);
	CHECK(echo_base_inherited(r->client, TF_STR("x"), &got) == 0);
	CHECK(tf_str_eq(got, TF_STR("named x")));
	if (!refusals(r) || !oneway(r))
		return false;
	CHECK(tf_client_set(r->client, "service", "nobody") == 0);
	CHECK(echo_echo_nothing(r->client) == -1);
	return true;
}

static bool *
flag(struct run *r, const char *word)
{
	const struct { const char *word; bool *flag; } flags[] = {
		{ "small", &r->small }, { "no-bools", &r->no_bools },
		{ "no-odd", &r->no_odd }, { "no-oneway", &r->no_oneway },
		{ "no-services", &r->no_services }
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strcmp(flags[i].word, word) == 0)
			return flags[i].flag;
	return NULL;
}

static bool
apply(struct run *r, char *words)
{
	char *word, *value;

	while ((word = strtok_r(words, " \n", &words)) != NULL) {
		if (flag(r, word) != NULL) {
			*flag(r, word) = true;
			continue;
		}
		value = strchr(word, '=');
		CHECK(value != NULL);
		*value++ = '\0';
		CHECK(tf_client_set(r->client, word, value) == 0);
	}
	return true;
}

static bool
every_kind(struct run *r, char *words)
{
	return apply(r, words) && scalars(r) && strings(r) &&
	    (r->small || structs(r)) && containers(r) && refusals(r) &&
	    unknown_method(r) && oneway(r) && services(r);
}

int
main(void)
{
	char line[1024], *words;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		const char *addr = strtok_r(line, " \n", &words);
		struct run r = { .client = tf_client_new(addr),
		    .arena = tf_arena_new(0) };

		if (every_kind(&r, words))
			printf("ok\n");
		tf_client_free(r.client);
		tf_arena_free(r.arena);
	}
	return 0;
}
