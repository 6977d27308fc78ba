/* SPDX-License-Identifier: Apache-2.0 */
/* See unit_move.h. */
#include "unit_move.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <thriftfork/service.h>

#include "base/fd.h"
#include "serve/registry.h"
#include "unit_lane.h"
#include "unit_peer.h"
#include "unit_service.h"

#define METHODS	4
#define LEAKED	99		/* status of one that leaves something open */

struct side a, b;
struct worker_limits side_limits;
struct rules side_rules[2];
bool side_doors_kept;
struct heard heard;

static struct registry registry;

static int
note_connect(void *ctx, struct tf_peer *peer)
{
	struct side_notes *n = ctx;

	n->connects++;
	n->uid = (long)peer->uid;
	strlcpy(n->peer, peer->addr, sizeof(n->peer));
	return n->unwelcome ? -1 : 0;
}

static void
note_disconnect(void *ctx, struct tf_peer *peer)
{
	struct side_notes *n = ctx;

	(void)peer;
	n->disconnects++;
}

static void *
shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(p, MAP_FAILED);
	return p;
}

static void
side_setup(struct side *s)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	*s = (struct side){ .channel = pair[0], .theirs = pair[1],
	    .unix_door = peer_door(AF_UNIX), .tcp_door = peer_door(AF_INET),
	    .lane = (void *)((char *)shared(sizeof(struct lane_desk) +
	    lane_size(METHODS)) + sizeof(struct lane_desk)),
	    .notes = shared(sizeof(*s->notes)) };
	lane_init(s->lane, METHODS);
}

void
sides_setup(void)
{
	char why[200];

	heard.fd = -1;
	side_limits = (struct worker_limits){ .max_frame = 4 << 20,
	    .max_memory_per_call = 64 << 20, .max_depth = 64 };
	memset(side_rules, 0, sizeof(side_rules));
	registry_init(&registry);
	ck_assert_msg(registry_add(&registry, NULL, &unit_service,
	    &unit_handler, why, sizeof(why)) == 0, "%s", why);
	side_setup(&a);
	side_setup(&b);
}

static void
side_close(struct side *s)
{
	fd_close(&s->channel);
	fd_close(&s->theirs);
	fd_close(&s->unix_door);
	fd_close(&s->tcp_door);
}

/* Workers that are left hear that their master is gone, and leave. */
void
sides_teardown(void)
{
	fd_close(&heard.fd);
	side_close(&a);
	side_close(&b);
	if (a.pid != 0)
		ck_assert_int_eq(side_wait(&a), 0);
	if (b.pid != 0)
		ck_assert_int_eq(side_wait(&b), 0);
	unit_lane_adds_up(a.lane, METHODS);
	unit_lane_adds_up(b.lane, METHODS);
	registry_fini(&registry);
}

/* Nothing may be open after it but what was before. */
static int
run(struct side *s)
{
	static const struct tf_hooks hooks = { .connect = note_connect,
	    .disconnect = note_disconnect };
	int doors[2] = { s->unix_door, s->tcp_door };
	struct worker_config config = { .listen_fds = doors, .nlisten = 2,
	    .listen_rules = side_rules, .listen_kept = side_doors_kept,
	    .channel_fd = s->theirs, .stop_fd = -1, .lane = s->lane,
	    .hooks = &hooks, .registry = &registry, .ctx = s->notes,
	    .limits = side_limits };
	int before = peer_fds() - 2, status;
	struct worker *w = worker_open(&config);

	status = worker_run(w);
	worker_close(w);
	close(s->unix_door);
	close(s->tcp_door);
	return peer_fds() == before ? status : LEAKED;
}

void
side_start(struct side *s)
{
	ck_assert_int_ne(s->pid = fork(), -1);
	if (s->pid == 0) {
		struct side *other = s == &a ? &b : &a;

		/* What is held by a sibling would never come to its end. */
		fd_close(&s->channel);
		side_close(other);
		_exit(run(s));
	}
	fd_close(&s->theirs);
	hear(s, ORDER_READY);
}

void
sides_start(void)
{
	sides_setup();
	side_start(&a);
	side_start(&b);
}

int
side_unix(struct side *s)
{
	int fd = peer_connect(s->unix_door);

	side_ping(fd, 1);
	return fd;
}

int
side_tcp(struct side *s)
{
	int fd = peer_connect(s->tcp_door);

	side_ping(fd, 1);
	return fd;
}

void
side_ping(int fd, int seqid)
{
	struct bytes out = { 0 };

	frame_call(&out, "ping", seqid);
	peer_send_bytes(fd, &out);
	peer_expect(fd, PEER_REPLY, "ping", seqid);
}

void
side_ping_last(int fd, int seqid)
{
	side_ping(fd, seqid);
	close(fd);
}

/*
 * One turn may have begun before now and not have been counted yet; the next
 * one may see to fd first; when another one is counted that is over.
 */
void
side_barrier(struct side *s, int fd)
{
	uint64_t turns = side_count(s, COUNTER_LOOP_WAKEUPS);
	int seqid = 1000;

	do
		side_ping(fd, seqid++);
	while (side_count(s, COUNTER_LOOP_WAKEUPS) < turns + 3);
}

uint64_t
side_count(const struct side *s, enum counter c)
{
	return __atomic_load_n(&s->lane->count[c], __ATOMIC_RELAXED);
}

void
say(struct side *s, enum order_kind kind, uint32_t arg, uint64_t id, int fd)
{
	struct order o = { .kind = kind, .arg = arg, .id = id };

	ck_assert_int_eq(fd_send(s->channel, &o, sizeof(o), fd, 0), 0);
}

void
hear(struct side *s, enum order_kind kind)
{
	static uint8_t bytes[sizeof(struct order) + ORDER_RECORD];
	ssize_t n;

	fd_close(&heard.fd);
	peer_wait(s->channel, POLLIN, PEER_MS);
	n = fd_recv(s->channel, bytes, sizeof(bytes), &heard.fd, 0);
	ck_assert_msg(n >= (ssize_t)sizeof(heard.o), "%zd bytes: %s", n,
	    strerror(errno));
	memcpy(&heard.o, bytes, sizeof(heard.o));
	heard.len = (size_t)n - sizeof(heard.o);
	memcpy(heard.record, bytes + sizeof(heard.o), heard.len);
	ck_assert_uint_eq(heard.o.kind, kind);
}

bool
hear_nothing(struct side *s, int ms)
{
	return !peer_soon(s->channel, POLLIN, ms);
}

void
pass_on(struct side *s, uint64_t id)
{
	static uint8_t bytes[sizeof(struct order) + ORDER_RECORD];
	struct order o = { .kind = ORDER_OFFER, .id = id };

	memcpy(bytes, &o, sizeof(o));
	memcpy(bytes + sizeof(o), heard.record, heard.len);
	ck_assert_int_eq(fd_send(s->channel, bytes, sizeof(o) + heard.len,
	    heard.fd, 0), 0);
	fd_close(&heard.fd);
}

void
pass_on_taken(uint64_t id)
{
	pass_on(&b, id);
	hear(&b, ORDER_TAKEN);
}

void
offer(enum order_kind how)
{
	say(&a, how, how == ORDER_SHED ? 1 : 0, 0, -1);
	hear(&a, ORDER_OFFER);
}

int
offered(enum order_kind how)
{
	int fd = side_unix(&a);

	offer(how);
	return fd;
}

void
refuse(void)
{
	say(&a, ORDER_REFUSED, 0, heard.o.id, -1);
}

static void
move_heard(void)
{
	uint64_t id = heard.o.id;

	ck_assert_int_ne(heard.fd, -1);
	pass_on_taken(id + 1000000);
	ck_assert_uint_eq(heard.o.id, id + 1000000);
	say(&a, ORDER_TAKEN, 0, id, -1);
}

void
move_one(void)
{
	hear(&a, ORDER_OFFER);
	move_heard();
}

void
move_all(void)
{
	char c;

	for (;;) {
		peer_wait(a.channel, POLLIN, PEER_MS);
		if (recv(a.channel, &c, 1, MSG_PEEK) <= 0)
			break;
		move_one();
	}
	ck_assert_int_eq(side_wait(&a), 0);
}

void
drain(void)
{
	say(&a, ORDER_DRAIN, 0, 0, -1);
	move_all();
}

int
side_wait(struct side *s)
{
	int status, fd = (int)syscall(SYS_pidfd_open, s->pid, 0);

	peer_wait(fd, POLLIN, PEER_MS);
	close(fd);
	ck_assert_int_eq(waitpid(s->pid, &status, 0), s->pid);
	s->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void
side_kill(struct side *s)
{
	ck_assert_int_eq(kill(s->pid, SIGKILL), 0);
	ck_assert_int_eq(side_wait(s), -SIGKILL);
}
