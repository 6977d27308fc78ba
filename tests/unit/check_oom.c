/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's count of kills for want of memory, in a made-up /proc and /sys:
 * each kill is seen once, and what is not there is never seen.
 */
#include <sys/stat.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/unit.h"
#include "proc/oom.h"

#define GROUP	"/sys/fs/cgroup/system.slice/a b:c.service"
static char root[32];
static struct oom_watch w;

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
teardown(void)
{
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
make_dir(const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", root, path);
	ck_assert_int_eq(mkdir(full, 0700), 0);
}

static void
put(const char *path, const char *text)
{
	char full[256];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	f = fopen(full, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void
put_count(const char *group, unsigned long long n)
{
	char path[256], text[256];

	snprintf(path, sizeof(path), "%s/memory.events", group);
	snprintf(text, sizeof(text), "low 0\nhigh 3\nmax 71\noom 9\n"
	    "oom_kill %llu\noom_group_kill 5\n", n);
	put(path, text);
}

static void
setup(void)
{
	snprintf(root, sizeof(root), "/tmp/check_oom.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	make_dir("/proc");
	make_dir("/proc/self");
	make_dir("/sys");
	make_dir("/sys/fs");
	make_dir("/sys/fs/cgroup");
	make_dir("/sys/fs/cgroup/system.slice");
	make_dir(GROUP);
	put("/proc/self/cgroup", "4:memory:/other\n1:name=systemd:/\n"
	    "0::/system.slice/a b:c.service\n");
}

static void
count_from(unsigned long long n)
{
	put_count(GROUP, n);
	oom_init(&w, root);
}

static void
seen_once(void)
{
	ck_assert(oom_seen(&w));
	ck_assert(!oom_seen(&w));
}

START_TEST(a_kill_is_seen_once)
{
	count_from(4);
	ck_assert(!oom_seen(&w));
	put_count(GROUP, 5);
	seen_once();
	put_count(GROUP, 6);
	seen_once();
}
END_TEST

START_TEST(two_kills_at_once_explain_two_deaths)
{
	count_from(0);
	put_count(GROUP, 2);
	ck_assert(oom_seen(&w));
	seen_once();
}
END_TEST

START_TEST(but_not_one_much_later)
{
	count_from(0);
	put_count(GROUP, 7);
	ck_assert(oom_seen(&w));
	w.left_ns -= NS_PER_S;
	ck_assert(!oom_seen(&w));
	put_count(GROUP, 8);
	seen_once();
}
END_TEST

START_TEST(a_container_has_it_at_the_top)
{
	put_count("/sys/fs/cgroup", 1);
	oom_init(&w, root);
	ck_assert(!oom_seen(&w));
	put_count("/sys/fs/cgroup", 2);
	ck_assert(oom_seen(&w));
}
END_TEST

START_TEST(our_own_group_comes_first)
{
	put_count("/sys/fs/cgroup", 1);
	count_from(1);
	put_count("/sys/fs/cgroup", 2);
	ck_assert(!oom_seen(&w));
	put_count(GROUP, 2);
	ck_assert(oom_seen(&w));
}
END_TEST

START_TEST(a_group_at_the_top_of_its_namespace)
{
	put("/proc/self/cgroup", "0::/\n");
	put_count("/sys/fs/cgroup", 1);
	oom_init(&w, root);
	put_count("/sys/fs/cgroup", 3);
	ck_assert(oom_seen(&w));
}
END_TEST

/* What comes later is not ours to have missed. */
static void
never(void)
{
	oom_init(&w, root);
	ck_assert(!oom_seen(&w));
	put_count(GROUP, 1);
	ck_assert(!oom_seen(&w));
}

START_TEST(no_file_is_never)
{
	never();
}
END_TEST

START_TEST(only_version_1_is_never)
{
	put("/proc/self/cgroup", "4:memory:/system.slice/a b:c.service\n");
	put_count(GROUP, 0);
	never();
}
END_TEST

START_TEST(no_proc_is_never)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);
	ck_assert_int_eq(unlink(path), 0);
	never();
}
END_TEST

START_TEST(a_file_without_the_count_is_never)
{
	put(GROUP "/memory.events", "oom 1\nxoom_kill 7\noom_killer 7\n"
	    "oom_kill x\n");
	never();
}
END_TEST

START_TEST(a_file_that_goes_away)
{
	char path[256];

	count_from(1);
	put_count(GROUP, 2);
	snprintf(path, sizeof(path), "%s" GROUP "/memory.events", root);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert(!oom_seen(&w));
	put_count(GROUP, 2);
	ck_assert(oom_seen(&w));
}
END_TEST

/* A group made anew counts from zero. */
START_TEST(a_count_that_falls)
{
	count_from(9);
	put_count(GROUP, 0);
	ck_assert(!oom_seen(&w));
	put_count(GROUP, 1);
	ck_assert(oom_seen(&w));
}
END_TEST

/* Whatever this machine has, it can be asked. */
START_TEST(the_real_one)
{
	oom_init(&w, "");
	ck_assert(!oom_seen(&w));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("oom");
	TCase *t = unit_case(s, "oom");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_kill_is_seen_once);
	tcase_add_test(t, two_kills_at_once_explain_two_deaths);
	tcase_add_test(t, but_not_one_much_later);
	tcase_add_test(t, a_container_has_it_at_the_top);
	tcase_add_test(t, our_own_group_comes_first);
	tcase_add_test(t, a_group_at_the_top_of_its_namespace);
	tcase_add_test(t, no_file_is_never);
	tcase_add_test(t, only_version_1_is_never);
	tcase_add_test(t, no_proc_is_never);
	tcase_add_test(t, a_file_without_the_count_is_never);
	tcase_add_test(t, a_file_that_goes_away);
	tcase_add_test(t, a_count_that_falls);
	tcase_add_test(t, the_real_one);
	return unit_main(s);
}
