/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row per state, one column per event.  An event that means nothing in a
 * state leaves everything as it is.
 */
#include "proc/slot_fsm.h"

#define ROW(want, ready, exit, stop, quit, timeout)			\
	{ want, ready, exit, stop, quit, timeout }
#define TO(next, action)	{ SLOT_S_##next, SLOT_A_##action }

static const struct slot_step table[NSLOT_STATES][NSLOT_EVENTS] = {
	[SLOT_S_PARKED] = ROW(
	    TO(STARTING, SPAWN), TO(PARKED, NONE), TO(PARKED, NONE),
	    TO(PARKED, NONE), TO(PARKED, NONE), TO(PARKED, NONE)),
	[SLOT_S_STARTING] = ROW(
	    TO(STARTING, NONE), TO(READY, SERVING), TO(BACKOFF, WAIT),
	    TO(STOPPING, STOP), TO(STOPPING, QUIT), TO(KILLED, KILL)),
	[SLOT_S_READY] = ROW(
	    TO(READY, NONE), TO(READY, NONE), TO(BACKOFF, WAIT),
	    TO(STOPPING, STOP), TO(STOPPING, QUIT), TO(READY, NONE)),
	[SLOT_S_STOPPING] = ROW(
	    TO(STOPPING, NONE), TO(STOPPING, NONE), TO(PARKED, REST),
	    TO(STOPPING, NONE), TO(STOPPING, QUIT), TO(ENDING, KILL)),
	[SLOT_S_KILLED] = ROW(
	    TO(KILLED, NONE), TO(KILLED, NONE), TO(BACKOFF, WAIT),
	    TO(ENDING, NONE), TO(ENDING, NONE), TO(KILLED, NONE)),
	[SLOT_S_ENDING] = ROW(
	    TO(ENDING, NONE), TO(ENDING, NONE), TO(PARKED, REST),
	    TO(ENDING, NONE), TO(ENDING, NONE), TO(ENDING, NONE)),
	[SLOT_S_BACKOFF] = ROW(
	    TO(BACKOFF, NONE), TO(BACKOFF, NONE), TO(BACKOFF, NONE),
	    TO(PARKED, REST), TO(PARKED, REST), TO(STARTING, SPAWN)),
};

struct slot_step
slot_step(enum slot_state state, enum slot_event event)
{
	return table[state][event];
}

int
slot_has_process(enum slot_state state)
{
	return state != SLOT_S_PARKED && state != SLOT_S_BACKOFF;
}

const char *
slot_state_name(enum slot_state state)
{
	static const char *const names[NSLOT_STATES] = { "parked", "starting",
	    "ready", "stopping", "killed", "ending", "backoff" };

	return names[state];
}

const char *
slot_event_name(enum slot_event event)
{
	static const char *const names[NSLOT_EVENTS] = { "want", "ready",
	    "exit", "stop", "quit", "timeout" };

	return names[event];
}

const char *
slot_action_name(enum slot_action action)
{
	static const char *const names[NSLOT_ACTIONS] = { "none", "spawn",
	    "serving", "stop", "quit", "kill", "wait", "rest" };

	return names[action];
}
