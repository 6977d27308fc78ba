/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The preflight's report, read as a stranger's: what a registry writes comes
 * back; any other bytes are a reason, never more names than were given, and
 * never a name that is none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/unit.h"
#include "serve/registry.h"
#include "server/declare.h"
#include "server/manifest.h"
#include "shm/segment.h"
#include "unit_service.h"

static const struct segment_sizes sizes = { 1, 2, 64 };
static struct segment *seg;
static struct declarations all;
static char why[256];

static void
setup(void)
{
	seg = segment_create("test", &sizes);
	ck_assert_ptr_nonnull(seg);
	declarations_init(&all);
	why[0] = '\0';
}

static void
teardown(void)
{
	segment_free(seg);
	declarations_fini(&all);
}

/* From a block of exactly that size, so that a read too far is seen. */
static int
take(const char *text, size_t len)
{
	char *copy = malloc(len == 0 ? 1 : len);
	int rc;

	memcpy(copy, text, len);
	rc = manifest_read(copy, len, seg, why, sizeof(why));
	free(copy);
	return rc;
}

START_TEST(what_is_written_can_be_read)
{
	int fd = memfd_create("manifest", MFD_CLOEXEC);
	struct registry r;
	char text[1024];
	ssize_t n;

	registry_init(&r);
	ck_assert_int_eq(registry_add(&r, NULL, &unit_service, &unit_handler,
	    why, sizeof(why)), 0);
	ck_assert_int_eq(registry_add(&r, "a/b-c.d", &unit_service,
	    &unit_handler, why, sizeof(why)), 0);
	ck_assert_int_eq(manifest_write(&r, &all, fd), 0);
	n = pread(fd, text, sizeof(text), 0);
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(memcmp(text, "Unit\techo\nUnit\tsize\n", 20), 0);
	ck_assert_msg(take(text, (size_t)n) == (int)r.n, "%s", why);
	for (size_t i = 0; i < r.n; i++)
		ck_assert_int_gt(segment_method_find(seg, i < r.n / 2 ?
		    "Unit" : "a/b-c.d:Unit", r.entries[i].method->name), 0);
	ck_assert_int_ne(segment_method_find(seg, "Unit", "echo"),
	    segment_method_find(seg, "a/b-c.d:Unit", "echo"));
	ck_assert(segment_method_served(seg, "Unit", "echo"));
	ck_assert(segment_method_served(seg, "a/b-c.d", "echo"));
	ck_assert(!segment_method_served(seg, "a/b-c.", "echo"));
	ck_assert(!segment_method_served(seg, "a/b-c.d", "ech"));
	ck_assert(!segment_method_served(seg, "", "echo"));
	registry_fini(&r);
	close(fd);
}
END_TEST

START_TEST(a_report_that_cannot_be_written)
{
	struct registry r;

	registry_init(&r);
	registry_add(&r, NULL, &unit_service, &unit_handler, why, sizeof(why));
	ck_assert_int_eq(manifest_write(&r, &all, 9999), -1);
	registry_fini(&r);
}
END_TEST

/* Its cell or its lock, by name; the segment is its own lane here. */
static bool
entered(enum segment_own_kind kind, const char *name)
{
	return kind == SEGMENT_OWN_LOCK ? own_lock(seg, name) != NULL :
	    own_cell(seg, segment_attach_self(seg, 0), kind, name) != NULL;
}

START_TEST(what_is_declared_can_be_read)
{
	int fd = memfd_create("manifest", MFD_CLOEXEC);
	char text[1024];
	struct registry r;
	ssize_t n;

	registry_init(&r);
	registry_add(&r, NULL, &unit_service, &unit_handler, why, sizeof(why));
	declare(&all, SEGMENT_OWN_COUNTER, "hits", "",
	    "found: 100% \xc3\xa9 = ,");
	declare(&all, SEGMENT_OWN_LOCK, "list", "", "");
	declare(&all, SEGMENT_OWN_GAUGE, "size", "", "");
	declare(&all, SEGMENT_OWN_HISTOGRAM, "rows", "lines", "how many");
	ck_assert_ptr_eq(declare(&all, SEGMENT_OWN_GAUGE, "size", "", "x"),
	    declare(&all, SEGMENT_OWN_GAUGE, "size", "", "y"));
	ck_assert_int_eq(manifest_write(&r, &all, fd), 0);
	n = pread(fd, text, sizeof(text), 0);
	ck_assert_msg(take(text, (size_t)n) == (int)r.n, "%s", why);
	ck_assert(entered(SEGMENT_OWN_COUNTER, "hits"));
	ck_assert(entered(SEGMENT_OWN_GAUGE, "size"));
	ck_assert(!entered(SEGMENT_OWN_COUNTER, "size"));
	ck_assert(entered(SEGMENT_OWN_LOCK, "list"));
	ck_assert_int_eq(own_histogram(seg, "rows"), 0);
	ck_assert_int_eq(own_add(seg, SEGMENT_OWN_HISTOGRAM, "rows", "lines",
	    "", why, sizeof(why)), 0);
	registry_fini(&r);
	close(fd);
}
END_TEST

static const char *const bad[] = {
	"", "\n", "\t\n", "a", "a\t", "a\n", "a\tb", "\tb\n", "a\t\n",
	"a\tb\n\n", "a\tb\nc", "a\tb\nc\td", "a b\tc\n", "a\tb c\n",
	"a\tb\r\n", "a\tb\tc\n", "a\tb/c\n", "a\t../b\n",
	"a\t\033[2J\n", "a\tb\302\251\n", "a\t\"b\"\n", "a\tb\n \n",
	"a\tb-c\n", "a\tb:c\n", "a*\tb\n",
	"=\n", "=\t\t\n", "=counter\n", "=counter\ta\n", "=counter\ta\t",
	"=counter\t\t\n", "=counters\ta\t\n", "=count\ta\t\n",
	"=counter\ta b\t\n", "=counter\t1\t\n", "=counter\ta.b\t\n",
	"=counter\ta\tb\tc\n", "=counter\ta\t\033[2J\n",
	"=gauge\ta\t\n=counter\ta\t\nS\tm\n", "=lock\ta\t\n",
	"a\t=lock\n", "==lock\ta\t\n",
	"=histogram\ta\t\n", "=histogram\ta\tns\n", "=histogram\ta\t\t\n",
	"=histogram\ta\tn s\t\n", "=histogram\ta\tsum\t\n",
	"=histogram\ta\tabcdefghijklmnop\t\n",
	"=histogram\ta\tns\t\n=histogram\ta\tms\t\nS\tm\n",
};

START_TEST(malformed_reports)
{
	ck_assert_msg(take(bad[_i], strlen(bad[_i])) == -1, "'%s'", bad[_i]);
	ck_assert_str_ne(why, "");
}
END_TEST

START_TEST(zero_bytes_and_names_too_long)
{
	char text[3000] = "a\tb\0\n";

	ck_assert_int_eq(take(text, 5), -1);
	memset(text, 'x', sizeof(text));
	text[1] = '\t';
	ck_assert_int_eq(take(text, sizeof(text)), -1);
	text[sizeof(text) - 1] = '\n';
	ck_assert_int_eq(take(text, sizeof(text)), -1);
	text[1023 + 2] = '\n';
	ck_assert_int_eq(take(text, 1023 + 3), 1);
}
END_TEST

/* Every byte at every place of a good report, and every place to cut it. */
START_TEST(every_byte_everywhere)
{
	static const char good[] = "Unit\techo\nUnit\tsize.x_9\n";
	const size_t len = sizeof(good) - 1;
	char text[sizeof(good)];
	int rc;

	for (size_t cut = 0; cut < len; cut++)
		ck_assert_int_eq(take(good, cut), cut == 10 ? 1 : -1);
	for (size_t at = 0; at < len; at++)
		for (int c = 0; c < 256; c++) {
			memcpy(text, good, sizeof(good));
			text[at] = (char)c;
			rc = take(text, len);
			ck_assert(rc == -1 || rc == 2);
			if (c < ' ' && c != '\t' && c != '\n')
				ck_assert_int_eq(rc, -1);
		}
}
END_TEST

START_TEST(more_methods_than_there_is_room_for)
{
	char text[8000] = "";
	size_t n = 0;

	for (int i = 0; i < 500; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "S\tm%d\n",
		    i);
	ck_assert_int_eq(take(text, n), 500);
	ck_assert_int_gt(segment_method_find(seg, "S", "m63"), 0);
	ck_assert_int_eq(segment_method_find(seg, "S", "m64"), 0);
}
END_TEST

/* The last of them refuses the report; the rest of the directory is whole. */
START_TEST(more_declared_than_there_is_room_for)
{
	char text[20000] = "S\tm\n";
	size_t n = 4, one = 0;

	for (int i = 0; i <= LANE_CELLS; i++) {
		one = (size_t)snprintf(text + n, sizeof(text) - n,
		    "=counter\tc%d\t%050d\n", i, 0);
		n += one;
	}
	ck_assert_int_eq(take(text, n), -1);
	ck_assert_str_eq(why,
	    "counter c256: there is no room for more than 256");
	ck_assert_int_eq(take(text, n - one), 1);
	ck_assert(entered(SEGMENT_OWN_COUNTER, "c255"));
	ck_assert(!entered(SEGMENT_OWN_COUNTER, "c256"));
}
END_TEST

START_TEST(help_that_is_too_long)
{
	char text[400] = "S\tm\n=counter\tz\t";
	const size_t n = strlen(text);

	memset(text + n, 'x', sizeof(text) - n);
	text[n + 127] = '\n';
	ck_assert_int_eq(take(text, n + 128), 1);
	text[n + 127] = 'x';
	text[n + 128] = '\n';
	ck_assert_int_eq(take(text, n + 129), -1);
	text[n + 128] = 'x';
	text[n + 300] = '\n';
	ck_assert_int_eq(take(text, n + 301), -1);
}
END_TEST

START_TEST(noise)
{
	char text[200];
	uint32_t seed = 4711;

	for (int i = 0; i < 20000; i++) {
		size_t len = (seed >> 8) % sizeof(text);

		for (size_t j = 0; j < len; j++) {
			seed = seed * 1664525u + 1013904223u;
			text[j] = "ab_\t\n\0\377 .="[(seed >> 16) % 10];
		}
		seed = seed * 1664525u + 1013904223u;
		why[0] = '\0';
		ck_assert(take(text, len) >= 0 || why[0] != '\0');
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("manifest");
	TCase *t = unit_case(s, "manifest");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_is_written_can_be_read);
	tcase_add_test(t, what_is_declared_can_be_read);
	tcase_add_test(t, a_report_that_cannot_be_written);
	tcase_add_loop_test(t, malformed_reports, 0, COUNT(bad));
	tcase_add_test(t, zero_bytes_and_names_too_long);
	tcase_add_test(t, every_byte_everywhere);
	tcase_add_test(t, more_methods_than_there_is_room_for);
	tcase_add_test(t, help_that_is_too_long);
	tcase_add_test(t, more_declared_than_there_is_room_for);
	tcase_add_test(t, noise);
	return unit_main(s);
}
