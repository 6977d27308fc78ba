/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See terminal.h.  Signals are blocked but while it waits, so none is missed
 * between a look at what they left and the next wait.
 */
#include "terminal.h"

#include <curses.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "capable.h"
#include "keys.h"

#define ESCAPE_MS	50		/* until an escape is one by itself */

static SCREEN *screen;
static sigset_t before;			/* signals that were blocked */
static volatile sig_atomic_t asked;	/* by a signal, to end */

static void
end_asked(int sig)
{
	asked = sig;
}

static void
catch_signals(void)
{
	static const int ends[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	struct sigaction sa = { .sa_handler = end_asked };
	sigset_t set;
	size_t i;

	sigemptyset(&sa.sa_mask);
	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		sigaddset(&set, ends[i]);
		sigaction(ends[i], &sa, NULL);
	}
	sigprocmask(SIG_BLOCK, &set, &before);
}

int
terminal_open(void)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		warnx("the interactive mode needs a terminal; -1 and --json "
		    "do without");
		return -1;
	}
	if (capable() == -1)
		return -1;
	catch_signals();		/* first, or curses takes them */
	if ((screen = newterm(NULL, stdout, stdin)) == NULL) {
		warnx("the terminal cannot be used");
		return -1;
	}
	cbreak();
	noecho();
	nonl();
	curs_set(0);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	return 0;
}

static int
key_of(int ch)
{
	switch (ch) {
	case KEY_UP:
		return KEY_IS_UP;
	case KEY_DOWN:
		return KEY_IS_DOWN;
	case KEY_LEFT:
		return KEY_IS_LEFT;
	case KEY_RIGHT:
		return KEY_IS_RIGHT;
	case KEY_PPAGE:
		return KEY_IS_PAGE_UP;
	case KEY_NPAGE:
		return KEY_IS_PAGE_DOWN;
	case KEY_HOME:
		return KEY_IS_HOME;
	case KEY_END:
		return KEY_IS_END;
	case KEY_BACKSPACE:
	case '\b':
	case 0x7f:
		return KEY_IS_BACKSPACE;
	case KEY_ENTER:
	case '\r':
	case '\n':
		return KEY_IS_ENTER;
	case '\t':
		return KEY_IS_TAB;
	case 0x1b:
		return KEY_IS_ESCAPE;
	default:
		return ch >= ' ' && ch <= '~' ? ch : 0;
	}
}

/* How long it is until then, at most. */
static struct timespec
until(uint64_t deadline_ns)
{
	struct timespec ts;
	uint64_t now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	now = deadline_ns > now ? deadline_ns - now : 0;
	ts.tv_sec = (time_t)(now / 1000000000);
	ts.tv_nsec = (long)(now % 1000000000);
	return ts;
}

enum event
terminal_wait(uint64_t deadline_ns, int *key)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	struct timespec ts;
	int ch, rc;

	for (;;) {
		if (asked != 0)
			return EVENT_END;
		if ((ch = getch()) == KEY_RESIZE)
			return EVENT_SIZE;
		if (ch != ERR) {
			*key = key_of(ch);
			return EVENT_KEY;
		}
		if ((p.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
			return EVENT_END;
		ts = until(deadline_ns);
		if ((rc = ppoll(&p, 1, &ts, &before)) == 0)
			return EVENT_TIME;
		if (rc == -1 && errno != EINTR)
			return EVENT_END;
		if (rc == -1)
			p.revents = 0;
	}
}

/* Who started us is to learn that it was a signal. */
static void
end_by(int sig)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };

	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
	raise(sig);
}

void
terminal_close(void)
{
	endwin();
	delscreen(screen);
	if (asked != 0)
		end_by(asked);
	sigprocmask(SIG_SETMASK, &before, NULL);
}
