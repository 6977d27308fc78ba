/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Did you mean": the name in a table that is fewest changed letters away.
 */
#include <ctype.h>
#include <string.h>

#include "load.h"

#define MAX_NAME	48	/* longer names are not compared */
#define MAX_NAMES	4096	/* nor are larger tables */
#define MAX_CHANGES	4

static uint32_t
min3(uint32_t a, uint32_t b, uint32_t c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

/* Edit distance; a change of case counts as nothing. */
static uint32_t
distance(const char *a, const char *b)
{
	uint32_t row[MAX_NAME + 1], diag, up, i, j;
	uint32_t na = (uint32_t)strlen(a), nb = (uint32_t)strlen(b);

	for (j = 0; j <= nb; j++)
		row[j] = j;
	for (i = 0; i < na; i++) {
		diag = row[0];
		row[0] = i + 1;
		for (j = 0; j < nb; j++) {
			up = row[j + 1];
			row[j + 1] = min3(up + 1, row[j] + 1, diag +
			    (tolower((uint8_t)a[i]) != tolower((uint8_t)b[j])));
			diag = up;
		}
	}
	return row[nb];
}

const char *
suggest_name(struct idl *idl, const struct names *t, const char *name)
{
	const char *best = NULL;
	uint32_t i, d, least;

	if (strlen(name) > MAX_NAME || t->size > MAX_NAMES ||
	    idl->nerrors >= IDL_MAX_ERRORS)
		return NULL;
	least = (uint32_t)strlen(name) / 2 + 1;
	if (least > MAX_CHANGES + 1)
		least = MAX_CHANGES + 1;
	for (i = 0; i < t->size; i++) {
		if (t->slots[i].key == NULL ||
		    strlen(t->slots[i].key) > MAX_NAME)
			continue;
		d = distance(name, t->slots[i].key);
		if (d < least || (best != NULL && d == least &&
		    strcmp(t->slots[i].key, best) < 0)) {
			least = d;
			best = t->slots[i].key;
		}
	}
	if (best == NULL)
		return NULL;
	return tf_strf(idl->arena, "did you mean '%s'?", best).s;
}
