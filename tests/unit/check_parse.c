/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers with units: each unit by its value in figures, the largest number
 * that fits and the first that does not, and what is no number at all.
 */
#include "base/parse.h"
#include "lib/unit.h"

#define M(x)	UINT64_C(x)

static const struct good {
	const char	*text;
	uint64_t	 value;
} good_sizes[] = {
	{ "0", 0 }, { "1", 1 }, { "007", 7 }, { "250", 250 },
	{ "1K", 1024 }, { "16M", 16777216 }, { "1G", 1073741824 },
	{ "0G", 0 }, { "18446744073709551615", UINT64_MAX },
	{ "17179869183G", M(18446744072635809792) },
}, good_times[] = {
	{ "off", 0 }, { "0", 0 }, { "0s", 0 }, { "1us", 1000 },
	{ "500ms", 500000000 }, { "30s", M(30000000000) },
	{ "5m", M(300000000000) }, { "2h", M(7200000000000) },
	{ "1d", M(86400000000000) }, { "213503d", M(18446659200000000000) },
};

static const char *const bad_sizes[] = {
	"", " ", "K", "-1", "+1", " 1", "1 ", "1k", "1KB", "1 K", "1T", "0x10",
	"1.5M", "1e3", "1K1", "auto", "off", "18446744073709551616",
	"99999999999999999999999999", "17179869184G", "18014398509481984K",
};

static const char *const bad_times[] = {
	"", "1", "00", "30", "-1s", "+1s", " 1s", "1s ", "1 s", "1S", "1.5s",
	"1ns", "1min", "1w", "s", "OFF", "offs", "on", "1s1", "213504d",
	"18446744073709551616us", "18446744073709552us1", "307445734562m",
};

START_TEST(sizes)
{
	uint64_t n = 1;

	ck_assert_int_eq(parse_size(good_sizes[_i].text, &n), 0);
	ck_assert_uint_eq(n, good_sizes[_i].value);
}
END_TEST

START_TEST(times)
{
	uint64_t n = 1;

	ck_assert_int_eq(parse_time(good_times[_i].text, &n), 0);
	ck_assert_uint_eq(n, good_times[_i].value);
}
END_TEST

START_TEST(no_sizes)
{
	uint64_t n;

	ck_assert_msg(parse_size(bad_sizes[_i], &n) == -1, "'%s'",
	    bad_sizes[_i]);
}
END_TEST

START_TEST(no_times)
{
	uint64_t n;

	ck_assert_msg(parse_time(bad_times[_i], &n) == -1, "'%s'",
	    bad_times[_i]);
}
END_TEST

/* A caller that passes the setting itself must not lose its old value. */
START_TEST(a_refusal_leaves_the_number_alone)
{
	uint64_t n = 42;

	ck_assert_int_eq(parse_size("17179869184G", &n), -1);
	ck_assert_uint_eq(n, 42);
	ck_assert_int_eq(parse_time("213504d", &n), -1);
	ck_assert_uint_eq(n, 42);
	ck_assert_int_eq(parse_time("30", &n), -1);
	ck_assert_uint_eq(n, 42);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("parse");
	TCase *t = unit_case(s, "parse");

	tcase_add_loop_test(t, sizes, 0, COUNT(good_sizes));
	tcase_add_loop_test(t, times, 0, COUNT(good_times));
	tcase_add_loop_test(t, no_sizes, 0, COUNT(bad_sizes));
	tcase_add_loop_test(t, no_times, 0, COUNT(bad_times));
	tcase_add_test(t, a_refusal_leaves_the_number_alone);
	return unit_main(s);
}
