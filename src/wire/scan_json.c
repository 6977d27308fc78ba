/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a message in JSON is where the bracket closes that opened it.
 * What is looked at is what that takes, brackets and strings; beyond that only
 * bytes that no message has outside of strings are refused, so that a stranger
 * is noticed early.  Whether it is a message at all, the reader finds out.
 *
 * One bit for each open bracket says of which kind it is; the bits live in the
 * levels that other protocols use, LEVEL_BITS to a level.
 */
#include <stdbool.h>

#include "wire/scan.h"

#define LEVEL_BITS	32

_Static_assert(SCAN_MAX_BRACKETS <= SCAN_MAX_DEPTH * LEVEL_BITS,
    "a bit for each bracket");

static uint32_t *
word_of(struct scan *s, unsigned bracket)
{
	return &s->level[bracket / LEVEL_BITS].left;
}

static enum scan_result
opens(struct scan *s, bool object)
{
	uint32_t *word, bit = (uint32_t)1 << s->brackets % LEVEL_BITS;

	if (s->brackets == SCAN_MAX_BRACKETS)
		return SCAN_TOO_DEEP;
	if (s->brackets % LEVEL_BITS == 0)
		s->level[s->depth++] = (struct scan_level){ 0 };
	word = word_of(s, s->brackets++);
	*word = object ? *word | bit : *word & ~bit;
	return SCAN_MORE;
}

/* DONE after the last one. */
static enum scan_result
closes(struct scan *s, bool object)
{
	unsigned last = s->brackets - 1;

	if ((*word_of(s, last) >> last % LEVEL_BITS & 1) != object)
		return SCAN_BAD;
	if (last % LEVEL_BITS == 0)
		s->depth--;
	s->brackets = last;
	return last == 0 ? SCAN_DONE : SCAN_MORE;
}

/* A byte that is not in a string; the first one of a message is a '['. */
static enum scan_result
take(struct scan *s, uint8_t c)
{
	switch (c) {
	case '[':
	case '{':
		return opens(s, c == '{');
	case ']':
	case '}':
		return closes(s, c == '}');
	case '"':
		s->quoted = 1;
		return SCAN_MORE;
	case ',': case ':':
	case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
	case '+': case '-': case '.': case 'e': case 'E':
	case 'n': case 'a': case 'i': case 'f':		/* nan, inf: Python */
	case 'N': case 'I': case 't': case 'y':		/* and Node's */
	case ' ': case '\t': case '\r': case '\n':
		return SCAN_MORE;
	default:
		return SCAN_BAD;
	}
}

/* Over the bytes of a string, up to the quote that ends it. */
static const uint8_t *
take_string(struct scan *s, const uint8_t *p, const uint8_t *end)
{
	while (p < end && s->quoted != 0) {
		if (s->quoted == 2)
			s->quoted = 1;
		else if (*p == '"')
			s->quoted = 0;
		else if (*p == '\\')
			s->quoted = 2;
		p++;
	}
	return p;
}

enum scan_result
scan_json(struct scan *s, const uint8_t *p, size_t len)
{
	size_t most = len < s->max_size ? len : (size_t)s->max_size;
	const uint8_t *at = p + s->pos, *end = p + most;
	enum scan_result rc = SCAN_MORE;

	if (s->pos == 0 && at < end && *at != '[')
		return SCAN_BAD;
	if (s->pos > 0 && s->brackets == 0)
		return SCAN_DONE;
	while (at < end && rc == SCAN_MORE) {
		if (s->quoted != 0)
			at = take_string(s, at, end);
		else
			rc = take(s, *at++);
	}
	s->pos = (uint64_t)(at - p);
	return rc == SCAN_MORE && s->pos == s->max_size ? SCAN_TOO_BIG : rc;
}
