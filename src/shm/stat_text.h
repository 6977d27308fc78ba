/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of "status" for people, and what they write with. */
#ifndef SHM_STAT_TEXT_H
#define SHM_STAT_TEXT_H

#include <stdint.h>
#include <stdio.h>

#include <thriftfork/stat.h>

/* A number or a duration in few characters. */
struct stat_cell {
	char		 s[32];
};

struct stat_cell stat_cell_count(uint64_t);
/* How long something runs: the two largest of its units. */
struct stat_cell stat_cell_uptime(uint64_t ns);
/* How long a call takes: three digits and a unit, if they will do. */
struct stat_cell stat_cell_time(uint64_t ns);

/* Escaped. */
void	 stat_put(FILE *, const char *text);

/* "Service.method", escaped. */
void	 stat_method_name(const struct tf_stat *, unsigned method, char *to,
	    size_t size);

/* stat_text_methods.c: a table with its titles, or nothing. */
void	 stat_text_methods(const struct tf_stat *, FILE *);

/* stat_text_server.c: the same; lines, if there is something to tell. */
void	 stat_text_listeners(const struct tf_stat *, FILE *);
void	 stat_text_closed(const struct tf_stat *, FILE *);
void	 stat_text_deaths(const struct tf_stat *, FILE *);

/* stat_text_own.c: the same. */
void	 stat_text_own(const struct tf_stat *, FILE *);

#endif
