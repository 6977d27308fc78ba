/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader on any bytes: whatever a segment holds, looking at all of it and
 * printing it, as status and as top do, reads nothing outside and comes to an
 * end.  What top shows is printable.
 */
#include <sys/mman.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <thriftfork/stat.h>

#include "top/json.h"
#include "top/layout.h"
#include "top/reading.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

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
look(const struct tf_stat *st, FILE *null)
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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tf_stat_times times;
	static FILE *null;
	struct tf_stat_call call;
	struct tf_stat *st;
	int i, fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (null == NULL)
		null = fopen("/dev/null", "w");
	if (write(fd, data, size) == (ssize_t)size &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0 &&
	    (st = tf_stat_open_fd(fd, NULL)) != NULL) {
		tf_stat_print(st, null, true);
		tf_stat_print(st, null, false);
		look(st, null);
		for (i = -2; i < 9; i++) {
			tf_stat_value(st, i, i, i);
			tf_stat_quantile(st, i, i, i / 8.0);
			tf_stat_get_times(st, i, i, &times);
			tf_stat_get_call(st, (unsigned)i, &call);
			tf_stat_own_value(st, i, i);
		}
		tf_stat_close(st);
	}
	close(fd);
	return 0;
}
