/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading what a running server counts.
 *
 * A master and its workers count in a piece of shared memory.  Its read-only
 * descriptor comes from the master's control socket; a reader maps it and looks
 * whenever it likes.  Nothing is locked, and nobody notices.
 *
 *	slot	a worker's place, numbered from 0: a process, or none at present
 *	lane	what one process counts in.  A slot has two of them for a
 *		while when a new worker takes over from an old one.  When its
 *		process has ended a lane is given to another, which counts on,
 *		so that sums over all lanes never fall
 *	method	a method of a service.  Number 0, "other", stands for those
 *		that found no room
 *
 * Which counters there are is told by the segment, not by this header: a
 * reader of any version can read any master.  Ask by name and expect that it
 * may be missing.
 *
 * Times in ns are integers.  A struct that is filled in is a copy, zeroed where
 * the segment knows less.  Texts are NUL-terminated and cut to their size, but
 * may hold any byte: before you print one, tf_stat_escape() it.  What a broken
 * or hostile process writes into its lane makes its numbers wrong, and does no
 * other harm to a reader.
 */
#ifndef THRIFTFORK_STAT_H
#define THRIFTFORK_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Instead of the number of a lane or method: all of them together. */
#define TF_STAT_ALL	(-1)

struct tf_stat;

/*
 * NULL if it is no segment or one that this version does not understand; *why
 * then says so (why may be NULL).  The descriptor stays yours and may be closed
 * at once.  tf_stat_close(NULL) does nothing.
 */
struct tf_stat *tf_stat_open_fd(int fd, const char **why);
void	 tf_stat_close(struct tf_stat *);

struct tf_stat_master {
	char		 name[64];	/* of the instance */
	char		 library[32];	/* the version that writes */
	char		 listen[256];	/* addresses, one space between */
	int		 pid;
	unsigned	 generation;	/* counts reloads */
	unsigned	 workers;	/* as configured */
	uint64_t	 uptime_ns;
	uint64_t	 started_at_ns;	/* since 1970 */
	bool		 stopping;	/* or about to, as drain-delay says */
};
void	 tf_stat_get_master(const struct tf_stat *, struct tf_stat_master *);

/* One slot; false past the last.  Without a process pid is 0 and lane is -1. */
struct tf_stat_slot {
	char		 state[16];	/* parked, starting, ready, ... */
	int		 pid, lane;
	unsigned	 generation, restarts;
	uint64_t	 uptime_ns;	/* of the process */
};
bool	 tf_stat_get_slot(const struct tf_stat *, unsigned slot,
	    struct tf_stat_slot *);

/* One lane; false past the last.  slot is -1 if no process has it now. */
struct tf_stat_lane {
	int		 slot, pid;
	unsigned	 generation;
	unsigned	 uses;		/* processes that have had it */
	uint64_t	 uptime_ns;	/* of the process */
	uint64_t	 busy_ns;	/* since its loop waited; 0: waits */
	uint64_t	 calls;		/* that this process has ended */
	uint64_t	 in_flight;	/* that it has begun and not ended */
	unsigned	 threads;	/* that run calls, beside the loop */
};
bool	 tf_stat_get_lane(const struct tf_stat *, unsigned lane,
	    struct tf_stat_lane *);

/*
 * The call that the event loop of a lane's process is in; false if none.
 * stale: the process was stopped or killed in the middle of noting it, the
 * fields may be of two calls.
 */
struct tf_stat_call {
	unsigned	 method;
	int32_t		 seqid;
	char		 peer[48];
	uint64_t	 running_ns;
	bool		 stale;
};
bool	 tf_stat_get_call(const struct tf_stat *, unsigned lane,
	    struct tf_stat_call *);

/* The same of one of its threads, which count from 0. */
bool	 tf_stat_get_thread(const struct tf_stat *, unsigned lane,
	    unsigned thread, struct tf_stat_call *);

enum tf_stat_kind {
	TF_STAT_COUNTER,	/* only grows; lanes add up */
	TF_STAT_GAUGE,		/* goes both ways; lanes add up */
	TF_STAT_MAXIMUM,	/* only grows; the largest of all lanes */
	TF_STAT_HISTOGRAM	/* how many of which values; lanes add up */
};

enum tf_stat_level {
	TF_STAT_WORKER,		/* one value for each lane */
	TF_STAT_METHOD,		/* one value for each lane and method */
	TF_STAT_SERVER		/* one value */
};

/* What the segment says of a counter; lives as long as the tf_stat. */
struct tf_stat_counter {
	const char	*name, *unit, *help;
	enum tf_stat_kind kind;
	enum tf_stat_level level;
};

/* One counter; NULL past the last. */
const struct tf_stat_counter *tf_stat_counter(const struct tf_stat *,
	    unsigned counter);

/* Its number, or -1: there is none of this name at this level. */
int	 tf_stat_find(const struct tf_stat *, enum tf_stat_level,
	    const char *name);

/*
 * The value of a counter, for one method and lane or for all; the method is
 * ignored at worker level, and both at server level.  0 for what does not
 * exist, so that the result of tf_stat_find() can be passed on unseen.
 */
uint64_t tf_stat_value(const struct tf_stat *, int counter, int method,
	    int lane);

/*
 * Calls begun and not ended, of all methods together and of one, and
 * connections that are open.
 */
uint64_t tf_stat_in_flight(const struct tf_stat *, int lane);
uint64_t tf_stat_method_in_flight(const struct tf_stat *, int method,
	    int lane);
uint64_t tf_stat_connections(const struct tf_stat *, int lane);

/* One method; false past the last.  The service of "other" is "". */
struct tf_stat_method {
	char		 service[128], method[128];
};
bool	 tf_stat_get_method(const struct tf_stat *, unsigned method,
	    struct tf_stat_method *);

/*
 * One counter or gauge of those that setup() has declared; false past the last.
 * A reload may add some; none vanishes, and each keeps its number.
 */
struct tf_stat_own {
	char		 name[64], help[128];
	enum tf_stat_kind kind;
};
bool	 tf_stat_get_own(const struct tf_stat *, unsigned own,
	    struct tf_stat_own *);

/* Its number, or -1: there is none of this name. */
int	 tf_stat_find_own(const struct tf_stat *, const char *name);

/* Its value for one lane or for all; 0 for what does not exist. */
int64_t	 tf_stat_own_value(const struct tf_stat *, int own, int lane);

/* One histogram of those that setup() has declared; they have numbers of
 * their own. */
struct tf_stat_own_histogram {
	char		 name[64], help[128], unit[16];
};
bool	 tf_stat_get_own_histogram(const struct tf_stat *, unsigned histogram,
	    struct tf_stat_own_histogram *);
int	 tf_stat_find_own_histogram(const struct tf_stat *, const char *name);

/*
 * The time in ns that a share p (0.5, 0.99) of the calls did not exceed: at
 * most 1/16 too large, and at most 68.7 seconds.  0 if there were no calls.
 */
uint64_t tf_stat_quantile(const struct tf_stat *, int method, int lane,
	    double p);

/*
 * The same in two steps.  What is copied at one time can be taken off what is
 * copied later (of the same method and lane); what is left are the calls that
 * have ended in between.  Treat the counts as the library's own.
 */
#define TF_STAT_BUCKETS	528
struct tf_stat_times {
	uint64_t	 count[TF_STAT_BUCKETS];
};
void	 tf_stat_get_times(const struct tf_stat *, int method, int lane,
	    struct tf_stat_times *);

/*
 * The same of what else there is a histogram of: one of them, NULL past the
 * last; its number, or -1; its counts.  The kind of all is TF_STAT_HISTOGRAM;
 * "time" at method level is what tf_stat_get_times() copies.  If a histogram
 * has a sum and a maximum, these are counters of its name with _sum and _max.
 */
const struct tf_stat_counter *tf_stat_histogram(const struct tf_stat *,
	    unsigned histogram);
int	 tf_stat_find_histogram(const struct tf_stat *, enum tf_stat_level,
	    const char *name);
void	 tf_stat_get_histogram(const struct tf_stat *, int histogram,
	    int method, int lane, struct tf_stat_times *);

/*
 * And of one that setup() has declared, of one lane or of all, with the sum and
 * the largest of its values; zeroes for what does not exist.  While workers
 * count, the sum may be ahead of the counts or behind.
 */
struct tf_stat_own_values {
	struct tf_stat_times counts;
	uint64_t	 sum, max;
};
void	 tf_stat_get_own_values(const struct tf_stat *, int own_histogram,
	    int lane, struct tf_stat_own_values *);

void	 tf_stat_times_since(struct tf_stat_times *now,
	    const struct tf_stat_times *before);
uint64_t tf_stat_times_quantile(const struct tf_stat_times *, double p);

/*
 * How many of the calls took less than so many ns.  They are counted in 16
 * equal steps between one power of two and the next: what lies between two
 * steps is rounded down.  From 2^36 on it is all of them.
 */
uint64_t tf_stat_times_below(const struct tf_stat_times *, uint64_t ns);

/*
 * For times that a program measures itself: counts one, in zeroed memory at
 * first; and the least time that one of the TF_STAT_BUCKETS buckets counts,
 * those of the next one being too long for it.
 */
void	 tf_stat_times_add(struct tf_stat_times *, uint64_t ns);
uint64_t tf_stat_times_low(unsigned bucket);

/*
 * An address that is listened on, and who waits there to be accepted: as it was
 * when the master looked last, which it does once a second.  Each of its
 * sockets has a queue of its own.  false past the last.
 */
struct tf_stat_listener {
	char		 address[128];
	char		 kind[8];	/* tcp, unix */
	bool		 has_queue;	/* the kernel tells, or the next three
					   are 0 */
	bool		 has_drops;	/* it does over TCP alone */
	unsigned	 sockets;	/* that listen */
	uint64_t	 queue;		/* connections, in all of them */
	uint64_t	 longest;	/* in one of them */
	uint64_t	 limit;		/* how many may, in one of them */
	uint64_t	 drops;		/* times a client was turned away, as
					   there was no room */
};
bool	 tf_stat_get_listener(const struct tf_stat *, unsigned listener,
	    struct tf_stat_listener *);

/* One obituary, 0 being the last; false past the oldest that is kept. */
struct tf_stat_death {
	uint64_t	 at_ns;		/* since 1970 */
	char		 text[232];
};
bool	 tf_stat_get_death(const struct tf_stat *, unsigned back,
	    struct tf_stat_death *);

/*
 * What "thriftfork status" shows, for people or as one JSON object with a
 * newline.  Keys of the JSON may be added, never change or vanish; what kind of
 * number and of what each counter is stands under "described".  0, or -1 if the
 * stream has an error.
 */
int	 tf_stat_print(const struct tf_stat *, FILE *, bool json);

/*
 * A text, cut to the size, in which what is no printable ASCII is written as
 * \x1b: four times as long at most.
 */
void	 tf_stat_escape(const char *text, char *to, size_t size);

/* A text as a string of JSON; what is no UTF-8 in it becomes U+FFFD. */
void	 tf_stat_quote(const char *text, FILE *);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
