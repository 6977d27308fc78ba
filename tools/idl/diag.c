/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a file of its own: the text is somebody else's, so lines may be a
 * megabyte long or hold control characters; only a window round the caret is
 * shown, and nothing unprintable reaches a terminal.
 */
#include <errno.h>
#include <string.h>

#include "diag.h"

#define MAX_WARNINGS	100
#define WINDOW		96		/* bytes of a source line to show */

static void
find_line(struct idl_loc loc, uint32_t *line, uint32_t *start, uint32_t *end)
{
	const char *text = loc.file->text;
	uint32_t i;

	*line = 1;
	*start = 0;
	for (i = 0; i < loc.off && i < loc.file->len; i++)
		if (text[i] == '\n') {
			++*line;
			*start = i + 1;
		}
	for (*end = i; *end < loc.file->len && text[*end] != '\n'; ++*end)
		;
	if (*end > *start && text[*end - 1] == '\r')
		--*end;
}

static bool
is_continuation(char c)
{
	return (c & 0xc0) == 0x80;
}

static void
put_source(FILE *out, const char *s, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (s[i] != '\t' && ((uint8_t)s[i] < ' ' || s[i] == 0x7f))
			putc('?', out);
		else
			putc(s[i], out);
}

static void
put_caret(FILE *out, const char *s, uint32_t pad, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < pad; i++)
		if (!is_continuation(s[i]))
			putc(s[i] == '\t' ? '\t' : ' ', out);
	putc('^', out);
	for (i = 1; i < len; i++)
		if (!is_continuation(s[pad + i]))
			putc('~', out);
	putc('\n', out);
}

static void
put_context(FILE *out, struct idl_loc loc, uint32_t start, uint32_t end)
{
	const char *text = loc.file->text;
	uint32_t len = loc.len == 0 ? 1 : loc.len, off = loc.off;

	if (off > end)
		off = end;
	if (off - start > WINDOW * 3 / 4) {
		start = off - WINDOW / 2;
		while (start < off && is_continuation(text[start]))
			start++;
	}
	if (end - start > WINDOW) {
		end = start + WINDOW;
		while (end > off && is_continuation(text[end]))
			end--;
	}
	if (len > end - off)
		len = end > off ? end - off : 1;
	fputs("  ", out);
	put_source(out, text + start, end - start);
	fputs("\n  ", out);
	put_caret(out, text + start, off - start, len);
}

static void
put_message(struct idl *idl, struct idl_loc loc, const char *what,
    const char *hint, const char *fmt, va_list ap)
{
	uint32_t line, start, end;

	if (idl->quiet)
		return;
	if (loc.file == NULL) {
		fprintf(idl->out, "%s: ", program_invocation_short_name);
		vfprintf(idl->out, fmt, ap);
		putc('\n', idl->out);
	} else {
		find_line(loc, &line, &start, &end);
		fprintf(idl->out, "%s:%u:%u: %s: ", loc.file->path, line,
		    loc.off - start + 1, what);
		vfprintf(idl->out, fmt, ap);
		putc('\n', idl->out);
		put_context(idl->out, loc, start, end);
	}
	if (hint != NULL)
		fprintf(idl->out, "  hint: %s\n", hint);
}

static void
error(struct idl *idl, struct idl_loc loc, const char *hint, const char *fmt,
    va_list ap)
{
	idl->nerrors++;
	if (idl->nerrors <= IDL_MAX_ERRORS)
		put_message(idl, loc, "error", hint, fmt, ap);
	else if (idl->nerrors == IDL_MAX_ERRORS + 1 && !idl->quiet)
		fprintf(idl->out, "too many errors; the rest is not shown\n");
}

static void
warning(struct idl *idl, struct idl_loc loc, const char *hint,
    const char *fmt, va_list ap)
{
	idl->nwarnings++;
	if (idl->nwarnings <= MAX_WARNINGS)
		put_message(idl, loc, "warning", hint, fmt, ap);
	else if (idl->nwarnings == MAX_WARNINGS + 1 && !idl->quiet)
		fprintf(idl->out, "too many warnings; the rest is not shown\n");
}

void
idl_error(struct idl *idl, struct idl_loc loc, const char *hint,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	error(idl, loc, hint, fmt, ap);
	va_end(ap);
}

void
idl_warn(struct idl *idl, struct idl_loc loc, const char *hint,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	warning(idl, loc, hint, fmt, ap);
	va_end(ap);
}

void
idl_lint(struct idl *idl, struct idl_loc loc, const char *hint,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (idl->strict) {
		idl->nstrict++;
		error(idl, loc, hint, fmt, ap);
	} else
		warning(idl, loc, hint, fmt, ap);
	va_end(ap);
}

const char *
idl_where(struct idl *idl, struct idl_loc loc)
{
	uint32_t line, start, end;

	if (idl->quiet || idl->nerrors > IDL_MAX_ERRORS ||
	    idl->nwarnings > MAX_WARNINGS)
		return "";
	find_line(loc, &line, &start, &end);
	return tf_strf(idl->arena, "%s:%u", loc.file->path, line).s;
}

const char *
idl_show(struct idl *idl, const char *name)
{
	if (strlen(name) <= 64)
		return name;
	return tf_strf(idl->arena, "%.60s...", name).s;
}
