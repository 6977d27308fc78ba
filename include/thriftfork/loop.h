/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event loop: functions of yours that are called when a descriptor is ready,
 * when a time has come, and when another thread asks for it.  A worker has one,
 * in which it serves; a program without a server makes its own.
 *
 *	struct tf_loop *loop = tf_loop_new();
 *	struct tf_timer *t = tf_timer_new(loop, tick, NULL);
 *	tf_timer_set(t, 1000);
 *	if (tf_loop_run(loop) == -1)
 *		err(1, "the loop");
 *
 * Everything but tf_post() and tf_loop_stop() belongs to the loop's own thread:
 * that of tf_loop_run(), or the one in which a worker runs its hooks and the
 * handlers that are called inline.
 */
#ifndef THRIFTFORK_LOOP_H
#define THRIFTFORK_LOOP_H

#include <stddef.h>

#include <thriftfork/base.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct tf_loop;
struct tf_watch;
struct tf_timer;
struct tf_server;

/* NULL and errno: there are no descriptors left for it. */
struct tf_loop *tf_loop_new(void);

/* Its watches, timers and clients must have been freed; NULL is fine. */
void	 tf_loop_free(struct tf_loop *);

/*
 * Calls what is to be called until tf_loop_stop(); 0, or -1 and errno.  Not for
 * a worker's loop, which runs (EBUSY).
 */
int	 tf_loop_run(struct tf_loop *) TF_CHECK;

/*
 * Has tf_loop_run() return, when the functions that are due have been called;
 * at once if it is yet to be called.  From anywhere: the functions it calls,
 * another thread, a signal handler.  A worker's loop does not stop by this but
 * by tf_server_stop().
 */
void	 tf_loop_stop(struct tf_loop *);

/*
 * The loop of this worker, from worker_start() to worker_stop(); elsewhere, as
 * in setup(), NULL.  What watches and waits in it does not keep the worker: in
 * worker_stop() nothing is called any more, and everything is to be freed.
 */
struct tf_loop *tf_server_loop(struct tf_server *);

enum {
	TF_READ = 1,
	TF_WRITE = 2
};

/*
 * Calls fn, again and again, while fd is ready for one of the events, and with
 * those it is ready for; a descriptor in error or closed by its peer is ready
 * for all that were asked for.  fd stays yours, and must be open until the
 * watch is freed.  NULL and errno: it is none that can be waited for.
 */
struct tf_watch *tf_watch_new(struct tf_loop *, int fd, unsigned events,
	    void (*fn)(void *arg, unsigned events), void *arg);

/* Other events from now on; none, 0, is fine.  -1 and errno. */
int	 tf_watch_change(struct tf_watch *, unsigned events);

/* Also in its own function; fn is not called again.  NULL is fine. */
void	 tf_watch_free(struct tf_watch *);

/* A timer, which is not set yet. */
struct tf_timer *tf_timer_new(struct tf_loop *, void (*fn)(void *arg),
	    void *arg);

/*
 * Calls fn once, ms milliseconds from now or soon after, instead of when it was
 * set to before.
 */
void	 tf_timer_set(struct tf_timer *, uint64_t ms);
void	 tf_timer_cancel(struct tf_timer *);	/* twice is fine */

/* Also in its own function; fn is not called again.  NULL is fine. */
void	 tf_timer_free(struct tf_timer *);

/*
 * From any thread: calls fn in the loop's, in the order of the posts, and never
 * from within tf_post().  The loop must live until then; what it has not been
 * able to call is forgotten when it is freed, so join your threads in
 * worker_stop().
 */
void	 tf_post(struct tf_loop *, void (*fn)(void *arg), void *arg);

/*
 * For programs that serve something beside Thrift in a loop: sockets that
 * listen at an address of the forms that thriftfork(1) tells.  A host name may
 * have several addresses, at most max of which are taken.  Descriptors do not
 * block, are closed on exec and the caller's; the file of a unix socket stays
 * behind, and the next one to listen there replaces it.  Their number, or -1
 * with a reason in why, as when somebody listens there.
 */
int	 tf_listen(const char *address, int *fds, int max, char *why,
	    size_t why_size) TF_CHECK;

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
