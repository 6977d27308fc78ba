/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client that does not wait and the worker, in every dialect they have in
 * common, with TLS, zlib or both between them: many calls at a time, small and
 * large, some of which fail, and a server whose certificate is another's.
 */
#include <thriftfork/async.h>

#include <stdio.h>
#include <string.h>

#include "lib/unit.h"
#include "unit_layers.h"
#include "unit_service.h"

#define MANY	200
#define BIG	300000

static struct tf_loop *loop;
static struct tf_async *client;
static int left, failed;
static char last_error[400];

static const struct {
	const char	*protocol, *framing, *transforms;
	bool		 tls, zlib;
} manners[] = {
	{ "compact", "framed", "none", false, false },
	{ "binary", "framed", "none", false, false },
	{ "json", "framed", "none", false, false },
	{ "compact", "unframed", "none", false, false },
	{ "binary", "unframed", "none", false, false },
	{ "json", "unframed", "none", false, false },
	{ "compact", "header", "none", false, false },
#ifdef HAVE_ZLIB
	{ "binary", "header", "zlib", false, false },
	{ "compact", "framed", "none", false, true },
	{ "binary", "unframed", "none", false, true },
#endif
#ifdef HAVE_OPENSSL
	{ "compact", "framed", "none", true, false },
	{ "json", "unframed", "none", true, false },
	{ "compact", "header", "none", true, false },
#ifdef HAVE_ZLIB
	{ "compact", "framed", "none", true, true },
#endif
#endif
};

static void
setup(void)
{
	layers_setup();
	loop = tf_loop_new();
	left = failed = 0;
}

static void
teardown(void)
{
	tf_async_free(client);
	tf_loop_free(loop);
	layers_teardown();
}

static void
set(const char *key, const char *value)
{
	ck_assert_msg(tf_async_set(client, key, value) == 0, "%s",
	    tf_async_error(client));
}

static void
begin(bool tls, bool trusting)
{
	char where[64];

	layers_address(where, sizeof(where), tls);
	client = tf_async_new(loop, where);
	if (tls && trusting)
		set("tls-ca", layers_ca);
}

static void
one_less(void)
{
	if (--left == 0)
		tf_loop_stop(loop);
}

/* The quotient is its number; of every tenth there is none. */
static void
divided(struct tf_flight *f, void *arg)
{
	int n = (int)(intptr_t)arg;
	const struct unit_divide_result *r;
	const void *result;
	int rc = tf_flight_finish(f, unit_method("divide"), &result);

	r = result;
	snprintf(last_error, sizeof(last_error), "%s", tf_flight_error(f));
	if (r == NULL)
		failed++;
	else if (n % 10 == 0) {
		ck_assert_int_eq(rc, -1);
		ck_assert_ptr_nonnull(r->no);
	} else {
		ck_assert_int_eq(rc, 0);
		ck_assert_int_eq(r->success, n);
	}
	one_less();
}

static void
was_big(struct tf_flight *f, void *arg)
{
	const struct unit_text_result *r;
	const void *result;

	ck_assert_msg(tf_flight_finish(f, unit_method("big"), &result) == 0,
	    "%s", tf_flight_error(f));
	r = result;
	ck_assert_uint_eq(r->success.len, (size_t)(intptr_t)arg);
	one_less();
}

static void
fly(int n)
{
	for (intptr_t i = 1; i <= n; i++, left++) {
		struct unit_pair p = { (int32_t)i * 2, i % 10 == 0 ? 0 : 2 };

		tf_async_start(client, unit_method("divide"), &p, divided,
		    (void *)i);
	}
}

static void
fly_big(intptr_t bytes)
{
	struct unit_pair p = { (int32_t)bytes, 0 };

	left++;
	tf_async_start(client, unit_method("big"), &p, was_big, (void *)bytes);
}

START_TEST(in_every_manner)
{
	begin(manners[_i].tls, true);
	set("protocol", manners[_i].protocol);
	set("framing", manners[_i].framing);
	set("transforms", manners[_i].transforms);
	set("zlib", manners[_i].zlib ? "yes" : "no");
	for (int round = 0; round < 2; round++) {
		fly(MANY / 2);
		fly_big(BIG);
		fly(MANY / 2);
		fly_big(1);
		ck_assert_int_eq(tf_loop_run(loop), 0);
		ck_assert_msg(failed == 0, "%s", last_error);
	}
}
END_TEST

#ifdef HAVE_OPENSSL

START_TEST(a_certificate_that_is_not_believed)
{
	begin(true, false);
	fly(3);
	ck_assert_int_eq(tf_loop_run(loop), 0);
	ck_assert_int_eq(failed, 3);
	ck_assert_msg(strstr(last_error, "certificate") != NULL, "%s",
	    last_error);
}
END_TEST

#endif

int
main(void)
{
	Suite *s = suite_create("async_layers");
	TCase *t = unit_case(s, "layers");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, in_every_manner, 0, COUNT(manners));
#ifdef HAVE_OPENSSL
	tcase_add_test(t, a_certificate_that_is_not_believed);
#endif
	return unit_main(s);
}
