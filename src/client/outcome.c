/* SPDX-License-Identifier: Apache-2.0 */
/* See outcome.h. */
#include "client/outcome.h"

#include <stdarg.h>
#include <stdio.h>

int
outcome_fail(struct outcome *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(o->error, sizeof(o->error), fmt, ap);
	va_end(ap);
	return -1;
}
