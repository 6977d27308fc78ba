/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last words of a process.  They go straight to standard error with one
 * write(2): whatever is wrong, neither the log nor malloc may be relied on.
 */
#include "base/bug.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void
fatal(const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int n;

	n = snprintf(line, sizeof(line), "thriftfork[%ld] fatal: ",
	    (long)getpid());
	va_start(ap, fmt);
	n += vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	line[n] = '\n';
	if (write(STDERR_FILENO, line, (size_t)n + 1) == -1)
		abort();
	abort();
}
