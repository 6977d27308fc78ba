/* SPDX-License-Identifier: Apache-2.0 */
/* Which calls the access log takes down; see access.h. */
#include <stdlib.h>
#include <string.h>

#include "serve/access.h"

/* Up to 2^20 or so the remainder favours nobody by more than a thousandth. */
static void
choose(struct access_sample *s)
{
	s->at = 0;
	s->chosen = s->n > 1 ? (uint64_t)nrand48(s->state) % s->n : 0;
}

void
access_sample_init(struct access_sample *s, uint64_t n, const uint16_t seed[3])
{
	s->n = n;
	memcpy(s->state, seed, sizeof(s->state));
	choose(s);
}

bool
access_sample_next(struct access_sample *s)
{
	bool hit;

	if (s->n == 0)
		return false;
	hit = s->at == s->chosen;
	if (++s->at == s->n)
		choose(s);
	return hit;
}
