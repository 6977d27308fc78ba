/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writing of that program.  It draws a number below n and finds, by
 * bisection, the index that has this rank.  Neighbouring indexes make a run,
 * which is one step: the usual program, for all slots but one or two, is a few
 * instructions long, and the longest (every other one of 1024) is far below
 * what the kernel takes, also when it has been translated.
 *
 * Code is written from its end to its beginning, so that a jump, which can
 * only go forward, knows how far.
 */
#include "io/steer.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/bug.h"

#define JUMP_MAX	255		/* of a jump on a condition */
#define MAX_CODE	2100		/* a run 1 and a choice 1, or 2 and 1
					   for half of them; some far jumps */

/* The ranks from .. to - 1 stand for these numbers plus shift. */
struct run {
	unsigned	 from, to;
	unsigned	 shift;
};

struct program {
	struct sock_filter	 code[MAX_CODE];
	unsigned		 at;		/* its first instruction */
	struct run		 runs[STEER_MAX];
	unsigned		 nruns;
	unsigned		 n;		/* indexes, without doubles */
};

static int
by_value(const void *a, const void *b)
{
	unsigned x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

/* Ascending indexes, as runs. */
static void
find_runs(struct program *p, const unsigned *sorted, unsigned n)
{
	struct run *run = NULL;

	for (unsigned i = 0; i < n; i++) {
		if (i > 0 && sorted[i] == sorted[i - 1])
			continue;
		if (run == NULL || sorted[i] != run->to + run->shift) {
			run = &p->runs[p->nruns++];
			run->from = p->n;
			run->shift = sorted[i] - p->n;
		}
		run->to = ++p->n;
	}
}

static void
emit(struct program *p, struct sock_filter instruction)
{
	BUG_ON(p->at == 0);
	p->code[--p->at] = instruction;
}

static void
emit_plain(struct program *p, unsigned code, unsigned k)
{
	emit(p, (struct sock_filter)BPF_STMT((uint16_t)code, k));
}

static void
emit_run(struct program *p, const struct run *run)
{
	if (run->to - run->from == 1) {
		emit_plain(p, BPF_RET | BPF_K, run->from + run->shift);
		return;
	}
	emit_plain(p, BPF_RET | BPF_A, 0);
	if (run->shift != 0)
		emit_plain(p, BPF_ALU | BPF_ADD | BPF_K, run->shift);
}

/* Over the next distance instructions if the rank is at least this. */
static void
emit_jump(struct program *p, unsigned rank, unsigned distance)
{
	const uint16_t code = BPF_JMP | BPF_JGE | BPF_K;

	if (distance <= JUMP_MAX)
		emit(p, (struct sock_filter)BPF_JUMP(code, rank,
		    (uint8_t)distance, 0));
	else {
		emit_plain(p, BPF_JMP | BPF_JA, distance);
		emit(p, (struct sock_filter)BPF_JUMP(code, rank, 0, 1));
	}
}

static void
emit_choice(struct program *p, const struct run *runs, unsigned n)
{
	unsigned half = n / 2, upper;

	if (n == 1) {
		emit_run(p, runs);
		return;
	}
	emit_choice(p, runs + half, n - half);
	upper = p->at;
	emit_choice(p, runs, half);
	emit_jump(p, runs[half].from, upper - p->at);
}

static void
emit_draw(struct program *p)
{
	emit_plain(p, BPF_ALU | BPF_MOD | BPF_K, p->n);
	emit_plain(p, BPF_LD | BPF_W | BPF_ABS,
	    (unsigned)(SKF_AD_OFF + SKF_AD_RANDOM));
}

static int
attach(int fd, const unsigned *indexes, unsigned n)
{
	struct program p = { .at = MAX_CODE };
	struct sock_fprog prog;
	unsigned sorted[STEER_MAX];

	memcpy(sorted, indexes, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_value);
	find_runs(&p, sorted, n);
	emit_choice(&p, p.runs, p.nruns);
	emit_draw(&p);
	prog.len = (unsigned short)(MAX_CODE - p.at);
	prog.filter = p.code + p.at;
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog,
	    sizeof(prog));
}

/* That there was nothing to detach is no error. */
static int
detach(int fd)
{
	int none = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &none,
	    sizeof(none)) == 0 || errno == ENOENT)
		return 0;
	return -1;
}

/* To one that does not listen the kernel attaches, but without effect. */
static int
check_listens(int fd)
{
	int listens = 0;
	socklen_t len = sizeof(listens);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == -1)
		return -1;
	if (listens)
		return 0;
	errno = EINVAL;
	return -1;
}

int
steer(int fd, const unsigned *indexes, unsigned n)
{
	if (n > STEER_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (check_listens(fd) == -1)
		return -1;
	return n == 0 ? detach(fd) : attach(fd, indexes, n);
}
