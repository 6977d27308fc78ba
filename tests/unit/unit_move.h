/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two workers, processes both, and between them the test, which is their
 * master: it hears what they offer and answer, and passes on what it likes.
 */
#ifndef TESTS_UNIT_MOVE_H
#define TESTS_UNIT_MOVE_H

#include <sys/types.h>

#include "base/order.h"
#include "serve/rules.h"
#include "serve/worker.h"
#include "shm/lane.h"

/* What the hooks of a worker saw, and what they shall do. */
struct side_notes {
	int		 connects, disconnects;
	long		 uid;
	char		 peer[64];
	bool		 unwelcome;
};

struct side {
	pid_t		 pid;
	int		 channel;	/* the master's end */
	int		 theirs;	/* the worker's, -1 once it has begun */
	int		 unix_door, tcp_door;
	struct lane	*lane;
	struct side_notes *notes;
};
extern struct side a, b;

/* For all workers that have not begun yet. */
extern struct worker_limits side_limits;
extern struct rules side_rules[2];	/* of the unix and the TCP door */
extern bool side_doors_kept;	/* for the next master */

/* What was heard last. */
struct heard {
	struct order	 o;
	uint8_t		 record[ORDER_RECORD];
	size_t		 len;		/* of the record */
	int		 fd;
};
extern struct heard heard;

void	sides_setup(void);		/* fixtures; nobody runs yet */
void	sides_start(void);		/* the same, and both run */
void	sides_teardown(void);

void	side_start(struct side *);
int	side_unix(struct side *);	/* a connection */
int	side_tcp(struct side *);
uint64_t side_count(const struct side *, enum counter);
/* What it has been sent before this has been handled when it returns. */
void	side_barrier(struct side *, int fd);
void	side_ping(int fd, int seqid);	/* and its answer */
void	side_ping_last(int fd, int seqid);	/* and closes it */

void	say(struct side *, enum order_kind, uint32_t arg, uint64_t id, int fd);
/* The next message must come, and be of that kind. */
void	hear(struct side *, enum order_kind);
/*
 * In that time.  No event tells of what does not come: who says too much is
 * found out if it does so within it, and nobody is blamed for being slow.
 */
bool	hear_nothing(struct side *, int ms);

/* a is told to drain, or to shed one; the first offer is heard. */
void	offer(enum order_kind how);
int	offered(enum order_kind how);	/* the same, of a new connection */
/* Passes on what was heard, under the id; as b must take it. */
void	pass_on(struct side *, uint64_t id);
void	pass_on_taken(uint64_t id);
/* a is told that what was heard has been refused. */
void	refuse(void);
/* One offer of a is heard, b takes it, a is told. */
void	move_one(void);
/* All that a offers, until it leaves with 0. */
void	move_all(void);
void	drain(void);			/* the same, when told to drain */

int	side_wait(struct side *);	/* it must leave; its status */
void	side_kill(struct side *);

#endif
