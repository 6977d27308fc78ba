/* SPDX-License-Identifier: Apache-2.0 */
/* See bug.h.  Nothing here needs the heap, and nothing waits. */
#include "base/bug.h"

#include <stdio.h>
#include <stdlib.h>

static void
say(const char *fmt, va_list ap)
{
	fputs("fatal: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

static last_words_fn *last_words = say;

void
fatal_through(last_words_fn *fn)
{
	last_words = fn;
}

void
fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	last_words(fmt, ap);
	va_end(ap);
	abort();
}
