/* SPDX-License-Identifier: Apache-2.0 */
/* The stray pointer of a worker, which finds the lane and nothing else. */
#ifndef TESTBED_SCRIBBLE_H
#define TESTBED_SCRIBBLE_H

/*
 * Starts a thread that writes over the lane until the process ends; returns
 * when it has done so once.  -1: there is none.
 */
int	 scribble_over_lane(void);

#endif
