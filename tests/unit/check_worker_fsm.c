/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy of workers: every state with every event, against a table written
 * down here once more; and what must hold of any such table.
 */
#include "lib/unit.h"
#include "proc/worker_fsm.h"
#include "unit_fsm.h"

static const struct fsm_row expected[] = {
	{ "starting", "ready", "ready", "serving" },
	{ "starting", "drain", "stopping", "give up" },
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

#define EACH_STATE(s)	FSM_EACH(enum worker_state, s, NWORKER_STATES)
#define EACH_EVENT(e)	FSM_EACH(enum worker_event, e, NWORKER_EVENTS)

static struct fsm_row
row(int state, int event)
{
	enum worker_state s = (enum worker_state)state;
	enum worker_event e = (enum worker_event)event;
	struct worker_step x = worker_step(s, e);

	return (struct fsm_row){ worker_state_name(s), worker_event_name(e),
	    worker_state_name(x.next), worker_action_name(x.action) };
}

static const struct fsm fsm = { .expected = expected,
    .nexpected = COUNT(expected),
    .nstates = NWORKER_STATES, .nevents = NWORKER_EVENTS, .row = row };

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

	fsm_add_tests(t, &fsm);
	tcase_add_test(t, a_hanging_process_is_killed);
	tcase_add_test(t, orders_are_bounded);
	tcase_add_test(t, there_is_no_way_back);
	tcase_add_test(t, a_quit_is_never_lost);
	return unit_main(s);
}
