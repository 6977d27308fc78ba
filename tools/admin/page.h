/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of the status page, which stand in tools/admin/page and become C
 * when they are built: the program needs no file of its own at run time.
 */
#ifndef ADMIN_PAGE_H
#define ADMIN_PAGE_H

#include <stddef.h>

struct page {
	const char	*path;		/* "/app.js"; "/" is index.html */
	const unsigned char *bytes;
	size_t		 len;
};

/* The last one has no path. */
extern const struct page pages[];

#endif
