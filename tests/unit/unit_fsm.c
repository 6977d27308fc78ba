/* SPDX-License-Identifier: Apache-2.0 */
/* See unit_fsm.h. */
#include "unit_fsm.h"

#include <string.h>

static const struct fsm *fsm;

static struct fsm_row
row_of(int pair)
{
	return fsm->row(pair / fsm->nevents, pair % fsm->nevents);
}

/* Pairs are numbered; the first that has both names. */
static int
pair_named(const struct fsm_row *x)
{
	for (int i = 0; i < fsm->nstates * fsm->nevents; i++)
		if (strcmp(row_of(i).state, x->state) == 0 &&
		    strcmp(row_of(i).event, x->event) == 0)
			return i;
	ck_abort_msg("no %s in %s", x->event, x->state);
	return -1;
}

START_TEST(each_step)
{
	const struct fsm_row *x = &fsm->expected[_i];
	struct fsm_row got = row_of(pair_named(x));

	ck_assert_msg(strcmp(got.next, x->next) == 0 &&
	    strcmp(got.action, x->action) == 0,
	    "%s in %s: %s, %s; expected %s, %s", x->event, x->state,
	    got.action, got.next, x->action, x->next);
}
END_TEST

START_TEST(all_pairs_are_expected)
{
	for (int i = 0; i < fsm->nstates * fsm->nevents; i++) {
		int seen = 0;

		for (int j = 0; j < fsm->nexpected; j++)
			seen += pair_named(&fsm->expected[j]) == i;
		ck_assert_msg(seen == 1, "%s in %s", row_of(i).event,
		    row_of(i).state);
	}
}
END_TEST

void
fsm_add_tests(TCase *t, const struct fsm *given)
{
	fsm = given;
	tcase_add_loop_test(t, each_step, 0, fsm->nexpected);
	tcase_add_test(t, all_pairs_are_expected);
}
