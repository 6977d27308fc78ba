/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call on its way from request to reply.  It is never on the stack: it may
 * be answered after its handler has returned, and it waits in the queue of its
 * connection until the calls before it have been answered.
 */
#ifndef SERVE_CALL_H
#define SERVE_CALL_H

#include <sys/queue.h>

#include <thriftfork/service.h>

#include "base/arena.h"
#include "base/buf.h"
#include "io/loop.h"
#include "serve/access.h"
#include "serve/envelope.h"
#include "serve/later.h"
#include "serve/threads.h"
#include "shm/lane.h"
#include "wire/app_error.h"
#include "wire/header.h"
#include "wire/wire.h"

struct conn;
struct entry;

enum call_end {
	CALL_RETURNED,		/* result holds what goes back */
	CALL_THREW,		/* result holds a declared exception */
	CALL_FAILED,		/* error holds a TApplicationException */
	CALL_LATER		/* its token answers it; see later.h */
};

/* What stands beside a message, in dialects that have such pairs. */
struct call_headers {
	struct header_info	 asked;
	const struct header_info *persistent;	/* of the connection, or
						   NULL */
	struct header_info	 reply;
};

/*
 * Of a call that is out of the loop's hands; see pending.h.  The posts apart,
 * it is the loop's.
 */
struct parked {
	TAILQ_ENTRY(call) link;		/* of all that are out */
	struct post	 returned;	/* its handler has */
	struct post	 answered;	/* it has been, by its token */
	struct timer	 deadline;
	/*
	 * While it is running: takes it back from who was to run its handler;
	 * false: it has been begun.  NULL: it cannot.
	 */
	bool		 (*recall)(struct call *);
	uint64_t	 begun_ns;
	uint64_t	 arrived_ns;
	uint64_t	 done_ns;	/* it had its answer; for the access
					   log, and only if there is one; any
					   thread's */
	const struct tf_type *thrown;	/* by its token */
	enum call_outcome outcome;	/* as its token says */
	bool		 out;		/* not back yet; else there is nothing
					   in here */
	bool		 owed;		/* it stands in conn->owed */
	bool		 running;	/* its handler has not returned */
	bool		 blocks;	/* nothing else of its connection is
					   begun until it is back */
	bool		 promised;	/* its token will be heard of */
	bool		 heard;		/* it has been */
	bool		 over;		/* it has been counted */
};

struct call {
	struct tf_call		 pub;		/* first: tf_throw() and
						   tf_fail() get only this */
	TAILQ_ENTRY(call)	 link;		/* owed by the connection, or
						   spare */
	struct tf_arena		 arena;
	struct buf		 reply;		/* the message, while it waits
						   to be put in its envelope */
	const struct entry	*entry;		/* NULL: unknown method */
	uint16_t		 counters;	/* its method's, or "other" */
	const struct wire_proto	*proto;
	void			*args, *result;
	struct app_error	 error;
	struct wire_msg		 msg;		/* of the request */
	enum call_end		 end;
	enum call_outcome	 fault;		/* what CALL_FAILED counts as */
	struct envelope		 envelope;	/* and of the reply */
	struct call_headers	*headers;	/* NULL: its dialect has none */
	size_t			 bytes_in;	/* of the request */
	struct conn		*conn;		/* whose it is */
	struct tf_peer		 peer;		/* pub.peer */
	bool			 oneway;	/* no reply, whatever happens */
	bool			 answered;	/* reply holds the message */
	bool			 in_hook;	/* and not in the handler */
	struct later		 later;
	struct access_note	 note;		/* once counted, where there is
						   an access log */
	struct parked		 parked;
	struct job		 job;		/* of the thread that runs it */
};
TAILQ_HEAD(call_queue, call);

struct call *call_new(size_t max_memory, size_t max_reply);
void	call_free(struct call *);

#define CALL_KEEPS_BYTES	4096	/* of its reply's buffer */

/* To be used again. */
static inline void
call_reset(struct call *call)
{
	arena_reset(&call->arena);
	buf_reset(&call->reply, CALL_KEEPS_BYTES);
	call->entry = NULL;
	call->headers = NULL;
	call->end = CALL_RETURNED;
	call->oneway = call->answered = false;
}

/*
 * Makes the answer a TApplicationException; message is copied.  It counts as
 * CALL_ERROR, the handler's, unless the caller sets another fault.
 */
void	call_fail(struct call *, int32_t app_error, const char *fmt, ...)
	    TF_PRINTF(3, 4);

void	call_fail_memory(struct call *);	/* it has used too much */

/*
 * Runs the handler on decoded arguments; sets end, result or error.  0, -1 if
 * it threw or failed, or TF_LATER.
 */
int	call_run(struct call *);

/*
 * For one whose request is about to go: takes over what it has of it and of
 * its connection.
 */
void	call_detach(struct call *);

/* A value that came with the request, or before it to stay; or NULL. */
const struct tf_str *call_header(const struct call_headers *,
	    struct tf_str key);

/* Where such an exception stands in a result, or NULL and a line. */
#define CALL_UNDECLARED	"%s threw %s, which it does not declare"
const struct tf_field *call_declared(const struct call *,
	    const struct tf_type *exception);

/*
 * Appends the reply message to b, of at most max bytes; -1 with a reason: it
 * does not fit or is not valid, and b is as it was.  The second and third do
 * not look at how the call has ended, nor at its arena.
 */
int	call_encode(const struct call *, struct buf *, size_t max,
	    const char **why);
int	call_encode_result(const struct call *, struct buf *, size_t max,
	    const void *result, const char **why);
int	call_encode_error(const struct call *, struct buf *,
	    const struct app_error *, const char **why);

#endif
