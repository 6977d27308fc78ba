/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has become of requests, and how long it took.  Each request that was
 * begun is counted once, when that is known, with one of the outcomes below;
 * those that were due before the warm-up was over are counted and otherwise
 * forgotten.
 */
#ifndef BENCH_TALLY_H
#define BENCH_TALLY_H

#include <thriftfork/service.h>
#include <thriftfork/stat.h>

#include "answer.h"

enum outcome_kind {
	/* There was an answer, and its time counts: */
	RETURNED,
	THREW,			/* a declared exception; which: its field */
	ERROR,			/* TApplicationException; which: its type */
	WRONG,			/* a reply that is none to this request */
	SENT,			/* oneway: handed to the kernel */
	/* There was none: */
	TIMED_OUT,
	LOST,			/* the connection ended, or could not be made */
	UNANSWERED		/* when the user would not wait any longer */
};
#define OUTCOMES	(UNANSWERED + 1)

struct outcome {
	enum outcome_kind kind;
	int		 which;
	struct tf_str	 words;		/* what was said; "" if nothing */
};

/* A request under way. */
struct request {
	uint64_t	 due_ns;	/* by the schedule */
	uint64_t	 sent_ns;
};

struct words {
	char		 s[160];
};

struct tally {
	const struct tf_method *method;
	bool		 paced;		/* by an open loop: may be late */
	uint64_t	 from_ns;	/* the warm-up is over */
	uint64_t	 warmup;	/* requests that were due before */
	uint64_t	 requests;	/* the others */
	uint64_t	 count[OUTCOMES];
	uint64_t	*thrown;	/* by index in method->result->fields */
	uint64_t	 errors[ANSWER_ERRORS + 1];	/* by type; the last
							   one: all others */
	struct words	 first[OUTCOMES];	/* said first */
	struct words	 first_error[ANSWER_ERRORS + 1];
	struct tf_stat_times times, behind;
	uint64_t	 max_ns, sum_ns, behind_max_ns;
	uint64_t	 answers;	/* of warm-up as well */
	uint64_t	 dropped;	/* connections that the server ended */
	uint64_t	 bytes_in, bytes_out;	/* of warm-up as well */
	bool		 knows_bytes;
};

void	 tally_init(struct tally *, const struct tf_method *,
	    uint64_t from_ns);
void	 tally_fini(struct tally *);
void	 tally_count(struct tally *, const struct outcome *,
	    const struct request *, uint64_t now_ns);

/* Requests that had an answer, and those that went wrong. */
uint64_t tally_answered(const struct tally *);
uint64_t tally_failed(const struct tally *);

/*
 * The outcome of a call that the library made: rc and result as of
 * tf_client_call(), type as of tf_client_error_type(); late: its timeout has
 * passed.
 */
struct outcome outcome_of(const struct tf_method *, int rc,
	    const void *result, int type, bool late, const char *error);

#endif
