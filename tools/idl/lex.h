/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of an IDL file.  Comments and white space vanish here; a doc comment
 * is kept for the token it stands before.
 */
#ifndef IDL_LEX_H
#define IDL_LEX_H

#include "idl.h"

enum token_kind {
	TOK_EOF,
	TOK_ID,			/* dots included */
	TOK_KEYWORD,
	TOK_INT,
	TOK_DOUBLE,
	TOK_LITERAL,
	TOK_SYMBOL
};

struct token {
	enum token_kind	 kind;
	struct idl_loc	 loc;
	char		 symbol;
	const char	*text;		/* of names and keywords */
	int64_t		 i;
	double		 d;
	struct tf_str	 s;		/* of literals */
	const char	*doc;		/* comment before it, or NULL */
	bool		 first;		/* on its line */
};

struct lexer {
	struct idl	*idl;
	struct idl_file	*file;
	const char	*p, *end;
	const char	*doc, *doc_end;
	bool		 newline;
};

void	 lexer_init(struct lexer *, struct idl_file *);

/* The next token; text that is none is reported and skipped. */
void	 lexer_next(struct lexer *, struct token *);

/*
 * The text of a doc comment without its decoration: stars, common indent,
 * trailing white space, blank lines at both ends.  NULL if nothing is left.
 */
const char *doc_clean(struct tf_arena *, const char *s, size_t len);

#endif
