/* SPDX-License-Identifier: Apache-2.0 */
/* counters.def as enums: COUNTER_CALLS_BEGUN, METHOD_ERRORS and so on. */
#ifndef SHM_COUNTERS_H
#define SHM_COUNTERS_H

/* Words of the server. */
enum server_counter {
#define SERVER(id, name, kind, unit, help)	SERVER_##id,
#include "shm/counters.def"
	SERVER_COUNTERS
};

/* Words in a lane. */
enum counter {
#define WORKER(id, name, kind, unit, help)	COUNTER_##id,
#include "shm/counters.def"
	COUNTERS
};

/* Words beside a lane. */
enum master_counter {
#define MASTER(id, name, kind, unit, help)	MASTER_##id,
#include "shm/counters.def"
	MASTER_COUNTERS
};

/* Words of one method in a lane. */
enum method_counter {
#define METHOD(id, name, kind, unit, help)	METHOD_##id,
#include "shm/counters.def"
	METHOD_COUNTERS
};

/* Histograms in a lane. */
enum worker_hist {
#define WORKER_HIST(id, name, many, unit, help)	WORKER_HIST_##id,
#include "shm/counters.def"
	WORKER_HISTS
};

/* Histograms of one method in a lane. */
enum method_hist {
#define METHOD_HIST(id, name, many, unit, help)	METHOD_HIST_##id,
#include "shm/counters.def"
	METHOD_HISTS
};

#endif
