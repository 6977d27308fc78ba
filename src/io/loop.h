/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event loop: descriptors that become ready, moments that come, and what
 * other threads have to say.
 *
 * A watch, a timer or a post is embedded in the object it serves; the loop
 * calls its function, which finds the object around it.  A watch may be
 * removed, and its object freed through loop_free(), at any time: memory is
 * given back only after the events of the current batch have been delivered, so
 * a late event finds a watch that is known to be gone rather than freed memory.
 */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/tree.h>

#define OBJECT_OF(member_ptr, type, member)				\
	((type *)(void *)((char *)(member_ptr) - offsetof(type, member)))

struct watch;
typedef void watch_fn(struct watch *, uint32_t events);
struct watch {
	watch_fn	*fn;
	int		 fd;		/* -1: not watched */
	uint32_t	 events;
};

struct timer;
typedef void timer_fn(struct timer *);
struct timer {
	RB_ENTRY(timer)	 entry;
	timer_fn	*fn;
	uint64_t	 when_ns;	/* 0: not armed */
	uint64_t	 serial;	/* of its setting */
};
RB_HEAD(timer_tree, timer);

/* Belongs to the loop from loop_post() until its function is called. */
struct post;
typedef void post_fn(struct post *);
struct post {
	STAILQ_ENTRY(post) entry;
	post_fn		*fn;
	const void	*about;		/* or NULL; see loop_goes_on() */
};
STAILQ_HEAD(post_queue, post);

struct loop {
	int		 epoll_fd;
	uint64_t	 now_ns;	/* when the current batch began */
	uint64_t	*busy_since;	/* if not NULL: a word for others to
					   read, now_ns while a batch is being
					   handled, 0 while waiting */
	uint64_t	 turns;		/* so far, the current one with them */
	uint64_t	 woken_ns;	/* the last time; 0: not yet */
	uint64_t	 lag_ns;	/* from the time before to the next
					   look at events, by the last reading
					   of the clock before that */
	struct timer_tree timers;
	uint64_t	 settings;	/* of timers, so far */
	void		**dead;		/* to be freed after the batch */
	size_t		 ndead, dead_cap;
	const struct post *next;	/* to be called after the one that is */
	struct watch	 wake;		/* of an eventfd: there are posts */
	pthread_mutex_t	 mutex;		/* of the following */
	struct post_queue posts;
	bool		 posted;	/* it is not empty; read without */
};

#define LOOP_CLOSED	{ .epoll_fd = -1, .wake.fd = -1 }	/* not yet */

int	 loop_init(struct loop *);		/* -1 and errno */
void	 loop_fini(struct loop *);

/* Begins to watch fd, which stays the caller's. */
int	 watch_add(struct loop *, struct watch *, int fd, uint32_t events,
	    watch_fn *);
int	 watch_change(struct loop *, struct watch *, uint32_t events);
void	 watch_remove(struct loop *, struct watch *);	/* twice is fine */

/* A timer may be set again while it is set. */
void	 timer_set(struct loop *, struct timer *, uint64_t when_ns, timer_fn *);
void	 timer_cancel(struct loop *, struct timer *);	/* twice is fine */

/*
 * From any thread: has the loop call fn in its own, after the events of a
 * batch and before its timers, in the order of the posts; one that is posted by
 * another in turn waits for the next batch.  Never fails.  The loop must live
 * until then: what is still posted at loop_fini() is not called.
 */
void	 loop_post(struct loop *, struct post *, post_fn *);
void	 loop_post_about(struct loop *, struct post *, post_fn *,
	    const void *about);

/*
 * Whether the next thing that the loop does is to call another post about the
 * same, so that what all of them need can be left to the last.
 */
static inline bool
loop_goes_on(const struct loop *l, const void *about)
{
	return l->next != NULL && l->next->about == about;
}

/* From anywhere, a signal handler too: it does not wait in its next turn. */
void	 loop_wake(struct loop *);

/* free(3), after the batch. */
void	 loop_free(struct loop *, void *);

/* Waits for one batch of events and delivers it; -1 and errno. */
int	 loop_turn(struct loop *);

#endif
