/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy of supervision, second part, as a table: whether a worker slot
 * has a process, and gets another one.  What a process goes through on its way
 * is worker_fsm.h.
 */
#ifndef PROC_SLOT_FSM_H
#define PROC_SLOT_FSM_H

enum slot_state {
	SLOT_S_PARKED,		/* no worker is wanted */
	SLOT_S_STARTING,	/* its worker starts */
	SLOT_S_READY,		/* its worker serves */
	SLOT_S_BACKOFF,		/* its worker died; another one in a while */
	NSLOT_STATES
};

enum slot_event {
	SLOT_E_WANT,		/* a worker is wanted here */
	SLOT_E_UNWANT,		/* or is not any more */
	SLOT_E_READY,		/* its worker serves */
	SLOT_E_EXIT,		/* its worker is dead, or could not be forked */
	SLOT_E_REPLACED,	/* another worker that serves has taken over */
	SLOT_E_STOP,		/* the server stops */
	SLOT_E_TIMEOUT,		/* the slot's timer has run out */
	NSLOT_EVENTS
};

enum slot_action {
	SLOT_A_NONE,
	SLOT_A_SPAWN,		/* fork */
	SLOT_A_DISMISS,		/* its worker shall drain */
	SLOT_A_WAIT,		/* set the timer to the backoff */
	SLOT_A_REST,		/* cancel the timer */
	NSLOT_ACTIONS
};

struct slot_step {
	enum slot_state		 next;
	enum slot_action	 action;
};

struct slot_step slot_step(enum slot_state, enum slot_event);

const char	*slot_state_name(enum slot_state);
const char	*slot_event_name(enum slot_event);
const char	*slot_action_name(enum slot_action);

#endif
