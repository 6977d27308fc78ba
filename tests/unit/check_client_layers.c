/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client and the worker with TLS, zlib, or both between them: many calls
 * on one connection, large ones, one that the worker has closed meanwhile, and
 * a child that has inherited the connection.
 */
#include <thriftfork/client.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/unit.h"
#include "unit_layers.h"
#include "unit_service.h"
#include "unit_worker.h"

#ifdef HAVE_OPENSSL

#define BIG	1000000

static struct tf_client *c;

/* Of each loop: whether there is TLS, and zlib. */
static const bool over_tls[] = { false, true, true };
static const bool in_zlib[] = { true, false, true };

static void
set(const char *key, const char *value)
{
	ck_assert_msg(tf_client_set(c, key, value) == 0, "%s",
	    tf_client_error(c));
}

static void
teardown(void)
{
	tf_client_free(c);
	layers_teardown();
}

static void
begin(bool tls, bool zlib)
{
	char where[64];

	layers_address(where, sizeof(where), tls);
	c = tf_client_new(where);
	set("tls-ca", layers_ca);
	set("zlib", zlib ? "yes" : "no");
}

static void
expect_size(const char *text, size_t len)
{
	struct unit_text args = { { text, len } };
	const struct unit_text_result *r;
	void *result;

	ck_assert_msg(tf_client_call(c, unit_method("echo"), &args,
	    &result) == 0, "%s", tf_client_error(c));
	r = result;
	ck_assert_uint_eq(r->success.len, len);
	ck_assert_mem_eq(r->success.s, text, len);
}

START_TEST(calls)
{
	char *big = malloc(BIG);

	begin(over_tls[_i], in_zlib[_i]);
	for (size_t i = 0; i < BIG; i++)
		big[i] = (char)(i * 2654435761u >> 23);
	for (size_t i = 0; i < 100; i++)
		expect_size(big, i * 700);
	expect_size(big, BIG);
	expect_size(big, 1);
	free(big);
	/* One was to learn the port. */
	ck_assert_uint_eq(bench_count(COUNTER_CONNECTIONS_ACCEPTED), 2);
	ck_assert_uint_eq(bench_count(COUNTER_TLS_HANDSHAKES), over_tls[_i]);
}
END_TEST

/* A child connects anew, and what it closes is not the parent's. */
START_TEST(child)
{
	int status;
	pid_t pid;

	begin(over_tls[_i], in_zlib[_i]);
	expect_size("before", 6);
	if ((pid = fork()) == 0) {
		expect_size("within", 6);
		tf_client_free(c);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	expect_size("behind", 6);
	ck_assert_uint_eq(bench_count(COUNTER_CONNECTIONS_ACCEPTED), 3);
}
END_TEST

#endif

int
main(void)
{
	Suite *s = suite_create("client through layers");
	TCase *t = unit_case(s, "layers");

#ifdef HAVE_OPENSSL
	tcase_add_checked_fixture(t, layers_setup, teardown);
	tcase_add_loop_test(t, calls, 0, 3);
	tcase_add_loop_test(t, child, 0, 3);
#else
	(void)t;
#endif
	return unit_main(s);
}
