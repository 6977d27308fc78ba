/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row per state, one column per event.  An event that means nothing in a
 * state leaves everything as it is.
 */
#include "proc/worker_fsm.h"

#define ROW(ready, drain, stop, quit, hung, timeout)			\
	{ ready, drain, stop, quit, hung, timeout }
#define TO(next, action)	{ WORKER_S_##next, WORKER_A_##action }

static const struct worker_step table[NWORKER_STATES][NWORKER_EVENTS] = {
	[WORKER_S_STARTING] = ROW(
	    TO(READY, SERVING), TO(STOPPING, GIVE_UP), TO(STOPPING, STOP),
	    TO(STOPPING, QUIT), TO(KILLED, KILL), TO(KILLED, KILL)),
	[WORKER_S_READY] = ROW(
	    TO(READY, NONE), TO(DRAINING, DRAIN), TO(STOPPING, STOP),
	    TO(STOPPING, QUIT), TO(KILLED, KILL), TO(READY, NONE)),
	[WORKER_S_DRAINING] = ROW(
	    TO(DRAINING, NONE), TO(DRAINING, NONE), TO(STOPPING, STOP),
	    TO(STOPPING, QUIT), TO(KILLED, KILL), TO(STOPPING, STOP)),
	[WORKER_S_STOPPING] = ROW(
	    TO(STOPPING, NONE), TO(STOPPING, NONE), TO(STOPPING, NONE),
	    TO(STOPPING, QUIT), TO(KILLED, KILL), TO(KILLED, KILL)),
	[WORKER_S_KILLED] = ROW(
	    TO(KILLED, NONE), TO(KILLED, NONE), TO(KILLED, NONE),
	    TO(KILLED, NONE), TO(KILLED, NONE), TO(KILLED, NONE)),
};

struct worker_step
worker_step(enum worker_state state, enum worker_event event)
{
	return table[state][event];
}

const char *
worker_state_name(enum worker_state state)
{
	static const char *const names[NWORKER_STATES] = { "starting", "ready",
	    "draining", "stopping", "killed" };

	return names[state];
}

const char *
worker_event_name(enum worker_event event)
{
	static const char *const names[NWORKER_EVENTS] = { "ready", "drain",
	    "stop", "quit", "hung", "timeout" };

	return names[event];
}

const char *
worker_action_name(enum worker_action action)
{
	static const char *const names[NWORKER_ACTIONS] = { "none", "serving",
	    "drain", "give up", "stop", "quit", "kill" };

	return names[action];
}
