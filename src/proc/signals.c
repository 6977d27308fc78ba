/* SPDX-License-Identifier: Apache-2.0 */
/* See signals.h; which signals there are stands in signals.def. */
#include "proc/signals.h"

#include <stddef.h>
#include <sys/signalfd.h>
#include <time.h>

#include "base/bug.h"

static const struct {
	int			 signo;
	enum signal_meaning	 meaning;
} list[] = {
#define SIGNAL(name, meaning, help)	{ SIG##name, SIGNAL_##meaning },
#include "proc/signals.def"
};
#define NLIST	(sizeof(list) / sizeof(list[0]))

static void
fill(sigset_t *set, bool only_ends)
{
	sigemptyset(set);
	for (size_t i = 0; i < NLIST; i++)
		if (!only_ends || list[i].meaning == SIGNAL_STOP ||
		    list[i].meaning == SIGNAL_QUIT)
			sigaddset(set, list[i].signo);
	if (!only_ends)
		sigaddset(set, SIGCHLD);
}

void
signals_take(struct signal_state *s)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t set;

	fill(&set, false);
	sigprocmask(SIG_BLOCK, &set, &s->mask);
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < NLIST; i++)
		sigaction(list[i].signo, &sa, &s->actions[list[i].signo]);
	/* An ignored SIGCHLD would make the kernel reap our children. */
	sigaction(SIGCHLD, &sa, &s->actions[SIGCHLD]);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, &s->actions[SIGPIPE]);
	s->taken = true;
}

static void
restore_actions(const struct signal_state *s)
{
	for (size_t i = 0; i < NLIST; i++)
		sigaction(list[i].signo, &s->actions[list[i].signo], NULL);
	sigaction(SIGCHLD, &s->actions[SIGCHLD], NULL);
	sigaction(SIGPIPE, &s->actions[SIGPIPE], NULL);
}

void
signals_give_back(struct signal_state *s, bool ended)
{
	const struct timespec now = { .tv_sec = 0 };
	sigset_t set;

	if (!s->taken)
		return;
	fill(&set, false);
	while (sigtimedwait(&set, NULL, &now) > 0)
		;
	for (size_t i = 0; ended && i < NLIST; i++)
		s->actions[list[i].signo].sa_handler = SIG_IGN;
	restore_actions(s);
	sigprocmask(SIG_SETMASK, &s->mask, NULL);
	s->taken = false;
}

static void
nothing(int sig)
{
	(void)sig;
}

/* Handlers rather than SIG_IGN, which would leak into what a child runs. */
void
signals_in_child(const struct signal_state *s)
{
	struct sigaction sa = { .sa_handler = nothing,
	    .sa_flags = SA_RESTART };

	restore_actions(s);
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < NLIST; i++)
		if (list[i].signo != SIGTERM)
			sigaction(list[i].signo, &sa, NULL);
	sigprocmask(SIG_SETMASK, &s->mask, NULL);
}

static int
watch(bool only_ends)
{
	sigset_t set;

	fill(&set, only_ends);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int
signals_watch(void)
{
	return watch(false);
}

int
signals_watch_ends(void)
{
	return watch(true);
}

enum signal_meaning
signals_meaning(int signo)
{
	size_t i = 0;

	if (signo == SIGCHLD)
		return SIGNAL_CHILD;
	while (i < NLIST && list[i].signo != signo)
		i++;
	BUG_ON(i == NLIST);
	return list[i].meaning;
}

bool
signals_end_waits(void)
{
	sigset_t pending, ends;

	fill(&ends, true);
	sigpending(&pending);
	sigandset(&pending, &pending, &ends);
	return !sigisemptyset(&pending);
}
