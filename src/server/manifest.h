/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a preflight reports: a line "service<tab>method" for each method that
 * is served; the service is "name:service" if it was added under a name.  Then
 * a line "=kind<tab>name<tab>help" for what else setup() has declared, with
 * "unit<tab>" before the help of a histogram.
 * Written by the preflight, which has run a stranger's code, so it is read
 * with the suspicion that a peer's bytes deserve.
 */
#ifndef SERVER_MANIFEST_H
#define SERVER_MANIFEST_H

#include <stddef.h>
#include <stdio.h>

#define MANIFEST_BYTES	(256 * 1024)

struct declarations;
struct registry;
struct segment;

int	manifest_write(const struct registry *, const struct declarations *,
	    int fd);

/*
 * Enters all of it into the directories; the number of methods, or -1 with a
 * reason.
 */
int	manifest_read(const char *text, size_t len, struct segment *,
	    char *why, size_t why_size);

/*
 * For people: a line "Service.method" or "counter name" for each.  The text
 * has been read.
 */
void	manifest_print(const char *text, size_t len, FILE *);

#endif
