/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last words of a process look like any other line of its log.  They need
 * no memory from malloc, and they wait for nobody: whatever is wrong, the
 * process ends here and now.
 */
#include "base/bug.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/log.h"

void
fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vfatal(fmt, ap);
	va_end(ap);
	abort();
}
