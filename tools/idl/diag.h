/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages about IDL text: file:line:column, the source line, a caret, and a
 * hint where one helps.  A few dozen are printed and the rest counted.
 */
#ifndef IDL_DIAG_H
#define IDL_DIAG_H

#include "idl.h"

#define IDL_MAX_ERRORS	20

/* hint may be NULL. */
void	 idl_error(struct idl *, struct idl_loc, const char *hint,
	    const char *fmt, ...) TF_PRINTF(4, 5);
void	 idl_warn(struct idl *, struct idl_loc, const char *hint,
	    const char *fmt, ...) TF_PRINTF(4, 5);
/* A warning that --strict makes an error. */
void	 idl_lint(struct idl *, struct idl_loc, const char *hint,
	    const char *fmt, ...) TF_PRINTF(4, 5);

/* "FILE:LINE" of a place, in the arena; for "first defined at". */
const char *idl_where(struct idl *, struct idl_loc);

/* A name for messages: short, printable, in the arena. */
const char *idl_show(struct idl *, const char *name);

#endif
