/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy that is a table, state x event -> next state + action, against the
 * same table written down by hand once more, in names.
 */
#ifndef TESTS_UNIT_FSM_H
#define TESTS_UNIT_FSM_H

#include <check.h>

struct fsm_row {
	const char	*state, *event, *next, *action;
};

struct fsm {
	const struct fsm_row	*expected;
	int			 nexpected, nstates, nevents;
	struct fsm_row		(*row)(int state, int event);
};

/*
 * Adds a test for each row that is expected, and one that every pair is
 * expected once.  What is given must outlive the suite.
 */
void	fsm_add_tests(TCase *, const struct fsm *);

#define FSM_EACH(type, x, n)	for (type x = 0; x < n; x++)

#endif
