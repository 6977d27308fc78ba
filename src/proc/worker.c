/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One worker process, as the master sees it.  What happens to it (a word from
 * it, a timer, an order) becomes an event; worker_fsm.c says what it means; the
 * small functions here do it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "proc/master_body.h"
#include "shm/segment.h"

#define QUIT_NS		(1 * NS_PER_S)	/* from a quick order to the kill */
#define WORDS		16		/* heard at once, for fairness */

bool
worker_serves(const struct worker *w)
{
	return w != NULL && w->state == WORKER_S_READY;
}

long
worker_connections(const struct worker *w)
{
	return segment_lane_connections(w->master->config->segment, w->lane,
	    w->party.took, w->party.gave);
}

void
worker_tell(struct worker *w, enum order_kind kind, uint32_t arg, int fd)
{
	struct order o = { .kind = kind, .arg = arg };

	if (channel_send(&w->party.channel, &o, fd) == -1)
		log_warnx("worker %u: an order could not be sent",
		    w->slot->number);
}

static void
timer_ran_out(struct timer *t)
{
	worker_event(OBJECT_OF(t, struct worker, timer), WORKER_E_TIMEOUT);
}

static void
set_timer(struct worker *w, uint64_t ns)
{
	timer_set(&w->master->loop, &w->timer, clock_ns() + ns, timer_ran_out);
}

static void
order_quit(struct worker *w)
{
	worker_tell(w, ORDER_QUIT, 0, -1);
	/* Another quick order gives no more time. */
	if (w->timer.when_ns == 0 || w->timer.when_ns > clock_ns() + QUIT_NS)
		set_timer(w, QUIT_NS);
}

static void
kill_it(struct worker *w, enum worker_event why)
{
	if (why == WORKER_E_TIMEOUT)
		log_warnx("worker %u pid %ld is killed: it did not %s in time",
		    w->slot->number, (long)w->child.pid,
		    w->timer_is_of_start ? "start" : "leave");
	w->killed_by_us = true;
	w->hung = why == WORKER_E_HUNG;
	child_kill(&w->child, SIGKILL);
}

static void
act(struct worker *w, enum worker_action action, enum worker_event why)
{
	const struct master_limits *l = &w->master->limits;

	switch (action) {
	case WORKER_A_SERVING:
		timer_cancel(&w->master->loop, &w->timer);
		slot_worker_ready(w->slot, w);
		break;
	case WORKER_A_DRAIN:
		worker_tell(w, ORDER_DRAIN, 0, -1);
		set_timer(w, l->drain_timeout_ns);
		break;
	case WORKER_A_GIVE_UP:
		worker_tell(w, ORDER_DRAIN, 0, -1);
		break;
	case WORKER_A_STOP:
		worker_tell(w, ORDER_STOP, 0, -1);
		set_timer(w, l->stop_timeout_ns);
		break;
	case WORKER_A_QUIT:
		order_quit(w);
		break;
	case WORKER_A_KILL:
		kill_it(w, why);
		break;
	default:
		break;
	}
}

void
worker_event(struct worker *w, enum worker_event event)
{
	struct worker_step step = worker_step(w->state, event);

	log_debug("worker %u pid %ld: %s in %s: %s, %s", w->slot->number,
	    (long)w->child.pid, worker_event_name(event),
	    worker_state_name(w->state), worker_action_name(step.action),
	    worker_state_name(step.next));
	w->timer_is_of_start = w->state == WORKER_S_STARTING;
	w->state = step.next;
	act(w, step.action, event);
	slot_publish(w->slot);
}

void
worker_hurry(struct worker *w, uint64_t ns)
{
	if (w->state == WORKER_S_DRAINING &&
	    w->timer.when_ns > clock_ns() + ns)
		set_timer(w, ns);
}

static bool
left_in_order(const siginfo_t *info)
{
	return info->si_code == CLD_EXITED && info->si_status == 0;
}

static bool
out_of_memory(const struct worker *w, const siginfo_t *info)
{
	return info->si_code != CLD_EXITED && info->si_status == SIGKILL &&
	    !w->killed_by_us && oom_seen(&w->master->oom);
}

static void
count_death(const struct worker *w, const siginfo_t *info, bool no_memory)
{
	segment_count(w->master->config->segment,
	    info->si_code == CLD_EXITED ? SERVER_DEATHS_EXITED :
	    no_memory ? SERVER_DEATHS_MEMORY :
	    w->hung ? SERVER_DEATHS_HUNG :
	    w->killed_by_us ? SERVER_DEATHS_LATE : SERVER_DEATHS_CRASHED, 1);
}

/* Reads its status; the obituary goes to the log and to those who ask. */
static void
bury(struct worker *w)
{
	char fate[128], doing[400], text[640];
	uint64_t age = clock_ns() - w->born_ns;
	struct segment *seg = w->master->config->segment;
	long pid = w->child.pid;
	siginfo_t info;
	bool no_memory;

	child_reap(&w->child, &info);
	child_fate(&info, fate, sizeof(fate));
	no_memory = out_of_memory(w, &info);
	obituary_calls(w, doing, sizeof(doing));
	snprintf(text, sizeof(text), "worker %u pid %ld generation %u %s%s "
	    "after %.1f s%s", w->slot->number, pid, w->generation, fate,
	    no_memory ? ", out of memory," : "",
	    (double)age / 1e9, doing);
	if (left_in_order(&info) && (w->state == WORKER_S_STOPPING ||
	    w->state == WORKER_S_DRAINING))
		log_debug("%s", text);
	else {
		log_warnx("%s", text);
		count_death(w, &info, no_memory);
		if (!upgrade_is_silent(w->master))
			segment_death_add(seg, text);
	}
	segment_lane_ended(seg, w->lane);
	slot_worker_gone(w->slot, w, left_in_order(&info), age, text);
}

static void
hear(struct worker *w, size_t size, int fd)
{
	const struct order o = w->master->message->order;

	switch (o.kind) {
	case ORDER_READY:
		worker_event(w, WORKER_E_READY);
		break;
	case ORDER_LEAVING:
		slot_worker_leaving(w->slot, w);
		break;
	case ORDER_OFFER:
		broker_offer(&w->party, &o, size, fd);
		return;
	case ORDER_TAKEN:
	case ORDER_REFUSED:
		broker_answer(&w->party, &o);
		break;
	default:
		log_warnx("worker %u says what I do not understand: %u",
		    w->slot->number, o.kind);
		break;
	}
	fd_close(&fd);
}

/* Whether there may be more to hear. */
static bool
listen_to(struct worker *w)
{
	struct message *m = w->master->message;
	ssize_t n;
	int fd;

	n = channel_receive(&w->party.channel, m, &fd);
	if (n >= (ssize_t)sizeof(m->order)) {
		hear(w, (size_t)n, fd);
		return true;
	}
	/* A descriptor that was lost for want of room is refused. */
	if (n == -1 && errno == EPROTO) {
		hear(w, sizeof(m->order), -1);
		return true;
	}
	fd_close(&fd);
	return n == -1 && errno == EINTR;
}

static void
spoken(struct watch *watch, uint32_t events)
{
	struct channel *ch = OBJECT_OF(watch, struct channel, watch);
	struct worker *w = OBJECT_OF(ch, struct worker, party.channel);
	int words = 0;

	channel_ready(ch, events);
	if (events & EPOLLIN)
		while (words++ < WORDS && listen_to(w))
			;
}

static void
forget(struct worker *w)
{
	struct master *m = w->master;

	watch_remove(&m->loop, &w->death);
	channel_close(&w->party.channel);
	timer_cancel(&m->loop, &w->timer);
	timer_cancel(&m->loop, &w->rescue);
	TAILQ_REMOVE(&m->workers, w, link);
	loop_free(&m->loop, w);
}

static void
died(struct watch *watch, uint32_t events)
{
	struct worker *w = OBJECT_OF(watch, struct worker, death);

	(void)events;
	/* Its last words: what it has offered, what it has taken. */
	while (listen_to(w))
		;
	broker_party_gone(&w->party);
	sockets_forget(w->master, w);
	/*
	 * Before it is closed: a sibling that has just been forked has it, too,
	 * and would keep it watched.
	 */
	watch_remove(&w->master->loop, &w->death);
	bury(w);
	forget(w);
}

const char *
worker_why_not(void)
{
	return errno == ENOSPC ? "too many before it have not left yet" :
	    strerror(errno);
}

struct worker *
worker_new(struct slot *s, unsigned generation)
{
	struct master *m = s->master;
	struct worker *w;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return NULL;
	*w = (struct worker){ .master = m, .slot = s,
	    .generation = generation, .born_ns = clock_ns(),
	    .party = { .master = m, .worker = w, .channel.fd = -1 },
	    .child.pidfd = -1, .death.fd = -1 };
	w->awake_ns = w->born_ns;
	TAILQ_INSERT_TAIL(&m->workers, w, link);
	if (worker_fork(w, spoken) == 0) {
		/* Unwatched it would be lost: then it is taken back. */
		if (watch_add(&m->loop, &w->death, w->child.pidfd, EPOLLIN,
		    died) == 0) {
			set_timer(w, m->limits.start_timeout_ns);
			if (upgrade_shares(m))
				worker_tell(w, ORDER_SHARED, 1, -1);
			return w;
		}
		child_kill(&w->child, SIGKILL);
		child_reap(&w->child, &(siginfo_t){ .si_code = 0 });
		segment_lane_ended(m->config->segment, w->lane);
	}
	forget(w);
	return NULL;
}
