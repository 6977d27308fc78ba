/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a line of the access log looks like: "key=value" for people, or an
 * object for programs, of the same keys in the same order.  Pure: no clock, no
 * descriptor, no call.  Much of it is what strangers have written; whatever
 * that is, a line has one newline, at its end, and its values end where they
 * seem to, and an object is valid JSON.
 */
#ifndef SERVE_ACCESS_LINE_H
#define SERVE_ACCESS_LINE_H

#include <thriftfork/base.h>

#include "base/log_line.h"

#define ACCESS_TEXT	640		/* bytes of a value, as written */

/* Who writes, and when. */
struct access_who {
	char		 time[LOG_TIME];
	long		 pid;
	unsigned	 worker;	/* slot */
	bool		 json;
};

struct access_line {
	const char	*peer;
	const char	*service;	/* NULL: of nobody's */
	struct tf_str	 method;
	int32_t		 seqid;
	const char	*outcome;
	const char	*exception;	/* NULL: none, and so on */
	const char	*error;
	bool		 gone;		/* the client, before its answer */
	uint64_t	 bytes_in, bytes_out;
	uint64_t	 wait_ns, time_ns;
	const char	*protocol, *transport;
	bool		 zlib;
	const char	*tls;		/* NULL: no TLS; "": no certificate */
	struct tf_str	 trace;		/* letters and digits; "": none */
	uint64_t	 sample;	/* calls that it stands for */
};

/* Both return the length, newline included; there is no NUL behind it. */
size_t	access_line(const struct access_who *, const struct access_line *,
	    char line[LOG_LINE]);
/* The notice that so many lines are missing. */
size_t	access_line_lost(const struct access_who *, uint64_t lost,
	    char line[LOG_LINE]);

#endif
