/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From text to definitions.  The parser reports what is wrong, skips to the
 * next thing it understands and goes on, so that one run shows several
 * mistakes.
 */
#ifndef IDL_PARSE_H
#define IDL_PARSE_H

#include "diag.h"
#include "lex.h"

#define IDL_MAX_NESTING	128	/* of types and constant values */

struct parser {
	struct idl	*idl;
	struct idl_file	*file;
	struct lexer	 lex;
	struct token	 tok;		/* the one to look at */
	bool		 panic;		/* an error was reported; skip ahead */
	int		 depth;
};

/* Fills in file->includes, namespaces, defs, doc. */
void	 parse_file(struct idl_file *);

/* Shared by the rules. */
void	 parse_advance(struct parser *);
bool	 parse_at(const struct parser *, char symbol);
bool	 parse_at_word(const struct parser *, const char *keyword);
bool	 parse_take(struct parser *, char symbol);
bool	 parse_take_word(struct parser *, const char *keyword);
void	 parse_expect(struct parser *, char symbol, const char *where);
void	 parse_separator(struct parser *);
void	 parse_unexpected(struct parser *, const char *wanted);
void	 parse_skip_to_element(struct parser *, char close, uint32_t from);
bool	 parse_enter(struct parser *);
void	 parse_leave(struct parser *);

/* A name without dots; NULL after an error. */
const char *parse_name(struct parser *, const char *what, struct idl_loc *);

/* Types, fields, values: parse_type.c. */
void	 parse_annos(struct parser *, struct idl_annos *);
struct idl_type *parse_type(struct parser *);
struct idl_value *parse_value(struct parser *);
void	 parse_fields(struct parser *, char close, enum idl_def_kind kind,
	    struct idl_fields *);

/* Definitions: parse_def.c; false if the token begins none. */
bool	 parse_def(struct parser *);

#endif
