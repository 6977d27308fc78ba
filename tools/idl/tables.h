/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables that generated code would hold, built at run time, so that a
 * tool can encode and decode the types of a loaded file without a compiler.
 * Values have the memory layout of the generated structs.
 *
 *	struct idl *idl = idl_new();
 *	struct idl_file *file = idl_load(idl, "calc.thrift");
 *	struct idl_tables *t = idl_tables_new(file);
 *	const struct tf_method *m = idl_table_method(t, "Calculator", "ping");
 *
 * Tables live until idl_tables_free(), which also tells the library to forget
 * them, and not longer than the struct idl.  A program has one set of them at
 * a time: they are kept in the definitions' data.
 */
#ifndef IDL_TABLES_H
#define IDL_TABLES_H

#include <thriftfork/service.h>

#include "idl.h"

struct idl_tables;

struct idl_tables *idl_tables_new(struct idl_file *);
void	 idl_tables_free(struct idl_tables *);	/* NULL is fine */

/* The table of a struct, union, exception or enum. */
const struct tf_type *idl_table_def(struct idl_tables *, struct idl_def *);

/*
 * By name as the file spells it, "Work" or "shared.Work"; typedefs are
 * followed.  NULL if there is none, or it stands for something else.
 */
const struct tf_type *idl_table_type(struct idl_tables *, const char *name);

/*
 * A method of a service of the file or, "shared.Base", of an included one;
 * methods that it inherits are found.  Its call member is NULL.  NULL if there
 * is no such service or method.
 */
const struct tf_method *idl_table_method(struct idl_tables *,
	    const char *service, const char *method);

#endif
