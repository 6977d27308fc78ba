/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TestClient: the order of the tests and what comes of them.  A test that
 * could not be run has failed, as the suite wants it.
 */
#include "client.h"

#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"

/*
 * Shorter than the suite's patience, or the bit would never be seen; but a JVM
 * that has just started may take 5 s to sign its first handshake.
 */
#define TIMEOUT		"12s"

bool
answer_is_missing(struct run *r)
{
	const char *why = tf_client_error(r->client);

	printf("  %s\n", why);
	if (tf_client_error_type(r->client) == -1) {
		r->lost = true;
		r->timed_out = strstr(why, strerror(ETIMEDOUT)) != NULL;
	}
	return false;
}

bool
answer_is_wrong(const char *fmt, ...)
{
	va_list ap;

	printf("  ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	return false;
}

/* The multiplexed protocol's other service, on the same connection. */
static bool
second_service(struct run *r)
{
	struct tf_str got;
	bool ok;

	if (tf_client_set(r->client, "service", "SecondService") == -1)
		return answer_is_missing(r);
	if (thrift_test_second_service_secondtest_string(r->client,
	    TF_STR("foo"), &got) == -1)
		ok = answer_is_missing(r);
	else
		ok = tf_str_eq(got, TF_STR("testString(\"foo\")")) ||
		    answer_is_wrong("'%s' came back", got.s);
	return tf_client_set(r->client, "service", "ThriftTest") == 0 && ok;
}

static const struct test tests[] = {
	{ "testVoid", BASE_TYPES, test_void },
	{ "testString", BASE_TYPES, test_string },
	{ "testBool", BASE_TYPES, test_bool },
	{ "testByte", BASE_TYPES, test_byte },
	{ "testI32", BASE_TYPES, test_i32 },
	{ "testI64", BASE_TYPES, test_i64 },
	{ "testDouble", BASE_TYPES, test_double },
	{ "testBinary", BASE_TYPES, test_binary },
	{ "testStruct", STRUCTS, test_struct },
	{ "testNest", STRUCTS, test_nest },
	{ "testMap", CONTAINERS, test_map },
	{ "testStringMap", CONTAINERS, test_string_map },
	{ "testSet", CONTAINERS, test_set },
	{ "testList", CONTAINERS, test_list },
	{ "testEnum", STRUCTS, test_enum },
	{ "testTypedef", STRUCTS, test_typedef },
	{ "testMapMap", CONTAINERS, test_map_map },
	{ "testInsanity", STRUCTS, test_insanity },
	{ "testMulti", STRUCTS, test_multi },
	{ "testException", EXCEPTIONS, test_exception },
	{ "testMultiException", EXCEPTIONS, test_multi_exception },
	{ "testOneway", BASE_TYPES, test_oneway },
	{ "secondtestString", EXCEPTIONS, second_service },
	{ "testI32", BASE_TYPES, test_i32 },
	/* last: what does not know the type closes the connection */
	{ "testUuid", BASE_TYPES, test_uuid },
};

static bool
is_wanted(const struct suite *s, const struct test *t)
{
	return (s->protocol->multiplexed || t->passes != second_service) &&
	    (s->insane || t->passes != test_insanity);
}

static int
run_tests(const struct suite *s, struct run *r)
{
	const struct test *t, *end = tests + sizeof(tests) / sizeof(tests[0]);
	int bits = 0;

	for (t = tests; t < end; t++) {
		if (!is_wanted(s, t))
			continue;
		if (r->lost)
			printf("%s: not run\n", t->name);
		else if (t->passes(r)) {
			printf("%s: ok\n", t->name);
			continue;
		} else
			printf("%s: FAILED\n", t->name);
		bits |= t->bit;
	}
	return r->timed_out ? bits | TIMED_OUT : bits;
}

static int
apply(struct tf_client *c, const struct suite_setting *p)
{
	for (; p->key != NULL; p++)
		if (tf_client_set(c, p->key, p->value) == -1)
			return -1;
	return 0;
}

static struct tf_client *
new_client(const struct suite *s)
{
	const char *tls = s->tls ? "tls://" : "";
	bool http = s->transport->http;
	char addr[256], url[280];

	suite_address(s, addr, sizeof(addr));
	if (http)
		tls = s->tls ? "https://" : "http://";
	snprintf(url, sizeof(url), "%s%s%s", tls, addr,
	    http ? "/service" : "");
	return tf_client_new(url);
}

static int
connect_and_run(const struct suite *s)
{
	static const struct suite_setting trust[] = {
		{ "tls-ca", SUITE_KEY("CA.pem") },
		{ "tls-certificate", SUITE_KEY("client.crt") },
		{ "tls-key", SUITE_KEY("client.key") },
		{ NULL, NULL }
	};
	struct run r = { .client = new_client(s), .http = s->transport->http };
	int bits;

	if (tf_client_set(r.client, "timeout", TIMEOUT) == -1 ||
	    apply(r.client, s->transport->settings) == -1 ||
	    apply(r.client, s->protocol->settings) == -1 ||
	    (s->tls && apply(r.client, trust) == -1) ||
	    tf_client_set(r.client, "service",
	    s->protocol->multiplexed ? "ThriftTest" : "") == -1) {
		warnx("%s", tf_client_error(r.client));
		bits = UNKNOWN;
	} else
		bits = run_tests(s, &r);
	tf_client_free(r.client);
	return bits;
}

int
main(int argc, char **argv)
{
	struct suite s;
	int bits = 0;

	if (suite_parse(&s, argc, argv) == -1)
		return UNKNOWN;
	if (s.path != NULL && (s.tls || s.transport->http))
		errx(UNKNOWN, "neither TLS nor HTTP over unix sockets");
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < s.loops && bits == 0; i++)
		bits = connect_and_run(&s);
	return bits;
}
