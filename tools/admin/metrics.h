/* SPDX-License-Identifier: Apache-2.0 */
/* All that a segment counts, as Prometheus reads it. */
#ifndef ADMIN_METRICS_H
#define ADMIN_METRICS_H

#include <stdio.h>

#include <thriftfork/stat.h>

void	 metrics_print(const struct tf_stat *, FILE *);

/* Parts of it. */
void	 metrics_listeners(const struct tf_stat *, FILE *);
void	 metrics_own(const struct tf_stat *, FILE *);

#endif
