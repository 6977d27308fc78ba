/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame of the parser: looking at tokens, recovering after errors, and
 * the top of a file, where headers stand.
 */
#include <string.h>

#include "parse.h"

void
parse_advance(struct parser *ps)
{
	lexer_next(&ps->lex, &ps->tok);
}

bool
parse_at(const struct parser *ps, char symbol)
{
	return ps->tok.kind == TOK_SYMBOL && ps->tok.symbol == symbol;
}

bool
parse_at_word(const struct parser *ps, const char *keyword)
{
	return ps->tok.kind == TOK_KEYWORD &&
	    strcmp(ps->tok.text, keyword) == 0;
}

bool
parse_take(struct parser *ps, char symbol)
{
	if (!parse_at(ps, symbol))
		return false;
	parse_advance(ps);
	return true;
}

bool
parse_take_word(struct parser *ps, const char *keyword)
{
	if (!parse_at_word(ps, keyword))
		return false;
	parse_advance(ps);
	return true;
}

static const char *
token_show(struct parser *ps)
{
	struct tf_arena *arena = ps->idl->arena;

	switch (ps->tok.kind) {
	case TOK_EOF:
		return "the end of the file";
	case TOK_ID:
	case TOK_KEYWORD:
		return tf_strf(arena, "'%s'", idl_show(ps->idl,
		    ps->tok.text)).s;
	case TOK_INT:
	case TOK_DOUBLE:
		return "a number";
	case TOK_LITERAL:
		return "a string";
	case TOK_SYMBOL:
		break;
	}
	return tf_strf(arena, "'%c'", ps->tok.symbol).s;
}

void
parse_unexpected(struct parser *ps, const char *wanted)
{
	if (ps->panic)
		return;
	ps->panic = true;
	idl_error(ps->idl, ps->tok.loc, NULL, "expected %s, not %s", wanted,
	    token_show(ps));
}

void
parse_expect(struct parser *ps, char symbol, const char *where)
{
	if (ps->panic || parse_take(ps, symbol))
		return;
	parse_unexpected(ps, tf_strf(ps->idl->arena, "'%c' %s", symbol,
	    where).s);
}

void
parse_separator(struct parser *ps)
{
	if (!ps->panic && !parse_take(ps, ','))
		parse_take(ps, ';');
}

const char *
parse_name(struct parser *ps, const char *what, struct idl_loc *loc)
{
	const char *name = ps->tok.text;

	*loc = ps->tok.loc;
	if (ps->panic)
		return NULL;
	if (ps->tok.kind == TOK_KEYWORD) {
		ps->panic = true;
		idl_error(ps->idl, *loc, NULL,
		    "'%s' is a keyword and cannot name %s", name, what);
		return NULL;
	}
	if (ps->tok.kind != TOK_ID) {
		parse_unexpected(ps, what);
		return NULL;
	}
	if (strchr(name, '.') != NULL)
		idl_error(ps->idl, *loc, "only references to other files "
		    "have a dot", "the name of %s cannot have a dot", what);
	parse_advance(ps);
	return name;
}

bool
parse_enter(struct parser *ps)
{
	if (++ps->depth <= IDL_MAX_NESTING)
		return true;
	if (!ps->panic)
		idl_error(ps->idl, ps->tok.loc, NULL,
		    "nested more than %d deep", IDL_MAX_NESTING);
	ps->panic = true;
	return false;
}

void
parse_leave(struct parser *ps)
{
	ps->depth--;
}

static bool
begins_def(const struct parser *ps)
{
	static const char *const words[] = { "const", "typedef", "enum",
	    "struct", "union", "exception", "service", "namespace", "include",
	    "cpp_include" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (parse_at_word(ps, words[i]))
			return true;
	return false;
}

/*
 * After an error within braces or brackets: past the next separator, or to
 * the closing symbol, or to what looks like the next element or definition;
 * in any case past the place where the element began.
 */
void
parse_skip_to_element(struct parser *ps, char close, uint32_t from)
{
	int nested = 0;

	if (ps->tok.loc.off == from && !parse_at(ps, close) &&
	    !(ps->tok.first && begins_def(ps)))
		parse_advance(ps);
	while (ps->tok.kind != TOK_EOF) {
		if (ps->tok.first && begins_def(ps))
			return;
		if (nested == 0 && parse_at(ps, close))
			break;
		if (nested == 0 && ps->tok.first && ps->tok.kind == TOK_INT)
			break;
		if (nested == 0 && (parse_at(ps, ',') || parse_at(ps, ';'))) {
			parse_advance(ps);
			break;
		}
		if (parse_at(ps, '(') || parse_at(ps, '{'))
			nested++;
		else if ((parse_at(ps, ')') || parse_at(ps, '}')) && nested > 0)
			nested--;
		parse_advance(ps);
	}
	ps->panic = false;
}

static void
skip_to_def(struct parser *ps)
{
	int nested = 0;

	while (ps->tok.kind != TOK_EOF && !((nested <= 0 || ps->tok.first) &&
	    begins_def(ps))) {
		if (parse_at(ps, '{'))
			nested++;
		else if (parse_at(ps, '}'))
			nested--;
		parse_advance(ps);
	}
	ps->panic = false;
}

static const char *
base_name(struct tf_arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/'), *dot;

	path = slash == NULL ? path : slash + 1;
	dot = strrchr(path, '.');
	return tf_strn(arena, path, dot == NULL ? strlen(path) :
	    (size_t)(dot - path)).s;
}

static void
parse_include(struct parser *ps)
{
	struct idl_include *inc;

	if (ps->tok.kind != TOK_LITERAL) {
		parse_unexpected(ps, "a file name in quotes");
		return;
	}
	inc = TF_PUSH(ps->idl->arena, &ps->file->includes);
	inc->loc = ps->tok.loc;
	inc->path = ps->tok.s.s;
	inc->name = base_name(ps->idl->arena, inc->path);
	parse_advance(ps);
}

static void
parse_namespace(struct parser *ps)
{
	struct idl_namespace ns = { .scope = "*" };
	struct idl_annos annos = { NULL, 0, 0 };

	if (!parse_take(ps, '*')) {
		if (ps->tok.kind != TOK_ID) {
			parse_unexpected(ps, "a language or '*'");
			return;
		}
		ns.scope = ps->tok.text;
		parse_advance(ps);
	}
	ns.loc = ps->tok.loc;
	ns.name = ps->tok.text;
	if (ps->tok.kind != TOK_ID) {
		parse_unexpected(ps, "the name of the namespace");
		return;
	}
	parse_advance(ps);
	parse_annos(ps, &annos);
	*TF_PUSH(ps->idl->arena, &ps->file->namespaces) = ns;
}

static bool
parse_header(struct parser *ps)
{
	struct idl_loc loc = ps->tok.loc;
	const char *doc = ps->tok.doc;

	if (parse_take_word(ps, "include"))
		parse_include(ps);
	else if (parse_take_word(ps, "namespace"))
		parse_namespace(ps);
	else if (parse_take_word(ps, "cpp_include")) {
		if (ps->tok.kind == TOK_LITERAL)
			parse_advance(ps);
		else
			parse_unexpected(ps, "a file name in quotes");
	} else
		return false;
	if (ps->file->doc == NULL)
		ps->file->doc = doc;
	if (ps->file->defs.n > 0)
		idl_error(ps->idl, loc, "move it to the top of the file",
		    "headers must come before definitions");
	return true;
}

static const char *
suggest_removed(const struct parser *ps)
{
	static const char *const removed[] = { "cpp_namespace", "php_namespace",
	    "py_module", "perl_package", "ruby_namespace", "java_package",
	    "cocoa_prefix", "csharp_namespace", "delphi_namespace",
	    "smalltalk_category", "smalltalk_prefix", "xsd_namespace" };
	size_t i;

	if (ps->tok.kind != TOK_ID)
		return NULL;
	for (i = 0; i < sizeof(removed) / sizeof(removed[0]); i++)
		if (strcmp(ps->tok.text, removed[i]) == 0)
			return "write 'namespace LANGUAGE NAME'";
	if (strcmp(ps->tok.text, "senum") == 0)
		return "write 'enum'; senum is gone from Thrift";
	return NULL;
}

void
parse_file(struct idl_file *file)
{
	struct parser ps = { .idl = file->idl, .file = file };

	lexer_init(&ps.lex, file);
	parse_advance(&ps);
	while (ps.tok.kind != TOK_EOF) {
		if (!parse_header(&ps) && !parse_def(&ps)) {
			idl_error(ps.idl, ps.tok.loc, suggest_removed(&ps),
			    "expected a definition, not %s", token_show(&ps));
			ps.panic = true;
			parse_advance(&ps);
		}
		if (ps.panic)
			skip_to_def(&ps);
	}
}
