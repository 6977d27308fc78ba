/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the words of a lane have to agree about, whatever was counted: the end
 * of every test that runs a worker looks.
 */
#ifndef TESTS_UNIT_LANE_H
#define TESTS_UNIT_LANE_H

#include "shm/lane.h"

/* One that is nobody's but the caller's; free(lane_desk()). */
struct lane *unit_lane_new(unsigned methods);

/* The worker that has counted there is at rest or has ended. */
void	unit_lane_adds_up(const struct lane *, unsigned methods);

#endif
