/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy of supervision: every state with every event, against a table
 * written down here once more; and what must hold of any such table.
 */
#include <stdbool.h>
#include <string.h>

#include "lib/unit.h"
#include "proc/slot_fsm.h"

static const struct step {
	const char	*state, *event, *next, *action;
} expected[] = {
	{ "parked", "want", "starting", "spawn" },
	{ "parked", "ready", "parked", "none" },
	{ "parked", "exit", "parked", "none" },
	{ "parked", "stop", "parked", "none" },
	{ "parked", "quit", "parked", "none" },
	{ "parked", "timeout", "parked", "none" },
	{ "starting", "want", "starting", "none" },
	{ "starting", "ready", "ready", "serving" },
	{ "starting", "exit", "backoff", "wait" },
	{ "starting", "stop", "stopping", "stop" },
	{ "starting", "quit", "stopping", "quit" },
	{ "starting", "timeout", "killed", "kill" },
	{ "ready", "want", "ready", "none" },
	{ "ready", "ready", "ready", "none" },
	{ "ready", "exit", "backoff", "wait" },
	{ "ready", "stop", "stopping", "stop" },
	{ "ready", "quit", "stopping", "quit" },
	{ "ready", "timeout", "ready", "none" },
	{ "stopping", "want", "stopping", "none" },
	{ "stopping", "ready", "stopping", "none" },
	{ "stopping", "exit", "parked", "rest" },
	{ "stopping", "stop", "stopping", "none" },
	{ "stopping", "quit", "stopping", "quit" },
	{ "stopping", "timeout", "ending", "kill" },
	{ "killed", "want", "killed", "none" },
	{ "killed", "ready", "killed", "none" },
	{ "killed", "exit", "backoff", "wait" },
	{ "killed", "stop", "ending", "none" },
	{ "killed", "quit", "ending", "none" },
	{ "killed", "timeout", "killed", "none" },
	{ "ending", "want", "ending", "none" },
	{ "ending", "ready", "ending", "none" },
	{ "ending", "exit", "parked", "rest" },
	{ "ending", "stop", "ending", "none" },
	{ "ending", "quit", "ending", "none" },
	{ "ending", "timeout", "ending", "none" },
	{ "backoff", "want", "backoff", "none" },
	{ "backoff", "ready", "backoff", "none" },
	{ "backoff", "exit", "backoff", "none" },
	{ "backoff", "stop", "parked", "rest" },
	{ "backoff", "quit", "parked", "rest" },
	{ "backoff", "timeout", "starting", "spawn" },
};
#define N	((int)(sizeof(expected) / sizeof(expected[0])))

#define EACH(type, x, n)	for (type x = 0; x < n; x++)
#define EACH_STATE(s)		EACH(enum slot_state, s, NSLOT_STATES)
#define EACH_EVENT(e)		EACH(enum slot_event, e, NSLOT_EVENTS)

static enum slot_state
state_named(const char *name)
{
	EACH_STATE(s)
		if (strcmp(slot_state_name(s), name) == 0)
			return s;
	ck_abort_msg("no state %s", name);
	return 0;
}

static enum slot_event
event_named(const char *name)
{
	EACH_EVENT(e)
		if (strcmp(slot_event_name(e), name) == 0)
			return e;
	ck_abort_msg("no event %s", name);
	return 0;
}

START_TEST(each_step)
{
	const struct step *x = &expected[_i];
	struct slot_step step = slot_step(state_named(x->state),
	    event_named(x->event));

	ck_assert_msg(strcmp(slot_state_name(step.next), x->next) == 0 &&
	    strcmp(slot_action_name(step.action), x->action) == 0,
	    "%s in %s: %s, %s; expected %s, %s", x->event, x->state,
	    slot_action_name(step.action), slot_state_name(step.next),
	    x->action, x->next);
}
END_TEST

/* The table above has every pair once. */
START_TEST(all_pairs_are_expected)
{
	int seen[NSLOT_STATES][NSLOT_EVENTS] = { { 0 } };

	for (int i = 0; i < N; i++)
		seen[state_named(expected[i].state)]
		    [event_named(expected[i].event)]++;
	EACH_STATE(s)
		EACH_EVENT(e)
			ck_assert_msg(seen[s][e] == 1, "%s in %s",
			    slot_event_name(e), slot_state_name(s));
}
END_TEST

START_TEST(an_exit_leaves_no_process)
{
	EACH_STATE(s)
		ck_assert(!slot_has_process(
		    slot_step(s, SLOT_E_EXIT).next));
}
END_TEST

/* A process is born by a spawn and gone by an exit, and in no other way. */
START_TEST(processes_come_and_go)
{
	EACH_STATE(s)
		EACH_EVENT(e) {
			struct slot_step step = slot_step(s, e);
			bool before = slot_has_process(s);
			bool after = slot_has_process(step.next);
			bool born = step.action == SLOT_A_SPAWN;

			ck_assert(!born || !before);
			if (e == SLOT_E_EXIT)
				ck_assert(!after && !born);
			else
				ck_assert(after == (before || born));
		}
}
END_TEST

START_TEST(who_is_ordered_or_killed_lives)
{
	EACH_STATE(s)
		EACH_EVENT(e) {
			enum slot_action a = slot_step(s, e).action;

			if (a == SLOT_A_STOP || a == SLOT_A_QUIT ||
			    a == SLOT_A_KILL || a == SLOT_A_SERVING)
				ck_assert(slot_has_process(s));
		}
}
END_TEST

/* After a stop nothing but another want can make a process again. */
static void
assert_ends(enum slot_state s, int depth)
{
	static const enum slot_event events[] = { SLOT_E_READY, SLOT_E_EXIT,
	    SLOT_E_STOP, SLOT_E_QUIT, SLOT_E_TIMEOUT };

	if (depth == 0)
		return;
	for (int i = 0; i < 5; i++) {
		struct slot_step step = slot_step(s, events[i]);

		ck_assert_int_ne(step.action, SLOT_A_SPAWN);
		if (events[i] == SLOT_E_EXIT)
			ck_assert_int_eq(step.next, SLOT_S_PARKED);
		assert_ends(step.next, depth - 1);
	}
}

START_TEST(a_stopped_slot_stays_stopped)
{
	EACH_STATE(s) {
		assert_ends(slot_step(s, SLOT_E_STOP).next, 5);
		assert_ends(slot_step(s, SLOT_E_QUIT).next, 5);
	}
}
END_TEST

/* Whatever hangs is killed in the end: by timeouts alone. */
START_TEST(a_hanging_process_is_killed)
{
	static const enum slot_state begin[] = { SLOT_S_STARTING,
	    SLOT_S_STOPPING };

	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(slot_step(begin[i], SLOT_E_TIMEOUT).action,
		    SLOT_A_KILL);
	EACH_STATE(s) {
		enum slot_state t = slot_step(s, SLOT_E_STOP).next;

		if (t != SLOT_S_PARKED && t != SLOT_S_ENDING)
			ck_assert_int_eq(slot_step(t, SLOT_E_TIMEOUT).action,
			    SLOT_A_KILL);
	}
}
END_TEST

START_TEST(a_quit_is_never_lost)
{
	EACH_STATE(s) {
		struct slot_step step = slot_step(s, SLOT_E_QUIT);

		ck_assert(step.action == SLOT_A_QUIT ||
		    step.next == SLOT_S_PARKED || step.next == SLOT_S_ENDING);
	}
}
END_TEST

START_TEST(names_are_different)
{
	EACH_STATE(s)
		ck_assert_int_eq(state_named(slot_state_name(s)), s);
	EACH_EVENT(e)
		ck_assert_int_eq(event_named(slot_event_name(e)), e);
	EACH(enum slot_action, a, NSLOT_ACTIONS)
		ck_assert_ptr_nonnull(slot_action_name(a));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("slot_fsm");
	TCase *t = unit_case(s, "slot_fsm");

	tcase_add_loop_test(t, each_step, 0, N);
	tcase_add_test(t, all_pairs_are_expected);
	tcase_add_test(t, an_exit_leaves_no_process);
	tcase_add_test(t, processes_come_and_go);
	tcase_add_test(t, who_is_ordered_or_killed_lives);
	tcase_add_test(t, a_stopped_slot_stays_stopped);
	tcase_add_test(t, a_hanging_process_is_killed);
	tcase_add_test(t, a_quit_is_never_lost);
	tcase_add_test(t, names_are_different);
	return unit_main(s);
}
