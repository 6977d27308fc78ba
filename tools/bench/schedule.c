/* SPDX-License-Identifier: Apache-2.0 */
/* See schedule.h. */
#include "schedule.h"

void
schedule_init(struct schedule *s, double rate, unsigned conns,
    uint64_t start_ns, uint64_t length_ns, uint64_t limit)
{
	*s = (struct schedule){ .start_ns = start_ns, .conns = conns,
	    .end_ns = length_ns == 0 ? UINT64_MAX : start_ns + length_ns,
	    .limit = limit == 0 ? UINT64_MAX : limit,
	    .period_ns = rate > 0 ? 1e9 / rate : 0 };
}

void
schedule_stop(struct schedule *s, uint64_t now_ns)
{
	if (now_ns < s->end_ns)
		s->end_ns = now_ns;
}

bool
schedule_is_over(const struct schedule *s, uint64_t now_ns)
{
	return now_ns >= s->end_ns || s->taken >= s->limit;
}

static uint64_t
at(const struct schedule *s, uint64_t n)
{
	return s->start_ns + (uint64_t)((double)n * s->period_ns);
}

uint64_t
schedule_due(const struct schedule *s, uint64_t n)
{
	uint64_t ns;

	if (n >= s->limit)
		return UINT64_MAX;
	ns = at(s, n);
	return ns < s->end_ns ? ns : UINT64_MAX;
}

bool
schedule_take(struct schedule *s, uint64_t *turn, uint64_t now_ns,
    uint64_t *due_ns)
{
	if (schedule_is_over(s, now_ns))
		return false;
	*due_ns = s->period_ns > 0 ? schedule_due(s, *turn) : now_ns;
	if (*due_ns > now_ns)
		return false;
	*turn += s->conns;
	s->taken++;
	return true;
}

uint64_t
schedule_passed(const struct schedule *s, uint64_t now_ns)
{
	uint64_t end_ns = now_ns < s->end_ns ? now_ns : s->end_ns - 1, n;

	if (s->period_ns == 0 || end_ns < s->start_ns)
		return 0;
	n = (uint64_t)((double)(end_ns - s->start_ns) / s->period_ns);
	/* Division and multiplication need not agree on the last one. */
	while (at(s, n) <= end_ns)
		n++;
	while (n > 0 && at(s, n - 1) > end_ns)
		n--;
	return n < s->limit ? n : s->limit;
}

uint64_t
schedule_missed(const struct schedule *s, uint64_t now_ns)
{
	uint64_t passed = schedule_passed(s, now_ns);

	return passed > s->taken ? passed - s->taken : 0;
}
