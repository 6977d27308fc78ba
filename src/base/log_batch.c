/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See log_batch.h.  A full disk may take a part of what it is given, up to the
 * middle of a line.  That beginning is taken back at once: others append here,
 * too, and theirs would run into it when there is room again.  Between looking
 * and truncating nobody else gets anything in, as there is no room.
 */
#include "base/log_batch.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log_write.h"

int
log_batch_init(struct log_batch *b, int fd)
{
	*b = (struct log_batch){ .fd = fd };
	if ((b->bytes = malloc(1 + LOG_BATCH)) == NULL)
		return -1;
	b->bytes[0] = '\n';
	log_batch_renew(b);
	return 0;
}

void
log_batch_fini(struct log_batch *b)
{
	free(b->bytes);
	b->bytes = NULL;
}

void
log_batch_renew(struct log_batch *b)
{
	struct stat st;

	b->is_file = fstat(b->fd, &st) == 0 && S_ISREG(st.st_mode);
	b->torn = false;
}

/* How many bytes at p, of n, are whole lines. */
static size_t
whole_lines(const char *p, size_t n)
{
	const char *last = memrchr(p, '\n', n);

	return last == NULL ? 0 : (size_t)(last + 1 - p);
}

static bool
take_back(int fd, const char *part, size_t n)
{
	char end[LOG_LINE];
	struct stat st;
	off_t at;

	if (n > sizeof(end) || fstat(fd, &st) == -1 ||
	    st.st_size < (off_t)n)
		return false;
	at = st.st_size - (off_t)n;
	return pread(fd, end, n, at) == (ssize_t)n &&
	    memcmp(end, part, n) == 0 && ftruncate(fd, at) == 0;
}

static ssize_t
put(const struct log_batch *b, const char *p, size_t n)
{
	ssize_t done = b->is_file ? write(b->fd, p, n) :
	    log_write(b->fd, p, n);

	if (done >= 0 && (size_t)done < n)
		errno = b->is_file ? ENOSPC : EAGAIN;
	return done;
}

/* What has been taken is torn at its end, unless that can be taken back. */
static size_t
mend(struct log_batch *b, const char *p, size_t taken)
{
	size_t whole = whole_lines(p, taken);
	int saved = errno;

	b->torn = whole < taken && !(b->is_file &&
	    take_back(b->fd, p + whole, taken - whole));
	errno = saved;
	return whole;
}

/*
 * One write, of lines; how many bytes of whole ones it took.  What has been
 * torn before is ended first.
 */
static size_t
write_lines(struct log_batch *b, size_t at, size_t n)
{
	const char *p = b->bytes + 1 + at;
	size_t before = b->torn ? 1 : 0;
	ssize_t done = put(b, p - before, before + n);

	return done <= 0 ? 0 : mend(b, p, (size_t)done - before);
}

/* As much as a pipe takes whole or not at all, and one line at least. */
static size_t
piece(const struct log_batch *b, size_t at)
{
	const char *p = b->bytes + 1 + at;
	size_t left = b->len - at, n;

	if (b->is_file || left < PIPE_BUF)
		return left;
	n = whole_lines(p, PIPE_BUF - 1);
	return n > 0 ? n : (size_t)LOG_LINE;
}

static size_t
write_all(struct log_batch *b)
{
	size_t at = 0, n, done;

	while (at < b->len) {
		n = piece(b, at);
		done = write_lines(b, at, n);
		at += done;
		if (done < n)
			break;
	}
	return at;
}

static uint64_t
count_lines(const char *p, size_t n)
{
	const char *end = p + n;
	uint64_t lines = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		lines++;
		p++;
	}
	return lines;
}

uint64_t
log_batch_flush(struct log_batch *b)
{
	size_t done = write_all(b), from = done;
	uint64_t lost;

	if (b->notice > 0 && done >= b->notice)
		b->lost = 0;
	else if (b->notice > 0)
		from = b->notice;
	lost = count_lines(b->bytes + 1 + from, b->len - from);
	b->lost += lost;
	b->len = b->notice = 0;
	return lost;
}
