/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy of supervision, as a table: what a worker slot does when
 * something happens to it.  Nothing here acts; master.c does what it is told.
 */
#ifndef PROC_SLOT_FSM_H
#define PROC_SLOT_FSM_H

enum slot_state {
	SLOT_S_PARKED,		/* no worker, none wanted */
	SLOT_S_STARTING,	/* forked, has not said that it serves */
	SLOT_S_READY,		/* serves */
	SLOT_S_STOPPING,	/* told to leave */
	SLOT_S_KILLED,		/* killed, shall come back */
	SLOT_S_ENDING,		/* killed, shall not come back */
	SLOT_S_BACKOFF,		/* died, shall come back in a while */
	NSLOT_STATES
};

enum slot_event {
	SLOT_E_WANT,		/* a worker is wanted here */
	SLOT_E_READY,		/* it says that it serves */
	SLOT_E_EXIT,		/* it is dead, or could not be forked */
	SLOT_E_STOP,		/* shall answer what has been asked and leave */
	SLOT_E_QUIT,		/* shall leave now */
	SLOT_E_TIMEOUT,		/* the slot's timer has run out */
	NSLOT_EVENTS
};

enum slot_action {
	SLOT_A_NONE,
	SLOT_A_SPAWN,		/* fork; set the timer to start-timeout */
	SLOT_A_SERVING,		/* say so; cancel the timer */
	SLOT_A_STOP,		/* order; set the timer to stop-timeout */
	SLOT_A_QUIT,		/* order; set the timer to a moment */
	SLOT_A_KILL,		/* SIGKILL */
	SLOT_A_WAIT,		/* set the timer to the backoff */
	SLOT_A_REST,		/* cancel the timer */
	NSLOT_ACTIONS
};

struct slot_step {
	enum slot_state		 next;
	enum slot_action	 action;
};

struct slot_step slot_step(enum slot_state, enum slot_event);

/* Whether the slot has a process in this state. */
int		 slot_has_process(enum slot_state);

const char	*slot_state_name(enum slot_state);
const char	*slot_event_name(enum slot_event);
const char	*slot_action_name(enum slot_action);

#endif
