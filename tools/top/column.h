/* SPDX-License-Identifier: Apache-2.0 */
/* The columns of columns.def, and what a row has in one of them. */
#ifndef TOP_COLUMN_H
#define TOP_COLUMN_H

#include <stddef.h>

#include "view.h"

enum table {
	WORKERS,
	METHODS,
	TABLES
};

enum kind {
	KIND_TEXT, KIND_COUNT, KIND_RATE, KIND_BYTES, KIND_TIME, KIND_AGE,
	KIND_SHARE
};

enum counted_column {
#define COUNTED(id, title, width, rank, kind, help)	COUNTED_##id,
#include "columns.def"
	COUNTED_COLUMNS
};

/* What is counted stands behind these. */
enum worker_column {
#define WORKER(id, title, width, rank, kind, help)	WORKER_##id,
#include "columns.def"
	WORKER_COUNTED,
	WORKER_COLUMNS = WORKER_COUNTED + COUNTED_COLUMNS
};

enum method_column {
#define METHOD(id, title, width, rank, kind, help)	METHOD_##id,
#include "columns.def"
	METHOD_COUNTED,
	METHOD_COLUMNS = METHOD_COUNTED + COUNTED_COLUMNS
};

#define MAX_COLUMNS	32

struct column {
	const char	*title, *help;
	unsigned	 width, rank;
	enum kind	 kind;
};

/* All columns of a table, n of them. */
const struct column *columns_of(enum table, unsigned *n);

/* A text (escaped) or a number; of counters per second where a rate is. */
struct value {
	bool		 none;		/* not known, or there is none */
	double		 number;
	char		 text[272];
};

/* What row number i of a view has in a column. */
void	 value_get(const struct view *, enum table, unsigned i,
	    unsigned column, enum period, struct value *);

/* "Service.method", escaped, whole if there is room. */
void	 method_name(const struct method_row *, char *to, size_t size);

/* How many rows there are, and what a row is the row of, whatever its place. */
unsigned rows_of(const struct view *, enum table);
int	 row_identity(const struct view *, enum table, unsigned i);

#endif
