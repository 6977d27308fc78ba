/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be asked for over HTTP.  A path more is a line in endpoints[] and a
 * function that writes; how it travels is http.c's affair.
 */
#ifndef ADMIN_ENDPOINT_H
#define ADMIN_ENDPOINT_H

#include <stdbool.h>
#include <stdio.h>

#include <thriftfork/stat.h>

#include "history.h"
#include "recent.h"

struct request {
	const char	*path;
	const struct tf_stat *stat;	/* of the last master, if it has gone */
	const char	*gone;		/* why it has; NULL: it lives */
	const struct history *history;
	const struct recent *recent;
	/* What follows "name=" in the query, decoded; NULL: nothing. */
	const char	*(*query)(const struct request *, const char *name);
	void		*http;		/* for query() */
};

struct endpoint {
	const char	*path;
	const char	*type;		/* Content-Type */
	/* The status: 200, or another and the reason as text. */
	unsigned	(*write)(const struct request *, FILE *);
};

/* The one with that path; NULL: there is none. */
const struct endpoint *endpoint_find(const char *path);

/* The paths, a line each. */
void	 endpoint_list(FILE *);

#define ENDPOINT_TEXT	"text/plain; charset=utf-8"

#endif
