/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy of workers: every state with every event, against a table written
 * down here once more; and what must hold of any such table.
 */
#include <string.h>

#include "lib/unit.h"
#include "proc/worker_fsm.h"

static const struct step {
	const char	*state, *event, *next, *action;
} expected[] = {
	{ "starting", "ready", "ready", "serving" },
	{ "starting", "drain", "draining", "drain" },
	{ "starting", "stop", "stopping", "stop" },
	{ "starting", "quit", "stopping", "quit" },
	{ "starting", "hung", "killed", "kill" },
	{ "starting", "timeout", "killed", "kill" },
	{ "ready", "ready", "ready", "none" },
	{ "ready", "drain", "draining", "drain" },
	{ "ready", "stop", "stopping", "stop" },
	{ "ready", "quit", "stopping", "quit" },
	{ "ready", "hung", "killed", "kill" },
	{ "ready", "timeout", "ready", "none" },
	{ "draining", "ready", "draining", "none" },
	{ "draining", "drain", "draining", "none" },
	{ "draining", "stop", "stopping", "stop" },
	{ "draining", "quit", "stopping", "quit" },
	{ "draining", "hung", "killed", "kill" },
	{ "draining", "timeout", "stopping", "stop" },
	{ "stopping", "ready", "stopping", "none" },
	{ "stopping", "drain", "stopping", "none" },
	{ "stopping", "stop", "stopping", "none" },
	{ "stopping", "quit", "stopping", "quit" },
	{ "stopping", "hung", "killed", "kill" },
	{ "stopping", "timeout", "killed", "kill" },
	{ "killed", "ready", "killed", "none" },
	{ "killed", "drain", "killed", "none" },
	{ "killed", "stop", "killed", "none" },
	{ "killed", "quit", "killed", "none" },
	{ "killed", "hung", "killed", "none" },
	{ "killed", "timeout", "killed", "none" },
};
#define N	((int)(sizeof(expected) / sizeof(expected[0])))

#define EACH(type, x, n)	for (type x = 0; x < n; x++)
#define EACH_STATE(s)		EACH(enum worker_state, s, NWORKER_STATES)
#define EACH_EVENT(e)		EACH(enum worker_event, e, NWORKER_EVENTS)

static enum worker_state
state_named(const char *name)
{
	EACH_STATE(s)
		if (strcmp(worker_state_name(s), name) == 0)
			return s;
	ck_abort_msg("no state %s", name);
	return 0;
}

static enum worker_event
event_named(const char *name)
{
	EACH_EVENT(e)
		if (strcmp(worker_event_name(e), name) == 0)
			return e;
	ck_abort_msg("no event %s", name);
	return 0;
}

START_TEST(each_step)
{
	const struct step *x = &expected[_i];
	struct worker_step step = worker_step(state_named(x->state),
	    event_named(x->event));

	ck_assert_msg(strcmp(worker_state_name(step.next), x->next) == 0 &&
	    strcmp(worker_action_name(step.action), x->action) == 0,
	    "%s in %s: %s, %s; expected %s, %s", x->event, x->state,
	    worker_action_name(step.action), worker_state_name(step.next),
	    x->action, x->next);
}
END_TEST

/* The table above has every pair once. */
START_TEST(all_pairs_are_expected)
{
	int seen[NWORKER_STATES][NWORKER_EVENTS] = { { 0 } };

	for (int i = 0; i < N; i++)
		seen[state_named(expected[i].state)]
		    [event_named(expected[i].event)]++;
	EACH_STATE(s)
		EACH_EVENT(e)
			ck_assert_msg(seen[s][e] == 1, "%s in %s",
			    worker_event_name(e), worker_state_name(s));
}
END_TEST

/* Whatever hangs is killed in the end: by timeouts alone. */
START_TEST(a_hanging_process_is_killed)
{
	EACH_STATE(s) {
		enum worker_state t = s;

		if (s == WORKER_S_READY)
			continue;	/* may serve for ever */
		for (int i = 0; i < 3; i++)
			t = worker_step(t, WORKER_E_TIMEOUT).next;
		ck_assert_int_eq(t, WORKER_S_KILLED);
	}
}
END_TEST

/* No order is lost: what follows it always has a timer or is a kill. */
START_TEST(orders_are_bounded)
{
	EACH_STATE(s)
		EACH_EVENT(e) {
			struct worker_step x = worker_step(s, e);

			if (x.next != s && x.next != WORKER_S_READY)
				ck_assert_int_ne(x.action, WORKER_A_NONE);
		}
}
END_TEST

/* A state is left in one direction only. */
START_TEST(there_is_no_way_back)
{
	EACH_STATE(s)
		EACH_EVENT(e)
			ck_assert_int_ge(worker_step(s, e).next, s);
}
END_TEST

START_TEST(a_quit_is_never_lost)
{
	EACH_STATE(s) {
		enum worker_action a = worker_step(s, WORKER_E_QUIT).action;

		ck_assert(a == WORKER_A_QUIT || s == WORKER_S_KILLED);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("worker_fsm");
	TCase *t = unit_case(s, "worker_fsm");

	tcase_add_loop_test(t, each_step, 0, N);
	tcase_add_test(t, all_pairs_are_expected);
	tcase_add_test(t, a_hanging_process_is_killed);
	tcase_add_test(t, orders_are_bounded);
	tcase_add_test(t, there_is_no_way_back);
	tcase_add_test(t, a_quit_is_never_lost);
	return unit_main(s);
}
