/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings: for each line of options.def the default, the smallest and the
 * largest value, one below and one above, and garbage; what --help says of
 * it.  What is documented for users stands here once more in figures.
 */
#include "server/option.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/log.h"
#include "lib/unit.h"
#include "shm/lane.h"

#define TIME_MAX	(UINT64_C(365) * 86400 * NS_PER_S)

/* The ranges of numbers are swept; words have tests of their own. */
enum type {
	AUTO, COUNT, SIZE, TIME, MASK, LIMIT, CORE,		/* numbers */
	LISTEN, ADDRESSES, NAME, TEXT, LOG, ACCESS, PATH,	/* words */
	BOOL, SWITCH, CHOICE, LEVEL, FORMAT
};
static const struct option {
	const char	*key, *preset, *help;
	size_t		 member;
	enum type	 type;
	int		 letter;
	uint64_t	 min, max;
} options[] = {
#define OPTION(member, key, letter, type, preset, min, max, help)	\
	{ key, preset, help, offsetof(struct settings, member), type,	\
	    letter, min, max },
#include "server/options.def"
};
#define N	((int)(sizeof(options) / sizeof(options[0])))

static struct settings s;
static char why[256];

static void
setup(void)
{
	settings_init(&s);
	why[0] = '\0';
}

static void
teardown(void)
{
	settings_fini(&s);
}

static uint64_t
value_of(const struct option *o)
{
	uint64_t n;

	memcpy(&n, (const char *)&s + o->member, sizeof(n));
	return n;
}

static int
set(const char *key, const char *value)
{
	why[0] = '\0';
	return settings_set(&s, key, value, why, sizeof(why));
}

/* As a user would write it: times in units, the rest as a plain number. */
static void
put_number(const struct option *o, uint64_t n, char *text, size_t size)
{
	if (o->type == TIME)
		snprintf(text, size, "%lluus",
		    (unsigned long long)(n / 1000));
	else if (o->type == MASK)
		snprintf(text, size, "%03llo", (unsigned long long)n);
	else
		snprintf(text, size, "%llu", (unsigned long long)n);
}

static void
accept_number(const struct option *o, uint64_t n)
{
	char text[40];

	put_number(o, n, text, sizeof(text));
	ck_assert_msg(set(o->key, text) == 0, "%s", why);
	ck_assert_uint_eq(value_of(o), n);
}

/* Refused with a reason that names the key; the old value stays. */
static void
refuse(const struct option *o, const char *text)
{
	uint64_t before = value_of(o);

	ck_assert_msg(set(o->key, text) == -1, "%s takes '%s'", o->key, text);
	ck_assert_msg(strstr(why, o->key) != NULL, "'%s' does not name %s",
	    why, o->key);
	ck_assert_uint_eq(value_of(o), before);
}

static bool
is_number(const struct option *o)
{
	return o->type <= CORE;
}

START_TEST(the_range_is_exact)
{
	const struct option *o = &options[_i];
	uint64_t step = o->type == TIME ? 1000 : 1;
	char text[40];

	if (!is_number(o))
		return;
	accept_number(o, o->min);
	accept_number(o, o->max);
	if (o->min > 0) {
		put_number(o, o->min - step, text, sizeof(text));
		refuse(o, text);
	}
	put_number(o, o->max + step, text, sizeof(text));
	refuse(o, text);
	refuse(o, "18446744073709551615");
	refuse(o, "18446744073709551616");
	refuse(o, "99999999999999999999d");
}
END_TEST

START_TEST(garbage_is_refused)
{
	static const char *const garbage[] = { "", " ", "-1", "+1", "1 ",
	    " 1", "x", "1x", "0x10", "1.5", "yes", "autos", "AUTO", "1,2" };
	const struct option *o = &options[_i];

	if (!is_number(o))
		return;
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++)
		refuse(o, garbage[i]);
	if (o->type != AUTO)
		refuse(o, "auto");
	if (o->type == TIME)
		refuse(o, "30");
	if (o->type != TIME || o->min > 0)
		refuse(o, "off");
	if (o->type == AUTO) {
		ck_assert_int_eq(set(o->key, "auto"), 0);
		ck_assert_uint_eq(value_of(o), SETTING_AUTO);
	}
	if (o->type == MASK || o->type == LIMIT || o->type == CORE) {
		ck_assert_int_eq(set(o->key, "keep"), 0);
		ck_assert_uint_eq(value_of(o), SETTING_KEEP);
	} else
		refuse(o, "keep");
}
END_TEST

/* One of a few words, which stand for numbers. */
START_TEST(words)
{
	static const struct {
		enum type type;
		const char *words[5];
	} all[] = {
		{ BOOL, { "no", "yes" } }, { SWITCH, { "off", "on" } },
		{ FORMAT, { "text", "json" } },
		{ LEVEL, { "error", "warn", "info", "debug" } },
	};
	static const char *const garbage[] = { "", "1", "0", "maybe", "YES",
	    "yes ", "true" };
	const struct option *o = &options[_i];

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i].type != o->type)
			continue;
		for (unsigned n = 0; all[i].words[n] != NULL; n++) {
			ck_assert_int_eq(set(o->key, all[i].words[n]), 0);
			ck_assert_uint_eq(value_of(o), n);
		}
		for (size_t n = 0; n < 7; n++)
			refuse(o, garbage[n]);
		ck_assert_ptr_nonnull(strstr(why, all[i].words[0]));
		ck_assert_ptr_nonnull(strstr(why, all[i].words[1]));
	}
}
END_TEST

START_TEST(no_limit)
{
	ck_assert_int_eq(set("core-limit", "unlimited"), 0);
	ck_assert_uint_eq(s.core_limit, RLIM_INFINITY);
	ck_assert_int_eq(set("rlimit-nofile", "unlimited"), -1);
	ck_assert_int_eq(set("umask", "027"), 0);
	ck_assert_uint_eq(s.umask, 027);
	ck_assert_int_eq(set("umask", "1000"), -1);
	ck_assert_str_eq(why, "umask: '1000' is not from 000 to 777");
	ck_assert_int_eq(set("umask", "8"), -1);
}
END_TEST

/* As the manual promises them. */
START_TEST(defaults)
{
	ck_assert_uint_eq(s.workers, SETTING_AUTO);
	ck_assert_uint_eq(s.max_workers, 64);
	ck_assert_uint_eq(s.backlog, 1024);
	ck_assert_uint_eq(s.max_connections, SETTING_AUTO);
	ck_assert_uint_eq(s.max_frame, 16384000);
	ck_assert_uint_eq(s.max_memory_per_call, 64 << 20);
	ck_assert_uint_eq(s.max_depth, 64);
	ck_assert_uint_eq(s.frame_timeout, 30 * NS_PER_S);
	ck_assert_uint_eq(s.write_timeout, 30 * NS_PER_S);
	ck_assert_uint_eq(s.idle_timeout, 0);
	ck_assert_uint_eq(s.start_timeout, 30 * NS_PER_S);
	ck_assert_uint_eq(s.stop_timeout, 30 * NS_PER_S);
	ck_assert_uint_eq(s.call_timeout, 0);
	ck_assert_uint_eq(s.threads, 0);
	ck_assert_uint_eq(s.threaded, SETTING_AUTO);
	ck_assert_uint_eq(s.max_queue, 1024);
	ck_assert_uint_eq(s.queue_timeout, NS_PER_S);
	ck_assert_uint_eq(s.daemon, 0);
	ck_assert_uint_eq(s.umask, SETTING_KEEP);
	ck_assert_uint_eq(s.rlimit_nofile, SETTING_KEEP);
	ck_assert_uint_eq(s.core_limit, SETTING_KEEP);
	ck_assert_uint_eq(s.no_new_privs, 1);
	ck_assert_uint_eq(s.affinity, 0);
	ck_assert_uint_eq(s.log_level, LOG_L_INFO);
	ck_assert_uint_eq(s.log_format, 0);
	ck_assert_uint_eq(s.module_copy, 1);
	ck_assert_ptr_null(s.user);
	ck_assert_ptr_null(s.group);
	ck_assert_ptr_null(s.pidfile);
	ck_assert_ptr_null(s.log);
	ck_assert_ptr_null(s.http_path);
	ck_assert_ptr_null(s.name);
	ck_assert_uint_eq(s.nlisten, 0);
}
END_TEST

START_TEST(http_paths)
{
	static const char *const bad[] = { "", "thrift", "/a b", "/a?b", "/a#",
	    "/\n", "/\xc3\xa9", "http://x/", "any" };

	ck_assert_int_eq(set("http-path", "/"), 0);
	ck_assert_int_eq(set("http-path", "/a/b.c-d_e~%20"), 0);
	for (int i = 0; i < COUNT(bad); i++) {
		ck_assert_int_eq(set("http-path", bad[i]), -1);
		ck_assert_ptr_nonnull(strstr(why, "http-path: "));
	}
	ck_assert_str_eq(s.http_path, "/a/b.c-d_e~%20");
}
END_TEST

/* No length of a frame may look like the first bytes of PROXY or HTTP. */
START_TEST(max_frame_stays_below_cr_lf)
{
	ck_assert_int_eq(set("max-frame", "218762505"), 0);
	ck_assert_uint_lt(s.max_frame, 0x0d0a0d0a);
	ck_assert_int_eq(set("max-frame", "218762506"), -1);
}
END_TEST

START_TEST(listen_addresses)
{
	char text[32];

	ck_assert_int_eq(settings_complete(&s, why, sizeof(why)), 0);
	ck_assert_uint_eq(s.nlisten, 1);
	ck_assert_str_eq(s.listen[0], "127.0.0.1:9090");
	settings_fini(&s);
	ck_assert_int_eq(set("listen", ":1"), 0);
	ck_assert_int_eq(set("listen", ":1"), -1);
	ck_assert_ptr_nonnull(strstr(why, "twice"));
	ck_assert_int_eq(settings_complete(&s, why, sizeof(why)), 0);
	ck_assert_uint_eq(s.nlisten, 1);
	for (int i = 1; i < LISTEN_MAX; i++) {
		snprintf(text, sizeof(text), ":%d", i + 1);
		ck_assert_int_eq(set("listen", text), 0);
	}
	ck_assert_int_eq(set("listen", ":999"), -1);
	ck_assert_ptr_nonnull(strstr(why, "listen"));
	ck_assert_uint_eq(s.nlisten, LISTEN_MAX);
}
END_TEST

/* The same address is seen however it is written. */
START_TEST(listen_twice)
{
	ck_assert_int_eq(set("listen", ":7"), 0);
	ck_assert_int_eq(set("listen", "127.0.0.1:7"), -1);
	ck_assert_int_eq(set("listen", "tcp://127.0.0.1:7"), -1);
	ck_assert_str_eq(why, "listen: tcp://127.0.0.1:7 is given twice");
	ck_assert_int_eq(set("listen", "*:7"), 0);
}
END_TEST

START_TEST(listen_nowhere)
{
	ck_assert_int_eq(set("listen", ""), -1);
	ck_assert_str_eq(why, "listen: is empty");
	ck_assert_uint_eq(s.nlisten, 0);
}
END_TEST

START_TEST(addresses)
{
	struct settings file, next;
	char text[32];

	ck_assert_int_eq(set("admin", ":1"), 0);
	ck_assert_int_eq(set("admin", "tcp://127.0.0.1:1"), -1);
	ck_assert_str_eq(why, "admin: tcp://127.0.0.1:1 is given twice");
	ck_assert_int_eq(set("admin", "fd:x"), -1);
	ck_assert_ptr_nonnull(strstr(why, "admin: fd:x: an address is"));
	ck_assert_int_eq(set("admin", ""), -1);
	for (int i = 1; i < ADDRESSES_MAX; i++) {
		snprintf(text, sizeof(text), "unix:/%d", i);
		ck_assert_int_eq(set("admin", text), 0);
	}
	ck_assert_int_eq(set("admin", ":2"), -1);
	ck_assert_str_eq(why, "admin: more than 8 addresses");
	ck_assert_uint_eq(s.admin.n, ADDRESSES_MAX);
	settings_init(&file);
	ck_assert_int_eq(settings_set(&file, "admin", ":9", why,
	    sizeof(why)), 0);
	settings_merge(&s, &file);
	ck_assert_str_eq(s.admin.at[0], ":1");
	settings_again(&next, &s);
	ck_assert_uint_eq(next.admin.n, ADDRESSES_MAX);
	ck_assert_int_eq(settings_may_follow(&s, &next, why, sizeof(why)), 0);
	settings_fini(&next);
	settings_init(&next);
	ck_assert_int_eq(settings_may_follow(&s, &next, why, sizeof(why)), -1);
	ck_assert_str_eq(why, "admin: cannot be changed by a reload");
	settings_fini(&next);
	ck_assert_int_eq(set("workers", "0"), 0);
	ck_assert_int_eq(settings_check(&s, why, sizeof(why)), -1);
	ck_assert_str_eq(why, "admin: needs a master, and workers is 0");
}
END_TEST

/* What comes from a file is replaced by what is given, not added to. */
START_TEST(addresses_of_a_file)
{
	struct settings file;

	settings_init(&file);
	for (int i = 1; i < 4; i++) {
		char text[32];

		snprintf(text, sizeof(text), ":%d", i);
		ck_assert_int_eq(settings_set(&file, "admin", text, why,
		    sizeof(why)), 0);
	}
	settings_merge(&s, &file);
	ck_assert_uint_eq(s.admin.n, 3);
	ck_assert_str_eq(s.admin.at[2], ":3");
	ck_assert_int_eq(set("admin", ":4"), 0);
	ck_assert_uint_eq(s.admin.n, 1);
	ck_assert(settings_repeats("admin") && settings_repeats("listen"));
	ck_assert(!settings_repeats("name") && !settings_repeats("none"));
}
END_TEST

START_TEST(logs)
{
	ck_assert_int_eq(set("log", "syslog"), 0);
	ck_assert_int_eq(set("log", "./calc.log"), 0);
	ck_assert_str_eq(s.log, "./calc.log");
	ck_assert_int_eq(set("log", "sylog"), -1);
	ck_assert_str_eq(why, "log: 'sylog' is not stderr, syslog or a path "
	    "with a slash in it");
	ck_assert_str_eq(s.log, "./calc.log");
	ck_assert_int_eq(set("user", ""), -1);
	ck_assert_str_eq(why, "user: is empty");
}
END_TEST

START_TEST(access_logs)
{
	static const char *const good[] = { "off", "-", "stderr", "./x",
	    "/dev/null" };

	for (int i = 0; i < COUNT(good); i++) {
		ck_assert_int_eq(set("access-log", good[i]), 0);
		ck_assert_str_eq(s.access_log, good[i]);
	}
	ck_assert_int_eq(set("access-log", "syslog"), -1);
	ck_assert_str_eq(why, "access-log: 'syslog' is not off, -, stderr or "
	    "a path with a slash in it");
	ck_assert_str_eq(s.access_log, "/dev/null");
	ck_assert_int_eq(set("log", "-"), -1);
	ck_assert_int_eq(set("log", "off"), -1);
	ck_assert_uint_eq(settings_slow_call(&s, "Calc", "add"), NS_PER_S);
	ck_assert_int_eq(set("slow-call", "off"), 0);
	ck_assert_int_eq(set("slow-call.Calc.add", "2s"), 0);
	ck_assert_uint_eq(settings_slow_call(&s, "Calc", "add"),
	    2 * NS_PER_S);
	ck_assert_uint_eq(settings_slow_call(&s, "Calc", "sub"), 0);
}
END_TEST

/* One method, the setting, what the IDL says: in this order. */
START_TEST(threaded_methods)
{
	ck_assert(!settings_threaded(&s, "Calc", "add", true));
	ck_assert_int_eq(set("threads", "257"), -1);
	ck_assert_int_eq(set("threads", "256"), 0);
	ck_assert(settings_threaded(&s, "Calc", "add", true));
	ck_assert(!settings_threaded(&s, "Calc", "add", false));
	ck_assert_int_eq(set("threaded", "yes"), 0);
	ck_assert(settings_threaded(&s, "Calc", "add", false));
	ck_assert_int_eq(set("threaded.Calc.add", "no"), 0);
	ck_assert_int_eq(set("threaded.Calc.sub", "auto"), 0);
	ck_assert_int_eq(set("call-timeout.Calc.mul", "1s"), 0);
	ck_assert(!settings_threaded(&s, "Calc", "add", true));
	ck_assert(!settings_threaded(&s, "Calc", "sub", false));
	ck_assert(settings_threaded(&s, "Calc", "sub", true));
	ck_assert(settings_threaded(&s, "Calc", "mul", false));
	ck_assert_int_eq(set("threaded", "no"), 0);
	ck_assert(!settings_threaded(&s, "Calc", "mul", true));
	ck_assert_int_eq(set("threaded.Calc", "yes"), -1);
	ck_assert_str_eq(why, "threaded.Calc: a method is written "
	    "threaded.Service.method");
	ck_assert_int_eq(set("threaded.Calc.add", "on"), -1);
	ck_assert_str_eq(why, "threaded.Calc.add: 'on' is not auto, yes or "
	    "no");
	ck_assert_int_eq(set("threads", "0"), 0);
	ck_assert(!settings_threaded(&s, "Calc", "sub", true));
}
END_TEST

START_TEST(call_timeouts)
{
	static const char *const bad[] = { "", "add", ".add", "Calc.", "." };
	char key[40];

	ck_assert_uint_eq(settings_call_timeout(&s, "Calc", "add"), 0);
	ck_assert_int_eq(set("call-timeout", "5s"), 0);
	ck_assert_int_eq(set("call-timeout.Calc.add", "2s"), 0);
	ck_assert_int_eq(set("call-timeout.a.b.add", "3s"), 0);
	ck_assert_int_eq(set("call-timeout.Calc.sub", "off"), 0);
	ck_assert_uint_eq(settings_call_timeout(&s, "Calc", "add"),
	    2 * NS_PER_S);
	ck_assert_uint_eq(settings_call_timeout(&s, "a.b", "add"),
	    3 * NS_PER_S);
	ck_assert_uint_eq(settings_call_timeout(&s, "Calc", "sub"), 0);
	ck_assert_uint_eq(settings_call_timeout(&s, "a.b:Calc", "add"),
	    3 * NS_PER_S);
	ck_assert_uint_eq(settings_call_timeout(&s, "x:Calc", "add"),
	    5 * NS_PER_S);
	ck_assert_uint_eq(settings_call_timeout(&s, "Cal", "c.add"),
	    5 * NS_PER_S);
	ck_assert_uint_eq(settings_call_timeout(&s, "Calc", "ad"),
	    5 * NS_PER_S);
	ck_assert_int_eq(set("call-timeout.Calc.add", "1s"), 0);
	ck_assert_uint_eq(settings_call_timeout(&s, "Calc", "add"), NS_PER_S);
	ck_assert_int_eq(set("call-timeout.Calc.add", "366d"), -1);
	ck_assert_str_eq(why,
	    "call-timeout.Calc.add: '366d' is out of range");
	ck_assert_int_eq(set("call-timeout.Calc.add", "2"), -1);
	ck_assert_ptr_nonnull(strstr(why, "call-timeout.Calc.add: '2' is not "
	    "a time"));
	ck_assert_uint_eq(settings_call_timeout(&s, "Calc", "add"), NS_PER_S);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(key, sizeof(key), "call-timeout.%s", bad[i]);
		ck_assert_int_eq(set(key, "1s"), -1);
		ck_assert_ptr_nonnull(strstr(why, "Service.method"));
	}
}
END_TEST

/* What cannot go together. */
START_TEST(check)
{
	static const struct {
		const char *keys[2], *values[2], *why;
	} bad[] = {
		{ { "workers", "max-workers" }, { "5", "4" },
		    "workers: 5 is more than max-workers, 4" },
		{ { "daemon", NULL }, { "yes", NULL },
		    "daemon: has no standard error to log to; set log to a "
		    "file or to syslog" },
		{ { "daemon", "log" }, { "yes", "stderr" },
		    "daemon: has no standard error to log to; set log to a "
		    "file or to syslog" },
		{ { "workers", "user" }, { "0", "nobody" },
		    "user: needs a worker to give privilege up in, and "
		    "workers is 0" },
	};

	ck_assert_int_eq(settings_check(&s, why, sizeof(why)), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		settings_fini(&s);
		settings_init(&s);
		for (int k = 0; k < 2 && bad[i].keys[k] != NULL; k++)
			ck_assert_int_eq(set(bad[i].keys[k],
			    bad[i].values[k]), 0);
		ck_assert_int_eq(settings_check(&s, why, sizeof(why)), -1);
		ck_assert_str_eq(why, bad[i].why);
	}
}
END_TEST

/* Users and groups are looked up before anything runs. */
START_TEST(users)
{
	ck_assert_int_eq(set("user", "0"), 0);
	ck_assert_int_eq(set("group", "root"), 0);
	ck_assert_int_eq(settings_check(&s, why, sizeof(why)), 0);
	ck_assert_int_eq(set("group", "no-such-group"), 0);
	ck_assert_int_eq(settings_check(&s, why, sizeof(why)), -1);
	ck_assert_str_eq(why, "group: there is no group 'no-such-group'");
	ck_assert_int_eq(set("user", "no-such-user"), 0);
	ck_assert_int_eq(settings_check(&s, why, sizeof(why)), -1);
	ck_assert_str_eq(why, "user: there is no user 'no-such-user'");
}
END_TEST

START_TEST(names)
{
	static const char *const good[] = { "a", "calc", "Calc-2.0_x", "9" };
	static const char *const bad[] = { "", ".", "..", ".x", "a/b", "/",
	    "a b", "a\n", "caf\303\251", "a:b" };
	char text[62];

	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(set("name", good[i]), 0);
		ck_assert_str_eq(s.name, good[i]);
	}
	for (int i = 0; i < 10; i++) {
		ck_assert_msg(set("name", bad[i]) == -1, "'%s'", bad[i]);
		ck_assert_ptr_nonnull(strstr(why, "name"));
	}
	ck_assert_str_eq(s.name, "9");
	memset(text, 'n', sizeof(text));
	text[61] = '\0';
	ck_assert_int_eq(set("name", text), -1);
	text[60] = '\0';
	ck_assert_int_eq(set("name", text), 0);
}
END_TEST

START_TEST(unknown_keys)
{
	static const char *const keys[] = { "", "Workers", "workers ",
	    "max_frame", "max-fram", "max-frames", "w" };

	for (int i = 0; i < 7; i++) {
		ck_assert_int_eq(set(keys[i], "1"), -1);
		ck_assert_ptr_nonnull(strstr(why, keys[i]));
	}
}
END_TEST

START_TEST(flags)
{
	char string[64] = "+:";
	const char *p;

	settings_getopt(string, sizeof(string));
	for (int i = 0; i < N; i++) {
		if (options[i].letter == 0)
			continue;
		ck_assert_str_eq(settings_key(options[i].letter),
		    options[i].key);
		p = strchr(string + 2, options[i].letter);
		ck_assert_ptr_nonnull(p);
		ck_assert_int_eq(p[1] == ':', options[i].type != BOOL);
	}
	ck_assert_int_eq(strncmp(string, "+:", 2), 0);
	ck_assert_ptr_null(settings_key('Z'));
	ck_assert_ptr_null(settings_key(0));
}
END_TEST

/* Each key has a line with its default; no line is too long. */
START_TEST(help)
{
	char *text, *line, *rest, *save, key[40];
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int found = 0;

	settings_help(f);
	fclose(f);
	rest = text;
	while ((line = strtok_r(rest, "\n", &save)) != NULL) {
		rest = NULL;
		ck_assert_uint_le(strlen(line), 80);
		if (sscanf(line + 6, "%39s", key) != 1 || line[6] == ' ')
			continue;
		ck_assert_int_lt(found, N);
		ck_assert_str_eq(key, options[found].key);
		ck_assert_ptr_nonnull(strstr(line, options[found].preset));
		ck_assert(options[found].letter == 0 ? line[2] == ' ' :
		    line[3] == options[found].letter);
		found++;
	}
	ck_assert_int_eq(found, N);
	free(text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("option");
	TCase *t = unit_case(suite, "option");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, the_range_is_exact, 0, N);
	tcase_add_loop_test(t, garbage_is_refused, 0, N);
	tcase_add_loop_test(t, words, 0, N);
	tcase_add_test(t, no_limit);
	tcase_add_test(t, defaults);
	tcase_add_test(t, max_frame_stays_below_cr_lf);
	tcase_add_test(t, http_paths);
	tcase_add_test(t, listen_addresses);
	tcase_add_test(t, listen_twice);
	tcase_add_test(t, listen_nowhere);
	tcase_add_test(t, addresses);
	tcase_add_test(t, addresses_of_a_file);
	tcase_add_test(t, logs);
	tcase_add_test(t, access_logs);
	tcase_add_test(t, call_timeouts);
	tcase_add_test(t, threaded_methods);
	tcase_add_test(t, check);
	tcase_add_test(t, users);
	tcase_add_test(t, names);
	tcase_add_test(t, unknown_keys);
	tcase_add_test(t, flags);
	tcase_add_test(t, help);
	return unit_main(suite);
}
