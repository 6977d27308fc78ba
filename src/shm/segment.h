/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shared segment: what the master publishes, and where workers count.  It
 * is a sealed memfd that the master makes before it forks.  The master writes
 * all control pages; a worker that has attached has only its own lane mapped
 * for writing, and the locks that it shares with the others.  That stops stray
 * pointers.  It does not stop code that means harm, which can stretch the
 * mapping over the rest (mremap, remap_file_pages), so what the master decides
 * by stands in its own memory, and nothing that it reads here is used as a pid,
 * an index, a size or a pointer.
 */
#ifndef SHM_SEGMENT_H
#define SHM_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shm/lane.h"

struct segment;

/* Maxima; memory is used only for what is used. */
struct segment_sizes {
	unsigned	 slots, lanes;
	unsigned	 methods;	/* besides "other"; at most 65535 */
};

/* Published states of a slot. */
enum slot_word {
	SLOT_PARKED,
	SLOT_STARTING,
	SLOT_READY,
	SLOT_DRAINING,
	SLOT_BACKOFF
};

/*
 * A new segment, or NULL and errno; it needs /proc.  segment_free() takes NULL,
 * and is also what a child does that is not to be a worker.
 */
struct segment *segment_create(const char *name, const struct segment_sizes *);
void	 segment_free(struct segment *);

/*
 * The segment of another master, by a descriptor that can write, which stays
 * the caller's.  Its counters, methods and deaths go on.  NULL and errno;
 * EPROTO: it does not lie in memory as ours would for these maxima, or it is
 * not sealed.
 */
struct segment *segment_adopt(int fd, const struct segment_sizes *);

/*
 * From now on lanes are taken from this range only: two masters that live side
 * by side must not take the same.
 */
void	 segment_lanes_limit(struct segment *, unsigned first, unsigned count);

/*
 * When the other master is dead: its lanes whose processes are dead, too, are
 * ended and free.  The number of those that still live.
 */
unsigned segment_lanes_reclaim(struct segment *);

/* The descriptor that can write, for the next master; the segment's own. */
int	 segment_write_fd(const struct segment *);

/*
 * A read-only descriptor to hand to readers; the segment's own.  It cannot be
 * reopened for writing by another uid.
 */
int	 segment_fd(const struct segment *);

/*
 * From here to segment_method_add(): the master only.  Slots and lanes must be
 * in range, that is the master's own affair; texts are cut to size.
 */
void	 segment_set_master(struct segment *, int pid, unsigned generation,
	    unsigned workers);
/* It stops, or will in a while. */
void	 segment_set_stopping(struct segment *);
/* Adds an address to the text of those that are listened on. */
void	 segment_add_listen(struct segment *, const char *address);
void	 segment_clear_listen(struct segment *);
/* The version text of the library. */
void	 segment_set_library(struct segment *, const char *version);

/*
 * A lane for a process that is about to be forked: the one that this slot had
 * before if it is free, else the first free one; -1 if there is none.
 * A fork that failed is undone with segment_lane_ended().
 */
int	 segment_lane_take(struct segment *, unsigned slot,
	    unsigned generation);
void	 segment_lane_started(struct segment *, unsigned lane, int pid);

/*
 * A process is dead that may have given connections away without living to
 * count them; to be said before it is ended.  So many have been taken, in all
 * its life, and of so many others that is undecided yet.  Each of those has to
 * be decided by segment_lane_decided() before the lane is free, and before it
 * shows what was lost.
 */
void	 segment_lane_gave(struct segment *, unsigned lane, uint64_t taken,
	    unsigned undecided);
void	 segment_lane_decided(struct segment *, unsigned lane, bool taken);

/* How many bytes its process has, and how many of them are nobody else's. */
void	 segment_lane_memory(struct segment *, unsigned lane,
	    uint64_t resident, uint64_t own);

/*
 * The process is dead.  What it had in flight is added to its aborted word,
 * its connections to the lost ones, gauges go to 0, a record that it left
 * half written is closed, and the lane is free.  Counters stay.
 */
void	 segment_lane_ended(struct segment *, unsigned lane);

/* lane is -1 and pid 0 where there is no process. */
void	 segment_slot_set(struct segment *, unsigned slot, enum slot_word,
	    int lane, int pid, unsigned restarts);

/*
 * Words of the server.  Two masters that live side by side may both count.
 */
void	 segment_count(struct segment *, enum server_counter, uint64_t n);

/*
 * Who waits to be accepted at so many addresses, at most SEGMENT_LISTENERS, no
 * two of them the same.  drops is what the sockets have counted since they were
 * made: what is more than they had the last time is added, also if that was
 * another master's.  An address that is not among these is none any more.
 */
struct listener_state {
	const char	*address, *kind;	/* of 7 characters at most */
	bool		 has_queue, has_drops;	/* else they are 0 */
	unsigned	 sockets;
	uint64_t	 queue, longest, limit, drops;
};
void	 segment_set_listeners(struct segment *, const struct listener_state *,
	    unsigned n);

/* Adds an obituary to the ring of the last 16, with the time. */
void	 segment_death_add(struct segment *, const char *text);

/*
 * The index of a method, which it keeps for ever; the same one if it is there
 * already.  0, "other", if the directory is full or a name has 128 bytes or
 * more.
 */
int	 segment_method_add(struct segment *, const char *service,
	    const char *method);

/* From here on: the master or a worker. */

struct current_call {
	uint16_t	 method;
	int32_t		 seqid;
	uint64_t	 since_ns;	/* CLOCK_MONOTONIC */
	char		 peer[LANE_PEER];
};

/*
 * What follows is read in lanes: a worker's word, which may be garbage because
 * something there has written where it should not.  Nobody waits for it to
 * become better, and the most that it can do is this:
 *
 *	the call, and those of threads: the worker itself is taken for one that
 *	    hangs, or is not; the bytes of a peer are made printable, a method
 *	    that is not published is "other"
 *	threads: LANE_THREADS records are looked at
 *	busy: the worker itself is spared new connections, or is not
 *	connections moved in and out: with what the master knows of them, they
 *	    tell whether the lane is garbage
 *	connections accepted and closed: others give it their connections, or it
 *	    gives them its own, until garbage is seen; none is lost
 *	calls ended: it is recycled by max-requests, too early or too late
 *	what was left open at its death: LANE_OPEN_MAX at most are added
 *
 * All others are only added to, or set.
 */

/*
 * The call that the loop of a lane's process is in, or was in when it died; for
 * the obituary ask before segment_lane_ended().  False if in none, or if it
 * died while noting it.
 */
bool	 segment_lane_current(const struct segment *, unsigned lane,
	    struct current_call *);

/*
 * How many threads such a process has, at most LANE_THREADS, and the call that
 * one of them is in, as above.
 */
unsigned segment_lane_threads(const struct segment *, unsigned lane);
bool	 segment_lane_thread(const struct segment *, unsigned lane,
	    unsigned thread, struct current_call *);

/* Since when its loop has been busy, CLOCK_MONOTONIC; 0 when it waits. */
uint64_t segment_lane_busy(const struct segment *, unsigned lane);

/*
 * Connections that a lane's process has, which has taken and given away so many
 * that the master knows of; at most INT32_MAX.  -1: the lane cannot be true.
 */
long	 segment_lane_connections(const struct segment *, unsigned lane,
	    uint64_t took, uint64_t gave);

/* Calls that it has ended. */
uint64_t segment_lane_calls(const struct segment *, unsigned lane);

/* Calls that a lane's process has begun and not ended. */
uint64_t segment_lane_in_flight(const struct segment *, unsigned lane);

/*
 * "Service.method" or "other"; returns its length as snprintf() does.  An
 * index that was never published is "other" too.
 */
int	 segment_method_name(const struct segment *, unsigned method,
	    char *buf, size_t size);

/* The index of a method; 0, "other", if it is unknown. */
int	 segment_method_find(const struct segment *, const char *service,
	    const char *method);

/*
 * Whether there is such a method, of a service that is in the directory as
 * this one or as "service:" and more.
 */
bool	 segment_method_served(const struct segment *, const char *service,
	    const char *method);

/*
 * A worker after fork, before it drops privilege: the inherited mapping is
 * replaced by a read-only one, lane and locks are mapped for writing, and the
 * descriptor that could write the rest is closed.  NULL and errno, after which
 * the process can only end.
 */
struct lane *segment_attach(struct segment *, unsigned lane);

/* For a master that serves in-process: the lane in its own mapping. */
struct lane *segment_attach_self(struct segment *, unsigned lane);

#endif
