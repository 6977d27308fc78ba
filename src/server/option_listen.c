/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses to listen on: what may follow them, which of them are the same, and
 * what a reload may change about them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/addr.h"
#include "server/activation.h"
#include "server/option_def.h"

#define LISTEN_BYTES	1024		/* of a value, at most */

void
listen_clear(struct settings *s)
{
	while (s->nlisten > 0)
		free(s->listen[--s->nlisten]);
}

void
listen_copy(struct settings *s, const struct settings *from)
{
	listen_clear(s);
	for (unsigned i = 0; i < from->nlisten; i++) {
		s->listen_rules[i] = from->listen_rules[i];
		s->listen[s->nlisten++] = option_copy(from->listen[i]);
	}
}

bool
listen_is_same(const struct settings *a, const struct settings *b)
{
	if (a->nlisten != b->nlisten)
		return false;
	for (unsigned i = 0; i < a->nlisten; i++)
		if (strcmp(a->listen[i], b->listen[i]) != 0)
			return false;
	return true;
}

/* Nothing is looked up, and nothing has to be there yet. */
static int
check_address(const char *address, char *why, size_t size)
{
	const char *name = activation_name(address);
	struct addr form;

	if (name == NULL)
		return addr_parse(address, &form, 0, why, size);
	if (*name != '\0' && strlen(name) < ACTIVATION_NAME &&
	    strchr(name, ':') == NULL)
		return 0;
	snprintf(why, size, "the name of a socket has 1 to %d characters, and "
	    "no colon", ACTIVATION_NAME - 1);
	return -1;
}

static int
check_listen(const struct settings *s, const char *address, char *why,
    size_t size)
{
	char reason[200];

	if (check_address(address, reason, sizeof(reason)) == -1) {
		snprintf(why, size, "listen: %s: %s", address, reason);
		return -1;
	}
	if (s->nlisten == LISTEN_MAX) {
		snprintf(why, size, "listen: more than %d addresses",
		    LISTEN_MAX);
		return -1;
	}
	for (unsigned i = 0; i < s->nlisten; i++)
		if (address_is_same(address, s->listen[i])) {
			snprintf(why, size, "listen: %s is given twice",
			    address);
			return -1;
		}
	return 0;
}

/*
 * Up to the next comma, which ends the part, in place; what is behind it, or
 * NULL.  A backslash takes a comma, or a backslash, as it is.
 */
static char *
cut(char *part)
{
	char *from = part, *to = part;

	for (; *from != '\0' && *from != ','; from++) {
		if (*from == '\\' && (from[1] == ',' || from[1] == '\\'))
			from++;
		*to++ = *from;
	}
	part = *from == ',' ? from + 1 : NULL;
	*to = '\0';
	return part;
}

static int
set_rules(struct rules *r, const char *address, char *rest, char *why,
    size_t size)
{
	unsigned given = 0;
	char reason[200], *part;

	*r = (struct rules){ 0 };
	while ((part = rest) != NULL) {
		rest = cut(part);
		if (rules_set(r, &given, part, reason, sizeof(reason)) == 0)
			continue;
		snprintf(why, size, "listen: %s: %s", address, reason);
		return -1;
	}
	return 0;
}

int
listen_set(struct settings *s, const char *value, char *why, size_t size)
{
	char text[LISTEN_BYTES], *rest;
	struct rules rules;

	if (strlcpy(text, value, sizeof(text)) >= sizeof(text)) {
		snprintf(why, size, "listen: is too long");
		return -1;
	}
	rest = cut(text);
	if (*text == '\0') {
		snprintf(why, size, "listen: is empty");
		return -1;
	}
	/* What comes from a file is replaced, not added to. */
	if (!s->given[OPTION_listen])
		listen_clear(s);
	if (check_listen(s, text, why, size) == -1 ||
	    set_rules(&rules, text, rest, why, size) == -1)
		return -1;
	s->listen_rules[s->nlisten] = rules;
	s->listen[s->nlisten++] = option_copy(text);
	return 0;
}
