/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy of slots: every state with every event, against a table written
 * down here once more; and what must hold of any such table.
 */
#include "lib/unit.h"
#include "proc/slot_fsm.h"
#include "unit_fsm.h"

static const struct fsm_row expected[] = {
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

#define EACH_STATE(s)	FSM_EACH(enum slot_state, s, NSLOT_STATES)
#define EACH_EVENT(e)	FSM_EACH(enum slot_event, e, NSLOT_EVENTS)

static struct fsm_row
row(int state, int event)
{
	enum slot_state s = (enum slot_state)state;
	enum slot_event e = (enum slot_event)event;
	struct slot_step x = slot_step(s, e);

	return (struct fsm_row){ slot_state_name(s), slot_event_name(e),
	    slot_state_name(x.next), slot_action_name(x.action) };
}

static const struct fsm fsm = { .expected = expected,
    .nexpected = COUNT(expected),
    .nstates = NSLOT_STATES, .nevents = NSLOT_EVENTS, .row = row };

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

	fsm_add_tests(t, &fsm);
	tcase_add_test(t, a_stopped_slot_stays_stopped);
	tcase_add_test(t, an_unwanted_slot_is_parked);
	tcase_add_test(t, spawned_only_where_none_is);
	tcase_add_test(t, backoff_ends);
	return unit_main(s);
}
