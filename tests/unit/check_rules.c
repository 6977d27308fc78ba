/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may follow an address to listen on: each key, each word, what is said of
 * others, how it is shown, and which of it a reload may change.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/unit.h"
#include "serve/rules.h"
#include "server/option.h"

#define MESSAGES	(RULES_COMPACT | RULES_BINARY | RULES_JSON)
#define ENVELOPES	(RULES_FRAMED | RULES_UNFRAMED | RULES_HEADER | \
			    RULES_HTTP | RULES_ZLIB)

static struct settings s;
static char why[300];

static void
setup(void)
{
	settings_init(&s);
	why[0] = '\0';
}

static void
teardown(void)
{
	settings_fini(&s);
}

static int
set(struct settings *to, const char *value)
{
	return settings_set(to, "listen", value, why, sizeof(why));
}

static const struct good {
	const char	*rest, *shown;	/* NULL: as it was said */
	struct rules	 rules;
} good[] = {
	{ "", NULL, { 0 } },
	{ ",tls=auto,proxy=off", "", { 0 } },
	{ ",protocols=compact+binary+json", "", { 0 } },
	{ ",protocols=framed+unframed+header+http+zlib", "", { 0 } },
	{ ",protocols=compact", NULL, { .off = RULES_BINARY | RULES_JSON } },
	{ ",protocols=json+compact", ",protocols=compact+json",
	    { .off = RULES_BINARY } },
	{ ",protocols=http", NULL, { .off = ENVELOPES & ~RULES_HTTP } },
	{ ",protocols=compact+header", NULL,
	    { .off = RULES_BINARY | RULES_JSON |
	    (ENVELOPES & ~RULES_HEADER) } },
	{ ",protocols=binary+binary+unframed+framed",
	    ",protocols=binary+framed+unframed",
	    { .off = RULES_COMPACT | RULES_JSON | RULES_HEADER | RULES_HTTP |
	    RULES_ZLIB } },
	{ ",protocols=zlib", NULL, { .off = ENVELOPES & ~RULES_ZLIB } },
	{ ",tls=on", NULL, { .tls = RULES_TLS_ON } },
	{ ",tls=off", NULL, { .tls = RULES_TLS_OFF } },
	{ ",proxy=on", NULL, { .proxy = true } },
	{ ",proxy=on,tls=on,protocols=json", ",protocols=json,tls=on,proxy=on",
	    { .off = RULES_COMPACT | RULES_BINARY, .tls = RULES_TLS_ON,
	    .proxy = true } },
};

START_TEST(what_is_said)
{
	const struct good *g = &good[_i];
	char value[200], text[RULES_TEXT];

	snprintf(value, sizeof(value), ":7%s", g->rest);
	ck_assert_msg(set(&s, value) == 0, "%s", why);
	ck_assert_uint_eq(s.nlisten, 1);
	ck_assert_str_eq(s.listen[0], ":7");
	ck_assert_uint_eq(s.listen_rules[0].off, g->rules.off);
	ck_assert_uint_eq(s.listen_rules[0].tls, g->rules.tls);
	ck_assert(s.listen_rules[0].proxy == g->rules.proxy);
	rules_text(&s.listen_rules[0], text, sizeof(text));
	ck_assert_str_eq(text, g->shown == NULL ? g->rest : g->shown);
}
END_TEST

/* The longest that there is fits. */
START_TEST(the_longest_text)
{
	char text[RULES_TEXT];
	struct rules r = { .tls = RULES_TLS_OFF, .proxy = true };

	for (unsigned off = 0; off <= (MESSAGES | ENVELOPES); off++) {
		r.off = (uint16_t)off;
		rules_text(&r, text, sizeof(text));
		ck_assert_uint_lt(strlen(text), sizeof(text) - 1);
	}
}
END_TEST

static const struct {
	const char *value, *why;
} bad[] = {
	{ ":7,", "listen: :7: '' is not KEY=VALUE" },
	{ ":7,tls", "listen: :7: 'tls' is not KEY=VALUE" },
	{ ":7,tls=on,", "listen: :7: '' is not KEY=VALUE" },
	{ ":7,=on", "listen: :7: there is no setting '' of a listener" },
	{ ":7,TLS=on", "listen: :7: there is no setting 'TLS' of a listener" },
	{ ":7,tls =on", "listen: :7: there is no setting 'tls ' of a "
	    "listener" },
	{ ":7,tls=", "listen: :7: tls: '' is not auto, on or off" },
	{ ":7,tls=yes", "listen: :7: tls: 'yes' is not auto, on or off" },
	{ ":7,proxy=v1", "listen: :7: proxy: 'v1' is not on or off" },
	{ ":7,tls=on,tls=on", "listen: :7: tls: is given twice" },
	{ ":7,protocols=", "listen: :7: protocols: '' is not compact, binary, "
	    "json, framed, unframed, header, http or zlib" },
	{ ":7,protocols=compact+", "listen: :7: protocols: '' is not " },
	{ ":7,protocols=+compact", "listen: :7: protocols: '' is not " },
	{ ":7,protocols=compact+jsn", "listen: :7: protocols: 'jsn' is not " },
	{ ":7,protocols=compact json",
	    "listen: :7: protocols: 'compact json' is not " },
	{ ":7,protocols=tls", "listen: :7: protocols: 'tls' is not " },
	{ ",tls=on", "listen: is empty" },
	{ "x,tls=on", "listen: x: an address is HOST:PORT" },
	{ "unix:/a,b", "listen: unix:/a: 'b' is not KEY=VALUE" },
};

START_TEST(what_is_refused)
{
	ck_assert_msg(set(&s, bad[_i].value) == -1, "%s", bad[_i].value);
	ck_assert_msg(strncmp(why, bad[_i].why, strlen(bad[_i].why)) == 0,
	    "'%s'", why);
	ck_assert_uint_eq(s.nlisten, 0);
}
END_TEST

START_TEST(too_long)
{
	char value[1100];

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	ck_assert_int_eq(set(&s, value), -1);
	ck_assert_str_eq(why, "listen: is too long");
	memcpy(value, ":1,tls=", 7);
	value[1023] = '\0';
	ck_assert_int_eq(set(&s, value), -1);
}
END_TEST

/* The same address is the same, whatever is served there. */
START_TEST(twice)
{
	ck_assert_int_eq(set(&s, ":7,tls=on"), 0);
	ck_assert_int_eq(set(&s, ":7"), -1);
	ck_assert_str_eq(why, "listen: :7 is given twice");
	ck_assert_int_eq(set(&s, "127.0.0.1:7,tls=off"), -1);
	ck_assert_int_eq(set(&s, "unix:/a\\,b"), 0);
	ck_assert_int_eq(set(&s, "unix:/a\\,b,tls=on"), -1);
	ck_assert_uint_eq(s.nlisten, 2);
}
END_TEST

static const struct {
	const char *value, *address;
} paths[] = {
	{ "unix:/a\\,b", "unix:/a,b" },
	{ "unix:/a\\\\,tls=on", "unix:/a\\" },
	{ "unix:/a\\b", "unix:/a\\b" },
	{ "unix:/a\\", "unix:/a\\" },
	{ "unix:/a b=c,tls=on", "unix:/a b=c" },
	{ "fd:we\\,b,tls=on", "fd:we,b" },
};

START_TEST(commas_in_paths)
{
	ck_assert_msg(set(&s, paths[_i].value) == 0, "%s", why);
	ck_assert_str_eq(s.listen[0], paths[_i].address);
}
END_TEST

START_TEST(what_a_reload_may_change)
{
	struct settings next;

	ck_assert_int_eq(set(&s, ":7"), 0);
	ck_assert_int_eq(set(&s, ":8,tls=on"), 0);
	settings_init(&next);
	ck_assert_int_eq(set(&next, ":7,protocols=json"), 0);
	ck_assert_int_eq(set(&next, ":8,proxy=on"), 0);
	ck_assert_int_eq(settings_may_follow(&s, &next, why, sizeof(why)), 0);
	ck_assert_int_eq(set(&next, ":9"), 0);
	ck_assert_int_eq(settings_may_follow(&s, &next, why, sizeof(why)), -1);
	ck_assert_str_eq(why, "listen: cannot be changed by a reload");
	settings_fini(&next);
}
END_TEST

/* They go where their addresses go. */
START_TEST(copies)
{
	struct settings next, file;

	settings_init(&file);
	ck_assert_int_eq(set(&file, ":1,proxy=on"), 0);
	ck_assert_int_eq(set(&file, ":2"), 0);
	settings_merge(&s, &file);
	ck_assert_uint_eq(s.nlisten, 2);
	ck_assert(s.listen_rules[0].proxy);
	ck_assert(!s.listen_rules[1].proxy);
	ck_assert_int_eq(set(&s, ":3"), 0);	/* replaces the file's */
	ck_assert_uint_eq(s.nlisten, 1);
	ck_assert(!s.listen_rules[0].proxy);
	ck_assert_int_eq(set(&s, ":4,tls=on"), 0);
	settings_again(&next, &s);
	ck_assert_uint_eq(next.nlisten, 2);
	ck_assert_uint_eq(next.listen_rules[1].tls, RULES_TLS_ON);
	settings_fini(&next);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("rules");
	TCase *t = unit_case(suite, "rules");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, what_is_said, 0, COUNT(good));
	tcase_add_test(t, the_longest_text);
	tcase_add_loop_test(t, what_is_refused, 0, COUNT(bad));
	tcase_add_test(t, too_long);
	tcase_add_test(t, twice);
	tcase_add_loop_test(t, commas_in_paths, 0, COUNT(paths));
	tcase_add_test(t, what_a_reload_may_change);
	tcase_add_test(t, copies);
	return unit_main(suite);
}
