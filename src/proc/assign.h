/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which worker accepts on which slot's listening sockets, as a pure table: a
 * socket whose own worker cannot serve is given to a sibling, so that nothing
 * waits in the queue of a worker that is not there.
 */
#ifndef PROC_ASSIGN_H
#define PROC_ASSIGN_H

#define ASSIGN_MAX	1024		/* slots */

enum assign_state {
	ASSIGN_UNUSED,		/* the slot's sockets do not listen yet */
	ASSIGN_ABSENT,		/* they listen, its worker cannot serve: it is
				   parked, backs off, hangs or starts */
	ASSIGN_SERVES
};

/*
 * server[i] becomes the slot whose worker accepts on the sockets of slot i, -1
 * if nobody does.  Who serves, serves itself; what others have left is spread
 * evenly over those who serve: their shares differ by at most one.
 *
 * On entry server[] is the last answer, all -1 at first.  As little of it is
 * changed as evenness permits.  Whatever it holds, the answer is right.
 */
void	assign(const enum assign_state *, unsigned n, int *server);

#endif
