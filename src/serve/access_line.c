/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See access_line.h.  It is written by hand, as printf would take longer than
 * the call.  Nothing is checked for room: a line has five texts at most, of
 * ACCESS_TEXT bytes, and all the rest has an end of its own.
 */
#include "serve/access_line.h"

#include <string.h>

#include "base/decimal.h"
#include "wire/text.h"

#define REST	600			/* keys, numbers, words */
_Static_assert(5 * ACCESS_TEXT + REST <= LOG_LINE, "a line has room");

struct out {
	char	*p;
	bool	 json;
};

static const char hex[] = "0123456789abcdef";

static void
put(struct out *o, const char *text, size_t n)
{
	memcpy(o->p, text, n);
	o->p += n;
}

static void
put_key(struct out *o, const char *key)
{
	if (o->json)
		put(o, ",\"", 2);
	else
		*o->p++ = ' ';
	put(o, key, strlen(key));
	if (o->json)
		put(o, "\":", 2);
	else
		*o->p++ = '=';
}

static void
put_number(struct out *o, const char *key, uint64_t n)
{
	char text[DECIMAL_MAX], *end = text + sizeof(text);
	char *p = decimal_put(end, n);

	put_key(o, key);
	put(o, p, (size_t)(end - p));
}

static void
put_signed(struct out *o, const char *key, int32_t n)
{
	char text[DECIMAL_MAX + 1], *end = text + sizeof(text);
	char *p = decimal_put_signed(end, n);

	put_key(o, key);
	put(o, p, (size_t)(end - p));
}

/* One of ours, which needs no quotes. */
static void
put_word(struct out *o, const char *key, const char *word)
{
	put_key(o, key);
	if (o->json)
		*o->p++ = '"';
	put(o, word, strlen(word));
	if (o->json)
		*o->p++ = '"';
}

/* What may stand for itself. */
static bool
is_plain(struct tf_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.s[i] <= ' ' || s.s[i] > '~' || s.s[i] == '"' ||
		    s.s[i] == '=' || s.s[i] == '\\')
			return false;
	return true;
}

/* The next character of n bytes: how many it has, and, as written, *len. */
static size_t
escape_text(const uint8_t *s, size_t n, char out[8], size_t *len)
{
	(void)n;
	*len = 0;
	if (*s == '"' || *s == '\\')
		out[(*len)++] = '\\';
	if (*s >= ' ' && *s <= '~')
		out[(*len)++] = (char)*s;
	else {
		memcpy(out, "\\x", 2);
		out[2] = hex[*s >> 4];
		out[3] = hex[*s & 15];
		*len = 4;
	}
	return 1;
}

/* U+0080 to U+009F are control characters as well. */
static size_t
escape_json(const uint8_t *s, size_t n, char out[8], size_t *len)
{
	size_t taken = utf8_len(s, n);
	uint8_t c = taken == 2 ? s[1] : *s;
	bool control = taken == 1 ? c < ' ' || c == 0x7f :
	    taken == 2 && *s == 0xc2 && c < 0xa0;

	if (taken == 0 || control) {
		memcpy(out, taken == 0 ? "\\ufffd" : "\\u00", taken == 0 ? 6 :
		    4);
		if (taken > 0) {
			out[4] = hex[c >> 4];
			out[5] = hex[c & 15];
		}
		*len = 6;
		return taken == 0 ? 1 : taken;
	}
	*len = 0;
	if (*s == '"' || *s == '\\')
		out[(*len)++] = '\\';
	memcpy(out + *len, s, taken);
	*len += taken;
	return taken;
}

/* Cut where a character ends, if it takes more than there is room for. */
static void
put_escaped(struct out *o, struct tf_str s, const char *limit)
{
	const uint8_t *p = (const uint8_t *)s.s, *end = p + s.len;
	char out[8];
	size_t len;

	while (p < end) {
		p += (o->json ? escape_json : escape_text)(p,
		    (size_t)(end - p), out, &len);
		if (len > (size_t)(limit - o->p))
			return;
		put(o, out, len);
	}
}

/* "first.second", or second if there is no first. */
static void
put_text(struct out *o, const char *key, const char *first,
    struct tf_str second)
{
	struct tf_str one = { first, first == NULL ? 0 : strlen(first) };
	bool quotes = o->json || one.len + second.len == 0 ||
	    !is_plain(one) || !is_plain(second);

	put_key(o, key);
	if (quotes)
		*o->p++ = '"';
	if (first != NULL) {
		put_escaped(o, one, o->p + ACCESS_TEXT);
		*o->p++ = '.';
	}
	put_escaped(o, second, o->p + ACCESS_TEXT);
	if (quotes)
		*o->p++ = '"';
}

static void
put_string(struct out *o, const char *key, const char *s)
{
	if (s != NULL)
		put_text(o, key, NULL, (struct tf_str){ s, strlen(s) });
}

static void
begin(struct out *o, const struct access_who *who, char *line)
{
	*o = (struct out){ .p = line, .json = who->json };
	if (o->json)
		put(o, "{\"time\":\"", 9);
	put(o, who->time, LOG_TIME - 1);
	if (o->json)
		*o->p++ = '"';
	put_number(o, "pid", (uint64_t)who->pid);
	put_number(o, "worker", who->worker);
}

static size_t
end(struct out *o, const char *line)
{
	if (o->json)
		*o->p++ = '}';
	*o->p++ = '\n';
	return (size_t)(o->p - line);
}

static void
put_outcome(struct out *o, const struct access_line *l)
{
	put_word(o, "outcome", l->outcome);
	put_string(o, "exception", l->exception);
	if (l->error != NULL)
		put_word(o, "error", l->error);
	if (l->gone) {
		put_key(o, "gone");
		put(o, "true", 4);
	}
}

/* How it came. */
static void
put_way(struct out *o, const struct access_line *l)
{
	put_word(o, "protocol", l->protocol);
	put_word(o, "transport", l->transport);
	if (l->zlib) {
		put_key(o, "zlib");
		put(o, "true", 4);
	}
	put_string(o, "tls", l->tls);
}

size_t
access_line(const struct access_who *who, const struct access_line *l,
    char line[LOG_LINE])
{
	struct out o;

	begin(&o, who, line);
	put_string(&o, "peer", l->peer);
	put_text(&o, "method", l->service, l->method);
	put_signed(&o, "seqid", l->seqid);
	put_outcome(&o, l);
	put_number(&o, "bytes_in", l->bytes_in);
	put_number(&o, "bytes_out", l->bytes_out);
	put_number(&o, "wait_us", l->wait_ns / 1000);
	put_number(&o, "time_us", l->time_ns / 1000);
	put_way(&o, l);
	if (l->trace.len > 0)
		put_text(&o, "trace", NULL, l->trace);
	put_number(&o, "sample", l->sample);
	return end(&o, line);
}

size_t
access_line_lost(const struct access_who *who, uint64_t lost,
    char line[LOG_LINE])
{
	struct out o;

	begin(&o, who, line);
	put_number(&o, "lost", lost);
	return end(&o, line);
}
