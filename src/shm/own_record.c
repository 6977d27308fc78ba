/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting in the user's own histograms.  A thread that has a part to itself
 * needs no locked instruction, and shares no cache line with any other.
 */
#include "shm/own.h"

static _Thread_local unsigned writer
    __attribute__((tls_model("initial-exec"))) = OWN_OTHERS;

void
own_writer(unsigned which)
{
	writer = which < OWN_OTHERS ? which : OWN_OTHERS;
}

static void
add_shared(uint64_t *w, uint64_t n)
{
	__atomic_fetch_add(w, n, __ATOMIC_RELAXED);
}

static void
max_shared(uint64_t *w, uint64_t value)
{
	uint64_t now = __atomic_load_n(w, __ATOMIC_RELAXED);

	while (value > now && !__atomic_compare_exchange_n(w, &now, value,
	    true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static void
record_shared(struct lane_tally *t, uint64_t *bucket, uint64_t value)
{
	add_shared(bucket, 1);
	add_shared(&t->sum, value);
	max_shared(&t->max, value);
	add_shared(&t->many, 1);
}

void
own_record(struct lane_own *o, unsigned number, uint64_t value)
{
	struct lane_tally *t = &o->tally[number][writer];
	uint64_t *bucket = &o->count[number][writer][hist_index(value)];

	if (writer == OWN_OTHERS) {
		record_shared(t, bucket, value);
		return;
	}
	word_add(bucket, 1);
	word_add(&t->sum, value);
	word_max(&t->max, value);
	word_add(&t->many, 1);
}
