/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: the IDL front end, from text to the tables of every type that
 * it defines; a default value of each is encoded and decoded.
 */
#include <stdlib.h>

#include "tables.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
try_type(const struct tf_type *type)
{
	struct tf_arena *a = tf_arena_new((size_t)16 << 20);
	void *value = tf_alloc(a, 1, type->size);
	struct tf_str s;

	tf_init(type, value);
	if (tf_encode(type, TF_COMPACT, value, a, &s, NULL) == 0 &&
	    tf_decode(type, TF_COMPACT, s.s, s.len, a, value, NULL) !=
	    (ptrdiff_t)s.len)
		abort();
	tf_arena_free(a);
}

static void
try_tables(struct idl_file *file)
{
	struct idl_tables *t = idl_tables_new(file);

	for (uint32_t i = 0; i < file->defs.n; i++)
		if (idl_is_struct(file->defs.v[i]))
			try_type(idl_table_def(t, file->defs.v[i]));
	idl_tables_free(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct idl *idl = idl_new();
	struct idl_file *file;

	idl->quiet = true;
	file = idl_load_text(idl, "/nonexistent/fuzz.thrift", bytes, len);
	if (file != NULL)
		try_tables(file);
	idl_free(idl);
	return 0;
}
