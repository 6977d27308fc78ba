/* SPDX-License-Identifier: Apache-2.0 */
/* See run.h. */
#include "run.h"

#include <err.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cell.h"

static volatile sig_atomic_t signals;

static void
on_signal(int number)
{
	(void)number;
	if (signals < 2)
		signals++;
}

uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

void
run_init(struct run *r, const struct plan *p)
{
	struct sigaction sa = { .sa_handler = on_signal };

	memset(r, 0, sizeof(*r));
	r->plan = p;
	r->progress.on = isatty(STDERR_FILENO);
	tally_init(&r->tally, p->target.method, 0);
	if (sigaction(SIGINT, &sa, NULL) == -1 ||
	    sigaction(SIGTERM, &sa, NULL) == -1)
		err(1, "sigaction");
}

void
run_fini(struct run *r)
{
	tally_fini(&r->tally);
}

void
run_begin(struct run *r)
{
	const struct plan *p = r->plan;
	uint64_t now;

	getrusage(RUSAGE_SELF, &r->before);
	now = now_ns();
	schedule_init(&r->schedule, p->rate, p->conns, now, p->time_ns == 0 ?
	    0 : p->warmup_ns + p->time_ns, p->limit);
	r->tally.paced = p->rate > 0;
	r->begun_ns = r->tally.from_ns = now + p->warmup_ns;
	r->progress.at_ns = now;
}

/* Wipes the line that was shown last. */
static void
wipe(struct run *r)
{
	if (r->progress.shown)
		fputs("\r\033[K", stderr);
	r->progress.shown = false;
}

static void
show(struct run *r, uint64_t now)
{
	struct progress *p = &r->progress;
	const struct tally *t = &r->tally;
	struct tf_stat_times times = t->times;
	uint64_t answered = tally_answered(t);
	double seconds = (double)(now - p->at_ns) / 1e9;

	tf_stat_times_since(&times, &p->times);
	wipe(r);
	if (now < r->begun_ns)
		fprintf(stderr, "warm-up, %s left",
		    cell_time((double)(r->begun_ns - now)).s);
	else
		fprintf(stderr, "%s  %s/s  p50 %s  p99 %s  failed %" PRIu64,
		    cell_age((double)(now - r->begun_ns)).s,
		    cell_number((double)(uint64_t)((double)(answered -
		    p->answered) / seconds), 7).s,
		    cell_time((double)tf_stat_times_quantile(&times, 0.5)).s,
		    cell_time((double)tf_stat_times_quantile(&times, 0.99)).s,
		    tally_failed(t));
	fflush(stderr);
	p->shown = true;
	p->at_ns = now;
	p->answered = answered;
	p->times = t->times;
}

void
run_tick(struct run *r, uint64_t now)
{
	if (signals > 0 && !r->interrupted) {
		r->interrupted = true;
		schedule_stop(&r->schedule, now);
	}
	if (r->progress.on && r->begun_ns != 0 &&
	    now - r->progress.at_ns >= NS_PER_S)
		show(r, now);
}

bool
run_is_over(const struct run *r, uint64_t now)
{
	return schedule_is_over(&r->schedule, now);
}

bool
run_is_cut(void)
{
	return signals > 1;
}

void
run_end(struct run *r)
{
	uint64_t now = now_ns();

	wipe(r);
	getrusage(RUSAGE_SELF, &r->after);
	r->missed = schedule_missed(&r->schedule, now);
	/* Who only waited for the last answers has not measured longer. */
	r->ended_ns = now < r->schedule.end_ns ? now : r->schedule.end_ns;
	if (r->ended_ns < r->begun_ns)
		r->ended_ns = r->begun_ns;
}

void
run_count(struct run *r, const struct outcome *o, const struct request *q,
    uint64_t now)
{
	const struct target *t = &r->plan->target;

	tally_count(&r->tally, o, q, now);
	if (r->tally.answers > 0 || r->why[0] != '\0' ||
	    o->kind == UNANSWERED)
		return;
	if (r->few_words)
		snprintf(r->why, sizeof(r->why), "%s at %s: %.*s",
		    t->method->name, t->addr, (int)o->words.len, o->words.s);
	else
		snprintf(r->why, sizeof(r->why), "%.*s", (int)o->words.len,
		    o->words.s);
	schedule_stop(&r->schedule, now);
}
