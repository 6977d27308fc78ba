/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of addresses that are nothing but addresses: what is no place to serve
 * Thrift at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/addr.h"
#include "server/option_def.h"

#define BYTES	1100			/* of any that is compared whole */

static void
plain(const char *address, char text[BYTES])
{
	if (strncmp(address, "tcp://", 6) == 0)
		address += 6;
	snprintf(text, BYTES, "%s%s", *address == ':' ? "127.0.0.1" : "",
	    address);
}

bool
address_is_same(const char *a, const char *b)
{
	char x[BYTES], y[BYTES];

	plain(a, x);
	plain(b, y);
	return strcmp(x, y) == 0;
}

void
addresses_clear(struct addresses *a)
{
	while (a->n > 0)
		free(a->at[--a->n]);
}

void
addresses_copy(struct addresses *a, const struct addresses *from)
{
	addresses_clear(a);
	for (; a->n < from->n; a->n++)
		a->at[a->n] = option_copy(from->at[a->n]);
}

bool
addresses_are_same(const struct addresses *a, const struct addresses *b)
{
	if (a->n != b->n)
		return false;
	for (unsigned i = 0; i < a->n; i++)
		if (strcmp(a->at[i], b->at[i]) != 0)
			return false;
	return true;
}

int
addresses_set(struct addresses *a, bool first, const char *key,
    const char *value, char *why, size_t size)
{
	struct addr form;
	char reason[200];

	if (first)
		addresses_clear(a);
	if (addr_parse(value, &form, 0, reason, sizeof(reason)) == -1) {
		snprintf(why, size, "%s: %s: %s", key, value, reason);
		return -1;
	}
	if (a->n == ADDRESSES_MAX) {
		snprintf(why, size, "%s: more than %d addresses", key,
		    ADDRESSES_MAX);
		return -1;
	}
	for (unsigned i = 0; i < a->n; i++)
		if (address_is_same(value, a->at[i])) {
			snprintf(why, size, "%s: %s is given twice", key,
			    value);
			return -1;
		}
	a->at[a->n++] = option_copy(value);
	return 0;
}
