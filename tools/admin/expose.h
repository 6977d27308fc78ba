/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text that Prometheus reads, form 0.0.4: names, types, numbers and texts.
 * Whatever stands in a segment, what is written can be read.
 */
#ifndef ADMIN_EXPOSE_H
#define ADMIN_EXPOSE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <thriftfork/stat.h>

#define EXPOSE_NAME	160	/* bytes that hold any name */
#define EXPOSE_LABELS	2200	/* the same of labels: two texts of 127 bytes,
				   for each of which there is room for eight */

/*
 * What a counter is called: its unit, in base units, at the end, and "_total"
 * behind that if it only adds up.
 */
void	 expose_name(char name[EXPOSE_NAME], const char *prefix,
	    const struct tf_stat_counter *);

/* The two lines before the samples of a name. */
void	 expose_head(FILE *, const char *name, const char *type,
	    const char *help);

/* Adds label="text", and a comma if there are others; begin with "". */
void	 expose_label(char labels[EXPOSE_LABELS], const char *label,
	    const char *text);

/* What stands before a number: the name and, unless "", the labels. */
void	 expose_sample(FILE *, const char *name, const char *labels);

void	 expose_uint(FILE *, const char *name, const char *labels, uint64_t);
void	 expose_int(FILE *, const char *name, const char *labels, int64_t);
/* Of ns. */
void	 expose_seconds(FILE *, const char *name, const char *labels,
	    uint64_t ns);

/* The samples of one; the sum of all values, and they, may be of ns. */
void	 expose_histogram(FILE *, const char *name, const char *labels,
	    bool of_times, const struct tf_stat_times *, uint64_t sum);

#endif
