/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row per state, one column per event.  An event that means nothing in a
 * state leaves everything as it is.
 */
#include "proc/slot_fsm.h"

#define ROW(want, unwant, ready, exit, replaced, stop, timeout)		\
	{ want, unwant, ready, exit, replaced, stop, timeout }
#define TO(next, action)	{ SLOT_S_##next, SLOT_A_##action }

static const struct slot_step table[NSLOT_STATES][NSLOT_EVENTS] = {
	[SLOT_S_PARKED] = ROW(
	    TO(STARTING, SPAWN), TO(PARKED, NONE), TO(PARKED, NONE),
	    TO(PARKED, NONE), TO(PARKED, NONE), TO(PARKED, REST),
	    TO(PARKED, NONE)),
	[SLOT_S_STARTING] = ROW(
	    TO(STARTING, NONE), TO(PARKED, DISMISS), TO(READY, NONE),
	    TO(BACKOFF, WAIT), TO(READY, NONE), TO(PARKED, REST),
	    TO(STARTING, NONE)),
	[SLOT_S_READY] = ROW(
	    TO(READY, NONE), TO(PARKED, DISMISS), TO(READY, NONE),
	    TO(BACKOFF, WAIT), TO(READY, NONE), TO(PARKED, REST),
	    TO(READY, NONE)),
	[SLOT_S_BACKOFF] = ROW(
	    TO(BACKOFF, NONE), TO(PARKED, REST), TO(BACKOFF, NONE),
	    TO(BACKOFF, NONE), TO(READY, REST), TO(PARKED, REST),
	    TO(STARTING, SPAWN)),
};

struct slot_step
slot_step(enum slot_state state, enum slot_event event)
{
	return table[state][event];
}

const char *
slot_state_name(enum slot_state state)
{
	static const char *const names[NSLOT_STATES] = { "parked", "starting",
	    "ready", "backoff" };

	return names[state];
}

const char *
slot_event_name(enum slot_event event)
{
	static const char *const names[NSLOT_EVENTS] = { "want", "unwant",
	    "ready", "exit", "replaced", "stop", "timeout" };

	return names[event];
}

const char *
slot_action_name(enum slot_action action)
{
	static const char *const names[NSLOT_ACTIONS] = { "none", "spawn",
	    "dismiss", "wait", "rest" };

	return names[action];
}
