/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy of supervision, first part, as a table: what happens to one worker
 * process on its way from fork to grave.  Nothing here acts; worker.c does what
 * it is told.  Whether there shall be another process after it is the second
 * part, slot_fsm.h.
 */
#ifndef PROC_WORKER_FSM_H
#define PROC_WORKER_FSM_H

enum worker_state {
	WORKER_S_STARTING,	/* forked, has not said that it serves */
	WORKER_S_READY,		/* serves */
	WORKER_S_DRAINING,	/* gives its connections away, then leaves */
	WORKER_S_STOPPING,	/* answers what has been asked, then leaves */
	WORKER_S_KILLED,	/* will be dead in a moment */
	NWORKER_STATES
};

enum worker_event {
	WORKER_E_READY,		/* it says that it serves */
	WORKER_E_DRAIN,		/* it is not needed any more */
	WORKER_E_STOP,		/* the server stops */
	WORKER_E_QUIT,		/* the server stops at once */
	WORKER_E_HUNG,		/* it does not do what it should */
	WORKER_E_TIMEOUT,	/* its timer has run out */
	NWORKER_EVENTS
};

enum worker_action {
	WORKER_A_NONE,
	WORKER_A_SERVING,	/* say so; cancel the timer */
	WORKER_A_DRAIN,		/* order; set the timer to drain-timeout */
	WORKER_A_GIVE_UP,	/* the same, but the timer goes on */
	WORKER_A_STOP,		/* order; set the timer to stop-timeout */
	WORKER_A_QUIT,		/* order; set the timer to a moment */
	WORKER_A_KILL,		/* SIGKILL */
	NWORKER_ACTIONS
};

struct worker_step {
	enum worker_state	 next;
	enum worker_action	 action;
};

struct worker_step worker_step(enum worker_state, enum worker_event);

const char	*worker_state_name(enum worker_state);
const char	*worker_event_name(enum worker_event);
const char	*worker_action_name(enum worker_action);

#endif
