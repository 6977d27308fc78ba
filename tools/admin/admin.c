/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See admin.h.  When told to stop it lets nobody in any more, but whoever is in
 * is answered: the sockets may be another process's next.
 */
#include "admin.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "agent.h"
#include "front.h"
#include "http.h"

#define LOOK_MS		1000		/* between looks at the segment */
#define LEAVE_MS	1000		/* for those who are in */

struct admin {
	struct tf_loop	*loop;
	struct view	*view;
	struct http	*http;
	struct agent	*agent;		/* NULL: nobody asks one */
	struct front	*fronts[2 * ADMIN_FDS];
	unsigned	 nfronts;
	int		 signal_fd;
	struct tf_watch	*signals;
	struct tf_timer	*tick, *leave;
	bool		 by_hand, stopping;
};

static void
idle(void *arg)
{
	struct admin *a = arg;

	if (a->stopping)
		tf_loop_stop(a->loop);
}

static void
leave(void *arg)
{
	struct admin *a = arg;

	tf_loop_stop(a->loop);
}

static void
close_fronts(struct admin *a)
{
	while (a->nfronts > 0) {
		if (a->by_hand)
			front_remove_file(a->fronts[--a->nfronts]);
		else
			a->nfronts--;
		front_free(a->fronts[a->nfronts]);
	}
}

static void
stop(void *arg, unsigned events)
{
	struct admin *a = arg;

	(void)events;
	tf_watch_change(a->signals, 0);
	close_fronts(a);
	a->stopping = true;
	tf_timer_set(a->leave, LEAVE_MS);
	if (http_is_idle(a->http))
		tf_loop_stop(a->loop);
}

/* What is looked at regularly, whoever asks. */
static void
tick(void *arg)
{
	struct admin *a = arg;

	view_note(a->view);
	tf_timer_set(a->tick, LOOK_MS);
}

/* What a terminal sends to all processes of a server is its master's. */
static int
take_signals(bool by_hand)
{
	static const int theirs[] = { SIGINT, SIGQUIT, SIGHUP, SIGUSR1,
	    SIGUSR2, SIGWINCH, SIGTTIN, SIGTTOU };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	if (by_hand) {
		sigaddset(&set, SIGINT);
		sigaddset(&set, SIGHUP);
	} else
		for (size_t i = 0; i < sizeof(theirs) / sizeof(*theirs); i++)
			signal(theirs[i], SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
add_fronts(struct admin *a, const struct admin_sockets *s, front_fn *fn,
    void *arg)
{
	for (unsigned i = 0; i < s->n; i++)
		a->fronts[a->nfronts++] = front_new(a->loop, s->fds[i], fn,
		    arg);
}

/* Who has called it by hand wants to know where to look. */
static void
say_where(const struct admin *a)
{
	fprintf(stderr, "%s: listening on", program_invocation_short_name);
	for (unsigned i = 0; i < a->nfronts; i++) {
		fputc(' ', stderr);
		front_print(a->fronts[i], stderr);
	}
	fputc('\n', stderr);
}

static void
begin(struct admin *a, const struct admin_sockets *http,
    const struct admin_sockets *agent)
{
	if ((a->loop = tf_loop_new()) == NULL ||
	    (a->signal_fd = take_signals(a->by_hand)) == -1)
		err(1, NULL);
	a->signals = tf_watch_new(a->loop, a->signal_fd, TF_READ, stop, a);
	if (a->signals == NULL)
		err(1, NULL);
	a->leave = tf_timer_new(a->loop, leave, a);
	a->tick = tf_timer_new(a->loop, tick, a);
	a->http = http_new(a->loop, a->view, idle, a);
	add_fronts(a, http, http_arrived, a->http);
	if (agent->n > 0)
		a->agent = agent_new(a->loop, a->view);
	add_fronts(a, agent, agent_arrived, a->agent);
	tf_timer_set(a->tick, 0);
}

static void
end(struct admin *a)
{
	close_fronts(a);
	http_free(a->http);
	agent_free(a->agent);
	tf_timer_free(a->tick);
	tf_timer_free(a->leave);
	tf_watch_free(a->signals);
	tf_loop_free(a->loop);
	close(a->signal_fd);
}

int
admin_run(struct view *view, const struct admin_sockets *http,
    const struct admin_sockets *agent, bool by_hand)
{
	struct admin a = { .view = view, .by_hand = by_hand };
	int rc;

	begin(&a, http, agent);
	if (by_hand)
		say_where(&a);
	if ((rc = tf_loop_run(a.loop)) == -1)
		warn("the loop");
	end(&a);
	return rc == 0 ? 0 : 1;
}
