/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the load client counts, and how it tells it: as readable lines or as
 * one JSON object.
 *
 * Every call that was sent ends in exactly one of right (exceptions and errors
 * that had to come among them), wrong, app, lost, timed_out; what is left is
 * pending.  Oneways are not calls in this sense; they are counted by
 * themselves, and one is proven when a later call on its connection has been
 * answered and nothing came for the oneway.  A stray is a reply that no call
 * was waiting for.
 */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include <stdio.h>

#include "load_call.h"

#define REPORT_PROBLEMS		20
#define REPORT_HISTOGRAM	1920	/* 32 steps to the octave, in ns */

/* How a connection ended, when it was not the client who was done with it. */
enum ending {
	CLOSED_IDLE,		/* by the peer: no call in flight, no bytes */
	CLOSED_IN_FLIGHT,	/* by the peer: it owed replies */
	CLOSED_MID_REPLY,	/* by the peer: part of a reply was there */
	CLOSED_RESET,		/* an error, whatever was in flight */
	CLOSED_BY_TLS,		/* the same of TLS, or no close_notify came */
	GAVE_UP,		/* by the client: bad frame, or timeout */
	ENDINGS
};

enum stray {
	STRAY_ONEWAY,		/* somebody answered a oneway */
	STRAY_LATE,		/* the call had timed out before */
	STRAY_DUPLICATE,	/* the call had been settled before */
	STRAY_UNASKED,		/* belongs to no call; none was in flight */
	STRAYS
};

struct problem {
	uint64_t	conn;
	unsigned	port;		/* local; 0 if none */
	int64_t		call;		/* -1: the connection as such */
	char		what[200];
};

struct report {
	uint64_t	opened, refused, connect_failed;
	uint64_t	ended[ENDINGS];
	uint64_t	sent, lost, timed_out;
	uint64_t	verdict[VERDICTS];	/* of answered calls */
	uint64_t	app_by[PROTO_MAX_TYPE + 2];	/* last: other types */
	uint64_t	oneways, oneways_proven;
	struct {
		uint64_t	sent, right;
	}		of[CALL_KINDS];		/* oneways, too, are sent */
	uint64_t	out, most_out;	/* calls, and oneways until proven */
	uint64_t	stray[STRAYS];
	uint64_t	once_skipped;	/* too many of them were waiting */
	bool		stuck;		/* the run ended for want of progress */
	uint64_t	app_max_ns;	/* the latest of them */
	uint64_t	histogram[REPORT_HISTOGRAM], max_ns;
	uint64_t	started_ns, ended_ns;
	struct problem	problem[REPORT_PROBLEMS];
	uint64_t	nproblems;	/* also those that were not kept */
};

/* call is -1 if the problem is not that of one call. */
void	 report_problem(struct report *, uint64_t conn, unsigned port,
	    int64_t call, const char *fmt, ...)
	    __attribute__((format(printf, 5, 6)));
void	 report_latency(struct report *, uint64_t ns);
void	 report_app(struct report *, int32_t type, uint64_t latency_ns);

const char *report_verdict_name(enum verdict);
const char *report_ending_name(enum ending);
const char *report_stray_name(enum stray);

uint64_t report_right(const struct report *);
uint64_t report_wrong(const struct report *);

/* Sent and in none of the other classes; below 0 the counts contradict. */
int64_t	 report_pending(const struct report *);

/* All right, nothing refused, closed, stray, skipped or pending. */
bool	 report_ok(const struct report *);

void	 report_text(const struct report *, FILE *);
void	 report_json(const struct report *, FILE *);

#endif
