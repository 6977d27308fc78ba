/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a client, by the keys of tf_client_set(). */
#include "client/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <thriftfork/service.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/parse.h"
#include "wire/zstream.h"

#define DEFAULT_TIMEOUT_NS	(10 * NS_PER_S)
#define DEFAULT_MAX_FRAME	16384000u

static void
set_addr(struct client_settings *s, const char *addr)
{
	if ((s->addr = strdup(addr)) == NULL)
		fatal("out of memory: a client");
	client_http_init(&s->http, addr);
}

void
client_settings_init(struct client_settings *s, const char *addr)
{
	memset(s, 0, sizeof(*s));
	set_addr(s, addr);
	s->proto = wire_compact();
	s->framed = true;
	client_header_init(&s->header);
	s->timeout_ns = DEFAULT_TIMEOUT_NS;
	s->max_frame = DEFAULT_MAX_FRAME;
}

void
client_settings_fini(struct client_settings *s)
{
	trust_fini(&s->trust);
	client_http_fini(&s->http);
	client_header_fini(&s->header);
	free(s->addr);
}

void
client_settings_aim(struct client_settings *s, const char *addr)
{
	if (strcmp(s->addr, addr) == 0)
		return;
	client_http_fini(&s->http);
	free(s->addr);
	set_addr(s, addr);
}

static int
set_time(const char *key, const char *value, uint64_t *ns, struct outcome *o)
{
	if (parse_time(value, ns) == 0)
		return 0;
	return outcome_fail(o,
	    "%s: '%s' is not a time, such as 500ms or 30s, or "
	    "off", key, value);
}

static int
set_timeout(struct client_settings *s, const char *value, struct outcome *o)
{
	return set_time("timeout", value, &s->timeout_ns, o);
}

static int
set_connect_timeout(struct client_settings *s, const char *value,
    struct outcome *o)
{
	return set_time("connect-timeout", value, &s->connect_timeout_ns, o);
}

static int
set_max_frame(struct client_settings *s, const char *value, struct outcome *o)
{
	uint64_t n;

	if (parse_size(value, &n) == -1 || n < 16 || n > CLIENT_MAX_FRAME)
		return outcome_fail(o,
		    "max-frame: '%s' is not a number of bytes from "
		    "16 to %u", value, CLIENT_MAX_FRAME);
	s->max_frame = n;
	return 0;
}

static int
set_protocol(struct client_settings *s, const char *value, struct outcome *o)
{
	if (strcmp(value, "compact") == 0)
		s->proto = wire_compact();
	else if (strcmp(value, "binary") == 0)
		s->proto = wire_binary();
	else if (strcmp(value, "json") == 0)
		s->proto = wire_json();
	else
		return outcome_fail(o,
		    "protocol: '%s' is none of compact, binary and "
		    "json", value);
	return 1;
}

static int
set_framing(struct client_settings *s, const char *value, struct outcome *o)
{
	bool header = strcmp(value, "header") == 0;

	if (!header && strcmp(value, "framed") != 0 &&
	    strcmp(value, "unframed") != 0)
		return outcome_fail(o,
		    "framing: '%s' is none of framed, unframed and "
		    "header", value);
	s->framed = value[0] != 'u';
	s->header.on = header;
	return 1;
}

static int
set_transforms(struct client_settings *s, const char *value, struct outcome *o)
{
	const char *why;

	if (client_header_set_transforms(&s->header, value, &why) == -1)
		return outcome_fail(o,
		    "transforms: '%s' is neither none nor a list "
		    "such as zlib or zlib+zstd: %s", value, why);
	return 0;
}

static int
set_service(struct client_settings *s, const char *value, struct outcome *o)
{
	size_t n = strlen(value);

	if (n + 1 >= sizeof(s->service) || memchr(value, ':', n) != NULL)
		return outcome_fail(o,
		    "service: '%.80s' is not a name of at most %zu "
		    "bytes without a colon", value, sizeof(s->service) - 2);
	snprintf(s->service, sizeof(s->service), "%s%s", value,
	    n == 0 ? "" : ":");
	return 0;
}

/* "yes" or "no", of a setting that the next connection is made by. */
static int
parse_word(const char *key, const char *value, bool *on, struct outcome *o)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return outcome_fail(o, "%s: '%s' is not yes or no", key, value);
	*on = value[0] == 'y';
	return 1;
}

static int
set_zlib(struct client_settings *s, const char *value, struct outcome *o)
{
	if (strcmp(value, "yes") == 0 && !zstream_is_built_in())
		return outcome_fail(o, "zlib: is not built in");
	return parse_word("zlib", value, &s->zlib, o);
}

static int
set_file(struct client_settings *s, char **file, const char *value)
{
	trust_set(&s->trust, file, value);
	return 1;
}

static int
set_tls_ca(struct client_settings *s, const char *value, struct outcome *o)
{
	(void)o;
	return set_file(s, &s->trust.ca, value);
}

static int
set_tls_certificate(struct client_settings *s, const char *value,
    struct outcome *o)
{
	(void)o;
	return set_file(s, &s->trust.certificate, value);
}

static int
set_tls_key(struct client_settings *s, const char *value, struct outcome *o)
{
	(void)o;
	return set_file(s, &s->trust.key, value);
}

static int
set_tls_verify(struct client_settings *s, const char *value, struct outcome *o)
{
	bool on = false;

	if (parse_word("tls-verify", value, &on, o) == -1)
		return -1;
	trust_set_blind(&s->trust, !on);
	return 1;
}

int
client_settings_set(struct client_settings *s, const char *key,
    const char *value, struct outcome *o)
{
	static const struct {
		const char	*key;
		int		(*set)(struct client_settings *, const char *,
				    struct outcome *);
	} keys[] = {
		{ "timeout", set_timeout },
		{ "connect-timeout", set_connect_timeout },
		{ "max-frame", set_max_frame },
		{ "protocol", set_protocol },
		{ "framing", set_framing },
		{ "transforms", set_transforms },
		{ "service", set_service },
		{ "zlib", set_zlib },
		{ "tls-ca", set_tls_ca },
		{ "tls-certificate", set_tls_certificate },
		{ "tls-key", set_tls_key },
		{ "tls-verify", set_tls_verify },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i].key, key) == 0)
			return keys[i].set(s, value, o);
	return outcome_fail(o, "a client has no setting '%s'", key);
}

int
client_settings_header(struct client_settings *s, const char *key,
    const char *value, struct outcome *o)
{
	if (client_header_set(&s->header, key, value) == 0)
		return 0;
	return outcome_fail(o,
	    "header '%.80s': more headers than a request carries", key);
}

int
client_settings_pass_on(struct client_settings *s, const struct tf_call *call,
    struct outcome *o)
{
	const struct tf_str *parent = tf_call_header(call, "traceparent"),
	    *state = tf_call_header(call, "tracestate");

	/* Without the first the second means nothing. */
	if (parent == NULL)
		state = NULL;
	if (client_settings_header(s, "traceparent", parent == NULL ? NULL :
	    parent->s, o) == -1)
		return -1;
	return client_settings_header(s, "tracestate", state == NULL ? NULL :
	    state->s, o);
}
