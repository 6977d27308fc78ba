/* SPDX-License-Identifier: Apache-2.0 */
/* See reasons.h. */
#include "reasons.h"

#include <stdio.h>
#include <string.h>

void
reasons_read(struct reasons *r, const struct tf_stat *st,
    enum tf_stat_level level, const char *prefix)
{
	const struct tf_stat_counter *c;
	size_t len = strlen(prefix);
	struct reason *to;

	memset(r, 0, sizeof(*r));
	for (unsigned i = 0; (c = tf_stat_counter(st, i)) != NULL; i++) {
		if (c->level != level || strncmp(c->name, prefix, len) != 0 ||
		    r->n == MAX_REASONS)
			continue;
		to = &r->of[r->n++];
		snprintf(to->name, sizeof(to->name), "%s", c->name + len);
		to->n = tf_stat_value(st, (int)i, 0, TF_STAT_ALL);
	}
}

void
reasons_since(struct reasons *now, const struct reasons *before)
{
	uint64_t then;

	for (unsigned i = 0; i < now->n && before != NULL; i++) {
		then = i < before->n && strcmp(before->of[i].name,
		    now->of[i].name) == 0 ? before->of[i].n : 0;
		now->of[i].n -= then < now->of[i].n ? then : now->of[i].n;
	}
}

uint64_t
reasons_sum(const struct reasons *r)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < r->n; i++)
		sum += r->of[i].n;
	return sum;
}
