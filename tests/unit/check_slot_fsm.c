/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy of slots: every state with every event, against a table written
 * down here once more; and what must hold of any such table.
 */
#include <string.h>

#include "lib/unit.h"
#include "proc/slot_fsm.h"

static const struct step {
	const char	*state, *event, *next, *action;
} expected[] = {
	{ "parked", "want", "starting", "spawn" },
	{ "parked", "unwant", "parked", "none" },
	{ "parked", "ready", "parked", "none" },
	{ "parked", "exit", "parked", "none" },
	{ "parked", "replaced", "parked", "none" },
	{ "parked", "stop", "parked", "rest" },
	{ "parked", "timeout", "parked", "none" },
	{ "starting", "want", "starting", "none" },
	{ "starting", "unwant", "parked", "dismiss" },
	{ "starting", "ready", "ready", "none" },
	{ "starting", "exit", "backoff", "wait" },
	{ "starting", "replaced", "ready", "none" },
	{ "starting", "stop", "parked", "rest" },
	{ "starting", "timeout", "starting", "none" },
	{ "ready", "want", "ready", "none" },
	{ "ready", "unwant", "parked", "dismiss" },
	{ "ready", "ready", "ready", "none" },
	{ "ready", "exit", "backoff", "wait" },
	{ "ready", "replaced", "ready", "none" },
	{ "ready", "stop", "parked", "rest" },
	{ "ready", "timeout", "ready", "none" },
	{ "backoff", "want", "backoff", "none" },
	{ "backoff", "unwant", "parked", "rest" },
	{ "backoff", "ready", "backoff", "none" },
	{ "backoff", "exit", "backoff", "none" },
	{ "backoff", "replaced", "ready", "rest" },
	{ "backoff", "stop", "parked", "rest" },
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

/* Only what wants a worker makes one, and nothing does after a stop. */
START_TEST(a_stopped_slot_stays_stopped)
{
	EACH_STATE(s) {
		enum slot_state t = slot_step(s, SLOT_E_STOP).next;

		EACH_EVENT(e)
			if (e != SLOT_E_WANT)
				ck_assert_int_eq(slot_step(t, e).next, t);
	}
}
END_TEST

START_TEST(an_unwanted_slot_is_parked)
{
	EACH_STATE(s)
		ck_assert_int_eq(slot_step(s, SLOT_E_UNWANT).next,
		    SLOT_S_PARKED);
}
END_TEST

/* A second process in a slot would be one that nobody knows of. */
START_TEST(spawned_only_where_none_is)
{
	EACH_STATE(s)
		EACH_EVENT(e)
			if (slot_step(s, e).action == SLOT_A_SPAWN)
				ck_assert(s == SLOT_S_PARKED ||
				    s == SLOT_S_BACKOFF);
}
END_TEST

/* Whoever is in backoff comes back by itself. */
START_TEST(backoff_ends)
{
	EACH_STATE(s)
		EACH_EVENT(e)
			if (slot_step(s, e).next == SLOT_S_BACKOFF &&
			    s != SLOT_S_BACKOFF)
				ck_assert_int_eq(slot_step(s, e).action,
				    SLOT_A_WAIT);
	ck_assert_int_eq(slot_step(SLOT_S_BACKOFF, SLOT_E_TIMEOUT).action,
	    SLOT_A_SPAWN);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("slot_fsm");
	TCase *t = unit_case(s, "slot_fsm");

	tcase_add_loop_test(t, each_step, 0, N);
	tcase_add_test(t, all_pairs_are_expected);
	tcase_add_test(t, a_stopped_slot_stays_stopped);
	tcase_add_test(t, an_unwanted_slot_is_parked);
	tcase_add_test(t, spawned_only_where_none_is);
	tcase_add_test(t, backoff_ends);
	return unit_main(s);
}
