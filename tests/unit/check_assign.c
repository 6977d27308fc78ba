/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who accepts on whose sockets: every combination of states of up to six
 * slots, from every last answer there can be after one change, against what
 * must hold of any such table; how few sockets a change may move; and a last
 * answer that is nonsense.
 */
#include <stdbool.h>
#include <string.h>

#include "lib/unit.h"
#include "proc/assign.h"

#define MOST	6
#define NSTATES	3

static unsigned
power(unsigned n)
{
	unsigned p = 1;

	while (n-- > 0)
		p *= NSTATES;
	return p;
}

/* The digits of code are the states. */
static void
decode(unsigned code, unsigned n, enum assign_state *slots)
{
	for (unsigned i = 0; i < n; i++, code /= NSTATES)
		slots[i] = (enum assign_state)(code % NSTATES);
}

static unsigned
count(const enum assign_state *slots, unsigned n, enum assign_state state)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += slots[i] == state;
	return sum;
}

static bool
is_even(const enum assign_state *slots, unsigned n, const int *server)
{
	unsigned adopted, least = n, most = 0;

	for (unsigned i = 0; i < n; i++) {
		if (slots[i] != ASSIGN_SERVES)
			continue;
		adopted = 0;
		for (unsigned j = 0; j < n; j++)
			adopted += j != i && server[j] == (int)i;
		if (adopted < least)
			least = adopted;
		if (adopted > most)
			most = adopted;
	}
	return most <= least + 1;
}

static void
assert_right(const enum assign_state *slots, unsigned n, const int *server)
{
	unsigned servers = count(slots, n, ASSIGN_SERVES);

	for (unsigned i = 0; i < n; i++) {
		ck_assert_int_lt(server[i], (int)n);
		if (slots[i] == ASSIGN_SERVES)
			ck_assert_int_eq(server[i], (int)i);
		else if (slots[i] == ASSIGN_UNUSED || servers == 0)
			ck_assert_int_eq(server[i], -1);
		else {
			ck_assert_int_ge(server[i], 0);
			ck_assert_int_eq(slots[server[i]], ASSIGN_SERVES);
		}
	}
	if (servers > 0)
		ck_assert(is_even(slots, n, server));
}

static void
forget(int *server, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		server[i] = -1;
}

/* Each combination of states, and the answer to it out of nothing. */
static void
for_every_state(unsigned n, void (*then)(const enum assign_state *, unsigned,
    const int *))
{
	enum assign_state slots[MOST];
	int server[MOST];

	for (unsigned code = 0; code < power(n); code++) {
		decode(code, n, slots);
		forget(server, n);
		assign(slots, n, server);
		then(slots, n, server);
	}
}

START_TEST(every_state_from_nothing)
{
	for_every_state((unsigned)_i, assert_right);
}
END_TEST

/*
 * The most sockets that any even answer leaves where they were: all answers
 * are tried, for the orphans from slot i on.
 */
static unsigned
most_that_stay(const enum assign_state *slots, unsigned n, const int *before,
    int *server, unsigned i)
{
	unsigned best = 0, got;

	while (i < n && slots[i] != ASSIGN_ABSENT) {
		server[i] = slots[i] == ASSIGN_SERVES ? (int)i : -1;
		i++;
	}
	if (i == n) {
		if (!is_even(slots, n, server))
			return 0;
		for (unsigned j = 0; j < n; j++)
			best += slots[j] == ASSIGN_ABSENT && server[j] != -1 &&
			    server[j] == before[j];
		return best;
	}
	for (int j = 0; j < (int)n; j++)
		if (slots[j] == ASSIGN_SERVES) {
			server[i] = j;
			got = most_that_stay(slots, n, before, server, i + 1);
			if (got > best)
				best = got;
		}
	return best;
}

/* As many as can stay without unevenness do. */
static void
assert_calm(const enum assign_state *slots, unsigned n, const int *before,
    const int *server)
{
	unsigned stayed = 0;
	int any[MOST];

	for (unsigned i = 0; i < n; i++)
		stayed += slots[i] == ASSIGN_ABSENT && server[i] != -1 &&
		    server[i] == before[i];
	ck_assert_uint_eq(stayed, most_that_stay(slots, n, before,
	    any, 0));
}

/* From the answer to each combination to each that differs in one slot. */
static void
change_one(const enum assign_state *slots, unsigned n, const int *before)
{
	enum assign_state now[MOST];
	int server[MOST];

	for (unsigned i = 0; i < n; i++)
		for (unsigned to = 0; to < NSTATES; to++) {
			memcpy(now, slots, n * sizeof(*now));
			memcpy(server, before, n * sizeof(*server));
			now[i] = (enum assign_state)to;
			assign(now, n, server);
			assert_right(now, n, server);
			assert_calm(now, n, before, server);
			if (now[i] == slots[i])
				ck_assert_mem_eq(server, before,
				    n * sizeof(*server));
		}
}

START_TEST(every_state_after_one_change)
{
	for_every_state((unsigned)_i, change_one);
}
END_TEST

/* What a reader can check by hand: slots 0 to 2 are orphans, 5 has one. */
START_TEST(one_that_fails_moves_nobody_else)
{
	enum assign_state slots[8];
	int server[8], before[8];

	for (unsigned i = 0; i < 8; i++)
		slots[i] = i < 3 ? ASSIGN_ABSENT : ASSIGN_SERVES;
	forget(server, 8);
	server[2] = 5;
	assign(slots, 8, server);
	ck_assert_int_eq(server[2], 5);
	memcpy(before, server, sizeof(before));
	slots[5] = ASSIGN_ABSENT;
	assign(slots, 8, server);
	assert_right(slots, 8, server);
	for (unsigned i = 0; i < 8; i++)
		ck_assert((server[i] == before[i]) == (i != 2 && i != 5));
	memcpy(before, server, sizeof(before));
	slots[5] = ASSIGN_SERVES;
	assign(slots, 8, server);
	ck_assert_int_eq(server[5], 5);
	for (unsigned i = 0; i < 8; i++)
		ck_assert(i == 5 || server[i] == before[i]);
}
END_TEST

START_TEST(a_lone_server_has_all)
{
	enum assign_state slots[5] = { ASSIGN_ABSENT, ASSIGN_ABSENT,
	    ASSIGN_UNUSED, ASSIGN_SERVES, ASSIGN_ABSENT };
	static const int expected[5] = { 3, 3, -1, 3, 3 };
	int server[5];

	forget(server, 5);
	assign(slots, 5, server);
	ck_assert_mem_eq(server, expected, sizeof(expected));
	slots[3] = ASSIGN_ABSENT;
	assign(slots, 5, server);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(server[i], -1);
}
END_TEST

START_TEST(a_last_answer_that_is_nonsense)
{
	static const int nonsense[] = { -2, -2147483647 - 1, 2147483647, 4, 6,
	    0 };
	enum assign_state slots[MOST];
	int server[MOST];

	for (unsigned code = 0; code < power(MOST); code++)
		for (unsigned k = 0; k < sizeof(nonsense) / sizeof(int); k++) {
			decode(code, MOST, slots);
			for (unsigned i = 0; i < MOST; i++)
				server[i] = nonsense[(i + k) % MOST];
			assign(slots, MOST, server);
			assert_right(slots, MOST, server);
		}
}
END_TEST

START_TEST(as_many_as_there_can_be)
{
	static enum assign_state slots[ASSIGN_MAX];
	static int server[ASSIGN_MAX];

	forget(server, ASSIGN_MAX);
	for (unsigned i = 0; i < ASSIGN_MAX; i++)
		slots[i] = i % 7 == 0 ? ASSIGN_SERVES : ASSIGN_ABSENT;
	assign(slots, ASSIGN_MAX, server);
	assert_right(slots, ASSIGN_MAX, server);
	for (unsigned i = 0; i < ASSIGN_MAX; i++)
		slots[i] = i % 5 == 0 ? ASSIGN_SERVES : ASSIGN_ABSENT;
	assign(slots, ASSIGN_MAX, server);
	assert_right(slots, ASSIGN_MAX, server);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("assign");
	TCase *t = unit_case(s, "assign");

	tcase_add_loop_test(t, every_state_from_nothing, 0, MOST + 1);
	tcase_add_loop_test(t, every_state_after_one_change, 1, MOST + 1);
	tcase_add_test(t, one_that_fails_moves_nobody_else);
	tcase_add_test(t, a_lone_server_has_all);
	tcase_add_test(t, a_last_answer_that_is_nonsense);
	tcase_add_test(t, as_many_as_there_can_be);
	return unit_main(s);
}
