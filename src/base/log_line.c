/* SPDX-License-Identifier: Apache-2.0 */
/* See log_line.h. */
#include "base/log_line.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define KEPT		256		/* of a line, for what follows a text */

struct line {
	char	*p;
	size_t	 n, limit;
};

static void
put(struct line *l, const char *text)
{
	size_t len = strlen(text);

	if (len <= l->limit - l->n) {
		memcpy(l->p + l->n, text, len);
		l->n += len;
	}
}

/* Bytes that a JSON string takes as they are: 1 to 4, or 0. */
static size_t
utf8_length(const char *text)
{
	static const struct { uint8_t mask, is, first; } kinds[] = {
		{ 0x80, 0x00, 0x00 }, { 0xe0, 0xc0, 0x80 },
		{ 0xf0, 0xe0, 0x80 }, { 0xf8, 0xf0, 0x80 }
	};
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	const uint8_t *p = (const uint8_t *)text;
	uint32_t c;
	size_t n = 0;

	while (n < 4 && (p[0] & kinds[n].mask) != kinds[n].is)
		n++;
	if (n == 4)
		return 0;
	c = p[0] & (uint8_t)~kinds[n].mask;
	for (size_t i = 1; i <= n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	return c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ?
	    0 : n + 1;
}

static size_t
escape_text(const char *p, char *out)
{
	unsigned char c = (unsigned char)*p;

	if (c < 0x20 || c == 0x7f)
		snprintf(out, 8, "\\x%02x", c);
	else
		snprintf(out, 8, "%c", c);
	return 1;
}

static size_t
escape_json(const char *p, char *out)
{
	unsigned char c = (unsigned char)*p;
	size_t n = utf8_length(p);

	if (c < 0x20 || c == 0x7f)
		snprintf(out, 8, "\\u%04x", c);
	else if (c == '"' || c == '\\')
		snprintf(out, 8, "\\%c", c);
	else if (n == 0)
		snprintf(out, 8, "\\ufffd");
	else
		snprintf(out, 8, "%.*s", (int)n, p);
	return n == 0 ? 1 : n;
}

static void
put_escaped(struct line *l, const char *text, size_t limit,
    size_t (*escape)(const char *, char *))
{
	char out[8];
	size_t len, taken;

	for (; *text != '\0'; text += taken) {
		taken = escape(text, out);
		len = strlen(out);
		if (l->n + len > limit)
			return;
		memcpy(l->p + l->n, out, len);
		l->n += len;
	}
}

static void
put_message(struct line *l, const struct log_entry *e,
    size_t (*escape)(const char *, char *))
{
	put_escaped(l, e->text, l->limit - KEPT, escape);
	if (e->reason != NULL) {
		put(l, ": ");
		put_escaped(l, e->reason, l->limit - 8, escape);
	}
}

void
log_line_time(char text[LOG_TIME], time_t second, unsigned ms)
{
	struct tm tm;

	gmtime_r(&second, &tm);
	strftime(text, LOG_TIME, "%Y-%m-%dT%H:%M:%S.000Z", &tm);
	log_line_ms(text, ms);
}

void
log_line_ms(char text[LOG_TIME], unsigned ms)
{
	text[20] = (char)('0' + ms / 100);
	text[21] = (char)('0' + ms / 10 % 10);
	text[22] = (char)('0' + ms % 10);
}

static void
put_time(struct line *l, const struct timeval *at)
{
	char text[LOG_TIME];

	log_line_time(text, at->tv_sec, (unsigned)(at->tv_usec / 1000));
	put(l, text);
}

static void
put_who(struct line *l, const struct log_entry *e)
{
	if (e->role[0] != '\0') {
		put(l, e->role);
		put(l, " ");
	}
	put(l, e->level);
	put(l, ": ");
}

size_t
log_line_text(const struct log_entry *e, char line[LOG_LINE])
{
	struct line l = { .p = line, .limit = LOG_LINE - 1 };
	char pid[32];

	put_time(&l, &e->at);
	put(&l, " ");
	put(&l, e->instance);
	snprintf(pid, sizeof(pid), "[%ld] ", e->pid);
	put(&l, pid);
	put_who(&l, e);
	put_message(&l, e, escape_text);
	line[l.n++] = '\n';
	return l.n;
}

static void
put_member(struct line *l, const char *key, const char *value)
{
	put(l, "\",\"");
	put(l, key);
	put(l, "\":\"");
	put_escaped(l, value, l->n + 200, escape_json);
}

size_t
log_line_json(const struct log_entry *e, char line[LOG_LINE])
{
	struct line l = { .p = line, .limit = LOG_LINE - 1 };
	char pid[48];

	put(&l, "{\"time\":\"");
	put_time(&l, &e->at);
	put_member(&l, "level", e->level);
	put_member(&l, "instance", e->instance);
	snprintf(pid, sizeof(pid), "\",\"pid\":%ld,\"role\":\"", e->pid);
	put(&l, pid);
	put_escaped(&l, e->role, l.n + 200, escape_json);
	put_member(&l, "message", "");
	put_message(&l, e, escape_json);
	put(&l, "\"}\n");
	return l.n;
}

void
log_line_bare(const struct log_entry *e, char line[LOG_LINE])
{
	struct line l = { .p = line, .limit = LOG_LINE - 1 };

	put_who(&l, e);
	put_message(&l, e, escape_text);
	line[l.n] = '\0';
}
