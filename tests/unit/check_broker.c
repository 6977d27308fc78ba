/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker with everything that can go wrong on the way.  Workers are the
 * other ends of their channels, held by this process, so each death and each
 * silence comes exactly where it hurts.
 */
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "lib/unit.h"
#include "proc/master_body.h"
#include "shm/segment_body.h"

enum { WORKERS = 4, LANES = 8, WINDOW = 64, OTHER = WORKERS };

static struct master_config config;
static struct master m;
static struct worker workers[WORKERS];
static int theirs[WORKERS + 1];		/* of OTHER: of another master */
static int pipe_ends[2];		/* the second is what moves */
static time_t ahead;			/* of the clock, seconds */

/* What was read last at the end of a channel. */
static struct {
	struct message	 m;
	ssize_t		 size;
	int		 fd;
} got;

/* Instead of libc's: the broker has no other idea of time. */
int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int rc = (int)syscall(SYS_clock_gettime, id, ts);

	ts->tv_sec += ahead;
	return rc;
}

static void
spoken(struct watch *w, uint32_t events)
{
	(void)w;
	(void)events;
}

static struct party *
party(int i)
{
	return i == OTHER ? &m.upgrade.other : &workers[i].party;
}

static void
connect_party(int i)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    ends), 0);
	ck_assert_int_eq(channel_open(&party(i)->channel, &m.loop, ends[0],
	    spoken), 0);
	theirs[i] = ends[1];
}

static void
start_worker(int i)
{
	struct worker *w = &workers[i];
	int lane = segment_lane_take(config.segment, (unsigned)i, 1);

	ck_assert_int_ne(lane, -1);
	m.slots[i] = (struct slot){ .master = &m, .number = (unsigned)i,
	    .incumbent = w };
	/* A pid that nothing can be done to. */
	*w = (struct worker){ .master = &m, .slot = &m.slots[i],
	    .state = WORKER_S_READY, .lane = (unsigned)lane,
	    .child = { .pid = 1 << 30, .pidfd = -1 },
	    .party = { .master = &m, .worker = w } };
	TAILQ_INSERT_TAIL(&m.workers, w, link);
	connect_party(i);
}

static void
setup(void)
{
	static const struct segment_sizes sizes = { .slots = WORKERS,
	    .lanes = LANES, .methods = 1 };

	config = (struct master_config){ .max_workers = WORKERS,
	    .segment = segment_create("broker", &sizes) };
	ck_assert_ptr_nonnull(config.segment);
	m = (struct master){ .config = &config,
	    .message = malloc(sizeof(*m.message)),
	    .slots = calloc(WORKERS, sizeof(*m.slots)),
	    .upgrade.other = { .master = &m, .channel.fd = -1 } };
	TAILQ_INIT(&m.workers);
	TAILQ_INIT(&m.moves);
	ck_assert_int_eq(loop_init(&m.loop), 0);
	theirs[OTHER] = -1;
	for (int i = 0; i < WORKERS; i++)
		start_worker(i);
	ck_assert_int_eq(pipe(pipe_ends), 0);
	got.fd = -1;
}

/* What moved is open nowhere any more. */
static void
teardown(void)
{
	struct pollfd p = { .fd = pipe_ends[0] };

	broker_fini(&m);
	fd_close(&got.fd);
	for (int i = 0; i <= OTHER; i++) {
		channel_close(&party(i)->channel);
		fd_close(&theirs[i]);
	}
	fd_close(&pipe_ends[1]);
	ck_assert_int_eq(poll(&p, 1, 0), 1);
	ck_assert_int_eq(p.revents, POLLHUP);
	fd_close(&pipe_ends[0]);
	loop_fini(&m.loop);
	segment_free(config.segment);
	free(m.slots);
	free(m.message);
}

/* These do not serve. */
static void
park(int first)
{
	for (int i = first; i < WORKERS; i++)
		m.slots[i].incumbent = NULL;
}

static void
has(int i, unsigned connections)
{
	lane_add(segment_lane_at(config.segment, workers[i].lane),
	    COUNTER_CONNECTIONS_ACCEPTED, connections);
}

/* The broker hears the next word of i; false: there is none. */
static bool
listen_to(int i)
{
	struct party *p = party(i);
	struct order o;
	ssize_t n;
	int fd;

	n = channel_receive(&p->channel, m.message, &fd);
	if (n <= 0)
		return false;
	o = m.message->order;
	if (o.kind == ORDER_OFFER)
		broker_offer(p, &o, (size_t)n, fd);
	else
		broker_answer(p, &o);
	return true;
}

static void
say(int i, enum order_kind kind, uint64_t id)
{
	struct order o = { .kind = kind, .id = id };

	ck_assert_int_eq(fd_send(theirs[i], &o, sizeof(o), -1, 0), 0);
}

static void
answer(int i, enum order_kind kind, uint64_t id)
{
	say(i, kind, id);
	ck_assert(listen_to(i));
}

/* With so many bytes of a record, and what moves. */
static void
say_offer(int i, uint64_t id, size_t len)
{
	static struct message out;

	out.order = (struct order){ .kind = ORDER_OFFER, .id = id };
	memset(out.record, (int)id, len);
	ck_assert_int_eq(fd_send(theirs[i], &out, sizeof(out.order) + len,
	    pipe_ends[1], 0), 0);
}

static void
offer(int i, uint64_t id)
{
	say_offer(i, id, 10);
	ck_assert(listen_to(i));
}

static bool
hear(int i)
{
	fd_close(&got.fd);
	got.size = fd_recv(theirs[i], &got.m, sizeof(got.m), &got.fd,
	    MSG_DONTWAIT);
	ck_assert(got.size >= (ssize_t)sizeof(struct order) ||
	    (got.size == -1 && errno == EAGAIN));
	return got.size != -1;
}

static void
expect(int i, enum order_kind kind, uint64_t id)
{
	ck_assert(hear(i));
	ck_assert_uint_eq(got.m.order.kind, kind);
	ck_assert_uint_eq(got.m.order.id, id);
	ck_assert_int_eq(got.size, sizeof(struct order));
	ck_assert_int_eq(got.fd, -1);
}

/* As the sender wrote it; under which id. */
static uint64_t
expect_offer(int i, uint64_t id)
{
	ck_assert(hear(i));
	ck_assert_uint_eq(got.m.order.kind, ORDER_OFFER);
	ck_assert_int_eq(got.size, sizeof(struct order) + 10);
	for (int k = 0; k < 10; k++)
		ck_assert_uint_eq(got.m.record[k], (uint8_t)id);
	ck_assert_int_ne(got.fd, -1);
	ck_assert_int_eq(write(got.fd, "x", 1), 1);
	ck_assert_int_eq(read(pipe_ends[0], &(char){ 0 }, 1), 1);
	return got.m.order.id;
}

static void
expect_silence(void)
{
	for (int i = 0; i <= OTHER; i++)
		ck_assert_msg(theirs[i] == -1 || !hear(i), "%d", i);
}

/* As worker.c does it: what it had said before counts. */
static void
die(int i)
{
	fd_close(&theirs[i]);
	while (listen_to(i))
		;
	broker_party_gone(party(i));
	channel_close(&party(i)->channel);
	if (i != OTHER && m.slots[i].incumbent == &workers[i])
		m.slots[i].incumbent = NULL;
}

START_TEST(an_offer_and_its_answer)
{
	static const enum order_kind kinds[] = { ORDER_TAKEN, ORDER_REFUSED };
	uint64_t id;

	park(2);
	for (uint64_t k = 1; k <= 100; k++) {
		offer(0, 1000 + k);
		id = expect_offer(1, 1000 + k);
		expect_silence();
		answer(1, kinds[_i], id);
		expect(0, kinds[_i], 1000 + k);
	}
	expect_silence();
	ck_assert_uint_eq(workers[0].party.gave, _i == 0 ? 100 : 0);
	ck_assert_uint_eq(workers[1].party.offers, 0);
}
END_TEST

/* 5, 3 and 9 and ten more make 9, 9 and 9. */
START_TEST(the_least_loaded_receives)
{
	unsigned n[WORKERS] = { 0 };

	has(1, 5);
	has(2, 3);
	has(3, 9);
	for (uint64_t id = 1; id <= 10; id++) {
		offer(0, id);
		ck_assert(id > 2 || hear(2));
	}
	n[2] = 2;
	for (int i = 0; i < WORKERS; i++)
		while (hear(i))
			n[i]++;
	ck_assert_uint_eq(n[0], 0);
	ck_assert_uint_eq(n[1], 4);
	ck_assert_uint_eq(n[2], 6);
	ck_assert_uint_eq(n[3], 0);
}
END_TEST

/* It is asked if nobody else can be. */
START_TEST(one_that_tells_nonsense_is_the_last_to_receive)
{
	has(1, UINT32_MAX);
	has(2, 3);
	workers[3].stopped = true;
	for (uint64_t id = 1; id <= 5; id++) {
		offer(0, id);
		expect_offer(2, id);
	}
	workers[2].stopped = true;
	offer(0, 6);
	answer(1, ORDER_TAKEN, expect_offer(1, 6));
	expect(0, ORDER_TAKEN, 6);
	ck_assert_uint_eq(workers[1].party.took, 1);
	ck_assert_uint_eq(workers[2].party.took, 0);
}
END_TEST

START_TEST(who_does_not_serve_takes_nothing)
{
	workers[1].stuck = true;
	workers[2].stopped = true;
	workers[3].state = WORKER_S_DRAINING;
	offer(0, 7);
	expect(0, ORDER_REFUSED, 7);
	workers[3].state = WORKER_S_READY;
	offer(0, 8);
	expect_offer(3, 8);
	m.slots[3].incumbent = NULL;
	offer(0, 9);
	expect(0, ORDER_REFUSED, 9);
	workers[1].stuck = false;
	m.stopping = true;
	offer(0, 10);
	expect(0, ORDER_REFUSED, 10);
	expect_silence();
}
END_TEST

START_TEST(at_most_a_window)
{
	uint64_t first;

	park(2);
	for (uint64_t id = 1; id <= WINDOW; id++)
		offer(0, id);
	ck_assert(!hear(0));
	offer(0, WINDOW + 1);
	expect(0, ORDER_REFUSED, WINDOW + 1);
	first = expect_offer(1, 1);
	for (uint64_t id = 2; id <= WINDOW; id++)
		expect_offer(1, id);
	offer(0, WINDOW + 2);		/* heard, but not answered */
	expect(0, ORDER_REFUSED, WINDOW + 2);
	answer(1, ORDER_TAKEN, first);
	expect(0, ORDER_TAKEN, 1);
	offer(0, WINDOW + 3);
	expect_offer(1, WINDOW + 3);
	expect_silence();
}
END_TEST

START_TEST(a_channel_that_is_full)
{
	uint64_t id = 0;

	park(2);
	do {
		say_offer(0, ++id, ORDER_RECORD);
		ck_assert(listen_to(0));
	} while (!hear(0));
	ck_assert_uint_gt(id, 1);
	ck_assert_uint_lt(id, WINDOW);
	ck_assert_uint_eq(got.m.order.kind, ORDER_REFUSED);
	ck_assert_uint_eq(got.m.order.id, id);
	ck_assert_uint_eq(workers[1].party.offers, id - 1);
	while (hear(1))
		id--;
	ck_assert_uint_eq(id, 1);
	offer(0, 99);
	expect_offer(1, 99);
	expect_silence();
}
END_TEST

START_TEST(a_descriptor_that_is_lost)
{
	say(0, ORDER_OFFER, 5);
	ck_assert(listen_to(0));
	expect(0, ORDER_REFUSED, 5);
	expect_silence();
}
END_TEST

/* It has read two of three offers and taken one, which nobody has heard. */
START_TEST(the_receiver_dies)
{
	uint64_t id;

	park(2);
	offer(0, 1);
	offer(0, 2);
	offer(0, 3);
	expect_offer(1, 1);
	id = expect_offer(1, 2);
	say(1, ORDER_TAKEN, id);
	ck_assert(!hear(0));
	die(1);
	expect(0, ORDER_TAKEN, 2);
	expect(0, ORDER_REFUSED, 1);
	expect(0, ORDER_REFUSED, 3);
	expect_silence();
	offer(0, 4);
	expect(0, ORDER_REFUSED, 4);
}
END_TEST

static uint64_t
lost(int i)
{
	return segment_table_at(config.segment,
	    workers[i].lane)->count[MASTER_CONNECTIONS_LOST];
}

/*
 * Of five connections one was taken and it has counted so, another was taken
 * unheard, one is taken later, one is refused, one was not offered.
 */
START_TEST(the_sender_dies)
{
	uint64_t id[4];

	park(2);
	has(0, 5);
	for (unsigned k = 0; k < 4; k++) {
		offer(0, k);
		id[k] = expect_offer(1, k);
	}
	answer(1, ORDER_TAKEN, id[0]);
	expect(0, ORDER_TAKEN, 0);
	lane_add(segment_lane_at(config.segment, workers[0].lane),
	    COUNTER_CONNECTIONS_MOVED_OUT, 1);
	answer(1, ORDER_TAKEN, id[1]);
	die(0);
	segment_lane_ended(config.segment, workers[0].lane);
	answer(1, ORDER_TAKEN, id[2]);
	ck_assert_uint_eq(lost(0), 0);
	answer(1, ORDER_REFUSED, id[3]);
	ck_assert_uint_eq(lost(0), 2);
	ck_assert_uint_eq(workers[1].party.offers, 0);
	expect_silence();
}
END_TEST

/* Its last words move its connections all the same. */
START_TEST(a_dead_sender_is_heard)
{
	uint64_t id;

	park(2);
	has(0, 2);
	say_offer(0, 1, 10);
	say_offer(0, 2, 10);
	die(0);
	segment_lane_ended(config.segment, workers[0].lane);
	id = expect_offer(1, 1);
	answer(1, ORDER_TAKEN, id);
	id = expect_offer(1, 2);
	answer(1, ORDER_TAKEN, id);
	ck_assert_uint_eq(lost(0), 0);
	expect_silence();
}
END_TEST

/* Both at once: the one who dies is sender and receiver. */
START_TEST(a_dead_one_that_is_both)
{
	park(2);
	offer(0, 1);
	offer(1, 2);
	expect_offer(1, 1);
	expect_offer(0, 2);
	answer(0, ORDER_TAKEN, got.m.order.id);
	die(1);
	expect(0, ORDER_REFUSED, 1);
	expect_silence();
}
END_TEST

START_TEST(the_silent_one_is_killed)
{
	park(2);
	offer(0, 1);
	ahead += 29;
	broker_check(&m);
	ck_assert_int_eq(workers[1].state, WORKER_S_READY);
	ahead += 2;
	broker_check(&m);
	ck_assert_int_eq(workers[1].state, WORKER_S_KILLED);
	ck_assert(workers[1].killed_by_us);
	ck_assert_int_eq(workers[0].state, WORKER_S_READY);
	ck_assert(!hear(0));		/* it is not dead before it is */
	die(1);
	expect(0, ORDER_REFUSED, 1);
}
END_TEST

START_TEST(who_has_stood_still_was_not_silent)
{
	park(2);
	offer(0, 1);
	workers[1].stopped = true;
	ahead += 100;
	broker_check(&m);
	workers[1].stopped = false;
	workers[1].awake_ns = clock_ns();
	ahead += 29;
	broker_check(&m);
	ck_assert_int_eq(workers[1].state, WORKER_S_READY);
	answer(1, ORDER_TAKEN, expect_offer(1, 1));
	ahead += 100;
	broker_check(&m);
	ck_assert_int_eq(workers[1].state, WORKER_S_READY);
	expect(0, ORDER_TAKEN, 1);
}
END_TEST

/* 2 answers what was offered to 1, and 1 what nobody has offered. */
START_TEST(answers_from_nowhere)
{
	uint64_t id;

	has(2, 1);
	has(3, 1);
	offer(0, 1);
	id = expect_offer(1, 1);
	answer(2, ORDER_TAKEN, id);
	answer(1, ORDER_REFUSED, id + 1);
	expect_silence();
	answer(1, ORDER_TAKEN, id);
	expect(0, ORDER_TAKEN, 1);
	answer(1, ORDER_TAKEN, id);
	expect_silence();
}
END_TEST

START_TEST(a_sender_that_takes_no_answer)
{
	uint64_t id = 0;

	while (workers[0].state == WORKER_S_READY && id < 100000) {
		say(0, ORDER_OFFER, ++id);
		ck_assert(listen_to(0));
	}
	ck_assert_int_eq(workers[0].state, WORKER_S_KILLED);
	ck_assert_int_eq(workers[1].state, WORKER_S_READY);
}
END_TEST

/* The old master: all goes to the new one, which nobody kills. */
START_TEST(another_master_receives)
{
	uint64_t id;

	connect_party(OTHER);
	m.upgrade.stage = UPGRADE_LEAVING;
	offer(0, 1);
	offer(1, 1);
	id = expect_offer(OTHER, 1);
	expect_offer(OTHER, 1);
	answer(OTHER, ORDER_TAKEN, id);
	expect(0, ORDER_TAKEN, 1);
	ahead += 100;
	broker_check(&m);
	for (int i = 0; i < WORKERS; i++)
		ck_assert_int_eq(workers[i].state, WORKER_S_READY);
	die(OTHER);
	expect(1, ORDER_REFUSED, 1);
	offer(0, 2);
	expect(0, ORDER_REFUSED, 2);
	expect_silence();
}
END_TEST

/* The new master: what the old one offers goes to workers. */
START_TEST(another_master_gives)
{
	uint64_t id;

	connect_party(OTHER);
	park(1);
	offer(OTHER, 1);
	id = expect_offer(0, 1);
	answer(0, ORDER_TAKEN, id);
	expect(OTHER, ORDER_TAKEN, 1);
	offer(OTHER, 2);
	id = expect_offer(0, 2);
	die(OTHER);
	answer(0, ORDER_TAKEN, id);
	expect_silence();
	ck_assert_uint_eq(workers[0].party.offers, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("broker");
	TCase *t = unit_case(s, "broker");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, an_offer_and_its_answer, 0, 2);
	tcase_add_test(t, the_least_loaded_receives);
	tcase_add_test(t, one_that_tells_nonsense_is_the_last_to_receive);
	tcase_add_test(t, who_does_not_serve_takes_nothing);
	tcase_add_test(t, at_most_a_window);
	tcase_add_test(t, a_channel_that_is_full);
	tcase_add_test(t, a_descriptor_that_is_lost);
	tcase_add_test(t, the_receiver_dies);
	tcase_add_test(t, the_sender_dies);
	tcase_add_test(t, a_dead_sender_is_heard);
	tcase_add_test(t, a_dead_one_that_is_both);
	tcase_add_test(t, the_silent_one_is_killed);
	tcase_add_test(t, who_has_stood_still_was_not_silent);
	tcase_add_test(t, answers_from_nowhere);
	tcase_add_test(t, a_sender_that_takes_no_answer);
	tcase_add_test(t, another_master_receives);
	tcase_add_test(t, another_master_gives);
	return unit_main(s);
}
