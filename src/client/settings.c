/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a client, by the keys of tf_client_set(). */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/parse.h"
#include "client/client_body.h"
#include "wire/zstream.h"

static int
set_time(struct tf_client *c, const char *key, const char *value, uint64_t *ns)
{
	if (parse_time(value, ns) == 0)
		return 0;
	return client_fail(c,
	    "%s: '%s' is not a time, such as 500ms or 30s, or "
	    "off", key, value);
}

static int
set_timeout(struct tf_client *c, const char *value)
{
	return set_time(c, "timeout", value, &c->timeout_ns);
}

static int
set_connect_timeout(struct tf_client *c, const char *value)
{
	return set_time(c, "connect-timeout", value, &c->connect_timeout_ns);
}

static int
set_max_frame(struct tf_client *c, const char *value)
{
	uint64_t n;

	if (parse_size(value, &n) == -1 || n < 16 || n > CLIENT_MAX_FRAME)
		return client_fail(c,
		    "max-frame: '%s' is not a number of bytes from "
		    "16 to %u", value, CLIENT_MAX_FRAME);
	c->max_frame = n;
	return 0;
}

static int
set_protocol(struct tf_client *c, const char *value)
{
	if (strcmp(value, "compact") == 0)
		c->proto = wire_compact();
	else if (strcmp(value, "binary") == 0)
		c->proto = wire_binary();
	else if (strcmp(value, "json") == 0)
		c->proto = wire_json();
	else
		return client_fail(c,
		    "protocol: '%s' is none of compact, binary and "
		    "json", value);
	stream_close(&c->stream);
	return 0;
}

static int
set_framing(struct tf_client *c, const char *value)
{
	bool header = strcmp(value, "header") == 0;

	if (!header && strcmp(value, "framed") != 0 &&
	    strcmp(value, "unframed") != 0)
		return client_fail(c,
		    "framing: '%s' is none of framed, unframed and "
		    "header", value);
	c->framed = value[0] != 'u';
	c->header.on = header;
	stream_close(&c->stream);
	return 0;
}

static int
set_transforms(struct tf_client *c, const char *value)
{
	const char *why;

	if (client_header_set_transforms(&c->header, value, &why) == -1)
		return client_fail(c,
		    "transforms: '%s' is neither none nor a list "
		    "such as zlib or zlib+zstd: %s", value, why);
	return 0;
}

static int
set_service(struct tf_client *c, const char *value)
{
	size_t n = strlen(value);

	if (n + 1 >= sizeof(c->service) || memchr(value, ':', n) != NULL)
		return client_fail(c,
		    "service: '%.80s' is not a name of at most %zu "
		    "bytes without a colon", value, sizeof(c->service) - 2);
	snprintf(c->service, sizeof(c->service), "%s%s", value,
	    n == 0 ? "" : ":");
	return 0;
}

/* "yes" or "no", of a setting that the next connection is made by. */
static int
parse_word(struct tf_client *c, const char *key, const char *value, bool *on)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return client_fail(c, "%s: '%s' is not yes or no", key, value);
	*on = value[0] == 'y';
	stream_close(&c->stream);
	return 0;
}

static int
set_zlib(struct tf_client *c, const char *value)
{
	if (strcmp(value, "yes") == 0 && !zstream_is_built_in())
		return client_fail(c, "zlib: is not built in");
	return parse_word(c, "zlib", value, &c->stream.zlib);
}

static int
set_file(struct tf_client *c, char **file, const char *value)
{
	stream_close(&c->stream);
	trust_set(&c->trust, file, value);
	return 0;
}

static int
set_tls_ca(struct tf_client *c, const char *value)
{
	return set_file(c, &c->trust.ca, value);
}

static int
set_tls_certificate(struct tf_client *c, const char *value)
{
	return set_file(c, &c->trust.certificate, value);
}

static int
set_tls_key(struct tf_client *c, const char *value)
{
	return set_file(c, &c->trust.key, value);
}

static int
set_tls_verify(struct tf_client *c, const char *value)
{
	bool on;

	if (parse_word(c, "tls-verify", value, &on) == -1)
		return -1;
	trust_set_blind(&c->trust, !on);
	return 0;
}

int
tf_client_set(struct tf_client *c, const char *key, const char *value)
{
	static const struct {
		const char	*key;
		int		(*set)(struct tf_client *, const char *);
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

	c->touched = true;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i].key, key) == 0)
			return keys[i].set(c, value);
	return client_fail(c, "a client has no setting '%s'", key);
}
