/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client and the worker with TLS, zlib, or both between them: many calls
 * on one connection, large ones, one that the worker has closed meanwhile, and
 * a child that has inherited the connection.
 */
#include <thriftfork/client.h>

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/tls.h"
#include "lib/unit.h"
#include "unit_service.h"
#include "unit_tls.h"
#include "unit_worker.h"

#ifdef HAVE_OPENSSL

#define BIG	1000000

static struct tf_client *c;
static char ca_path[] = "/tmp/check_client_layers.XXXXXX";

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
setup(void)
{
	struct credentials sc = { .ca.p = NULL };
	struct pem ca = unit_ca();
	char why[400];
	int fd;

	bench_setup();
	unit_certificate("server", "IP:127.0.0.1", 0, &sc.chain, &sc.key);
	bench_tls = tls_server(&sc, why, sizeof(why));
	ck_assert_msg(bench_tls != NULL, "%s", why);
	credentials_fini(&sc);
	fd = mkstemp(ca_path);
	ck_assert_int_eq(write(fd, ca.p, ca.len), (ssize_t)ca.len);
	close(fd);
	free(ca.p);
	free(ca.name);
	bench_start();
}

static void
teardown(void)
{
	tf_client_free(c);
	bench_teardown();
	tls_context_free(bench_tls);
	unlink(ca_path);
}

static void
begin(bool tls, bool zlib)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);
	char where[64];
	int fd = bench_tcp();

	ck_assert_int_eq(getpeername(fd, (struct sockaddr *)&a, &len), 0);
	close(fd);
	snprintf(where, sizeof(where), "%s127.0.0.1:%u", tls ? "tls://" : "",
	    ntohs(a.sin_port));
	c = tf_client_new(where);
	set("tls-ca", ca_path);
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
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, calls, 0, 3);
	tcase_add_loop_test(t, child, 0, 3);
#else
	(void)t;
#endif
	return unit_main(s);
}
