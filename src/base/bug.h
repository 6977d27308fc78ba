/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two ways in which the library ends a process, and the only ones.
 * BUG_ON() states what cannot happen; it is always compiled in, and never
 * depends on what a peer or a user sent.  fatal() is for memory that cannot
 * be had.  Both abort, so that a worker's master can say what happened.
 */
#ifndef BASE_BUG_H
#define BASE_BUG_H

#include <stdarg.h>

void	fatal(const char *fmt, ...)
	    __attribute__((noreturn, cold, format(printf, 1, 2)));

/*
 * Who says it: standard error, until a log wants to.  Called once, by a process
 * that may be out of memory or half-way through anything.
 */
typedef void last_words_fn(const char *fmt, va_list);
void	fatal_through(last_words_fn *);

#define BUG_STR2(x)	#x
#define BUG_STR(x)	BUG_STR2(x)
#define BUG_ON(cond) do {						\
	if (__builtin_expect(!!(cond), 0))				\
		fatal("bug: %s:%s: %s", __FILE__, BUG_STR(__LINE__),	\
		    #cond);						\
} while (0)

#endif
