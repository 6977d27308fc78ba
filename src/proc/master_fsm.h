/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy of supervision, third part, as a table: what is asked of the
 * server as a whole, by a signal or over the control socket, and whether this
 * is the moment for it.
 */
#ifndef PROC_MASTER_FSM_H
#define PROC_MASTER_FSM_H

enum master_state {
	MASTER_S_SERVES,	/* or begins to */
	MASTER_S_RELOADS,
	MASTER_S_UPGRADES,	/* another master starts */
	MASTER_S_FOLLOWS,	/* it is that other one, without names yet */
	MASTER_S_LEAVES,	/* the other one serves */
	MASTER_S_DELAYS,	/* will stop, after drain-delay */
	MASTER_S_STOPS,
	NMASTER_STATES
};

enum master_event {
	MASTER_E_STOP,		/* in order */
	MASTER_E_QUIT,		/* quickly */
	MASTER_E_RELOAD,
	MASTER_E_UPGRADE,
	MASTER_E_SCALE,
	MASTER_E_REOPEN,	/* the log */
	NMASTER_EVENTS
};

enum master_action {
	MASTER_A_DO,
	MASTER_A_QUIT,		/* that instead */
	MASTER_A_AGAIN,		/* once more when what runs is over; who waits
				   for the answer is refused */
	MASTER_A_STOPPING,	/* refused: */
	MASTER_A_RELOADING,
	MASTER_A_UPGRADING,
	NMASTER_ACTIONS
};

enum master_action master_action(enum master_state, enum master_event);

/* Why it is refused, as whoever asked shall read it; NULL: it is not. */
const char	*master_refusal(enum master_action);

const char	*master_state_name(enum master_state);
const char	*master_event_name(enum master_event);
const char	*master_action_name(enum master_action);

#endif
