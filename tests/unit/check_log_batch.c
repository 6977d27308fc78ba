/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines that are written together: those of several processes do not mix, none
 * is torn by a place that takes a part, and each one is there or is counted.
 * A limit of the size of files is a disk that gets full, and has room again.
 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log_batch.h"
#include "base/log_file.h"
#include "lib/unit.h"

static struct log_batch batch;
static char path[40];

static int
new_file(void)
{
	strlcpy(path, "/tmp/check_log_batch.XXXXXX", sizeof(path));
	close(mkstemp(path));
	return log_file_open(path);
}

/* A line that says how long it is, and that is so long. */
static void
add(unsigned n)
{
	char *p = log_batch_end(&batch);

	ck_assert(!log_batch_is_full(&batch));
	memset(p, 'x', n);
	p[snprintf(p, n, "line %u ", n)] = 'x';
	p[n - 1] = '\n';
	log_batch_add(&batch, n);
}

/* The notice, if one is due. */
static void
tell(void)
{
	uint64_t n = log_batch_misses(&batch);

	if (n > 0)
		log_batch_tell(&batch, (size_t)snprintf(log_batch_end(&batch),
		    LOG_LINE, "lost %llu\n", (unsigned long long)n));
}

/* Reads whole lines of the kinds above; what they tell of others is *lost. */
static unsigned
read_lines(FILE *f, uint64_t *lost)
{
	unsigned lines = 0, length;
	unsigned long long n;
	char text[2 * LOG_LINE];

	*lost = 0;
	while (fgets(text, sizeof(text), f) != NULL) {
		if (sscanf(text, "lost %llu\n", &n) == 1) {
			*lost += n;
			continue;
		}
		ck_assert_msg(sscanf(text, "line %u x", &length) == 1 &&
		    strlen(text) == length && text[length - 1] == '\n',
		    "'%s'", text);
		lines++;
	}
	fclose(f);
	return lines;
}

static unsigned
read_file(uint64_t *lost)
{
	unsigned n = read_lines(fopen(path, "r"), lost);

	unlink(path);
	return n;
}

START_TEST(lines_go_out_together)
{
	int fd = new_file();
	uint64_t lost;

	ck_assert_int_eq(log_batch_init(&batch, fd), 0);
	ck_assert_uint_eq(log_batch_flush(&batch), 0);
	for (unsigned i = 0; i < 10; i++)
		add(20 + i);
	ck_assert_int_eq((int)lseek(fd, 0, SEEK_END), 0);
	ck_assert_uint_eq(log_batch_flush(&batch), 0);
	ck_assert_uint_eq(log_batch_misses(&batch), 0);
	ck_assert_uint_eq(log_batch_flush(&batch), 0);
	log_batch_fini(&batch);
	close(fd);
	ck_assert_uint_eq(read_file(&lost), 10);
}
END_TEST

START_TEST(it_is_full_in_time)
{
	int fd = new_file();
	unsigned n = 0;
	uint64_t lost;

	ck_assert_int_eq(log_batch_init(&batch, fd), 0);
	for (; !log_batch_is_full(&batch); n++)
		add(LOG_LINE);
	ck_assert_uint_eq(n, LOG_BATCH / LOG_LINE);
	ck_assert_uint_eq(log_batch_flush(&batch), 0);
	ck_assert_uint_eq(read_file(&lost), n);
	log_batch_fini(&batch);
	close(fd);
}
END_TEST

#define BATCHES	200

/* In a process of its own; how many it has lost is its status. */
static void
write_batches(unsigned seed)
{
	uint64_t lost = 0;

	for (unsigned i = 0; i < BATCHES; i++) {
		for (unsigned k = 0; k <= seed * i % 23; k++)
			add(20 + seed * k * i % 900);
		lost += log_batch_flush(&batch);
	}
	_exit(lost == 0 ? 0 : 1);
}

START_TEST(several_processes)
{
	int fd = new_file(), status;
	unsigned want = 0;
	uint64_t lost;
	pid_t pids[4];

	ck_assert_int_eq(log_batch_init(&batch, fd), 0);
	for (unsigned i = 0; i < 4; i++)
		if ((pids[i] = fork()) == 0)
			write_batches(7 + i);
	for (unsigned i = 0; i < 4; i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert_int_eq(status, 0);
		for (unsigned k = 0; k < BATCHES; k++)
			want += (7 + i) * k % 23 + 1;
	}
	ck_assert_uint_eq(read_file(&lost), want);
	log_batch_fini(&batch);
	close(fd);
}
END_TEST

/* The framework has files of its own, and writes to them at each check. */
static uint64_t
flush_to(rlim_t bytes)
{
	struct rlimit lim, little;
	uint64_t lost;
	int saved;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &lim), 0);
	little = lim;
	little.rlim_cur = bytes;
	if (setrlimit(RLIMIT_FSIZE, &little) == -1)
		abort();
	lost = log_batch_flush(&batch);
	saved = errno;
	if (setrlimit(RLIMIT_FSIZE, &lim) == -1)
		abort();
	errno = saved;
	return lost;
}

/* Ends in the middle of a line, and at the end of one. */
START_TEST(a_disk_that_gets_full)
{
	const rlim_t limit = _i == 0 ? 1050 : 1000;
	int fd = new_file();
	uint64_t lost = 0, told;
	unsigned sent = 0, got;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(log_batch_init(&batch, fd), 0);
	for (int turn = 0; turn < 3; turn++) {
		tell();
		for (int i = 0; i < 8; i++, sent++)
			add(100);
		lost += flush_to(limit);
		if (turn > 0)
			ck_assert(errno == ENOSPC || errno == EFBIG);
	}
	/*
	 * 8 in the first turn, 2 in the second; in the third none, but the
	 * notice of the second may find room.
	 */
	ck_assert_uint_eq(lost, 14);
	ck_assert_int_eq((int)lseek(fd, 0, SEEK_END), _i == 0 ? 1007 : 1000);
	ck_assert_uint_eq(log_batch_misses(&batch), _i == 0 ? 8 : 14);
	tell();
	add(100);
	ck_assert_uint_eq(log_batch_misses(&batch), 0);
	ck_assert_uint_eq(log_batch_flush(&batch), 0);
	ck_assert_uint_eq(log_batch_misses(&batch), 0);
	got = read_file(&told);
	ck_assert_uint_eq(got, sent + 1 - 14);
	ck_assert_uint_eq(told, 14);
	log_batch_fini(&batch);
	close(fd);
}
END_TEST

/* What was not ours to take back is left alone, and ended. */
START_TEST(a_torn_line_that_stays)
{
	int both = new_file(), fd = open(path, O_WRONLY | O_APPEND);
	char text[400];
	ssize_t n;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(log_batch_init(&batch, fd), 0);
	add(100);
	add(100);
	ck_assert_uint_eq(flush_to(150), 1);
	tell();
	add(100);
	ck_assert_uint_eq(log_batch_flush(&batch), 0);
	n = pread(both, text, sizeof(text), 0);
	ck_assert_int_eq(n, 100 + 50 + 1 + 7 + 100);
	ck_assert_int_eq(strncmp(text + 150, "\nlost 1\nline 100 x", 17), 0);
	unlink(path);
	log_batch_fini(&batch);
	close(fd);
	close(both);
}
END_TEST

START_TEST(no_room_at_all)
{
	int fd = log_file_open("/dev/full");

	ck_assert_int_eq(log_batch_init(&batch, fd), 0);
	for (uint64_t turn = 0; turn < 3; turn++) {
		tell();
		add(100);
		add(200);
		ck_assert_uint_eq(log_batch_flush(&batch), 2);
		ck_assert_int_eq(errno, ENOSPC);
		ck_assert_uint_eq(log_batch_misses(&batch), 2 * turn + 2);
	}
	log_batch_fini(&batch);
	close(fd);
}
END_TEST

/* A pipe and a stream, that are read when both ends have given up. */
START_TEST(nobody_reads)
{
	unsigned sent = 0, got = 0;
	uint64_t lost = 0, told, all = 0;
	int ends[2];

	ck_assert_int_eq(_i == 0 ? pipe(ends) : socketpair(AF_UNIX,
	    SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(log_batch_init(&batch, ends[1]), 0);
	for (unsigned turn = 0; turn < 4; turn++) {
		for (unsigned i = 0; i < 60; i++) {
			tell();
			for (unsigned k = 0; k < 50; k++, sent++)
				add(20 + (i * k + turn) % 700);
			lost += log_batch_flush(&batch);
		}
		got += read_lines(fdopen(dup(ends[0]), "r"), &told);
		all += told;
	}
	ck_assert_uint_gt(lost, 100);
	ck_assert_uint_eq(got + lost, sent);
	ck_assert_uint_eq(all + batch.lost, lost);
	ck_assert_uint_gt(all, 0);
	log_batch_fini(&batch);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("log_batch");
	TCase *t = unit_case(s, "log_batch");

	tcase_add_test(t, lines_go_out_together);
	tcase_add_test(t, it_is_full_in_time);
	tcase_add_test(t, several_processes);
	tcase_add_loop_test(t, a_disk_that_gets_full, 0, 2);
	tcase_add_test(t, a_torn_line_that_stays);
	tcase_add_test(t, no_room_at_all);
	tcase_add_loop_test(t, nobody_reads, 0, 2);
	return unit_main(s);
}
