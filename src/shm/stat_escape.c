/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts of a segment on their way to people and programs: whoever wrote them
 * could write any byte.
 */
#include "shm/stat.h"

/* A terminal obeys control characters, so none is passed on. */
void
tf_stat_escape(const char *text, char *to, size_t size)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = 0;

	if (size == 0)
		return;
	for (; *s != '\0' && n + 5 <= size; s++)
		if (*s < 0x20 || *s >= 0x7f)
			n += (size_t)snprintf(to + n, size - n, "\\x%02x", *s);
		else
			to[n++] = (char)*s;
	to[n] = '\0';
}

/* The length of the UTF-8 character at s, 0 if there is none. */
static size_t
utf8_len(const unsigned char *s)
{
	static const struct {
		unsigned char	lead, mask, len, low, high; /* of the second */
	} forms[] = {
		{ 0xc0, 0xe0, 2, 0x80, 0xbf },
		{ 0xe0, 0xf0, 3, 0x80, 0xbf },
		{ 0xf0, 0xf8, 4, 0x80, 0xbf },
	};
	size_t i, n;

	if (s[0] < 0x80)
		return 1;
	for (i = 0; i < 3; i++)
		if ((s[0] & forms[i].mask) == forms[i].lead)
			break;
	if (i == 3 || s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	for (n = 1; n < forms[i].len; n++)
		if ((s[n] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* U+0080 to U+009F are control characters as well. */
void
tf_stat_quote(const char *text, FILE *f)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n;

	fputc('"', f);
	for (; *s != '\0'; s += n) {
		n = utf8_len(s);
		if (n == 0) {
			fputs("\\ufffd", f);
			n = 1;
		} else if (*s == '"' || *s == '\\')
			fprintf(f, "\\%c", *s);
		else if (*s < 0x20 || *s == 0x7f)
			fprintf(f, "\\u%04x", *s);
		else if (*s == 0xc2 && s[1] < 0xa0)
			fprintf(f, "\\u%04x", s[1]);
		else
			fwrite(s, 1, n, f);
	}
	fputc('"', f);
}
