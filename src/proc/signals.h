/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program's signals while a server runs: taken once, before anything that
 * would have to be cleaned up, and given back at the very end.  In between they
 * wait to be read from a descriptor, so that none is lost on the way from one
 * stage of the start to the next.
 */
#ifndef PROC_SIGNALS_H
#define PROC_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* What signals.def says of each. */
enum signal_meaning {
	SIGNAL_STOP,
	SIGNAL_QUIT,
	SIGNAL_RELOAD,
	SIGNAL_REOPEN,
	SIGNAL_MORE,
	SIGNAL_FEWER,
	SIGNAL_UPGRADE,
	SIGNAL_IGNORE,
	SIGNAL_CHILD		/* SIGCHLD, which nobody sends on purpose */
};

/* What the program's signals were before the server took them. */
struct signal_state {
	bool			 taken;
	sigset_t		 mask;
	struct sigaction	 actions[NSIG];
};

/*
 * Blocks the signals of signals.def and gives them default actions; SIGPIPE is
 * ignored, and SIGCHLD not.
 */
void	signals_take(struct signal_state *);

/*
 * Forgets those that came for the server and were not read, and makes the rest
 * as it was.  A program that is about to end does not want to hear of what is
 * still on its way: ended makes the signals ignored for good.  Nothing happens
 * if they were not taken.
 */
void	signals_give_back(struct signal_state *, bool ended);

/*
 * In a child: as the program had them, but for what a terminal or an
 * administrator sends to all processes of the server alike, which does nothing
 * until the child has handlers of its own.  TERM has its default action: it
 * comes when the master dies.
 */
void	signals_in_child(const struct signal_state *);

/* A signalfd for all that the master takes, or for those that end it. */
int	signals_watch(void);
int	signals_watch_ends(void);

/* Of a signal that was read from one. */
enum signal_meaning signals_meaning(int signo);

/* Whether a signal that ends the server waits to be read. */
bool	signals_end_waits(void);

#endif
