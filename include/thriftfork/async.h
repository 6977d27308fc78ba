/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client that does not wait.  Calls are begun, many at a time over one
 * connection, and a function of yours is called when one has ended; all of it
 * happens in a loop (tf_loop(3)), and belongs to the loop's thread.
 *
 *	static void
 *	answered(struct tf_flight *f, void *arg)
 *	{
 *		int32_t n;
 *
 *		if (calc_calculator_add_finish(f, &n) == -1)
 *			warnx("add: %s", tf_flight_error(f));
 *	}
 *
 *	struct tf_async *a = tf_async_new(loop, "localhost:9090");
 *	calc_calculator_add_start(a, 1, 2, answered, NULL);
 */
#ifndef THRIFTFORK_ASYNC_H
#define THRIFTFORK_ASYNC_H

#include <thriftfork/loop.h>
#include <thriftfork/service.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct tf_async;
struct tf_flight;
struct tf_gather;

/*
 * Never NULL; what is wrong with the address the calls will say.  It connects
 * at its first call, and again at the next call after a failure.  The addresses
 * of tf_client_new() but http and https.
 */
struct tf_async *tf_async_new(struct tf_loop *, const char *addr);

/*
 * Ends what is under way: the functions of those calls are called, with an
 * error.  Calls that these begin are dropped.  Functions of calls and gathers
 * may free the client, and so may those that are called meanwhile; it is gone
 * when the first of them has done so.  NULL is fine.
 */
void	 tf_async_free(struct tf_async *);

/*
 * As tf_client_set(), while no call is under way; and as tf_client_header() and
 * tf_client_pass_on(), for the calls that begin from now on.  -1 with
 * tf_async_error().
 */
int	 tf_async_set(struct tf_async *, const char *key, const char *value)
	    TF_CHECK;
int	 tf_async_header(struct tf_async *, const char *key,
	    const char *value);
int	 tf_async_pass_on(struct tf_async *, const struct tf_call *);
const char *tf_async_error(const struct tf_async *);

/*
 * A call has ended: with its result, or not.  The flight and what it holds live
 * until the function returns, unless a gather has it.
 */
typedef void tf_flight_fn(struct tf_flight *, void *arg);

/*
 * Begins a call, as generated code does (calc_calculator_add_start()).  Never
 * NULL, and never calls fn, which is called once, from the loop, whatever
 * happens: with an answer, a failure, or when timeout has passed.  Of a oneway
 * method, when it has been sent.  fn may be NULL.  The arguments are copied.
 */
struct tf_flight *tf_async_start(struct tf_async *, const struct tf_method *,
	    const void *args, tf_flight_fn *fn, void *arg);

/* Nobody wants to know: fn is not called, and the flight is gone. */
void	 tf_flight_cancel(struct tf_flight *);

/*
 * How a call has ended, as generated code asks (calc_calculator_add_finish()):
 * as tf_client_call(), with the result in the flight.  -1, too, for a call of
 * another method and for one that has not ended.
 */
int	 tf_flight_finish(struct tf_flight *, const struct tf_method *,
	    const void **result);

void	*tf_flight_arg(const struct tf_flight *);

/* "" unless it failed; and as tf_client_error_type(). */
const char *tf_flight_error(const struct tf_flight *);
int	 tf_flight_error_type(const struct tf_flight *);

/* A header of the answer, NULL if it has none such. */
const struct tf_str *tf_flight_header(const struct tf_flight *,
	    const char *key);

/*
 * Several calls that are waited for together.  fn is called once, from the
 * loop, when all of them have ended or timeout_ms milliseconds after the gather
 * was made (0: not before they all have): those that have not ended by then
 * have failed.  A call's own function, if it has one, is called before.
 */
typedef void tf_gather_fn(struct tf_gather *, void *arg);
struct tf_gather *tf_gather_new(struct tf_loop *, uint64_t timeout_ms,
	    tf_gather_fn *fn, void *arg);

/*
 * Adds a call that has just begun, for one gather only; it is kept until that
 * is freed.  All that belong to it are added before the loop goes on.
 */
void	 tf_gather_add(struct tf_gather *, struct tf_flight *);

/* The next call, in the order they were added; of NULL the first; or NULL. */
struct tf_flight *tf_gather_next(const struct tf_gather *,
	    const struct tf_flight *);

/*
 * Cancels what has not ended and frees the calls; also in its own function.
 * NULL is fine.
 */
void	 tf_gather_free(struct tf_gather *);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
