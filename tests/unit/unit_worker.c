/* SPDX-License-Identifier: Apache-2.0 */
/* See unit_worker.h. */
#include "unit_worker.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <thriftfork/service.h>

#include "base/clock.h"
#include "base/fd.h"
#include "serve/registry.h"
#include "unit_lane.h"
#include "unit_peer.h"
#include "unit_service.h"

#define METHODS	4

struct worker_limits bench_limits;
struct tls_context *bench_tls;
struct rules bench_rules[2];
struct tf_hooks bench_hooks;
const char *bench_http_path;
const struct access_config *bench_access;

static struct {
	struct registry		 registry;
	struct lane		*lane;
	struct worker_config	 config;
	pthread_t		 thread;
	bool			 runs;
	int			 status;
	int			 doors[2], channel[2], done;
	int			 held[2], freed[2], notes[2], tokens[2];
	int			 barrier, calls, fds;
} b;

static void *
body(void *arg)
{
	struct worker *w = worker_open(&b.config);
	const uint64_t one = 1;

	(void)arg;
	ck_assert_ptr_nonnull(w);
	b.status = worker_run(w);
	worker_close(w);
	ck_assert_int_eq(write(b.done, &one, sizeof(one)), 8);
	return NULL;
}

void
bench_setup(void)
{
	char why[200];

	memset(&b, 0, sizeof(b));
	b.barrier = -1;
	bench_http_path = NULL;
	bench_access = NULL;
	bench_limits = (struct worker_limits){ .max_frame = 4 << 20,
	    .max_memory_per_call = 64 << 20, .max_depth = 64 };
	bench_hooks = (struct tf_hooks){ .before = NULL };
	memset(bench_rules, 0, sizeof(bench_rules));
	registry_init(&b.registry);
	ck_assert_msg(registry_add(&b.registry, NULL, &unit_service,
	    &unit_handler, why, sizeof(why)) == 0, "%s", why);
	ck_assert_int_eq(registry_add(&b.registry, "twin", &unit_service,
	    &unit_handler, why, sizeof(why)), 0);
	b.lane = unit_lane_new(METHODS);
	b.doors[0] = peer_door(AF_UNIX);
	b.doors[1] = peer_door(AF_INET);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, b.channel), 0);
	ck_assert_int_eq(pipe(b.held), 0);
	ck_assert_int_eq(pipe(b.freed), 0);
	ck_assert_int_eq(pipe(b.notes), 0);
	ck_assert_int_eq(pipe(b.tokens), 0);
	unit_held_fd = b.held[1];
	unit_free_fd = b.freed[0];
	unit_note_fd = b.notes[1];
	unit_token_fd = b.tokens[1];
	b.done = eventfd(0, 0);
	b.fds = peer_fds();
}

void
bench_thread(const char *method)
{
	bench_limits.threads = 1;
	bench_limits.max_queue = 1;
	for (size_t i = 0; i < b.registry.n; i++)
		if (strcmp(b.registry.entries[i].method->name, method) == 0)
			b.registry.entries[i].threaded = true;
}

void
bench_start(void)
{
	struct order o = { 0 };
	struct pollfd p[2];

	b.config = (struct worker_config){ .listen_fds = b.doors, .nlisten = 2,
	    .listen_rules = bench_rules, .channel_fd = b.channel[1],
	    .stop_fd = -1, .lane = b.lane,
	    .hooks = &bench_hooks, .registry = &b.registry,
	    .http_path = bench_http_path, .access = bench_access,
	    .limits = bench_limits, .tls_context = bench_tls };
	ck_assert_int_eq(pthread_create(&b.thread, NULL, body, NULL), 0);
	b.runs = true;
	p[0] = (struct pollfd){ .fd = b.channel[0], .events = POLLIN };
	p[1] = (struct pollfd){ .fd = b.done, .events = POLLIN };
	ck_assert_int_gt(poll(p, 2, PEER_MS), 0);
	ck_assert_msg(p[1].revents == 0, "the worker could not start");
	ck_assert_int_eq(recv(b.channel[0], &o, sizeof(o), 0), sizeof(o));
	ck_assert_uint_eq(o.kind, ORDER_READY);
}

int
bench_unix(void)
{
	return peer_connect(b.doors[0]);
}

int
bench_tcp(void)
{
	return peer_connect(b.doors[1]);
}

void
bench_answer(enum order_kind kind, uint64_t id)
{
	struct order o = { .kind = kind, .id = id };

	ck_assert_int_eq(send(b.channel[0], &o, sizeof(o), 0), sizeof(o));
}

void
bench_order_fd(enum order_kind kind, uint32_t arg, int fd)
{
	struct order o = { .kind = kind, .arg = arg };

	ck_assert_int_eq(fd_send(b.channel[0], &o, sizeof(o), fd, 0), 0);
}

void
bench_order(enum order_kind kind)
{
	bench_answer(kind, 0);
}

void
bench_drain(void)
{
	bench_order(ORDER_DRAIN);
	b.doors[0] = b.doors[1] = -1;
	b.fds -= 2;
}

enum order_kind
bench_told(void)
{
	struct order o = { 0 };

	peer_wait(b.channel[0], POLLIN, PEER_MS);
	ck_assert_int_eq(recv(b.channel[0], &o, sizeof(o), 0), sizeof(o));
	return (enum order_kind)o.kind;
}

bool
bench_is_told(void)
{
	return peer_soon(b.channel[0], POLLIN, 0);
}

unsigned
bench_fill_channel(void)
{
	struct order o = { .kind = ORDER_READY };
	unsigned n = 0;

	while (send(b.channel[1], &o, sizeof(o), MSG_DONTWAIT) != -1)
		n++;
	ck_assert_int_eq(errno, EAGAIN);
	return n;
}

void
bench_hang_up(void)
{
	close(b.channel[0]);
	b.channel[0] = -1;
	b.fds--;
}

int
bench_wait(void)
{
	peer_wait(b.done, POLLIN, PEER_MS);
	ck_assert_int_eq(pthread_join(b.thread, NULL), 0);
	b.runs = false;
	return b.status;
}

static void
close_pair(int *fds)
{
	close(fds[0]);
	close(fds[1]);
}

/* Tests close their own connections first: nothing may be open but ours. */
void
bench_teardown(void)
{
	if (b.barrier != -1)
		close(b.barrier);
	if (b.runs) {
		bench_order(ORDER_STOP);
		ck_assert_int_eq(bench_wait(), 0);
	}
	ck_assert_int_eq(peer_fds(), b.fds);
	unit_lane_adds_up(b.lane, METHODS);
	registry_fini(&b.registry);
	free(lane_desk(b.lane));
	close_pair(b.doors);
	close(b.channel[0]);
	close(b.channel[1]);
	close(b.done);
	close_pair(b.held);
	close_pair(b.freed);
	close_pair(b.notes);
	close_pair(b.tokens);
}

uint64_t
bench_count(enum counter c)
{
	return __atomic_load_n(&b.lane->count[c], __ATOMIC_RELAXED);
}

/*
 * One turn may have begun before now and not have been counted yet; the next
 * one may see to the barrier first; when another one is counted that is over.
 */
void
bench_barrier(void)
{
	uint64_t turns = bench_count(COUNTER_LOOP_WAKEUPS);
	struct bytes out = { 0 };

	if (b.barrier == -1)
		b.barrier = bench_unix();
	do {
		frame_call(&out, "ping", ++b.calls);
		peer_send_bytes(b.barrier, &out);
		peer_expect(b.barrier, PEER_REPLY, "ping", b.calls);
	} while (bench_count(COUNTER_LOOP_WAKEUPS) < turns + 3);
}

unsigned
bench_pings(void)
{
	return (unsigned)b.calls;
}

uint64_t
bench_trickle(int fd, const struct bytes *out)
{
	uint64_t since = clock_ns(), next;

	for (size_t i = 0; i + 1 < out->n && !peer_soon(fd, POLLIN, 0); i++) {
		peer_send(fd, out->p + i, 1);
		for (next = clock_ns() + NS_PER_MS; clock_ns() < next;)
			bench_barrier();
	}
	return clock_ns() - since;
}

uint64_t
bench_cpu_ns(void)
{
	struct timespec ts;
	clockid_t clock;

	ck_assert_int_eq(pthread_getcpuclockid(b.thread, &clock), 0);
	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

void
bench_send_pieces(int fd, const struct bytes *out, size_t piece)
{
	for (size_t i = 0; i < out->n; i += piece) {
		peer_send(fd, out->p + i,
		    out->n - i < piece ? out->n - i : piece);
		bench_barrier();
	}
}

static uint64_t
cost_of(void (*work)(size_t), size_t bytes)
{
	uint64_t before = bench_cpu_ns();

	work(bytes);
	return bench_cpu_ns() - before;
}

/*
 * Eight times the bytes are eight times the work if that is linear, else 64.
 * Who shares the processor's caches, or the processor, may make a round dear
 * but none cheap: the cheapest one of some is what counts.
 */
void
bench_linear(void (*work)(size_t), size_t bytes)
{
	uint64_t eighth = UINT64_MAX, whole = UINT64_MAX, ns;

	for (int i = 0; i < 3; i++) {
		ns = cost_of(work, bytes / 8);
		eighth = ns < eighth ? ns : eighth;
		ns = cost_of(work, bytes);
		whole = ns < whole ? ns : whole;
	}
	ck_assert_msg(whole < eighth * 24, "%llu and %llu ns",
	    (unsigned long long)eighth, (unsigned long long)whole);
}

void
bench_held(void)
{
	char c;

	peer_wait(b.held[0], POLLIN, PEER_MS);
	ck_assert_int_eq(read(b.held[0], &c, 1), 1);
}

void
bench_release(void)
{
	ck_assert_int_eq(write(b.freed[1], "x", 1), 1);
}

int
bench_note(void)
{
	char c;

	if (!peer_soon(b.notes[0], POLLIN, 0))
		return -1;
	ck_assert_int_eq(read(b.notes[0], &c, 1), 1);
	return c;
}

struct tf_later
bench_token(void)
{
	struct tf_later token;

	peer_wait(b.tokens[0], POLLIN, PEER_MS);
	ck_assert_int_eq(read(b.tokens[0], &token, sizeof(token)),
	    sizeof(token));
	return token;
}

bool
bench_has_token(void)
{
	return peer_soon(b.tokens[0], POLLIN, 0);
}

int
bench_reply(struct tf_later token, const char *text)
{
	struct unit_later_result r = { .has_success = true,
	    .success = { text, strlen(text) } };

	return tf_later_reply(token, unit_method("later"), &r);
}
