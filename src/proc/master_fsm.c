/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row per state, one column per event.  A master that leaves has nothing to
 * stop any more: its workers are on their way out, with their connections.
 */
#include "proc/master_fsm.h"

#include <stddef.h>

#define ROW(stop, quit, reload, upgrade, scale, reopen)			\
	{ MASTER_A_##stop, MASTER_A_##quit, MASTER_A_##reload,		\
	    MASTER_A_##upgrade, MASTER_A_##scale, MASTER_A_##reopen }

static const enum master_action table[NMASTER_STATES][NMASTER_EVENTS] = {
	[MASTER_S_SERVES] = ROW(DO, DO, DO, DO, DO, DO),
	[MASTER_S_RELOADS] = ROW(DO, DO, AGAIN, RELOADING, RELOADING, DO),
	[MASTER_S_UPGRADES] = ROW(DO, DO, UPGRADING, UPGRADING, UPGRADING, DO),
	[MASTER_S_FOLLOWS] = ROW(DO, DO, UPGRADING, UPGRADING, UPGRADING, DO),
	[MASTER_S_LEAVES] = ROW(UPGRADING, DO, UPGRADING, UPGRADING, UPGRADING,
	    DO),
	[MASTER_S_DELAYS] = ROW(QUIT, DO, STOPPING, STOPPING, STOPPING, DO),
	[MASTER_S_STOPS] = ROW(QUIT, DO, STOPPING, STOPPING, STOPPING, DO),
};

enum master_action
master_action(enum master_state state, enum master_event event)
{
	return table[state][event];
}

const char *
master_refusal(enum master_action action)
{
	static const char *const reasons[NMASTER_ACTIONS] = {
		[MASTER_A_AGAIN] = "a reload is under way",
		[MASTER_A_STOPPING] = "the server stops",
		[MASTER_A_RELOADING] = "a reload is under way",
		[MASTER_A_UPGRADING] = "an upgrade is under way",
	};

	return reasons[action];
}

const char *
master_state_name(enum master_state state)
{
	static const char *const names[NMASTER_STATES] = { "serves", "reloads",
	    "upgrades", "follows", "leaves", "delays", "stops" };

	return names[state];
}

const char *
master_event_name(enum master_event event)
{
	static const char *const names[NMASTER_EVENTS] = { "stop", "quit",
	    "reload", "upgrade", "scale", "reopen" };

	return names[event];
}

const char *
master_action_name(enum master_action action)
{
	static const char *const names[NMASTER_ACTIONS] = { "do", "quit",
	    "again", "stopping", "reloading", "upgrading" };

	return names[action];
}
