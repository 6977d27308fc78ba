/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The master from the inside.  A slot is a place where one worker is wanted or
 * not; a worker is a process.  A slot has its incumbent, which serves or will
 * again, and at times a successor, which shall replace it; a worker that is
 * neither is leaving.
 *
 *	master.c   the loop
 *	orders.c   what is asked of the server as a whole
 *	slot.c     slots: incumbents, backoff, successors
 *	worker.c   worker processes: their states, their words, their graves
 *	spawn.c    workers: lane, sockets, fork, and what they may not keep
 *	sockets.c  which worker accepts on which listening sockets
 *	broker.c   connections on their way from one worker to another
 *	reload.c   the next generation
 *	preflight.c  a child that tries out what is to be served
 *	companion.c  the process that is no worker
 *	report.c   what the service manager hears
 *	upgrade.c  the next master, or the one before
 *	watch.c    a look at all workers now and then: age, load
 *	hang.c     and whether one hangs
 *	obituary.c what one was doing that has died
 *	measure.c  how much memory they have, and who waits to be accepted
 *	child.c    fork(2) and what goes with it, for spawn.c, preflight.c,
 *		   companion.c and upgrade.c
 *
 * What a worker gets is inherit.h.
 */
#ifndef PROC_MASTER_BODY_H
#define PROC_MASTER_BODY_H

#include <sys/queue.h>

#include "io/loop.h"
#include "proc/channel.h"
#include "proc/child.h"
#include "proc/control.h"
#include "proc/master.h"
#include "proc/master_fsm.h"
#include "proc/oom.h"
#include "proc/preflight.h"
#include "proc/slot_fsm.h"
#include "proc/succession.h"
#include "proc/verdict.h"
#include "proc/worker_fsm.h"

/* Who gives connections away and takes them: a worker, or another master. */
struct party {
	struct master		*master;
	struct worker		*worker;	/* NULL: another master */
	struct channel		 channel;
	unsigned		 offers;	/* to it, not answered yet */
	uint64_t		 gave;		/* connections, to others */
	uint64_t		 took;		/* the same, from others */
};

struct worker {
	TAILQ_ENTRY(worker)	 link;
	struct master		*master;
	struct slot		*slot;
	enum worker_state	 state;
	unsigned		 generation;
	unsigned		 lane;
	struct child		 child;
	struct watch		 death;		/* on the pidfd */
	struct party		 party;
	struct timer		 timer;		/* of its state */
	bool			 timer_is_of_start;
	uint64_t		 born_ns;
	uint64_t		 awake_ns;	/* before that it is not to
						   blame */
	uint64_t		 max_requests;	/* its share of jitter in it */
	bool			 stopped;	/* by a signal */
	bool			 stuck;		/* does not accept */
	struct timer		 rescue;	/* it is, if it stays stopped */
	bool			 suspected;	/* of a hang, with evidence: */
	struct verdict_sample	 evidence;
	unsigned		 doubts;	/* about it */
	uint64_t		 memory;	/* resident bytes, a while ago;
						   0: nobody knows */
	unsigned		 fat_samples;	/* above max-memory, in a row */
	bool			 killed_by_us;
	bool			 hung;		/* therefore */
	bool			 told;		/* to leave, by a signal */
};
TAILQ_HEAD(worker_list, worker);

enum replacing { REPLACING_NOT, REPLACING_RECYCLE, REPLACING_RELOAD };

struct slot {
	struct master		*master;
	unsigned		 number;
	enum slot_state		 state;
	struct worker		*incumbent, *successor;	/* NULL: none */
	enum replacing		 replacing;
	struct timer		 timer;		/* of the backoff */
	unsigned		 spawned;	/* times */
	unsigned		 failures;	/* deaths in a row */
	struct worker		*server;	/* accepts on its sockets */
	bool			 listens;	/* clients may wait there */
	bool			 steered;	/* new connections go there */
};

/* What has been told; all that is the case is in struct master. */
struct report {
	struct timer		 tick;
	unsigned		 workers;
	unsigned		 reload;	/* generation of the one told */
	bool			 serves, stops;
};

struct move;
TAILQ_HEAD(move_list, move);

enum reload_stage {
	RELOAD_NONE,
	RELOAD_PREFLIGHT,
	RELOAD_CANARY,		/* starts */
	RELOAD_WATCH,		/* serves, and is watched for canary-time */
	RELOAD_REST		/* start */
};

struct reload {
	enum reload_stage	 stage;
	struct preflight	 preflight;
	struct watch		 pipe, death;	/* of the preflight */
	struct timer		 timer;
	uint8_t			*report;
	bool			 again;		/* asked for meanwhile */
	bool			 renewed;	/* the last one: nobody was
						   replaced */
	char			 why[640];
};

enum upgrade_stage {
	UPGRADE_NONE,
	UPGRADE_STARTS,		/* the new master, which does not serve yet */
	UPGRADE_LEAVING,	/* it serves: our workers give all away */
	UPGRADE_WAITS		/* we are the new one: for the names */
};

struct upgrade {
	enum upgrade_stage	 stage;
	struct child		 child;		/* the new master */
	struct watch		 death;
	struct timer		 timer;
	bool			 late, told, done;
	char			 reason[SUCCESSION_WHY];	/* its own */
	bool			 reclaims;	/* lanes of the other one */
	struct party		 other;		/* the new master */
	struct party		 before;	/* the old one, while it gives
						   away: to us, or through us
						   to the new one */
};

struct companion {
	struct child		 child;
	struct watch		 death;
	struct timer		 timer;		/* until it starts, or is
						   killed */
	uint64_t		 born_ns;
	unsigned		 failures;	/* deaths in a row */
	bool			 told;		/* to end, for good */
};

struct master {
	const struct master_config *config;
	struct companion	 companion;
	struct upgrade		 upgrade;
	struct master_limits	 limits;
	struct loop		 loop;
	struct watch		 signals;
	struct watch		 stop_order;	/* on stop_fd */
	struct control		 control;
	struct slot		*slots;
	int			*assigned;	/* slot -> slot that accepts */
	struct worker_list	 workers;
	struct move_list	 moves;
	uint64_t		 last_move;	/* its id */
	struct message		*message;	/* room for one */
	struct reload		 reload;
	struct report		 report;
	struct timer		 tick;
	uint64_t		 tick_ns;	/* when the last one was */
	struct timer		 delay;		/* drain-delay */
	uint64_t		 recycle_ns;	/* not before */
	unsigned		 ticks;
	struct oom_watch	 oom;
	unsigned		 generation;	/* of incumbents */
	unsigned		 newest;	/* generation ever begun */
	bool			 delaying;	/* will stop soon */
	bool			 stopping;
	bool			 served;	/* a worker has, once */
	bool			 steering_failed;	/* and it was said */
	char			 failure[640];	/* why the start has failed */
};

/* spawn.c: child, lane and channel are set; -1 and errno. */
int	worker_fork(struct worker *, watch_fn *spoken);
int	spawn_preflight(int fd, void *master);	/* for preflight_start() */

/* worker.c */
struct worker *worker_new(struct slot *, unsigned generation);
const char *worker_why_not(void);	/* there is no new one, by errno */
void	worker_event(struct worker *, enum worker_event);
void	worker_hurry(struct worker *, uint64_t ns);	/* if it drains */
void	worker_tell(struct worker *, enum order_kind, uint32_t arg, int fd);
bool	worker_serves(const struct worker *);	/* NULL does not */
/* As its lane says; -1: what that says cannot be true. */
long	worker_connections(const struct worker *);

/* slot.c */
void	slot_event(struct slot *, enum slot_event);
/* Its worker, incumbent or successor or neither, serves or is dead. */
void	slot_worker_ready(struct slot *, struct worker *);
void	slot_worker_leaving(struct slot *, struct worker *);	/* it wants */
void	slot_worker_gone(struct slot *, struct worker *, bool in_order,
	    uint64_t age_ns, const char *obituary);
/* A successor of a generation: -1 and errno. */
int	slot_replace(struct slot *, enum replacing, unsigned generation);
void	slot_commit(struct slot *);	/* the successor takes over */
void	slot_abandon(struct slot *);	/* the successor leaves, if any */
void	slot_publish(struct slot *);

/* sockets.c */
int	sockets_init(struct master *);	/* before a second one listens */
void	sockets_fini(struct master *);
void	sockets_assign(struct master *);
/* Another master has done with them; what it has done to them is undone. */
void	sockets_regain(struct master *);
void	sockets_forget(struct master *, const struct worker *);	/* it is dead */

/* broker.c */
void	broker_offer(struct party *from, const struct order *, size_t size,
	    int fd);		/* in m->message; fd becomes the broker's */
void	broker_answer(struct party *, const struct order *);
void	broker_party_gone(struct party *);	/* its channel is empty */
void	broker_check(struct master *);	/* for those who are silent */
void	broker_fini(struct master *);

/* reload.c */
int	reload_start(struct master *, char *why, size_t size);
bool	reload_runs(const struct master *);
void	reload_worker_ready(struct master *, struct slot *);
void	reload_worker_lost(struct master *, const char *why);
void	reload_stop(struct master *);	/* the server stops */

/* companion.c */
void	companion_start(struct master *);	/* if there is to be one */
void	companion_stop(struct master *);	/* for good; twice is fine */
bool	companion_is_gone(const struct master *);
void	companion_fini(struct master *);	/* whatever it does */

/* report.c */
void	report_start(struct master *);
void	report_changes(struct master *);	/* after each turn */
void	report_refusal(struct master *);	/* of a reload, at once */

/* upgrade.c */
int	upgrade_start(struct master *, char *why, size_t size);
void	upgrade_stop(struct master *);		/* the server stops */
bool	upgrade_runs(const struct master *);	/* the new one is to serve */
bool	upgrade_left(const struct master *);	/* it does: ours leave */
bool	upgrade_waits(const struct master *);	/* we are it */
bool	upgrade_may_fail(const struct master *);	/* and may give up */
bool	upgrade_shares(const struct master *);	/* the sockets, with another
						   master */
int	upgrade_follow(struct master *);	/* if we are: -1 and errno */
void	upgrade_serves(struct master *);	/* all our workers do */
bool	upgrade_is_silent(const struct master *);	/* slots and records
						   are another's to write */
bool	upgrade_is_over(const struct master *);	/* but for our workers */
void	upgrade_failed(struct master *, const char *why);	/* if we wait */
void	upgrade_fini(struct master *);

/* watch.c */
void	watch_start(struct master *);
void	watch_children(struct master *);	/* a SIGCHLD has come */
void	watch_strangers(struct master *);	/* as pid 1 */

/* hang.c */
void	hang_check(struct worker *, uint64_t now);	/* kills it if so */
/* How long that has lasted, as far as it is the worker's fault. */
uint64_t hang_age(const struct worker *, uint64_t since, uint64_t now);
/* Whether a call of it may have begun then: it lived. */
bool	hang_since(const struct worker *, uint64_t since, uint64_t now);

/*
 * measure.c: publishes what the kernel knows, such as workers' memory; who
 * waits to be accepted is one master's to write at a time.
 */
void	measure(struct master *);
void	measure_listeners(struct master *);

/* obituary.c: its calls, ", ... into ..."; "" if nothing is known. */
void	obituary_calls(const struct worker *, char *text, size_t size);

/* orders.c */
int	orders_start(struct master *);		/* hears them; -1 and errno */
int	orders_hear(struct master *, int control_fd);	/* over this, too */
void	orders_end(struct master *);		/* answers all who wait */
/*
 * A worker cannot be started.  Those that serve beside an old master's have
 * clients already, which go to the old one's; who cannot is answered.
 */
void	orders_give_up(struct master *);
void	orders_quit(struct master *);		/* stops, quickly */
int	master_scale(struct master *, unsigned workers);
void	master_scaled(struct master *);		/* whether it is, by now */

/* master.c */
bool	master_serves(const struct master *);	/* all that are wanted do */

#endif
