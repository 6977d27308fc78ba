/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal as a program finds and leaves it: in curses' hands in between,
 * and as it was whenever it ends, also by a signal.
 */
#ifndef TOP_TERMINAL_H
#define TOP_TERMINAL_H

#include <stdint.h>

enum event {
	EVENT_TIME,			/* the deadline is over */
	EVENT_KEY,			/* *key, see keys.h */
	EVENT_SIZE,			/* the screen has another size */
	EVENT_END			/* a signal, or nobody is there */
};

/* 0, or -1 after a line on standard error. */
int	 terminal_open(void);

/* Waits up to a time of CLOCK_MONOTONIC. */
enum event terminal_wait(uint64_t deadline_ns, int *key);

/* The terminal is as before.  Ends the program if a signal has asked for it. */
void	 terminal_close(void);

#endif
