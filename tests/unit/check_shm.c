/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The segment between processes: a worker counts and is killed in the middle,
 * the master settles its lane, another worker goes on; and what a worker must
 * not be able to write, it cannot.
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <thriftfork/stat.h>

#include "lib/unit.h"
#include "shm/segment_body.h"
#include "unit/unit_stat.h"

#define LANES	4

static const struct segment_sizes sizes = { 2, LANES, 8 };
static struct tf_stat *st;

static void
setup(void)
{
	st = stat_empty(&sizes);
}

static void
teardown(void)
{
	tf_stat_close(st);
	segment_free(seg);
}

static uint64_t
total(const char *name)
{
	return value(st, TF_STAT_WORKER, name, 0, TF_STAT_ALL);
}

static uint64_t
of_method(const char *name, int method)
{
	return value(st, TF_STAT_METHOD, name, method, TF_STAT_ALL);
}

static bool dying;		/* the last worker() is dead by itself */

/*
 * A child that attaches to a lane, runs work, says so through a pipe and stays
 * until it is killed.  Returns when it has said so, or has died.
 */
static pid_t
worker(unsigned lane, void (*work)(struct lane *))
{
	struct lane *l;
	int said[2];
	ssize_t n;
	pid_t pid;
	char c;

	ck_assert_int_eq(pipe(said), 0);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(said[0]);
		l = segment_attach(seg, lane);
		if (l == NULL)
			_exit(9);
		work(l);
		if (write(said[1], "", 1) != 1)
			_exit(8);
		for (;;)
			pause();
	}
	close(said[1]);
	segment_lane_started(seg, lane, pid);
	n = read(said[0], &c, 1);
	ck_assert_int_ge(n, 0);
	dying = n == 0;
	close(said[0]);
	return pid;
}

static int
finish(pid_t pid)
{
	int status;

	if (!dying)
		kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

START_TEST(lanes_until_none_is_left)
{
	int i, lane;
	bool seen[LANES] = { false };

	for (i = 0; i < LANES; i++) {
		lane = segment_lane_take(seg, 0, 1);
		ck_assert_int_ge(lane, 0);
		ck_assert_int_lt(lane, LANES);
		ck_assert(!seen[lane]);
		seen[lane] = true;
	}
	ck_assert_int_eq(segment_lane_take(seg, 1, 1), -1);
	segment_lane_ended(seg, 2);
	ck_assert_int_eq(segment_lane_take(seg, 1, 1), 2);
}
END_TEST

START_TEST(a_slot_gets_its_lane_back)
{
	int a = segment_lane_take(seg, 0, 1), b = segment_lane_take(seg, 1, 1);

	segment_lane_ended(seg, (unsigned)a);
	segment_lane_ended(seg, (unsigned)b);
	ck_assert_int_eq(segment_lane_take(seg, 1, 2), b);
	ck_assert_int_eq(segment_lane_take(seg, 0, 2), a);
}
END_TEST

START_TEST(sizes_that_are_refused)
{
	static const struct segment_sizes bad[] = {
		{ 0, 1, 1 }, { 1, 0, 1 }, { 1, 1, 65536 }
	};

	for (int i = 0; i < 3; i++) {
		errno = 0;
		ck_assert_ptr_null(segment_create("bad", &bad[i]));
		ck_assert_int_eq(errno, EINVAL);
	}
	segment_free(NULL);
}
END_TEST

START_TEST(methods_are_appended_once)
{
	char name[64], longer[200];
	unsigned i;

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ck_assert_int_eq(segment_method_add(seg, "Calc", "add"), 1);
	ck_assert_int_eq(segment_method_add(seg, "Calc", "sub"), 2);
	ck_assert_int_eq(segment_method_add(seg, "Calc", "add"), 1);
	ck_assert_int_eq(segment_method_add(seg, "Calc", longer), 0);
	ck_assert_int_eq(segment_method_find(seg, "Calc", "sub"), 2);
	ck_assert_int_eq(segment_method_find(seg, "Calc", "mul"), 0);
	ck_assert_int_eq(segment_method_find(seg, "Cal", "cadd"), 0);
	for (i = 3; i <= sizes.methods; i++) {
		snprintf(name, sizeof(name), "m%u", i);
		ck_assert_int_eq(segment_method_add(seg, "S", name), (int)i);
	}
	ck_assert_int_eq(segment_method_add(seg, "S", "last"), 0);
	ck_assert_int_eq(segment_method_name(seg, 1, name, sizeof(name)), 8);
	ck_assert_str_eq(name, "Calc.add");
	segment_method_name(seg, 60000, name, sizeof(name));
	ck_assert_str_eq(name, "other");
}
END_TEST

static void
add_methods(void)
{
	ck_assert_int_eq(segment_method_add(seg, "Calc", "add"), 1);
	ck_assert_int_eq(segment_method_add(seg, "Calc", "hang"), 2);
	ck_assert_int_eq(segment_method_add(seg, "Calc", "sub"), 3);
}

static void
three_calls(struct lane *l)
{
	lane_add(l, COUNTER_CONNECTIONS_ACCEPTED, 5);
	lane_add(l, COUNTER_CONNECTIONS_CLOSED, 2);
	lane_add(l, COUNTER_CONNECTIONS_MOVED_IN, 4);
	lane_add(l, COUNTER_CONNECTIONS_MOVED_OUT, 1);
	lane_set(l, COUNTER_SEND_BACKLOG, 77);
	lane_busy(l, 12345);
	lane_call_begin(l, 1, 1, "10.0.0.1:1", 1000);
	lane_call_end(l, 1, CALL_OK, 1000, 10, 20);
	lane_call_begin(l, 1, 2, "10.0.0.1:1", 2000);
	lane_call_end(l, 1, CALL_EXCEPTION, 3000, 11, 21);
	lane_call_begin(l, 2, -77, "10.0.0.2:2", 3000);
}

START_TEST(a_worker_is_killed_in_a_call)
{
	int lane = segment_lane_take(seg, 0, 1);
	struct current_call call;
	pid_t pid;

	add_methods();
	ck_assert(!segment_lane_current(seg, (unsigned)lane, &call));
	pid = worker((unsigned)lane, three_calls);
	ck_assert_uint_eq(tf_stat_in_flight(st, TF_STAT_ALL), 1);
	ck_assert_uint_eq(segment_lane_in_flight(seg, (unsigned)lane), 1);
	ck_assert_uint_eq(tf_stat_method_in_flight(st, 1, TF_STAT_ALL), 0);
	ck_assert_uint_eq(tf_stat_method_in_flight(st, 2, lane), 1);
	ck_assert_uint_eq(tf_stat_method_in_flight(st, TF_STAT_ALL,
	    TF_STAT_ALL), 1);
	ck_assert_int_eq(segment_lane_connections(seg, (unsigned)lane, 4, 1),
	    6);
	ck_assert_uint_eq(segment_lane_busy(seg, (unsigned)lane), 12345);
	ck_assert_uint_eq(total("send_backlog"), 77);
	segment_lane_memory(seg, (unsigned)lane, 4096, 1024);
	ck_assert_uint_eq(total("memory"), 4096);
	ck_assert_uint_eq(total("memory_own"), 1024);
	ck_assert_int_eq(finish(pid), SIGKILL);

	ck_assert(segment_lane_current(seg, (unsigned)lane, &call));
	ck_assert_uint_eq(call.method, 2);
	ck_assert_int_eq(call.seqid, -77);
	ck_assert_uint_eq(call.since_ns, 3000);
	ck_assert_str_eq(call.peer, "10.0.0.2:2");
	ck_assert_uint_eq(total("calls_aborted"), 0);

	segment_lane_ended(seg, (unsigned)lane);
	ck_assert(!segment_lane_current(seg, (unsigned)lane, &call));
	ck_assert_uint_eq(tf_stat_in_flight(st, TF_STAT_ALL), 0);
	ck_assert_uint_eq(total("calls_aborted"), 1);
	ck_assert_uint_eq(total("connections_lost"), 6);
	ck_assert_int_eq(segment_lane_connections(seg, (unsigned)lane, 4, 1),
	    0);
	ck_assert_uint_eq(total("send_backlog"), 0);
	ck_assert_uint_eq(total("memory"), 0);
	ck_assert_uint_eq(total("memory_own"), 0);
	ck_assert_uint_eq(total("records_torn"), 0);
	ck_assert_uint_eq(segment_lane_busy(seg, (unsigned)lane), 0);
	ck_assert_uint_eq(of_method("calls", 1), 2);
	ck_assert_uint_eq(of_method("replies", 1), 1);
	ck_assert_uint_eq(of_method("exceptions", 1), 1);
	ck_assert_uint_eq(of_method("bytes_in", 1), 21);
	ck_assert_uint_eq(of_method("bytes_out", 1), 41);
	ck_assert_uint_eq(of_method("time_sum", 1), 4000);
	ck_assert_uint_eq(of_method("time_max", 1), 3000);
	ck_assert_uint_eq(of_method("calls", 2), 0);
	ck_assert_uint_eq(of_method("aborted", 2), 1);
	ck_assert_uint_eq(of_method("aborted", 1), 0);
	ck_assert_uint_eq(tf_stat_method_in_flight(st, 2, TF_STAT_ALL), 0);
}
END_TEST

START_TEST(the_next_process_counts_on)
{
	int i, lane;

	add_methods();
	for (i = 1; i <= 3; i++) {
		lane = segment_lane_take(seg, 0, (unsigned)i);
		ck_assert_int_eq(finish(worker((unsigned)lane, three_calls)),
		    SIGKILL);
		ck_assert_uint_eq(tf_stat_in_flight(st, lane), 1);
		segment_lane_ended(seg, (unsigned)lane);
		ck_assert_uint_eq(total("calls_begun"), 3u * (unsigned)i);
		ck_assert_uint_eq(total("calls_ended"), 2u * (unsigned)i);
		ck_assert_uint_eq(total("calls_aborted"), (unsigned)i);
		ck_assert_uint_eq(total("connections_lost"), 6u * (unsigned)i);
		ck_assert_uint_eq(tf_stat_in_flight(st, TF_STAT_ALL), 0);
		ck_assert_uint_eq(of_method("calls", 1), 2u * (unsigned)i);
		ck_assert_uint_eq(of_method("aborted", 1), 0);
		ck_assert_uint_eq(of_method("aborted", 2), (unsigned)i);
		ck_assert_uint_eq(tf_stat_method_in_flight(st, TF_STAT_ALL,
		    TF_STAT_ALL), 0);
	}
}
END_TEST

/* Six are open; one has been counted as moved by each before. */
START_TEST(a_worker_dies_while_it_gives_away)
{
	int lane = 0;

	add_methods();
	for (unsigned i = 1; i <= 3; i++) {
		lane = segment_lane_take(seg, 0, i);
		finish(worker((unsigned)lane, three_calls));
		/* Three were taken, of which it has counted one. */
		segment_lane_gave(seg, (unsigned)lane, 3, 0);
		segment_lane_ended(seg, (unsigned)lane);
		ck_assert_uint_eq(total("connections_moved_out"), 3 * i);
		ck_assert_uint_eq(total("connections_lost"), 4 * i);
	}
	ck_assert_int_eq(segment_lane_connections(seg, (unsigned)lane, 4, 3),
	    0);
}
END_TEST

/* The lane is nobody else's until all is known. */
START_TEST(a_worker_dies_before_it_is_decided)
{
	int lane = segment_lane_take(seg, 0, 1), next;

	add_methods();
	finish(worker((unsigned)lane, three_calls));
	segment_lane_gave(seg, (unsigned)lane, 1, 3);
	segment_lane_decided(seg, (unsigned)lane, true);
	segment_lane_ended(seg, (unsigned)lane);
	ck_assert_uint_eq(total("calls_aborted"), 1);
	next = segment_lane_take(seg, 0, 2);
	ck_assert_int_ne(next, lane);
	segment_lane_decided(seg, (unsigned)lane, false);
	ck_assert_uint_eq(total("connections_lost"), 0);
	segment_lane_decided(seg, (unsigned)lane, true);
	ck_assert_uint_eq(total("connections_lost"), 4);
	ck_assert_uint_eq(total("connections_moved_out"), 3);
	ck_assert_int_eq(segment_lane_take(seg, 1, 1), lane);
}
END_TEST

/* Two of three threads are in calls, and one of them notes the next. */
static void
calls_on_threads(struct lane *l)
{
	lane_set_threads(l, 3);
	lane_thread_begin(l, 0, 1, 7, "10.0.0.1:1", 1000);
	lane_thread_begin(l, 1, 1, 8, "10.0.0.1:1", 1000);
	lane_thread_end(l, 1);
	lane_thread_begin(l, 2, 2, -9, NULL, 3000);
	lane_thread_begin(l, 1, 2, 10, "10.0.0.3:3", 4000);
	record_begin(&lane_desk(l)->thread[1].call.seq);
}

START_TEST(a_worker_is_killed_with_threads)
{
	int lane = segment_lane_take(seg, 0, 1);
	struct tf_stat_call seen;
	struct current_call call;
	pid_t pid;

	add_methods();
	ck_assert_uint_eq(segment_lane_threads(seg, (unsigned)lane), 0);
	pid = worker((unsigned)lane, calls_on_threads);
	ck_assert(!tf_stat_get_call(st, (unsigned)lane, &seen));
	ck_assert(tf_stat_get_thread(st, (unsigned)lane, 0, &seen));
	ck_assert_int_eq(seen.seqid, 7);
	ck_assert(!seen.stale);
	ck_assert(tf_stat_get_thread(st, (unsigned)lane, 1, &seen));
	ck_assert(seen.stale);
	ck_assert(!tf_stat_get_thread(st, (unsigned)lane, 3, &seen));
	ck_assert_int_eq(finish(pid), SIGKILL);

	ck_assert_uint_eq(segment_lane_threads(seg, (unsigned)lane), 3);
	ck_assert(!segment_lane_current(seg, (unsigned)lane, &call));
	ck_assert(segment_lane_thread(seg, (unsigned)lane, 0, &call));
	ck_assert_str_eq(call.peer, "10.0.0.1:1");
	ck_assert(!segment_lane_thread(seg, (unsigned)lane, 1, &call));
	ck_assert(segment_lane_thread(seg, (unsigned)lane, 2, &call));
	ck_assert_uint_eq(call.method, 2);
	ck_assert_int_eq(call.seqid, -9);
	ck_assert_uint_eq(call.since_ns, 3000);
	ck_assert_str_eq(call.peer, "");
	segment_lane_ended(seg, (unsigned)lane);
	ck_assert_uint_eq(segment_lane_threads(seg, (unsigned)lane), 0);
	ck_assert_uint_eq(total("records_torn"), 1);
	ck_assert(!tf_stat_get_thread(st, (unsigned)lane, 0, &seen));
}
END_TEST

static void
stop_in_the_record(struct lane *l)
{
	lane_call_begin(l, 1, 5, "peer", 1000);
	record_begin(&l->call.seq);
	word_set(&l->call.what, 99);
}

START_TEST(a_record_left_half_written)
{
	int lane = segment_lane_take(seg, 0, 1);
	pid_t pid = worker((unsigned)lane, stop_in_the_record);
	struct current_call call;
	struct tf_stat_call seen;

	ck_assert(tf_stat_get_call(st, (unsigned)lane, &seen));
	ck_assert(seen.stale);
	ck_assert_int_eq(finish(pid), SIGKILL);
	ck_assert(!segment_lane_current(seg, (unsigned)lane, &call));
	segment_lane_ended(seg, (unsigned)lane);
	ck_assert_uint_eq(total("records_torn"), 1);
	ck_assert(!tf_stat_get_call(st, (unsigned)lane, &seen));
	ck_assert(!seen.stale);

	ck_assert_int_eq(segment_lane_take(seg, 0, 2), lane);
	pid = worker((unsigned)lane, three_calls);
	ck_assert(segment_lane_current(seg, (unsigned)lane, &call));
	ck_assert_int_eq(finish(pid), SIGKILL);
}
END_TEST

static int go[2];

/* Calls whose fields all say the same number, as fast as it goes. */
static void
many_calls(struct lane *l)
{
	static const char *const peers[] = { "0", "1", "2", "3" };
	unsigned n;

	if (write(go[1], "", 1) != 1)
		_exit(7);
	for (n = 0;; n = (n + 1) % 4) {
		lane_call_begin(l, n, (int32_t)n, peers[n], n + 1);
		lane_call_end(l, n, CALL_OK, n, 0, 0);
	}
}

static bool
of_one_call(const struct current_call *c)
{
	return c->method == (unsigned)c->seqid &&
	    c->since_ns == c->method + 1u && c->peer[0] - '0' == c->seqid;
}

/* Sums that readers see never fall, and records are never of two calls. */
static void
look_at_many_calls(unsigned lane)
{
	struct current_call c;
	uint64_t calls, last = 0;
	int i, seen = 0;

	/* Until enough has been seen: the writer may not run for a while. */
	for (i = 0; i < 300000 || seen < 1000; i++) {
		if (i % 1000 == 0) {
			calls = total("calls_ended");
			ck_assert_uint_ge(calls, last);
			last = calls;
		}
		if (tf_stat_in_flight(st, TF_STAT_ALL) > UINT32_MAX)
			ck_abort_msg("less than nothing is in flight");
		if (!segment_lane_current(seg, lane, &c)) {
			sched_yield();
			continue;
		}
		seen++;
		if (!of_one_call(&c))
			ck_abort_msg("%u %d %s", c.method, c.seqid, c.peer);
	}
	ck_assert_uint_gt(last, 0);
}

START_TEST(reading_while_it_is_written)
{
	int lane = segment_lane_take(seg, 0, 1);
	pid_t pid;
	char c;

	add_methods();
	ck_assert_int_eq(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		many_calls(segment_attach(seg, (unsigned)lane));
	}
	ck_assert_int_eq(read(go[0], &c, 1), 1);
	look_at_many_calls((unsigned)lane);
	ck_assert_int_eq(finish(pid), SIGKILL);
	segment_lane_ended(seg, (unsigned)lane);
	ck_assert_uint_eq(tf_stat_in_flight(st, TF_STAT_ALL), 0);
	ck_assert_uint_eq(total("calls_begun"),
	    total("calls_ended") + total("calls_aborted"));
}
END_TEST

/* The page protection is what is tested, not what a sanitizer makes of it. */
__attribute__((no_sanitize("address"))) static void
write_behind_the_lane(struct lane *l)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t lane = (lane_size(9) + page - 1) / page * page;
	volatile char *p = (volatile char *)l;

	p[lane - 1] = 1;			/* the last byte is its own */
	p[lane] = 1;
}

static void
write_a_slot(struct lane *l)
{
	(void)l;
	segment_slot_set(seg, 0, SLOT_READY, 0, 1, 0);
}

static void
write_another_lane(struct lane *l)
{
	(void)l;
	lane_add(segment_lane_at(seg, 1), COUNTER_READS, 1);
}

/* Dies, as by a write, if no mapping that is read-only can be changed. */
static void
write_after_mprotect(struct lane *l)
{
	char line[256];
	unsigned long from, to;
	int refused = 0;
	FILE *f = fopen("/proc/self/maps", "r");

	(void)l;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strstr(line, "thriftfork:test") == NULL ||
		    strstr(line, " r--s") == NULL ||
		    sscanf(line, "%lx-%lx", &from, &to) != 2)
			continue;
		if (mprotect((void *)(uintptr_t)from, to - from,
		    PROT_READ | PROT_WRITE) == 0 || errno != EACCES)
			return;
		refused++;
	}
	if (refused == 2)		/* the segment's and the reader's */
		raise(SIGSEGV);
}

START_TEST(a_worker_writes_its_own_lane_only)
{
	static void (*const work[])(struct lane *) = {
		write_a_slot, write_another_lane, write_behind_the_lane,
		write_after_mprotect
	};
	int lane = segment_lane_take(seg, 0, 1);
	pid_t pid = worker((unsigned)lane, work[_i]);

	ck_assert_int_eq(finish(pid), SIGSEGV);
	ck_assert_uint_eq(total("reads"), 0);
}
END_TEST

START_TEST(the_descriptors)
{
	int fd = segment_fd(seg);
	struct stat sb;

	ck_assert_int_eq(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	ck_assert_int_eq(fstat(fd, &sb), 0);
	ck_assert_int_eq(sb.st_mode & 07777, 0600);
	ck_assert_int_eq(fcntl(fd, F_GET_SEALS) &
	    (F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL),
	    F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
	ck_assert_int_ne(ftruncate(fd, 0), 0);
	ck_assert(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0) ==
	    MAP_FAILED);
}
END_TEST

static int
reopen_writable(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDWR);
}

START_TEST(another_uid_cannot_reopen_it)
{
	int status, fd = segment_fd(seg);
	int open_to_all = memfd_create("open", 0);
	pid_t pid = fork();

	if (pid == 0) {
		if (setresgid(65534, 65534, 65534) == -1 ||
		    setresuid(65534, 65534, 65534) == -1 ||
		    prctl(PR_SET_DUMPABLE, 1) == -1)
			_exit(2);
		if (reopen_writable(open_to_all) == -1)
			_exit(3);	/* then the next one proves nothing */
		_exit(reopen_writable(fd) == -1 && errno == EACCES ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	close(open_to_all);
}
END_TEST

START_TEST(memory_is_used_for_what_is_used)
{
	static const struct segment_sizes large = { 64, 192, 2000 };
	struct segment *big = segment_create("large", &large);
	struct tf_stat *reader = tf_stat_open_fd(segment_fd(big), NULL);
	FILE *null = fopen("/dev/null", "w");
	struct lane *l;
	struct stat sb;
	char name[16];

	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		segment_method_add(big, "S", name);
	}
	l = segment_attach_self(big, (unsigned)segment_lane_take(big, 0, 1));
	lane_call_begin(l, 1500, 1, "", 1);
	lane_call_end(l, 1500, CALL_OK, 5, 1, 1);
	tf_stat_print(reader, null, true);
	tf_stat_print(reader, null, false);
	ck_assert_int_eq(fstat(segment_fd(big), &sb), 0);
	ck_assert_int_gt(sb.st_size, 1000000000);
	ck_assert_int_lt(sb.st_blocks * 512, 1500000);
	fclose(null);
	tf_stat_close(reader);
	segment_free(big);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("shm");
	TCase *t = unit_case(s, "shm");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, lanes_until_none_is_left);
	tcase_add_test(t, a_slot_gets_its_lane_back);
	tcase_add_test(t, sizes_that_are_refused);
	tcase_add_test(t, methods_are_appended_once);
	tcase_add_test(t, a_worker_is_killed_in_a_call);
	tcase_add_test(t, the_next_process_counts_on);
	tcase_add_test(t, a_worker_dies_while_it_gives_away);
	tcase_add_test(t, a_worker_dies_before_it_is_decided);
	tcase_add_test(t, a_record_left_half_written);
	tcase_add_test(t, a_worker_is_killed_with_threads);
	tcase_add_test(t, reading_while_it_is_written);
	tcase_add_loop_test(t, a_worker_writes_its_own_lane_only, 0, 4);
	tcase_add_test(t, the_descriptors);
	tcase_add_test(t, memory_is_used_for_what_is_used);
	if (geteuid() == 0)
		tcase_add_test(t, another_uid_cannot_reopen_it);
	else
		puts("SKIP another_uid_cannot_reopen_it: only root can "
		    "become another uid");
	return unit_main(s);
}
