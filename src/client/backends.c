/* SPDX-License-Identifier: Apache-2.0 */
/* See backends.h. */
#include "client/backends.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/clock.h"

#define DOWN_NS		(100 * NS_PER_MS)	/* after the first failure */
#define DOWN_DOUBLES	7			/* 12.8 s at most */
#define PAUSE_NS	(10 * NS_PER_MS)
#define PAUSE_DOUBLES	6			/* 640 ms at most */
#define MAX_LATE	3

static void
add(struct backends *b, const char *s, size_t len)
{
	if (b->n == BACKENDS_MAX)
		return;
	if ((b->v[b->n].addr = strndup(s, len)) == NULL)
		fatal("out of memory: an address");
	b->n++;
}

size_t
backends_init(struct backends *b, const char *addrs, uint64_t seed)
{
	size_t len, n = 0;

	*b = (struct backends){ .seed = seed | 1 };
	for (; *addrs != '\0'; addrs += len) {
		addrs += strspn(addrs, ", \t\n");
		len = strcspn(addrs, ", \t\n");
		if (len == 0)
			continue;
		add(b, addrs, len);
		n++;
	}
	if (b->n == 0)
		add(b, "", 0);
	return n;
}

void
backends_fini(struct backends *b)
{
	for (unsigned i = 0; i < b->n; i++)
		free(b->v[i].addr);
}

/* xorshift64*, which is random enough to spread pauses. */
static uint64_t
random_below(struct backends *b, uint64_t n)
{
	b->seed ^= b->seed >> 12;
	b->seed ^= b->seed << 25;
	b->seed ^= b->seed >> 27;
	return (b->seed * UINT64_C(2685821657736338717) >> 16) % n;
}

static uint64_t
grown(struct backends *b, uint64_t ns, unsigned doubles, unsigned max)
{
	ns <<= doubles < max ? doubles : max;
	return ns / 2 + random_below(b, ns / 2 + 1);
}

/* Whether it may be used by anybody. */
static bool
is_up(const struct backend *s, uint64_t now_ns)
{
	return s->down_until_ns == 0 ||
	    (now_ns >= s->down_until_ns && !s->tried);
}

static bool
is_better(const struct backend *s, const struct backend *best,
    uint64_t now_ns)
{
	bool up = is_up(s, now_ns);

	if (up != is_up(best, now_ns))
		return up;
	return up ? s->busy < best->busy :
	    s->down_until_ns < best->down_until_ns;
}

unsigned
backends_choose(struct backends *b, uint64_t now_ns, uint64_t except)
{
	unsigned i, best = b->n;

	for (unsigned k = 0; k < b->n; k++) {
		i = (b->turn + k) % b->n;
		if (except >> i & 1)
			continue;
		if (best == b->n || is_better(&b->v[i], &b->v[best], now_ns))
			best = i;
	}
	if (best == b->n)
		return backends_choose(b, now_ns, 0);
	b->turn = best + 1;
	return best;
}

void
backends_try(struct backends *b, unsigned i)
{
	b->v[i].tried = b->v[i].down_until_ns != 0;
}

void
backends_tell(struct backends *b, unsigned i, enum backend_news news,
    uint64_t now_ns)
{
	struct backend *s = &b->v[i];

	s->tried = false;
	if (news == BACKEND_SPARED)
		return;
	if (news == BACKEND_LATE && s->down_until_ns == 0 &&
	    ++s->late < MAX_LATE)
		return;
	if (news == BACKEND_ANSWERED)
		s->late = 0;
	if (news == BACKEND_ANSWERED || news == BACKEND_REACHED) {
		/* Who takes what it is sent may hang all the same. */
		if (s->late < MAX_LATE) {
			s->failures = 0;
			s->down_until_ns = 0;
		}
		return;
	}
	/* Who fails together fails once. */
	if (now_ns < s->down_until_ns)
		return;
	s->down_until_ns = now_ns + grown(b, DOWN_NS, s->failures++,
	    DOWN_DOUBLES);
}

uint64_t
backends_pause_ns(struct backends *b, unsigned n)
{
	return grown(b, PAUSE_NS, n, PAUSE_DOUBLES);
}
