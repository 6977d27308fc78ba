/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: the reader of a segment.  The input says which words of a true
 * one are overwritten, and how much is missing at its end: as bytes of its own
 * a corpus would be of another version soon, and refused by the head.  Whatever
 * it holds, looking at all of it and printing it, as status, top and the status
 * page do, reads nothing outside and comes to an end.  What top shows is
 * printable.  Then the same while a true one changes: the words are put in and
 * taken out again in turn, whenever the reader has something to write.
 */
#include <sys/mman.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <thriftfork/stat.h>

#include "admin/history.h"
#include "admin/recent.h"
#include "shm/own.h"
#include "shm/segment.h"
#include "top/json.h"
#include "top/layout.h"
#include "top/reading.h"

#define MAX_BYTES	((size_t)1 << 20)
#define CUT_BYTES	2		/* of the input: its end */
#define PATCH_BYTES	(2 + 8)		/* which word, what it is */

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What changes while it is looked at. */
static struct {
	int		 fd;
	const uint8_t	*first, *end, *next;
	bool		 out;			/* and not in */
} change;

static uint8_t *original;
static size_t original_len;	/* of the front that is damaged */
static off_t original_size;

static void
make_original(void)
{
	const struct segment_sizes sizes = { 2, 2, 2 };
	const struct listener_state listener = { .address = "127.0.0.1:9090",
	    .kind = "tcp", .has_queue = true, .has_drops = true,
	    .sockets = 2, .queue = 3, .longest = 2, .limit = 128, .drops = 4 };
	struct segment *s = segment_create("fuzz", &sizes);
	struct lane *l;
	char why[200];

	segment_set_library(s, "1.2.3");
	segment_set_master(s, 100, 4, 2);
	segment_add_listen(s, "127.0.0.1:9090");
	segment_method_add(s, "Calculator", "add");
	segment_lane_take(s, 0, 4);
	segment_lane_started(s, 0, 200);
	segment_slot_set(s, 0, SLOT_READY, 0, 200, 7);
	l = segment_attach_self(s, 0);
	lane_call_begin(l, 1, 1, "10.0.0.3:5432", 1);
	lane_call_end(l, 1, CALL_OK, 1000, 10, 20);
	lane_call_begin(l, 1, 2, "10.0.0.3:5432", 1);
	lane_set_threads(l, 2);
	lane_thread_begin(l, 1, 1, 3, "10.0.0.4:5432", 1);
	if (own_add(s, SEGMENT_OWN_COUNTER, "rows", "", "rows read", why,
	    sizeof(why)) == -1 || own_add(s, SEGMENT_OWN_HISTOGRAM, "time",
	    "ns", "", why, sizeof(why)) == -1)
		abort();
	own_record(own_of_lane(s, l), 0, 1000);
	segment_set_listeners(s, &listener, 1);
	segment_death_add(s, "worker 3 was killed");
	original = malloc(MAX_BYTES);
	original_len = (size_t)pread(segment_fd(s), original, MAX_BYTES, 0);
	original_size = lseek(segment_fd(s), 0, SEEK_END);
	segment_free(s);
}

/* A sealed memory file of what the input makes of it. */
static int
damaged(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t len = original_len;
	uint16_t n;

	if (size >= CUT_BYTES) {
		memcpy(&n, data, sizeof(n));
		len -= n % len;
		data += CUT_BYTES;
		size -= CUT_BYTES;
	}
	if (write(fd, original, len) != (ssize_t)len ||
	    (len == original_len && ftruncate(fd, original_size) == -1))
		abort();
	for (; size >= PATCH_BYTES; size -= PATCH_BYTES, data += PATCH_BYTES) {
		memcpy(&n, data, sizeof(n));
		if (n < len / 8 && pwrite(fd, data + sizeof(n), 8, n * 8) != 8)
			abort();
	}
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == -1)
		abort();
	return fd;
}

static void
expect_printable(const char *line)
{
	for (; *line != '\0'; line++)
		if (*line < ' ' || *line > '~')
			abort();
}

static void
show_table(const struct model *m, const struct view *v, enum table table)
{
	char line[LAYOUT_WIDTH];
	unsigned i;

	for (i = 0; i < m->table[table].n; i++) {
		layout_row(m, v, table, i, 300, line);
		expect_printable(line);
	}
}

static void
show_all(const struct view *v)
{
	char line[LAYOUT_WIDTH];
	struct model m;
	unsigned i;

	model_init(&m, 1000000000);
	model_arrange(&m, v);
	show_table(&m, v, WORKERS);
	show_table(&m, v, METHODS);
	for (i = 0; i < HEAD_LINES; i++) {
		layout_head(v, INTERVAL, i, 300, line);
		expect_printable(line);
	}
	for (i = 0; i < v->calls; i++) {
		layout_call(v, i, 300, line);
		expect_printable(line);
	}
	for (i = 0; i < v->workers; i++) {
		layout_worker(&v->worker[i], 300, line);
		expect_printable(line);
	}
	model_fini(&m);
}

static void
look_as_top(const struct tf_stat *st, FILE *null)
{
	struct reading *before = reading_take(st, TF_STAT_ALL);
	struct reading *now = reading_take(st, 1);
	struct view *v = view_make(before, now);

	show_all(v);
	json_view(v, null);
	view_free(v);
	reading_free(before);
	reading_free(now);
}

/* What was there before, and then this, in which sums may have fallen. */
static void
look_as_page(const struct tf_stat *st, FILE *null)
{
	static struct history_look look;
	struct history *h = history_new(1, 1);
	struct recent *r = recent_new();
	uint64_t s;

	history_add(h, &look);
	for (s = 1; s < 4; s++) {
		history_look(&look, st, s * 4000000000);
		history_add(h, &look);
		recent_look(r, st, s * 4000000000);
	}
	history_print(h, 0, null);
	recent_print(r, null);
	history_free(h);
	recent_free(r);
}

static void
look_at_text(const char *text, FILE *null)
{
	char shown[64];

	for (size_t size = 1; size <= sizeof(shown); size *= 2) {
		tf_stat_escape(text, shown, size);
		if (strlen(shown) >= size)
			abort();
		expect_printable(shown);
	}
	tf_stat_quote(text, null);
}

static void
look_at_times(const struct tf_stat *st, int i)
{
	static struct tf_stat_times before, now;

	tf_stat_get_times(st, i, TF_STAT_ALL, &before);
	tf_stat_get_times(st, i, i, &now);
	tf_stat_times_since(&now, &before);
	tf_stat_times_quantile(&now, 0.999);
	tf_stat_times_below(&now, 1000);
	tf_stat_quantile(st, i, i, i / 8.0);
}

static void
look_at_entry(const struct tf_stat *st, int i, FILE *null)
{
	struct tf_stat_master master;
	struct tf_stat_method method;
	struct tf_stat_death death;
	struct tf_stat_slot slot;
	struct tf_stat_call call;
	struct tf_stat_own own;
	struct tf_stat_own_histogram histogram;
	struct tf_stat_listener listener;
	unsigned n = (unsigned)i;

	tf_stat_get_master(st, &master);
	look_at_text(master.name, null);
	look_at_text(master.listen, null);
	tf_stat_get_slot(st, n, &slot);
	look_at_text(slot.state, null);
	tf_stat_get_method(st, n, &method);
	look_at_text(method.method, null);
	tf_stat_get_death(st, n, &death);
	look_at_text(death.text, null);
	tf_stat_get_own(st, n, &own);
	look_at_text(own.name, null);
	tf_stat_find_own(st, own.name);
	tf_stat_get_own_histogram(st, n, &histogram);
	look_at_text(histogram.name, null);
	look_at_text(histogram.unit, null);
	tf_stat_find_own_histogram(st, histogram.name);
	tf_stat_get_listener(st, n, &listener);
	look_at_text(listener.address, null);
	look_at_text(listener.kind, null);
	tf_stat_get_call(st, n, &call);
	look_at_text(call.peer, null);
	tf_stat_get_thread(st, n, n, &call);
	look_at_text(call.peer, null);
}

static void
look_at_all(struct tf_stat *st, FILE *null)
{
	static struct tf_stat_own_values values;

	tf_stat_print(st, null, true);
	tf_stat_print(st, null, false);
	look_as_top(st, null);
	look_as_page(st, null);
	for (int i = -2; i < 9; i++) {
		tf_stat_value(st, i, i, i);
		tf_stat_in_flight(st, i);
		tf_stat_method_in_flight(st, i, i);
		tf_stat_connections(st, i);
		tf_stat_own_value(st, i, i);
		tf_stat_get_own_values(st, i, i, &values);
		look_at_times(st, i);
		look_at_entry(st, i, null);
	}
}

/* The next word of the input goes in, or as it was. */
static ssize_t
write_nothing(void *cookie, const char *text, size_t len)
{
	uint16_t n;

	(void)cookie;
	(void)text;
	if (change.end - change.first < PATCH_BYTES)
		return (ssize_t)len;
	if (change.end - change.next < PATCH_BYTES) {
		change.next = change.first;
		change.out = !change.out;
	}
	memcpy(&n, change.next, sizeof(n));
	if (n < original_len / 8 && pwrite(change.fd, change.out ?
	    original + n * 8 : change.next + sizeof(n), 8, n * 8) != 8)
		abort();
	change.next += PATCH_BYTES;
	return (ssize_t)len;
}

/* Writes each piece at once. */
static FILE *
nowhere(void)
{
	static FILE *f;

	if (f == NULL) {
		f = fopencookie(NULL, "w", (cookie_io_functions_t){
		    .write = write_nothing });
		setvbuf(f, NULL, _IONBF, 0);
	}
	return f;
}

static void
look_while_it_changes(const uint8_t *data, size_t size)
{
	int fd = damaged(NULL, 0);
	struct tf_stat *st = tf_stat_open_fd(fd, NULL);

	if (st == NULL)
		abort();
	change.fd = fd;
	change.first = change.next = data + CUT_BYTES;
	change.end = data + size;
	change.out = false;
	look_at_all(st, nowhere());
	change.first = change.next = change.end = NULL;
	tf_stat_close(st);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tf_stat *st;
	int fd;

	if (original == NULL)
		make_original();
	fd = damaged(data, size);
	st = tf_stat_open_fd(fd, NULL);
	if (st != NULL)
		look_at_all(st, nowhere());
	else if (size <= CUT_BYTES && (size < CUT_BYTES ||
	    (data[0] == 0 && data[1] == 0)))
		abort();		/* all that is not damaged is read */
	tf_stat_close(st);
	close(fd);
	if (size >= CUT_BYTES + PATCH_BYTES)
		look_while_it_changes(data, size);
	return 0;
}
