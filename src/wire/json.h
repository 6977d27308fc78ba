/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values as JSON by field name, for people and tools.  The mapping:
 *
 *	struct		an object; absent fields are left out; null on reading
 *			means absent
 *	union		an object with one member
 *	enum		its name, or the number if it has none; reads both
 *	i8 .. i64	numbers, exact; reads them quoted, too
 *	double		the shortest number that reads back as the same; "NaN",
 *			"Infinity", "-Infinity"
 *	string		a string; a byte that is no UTF-8 is \udc80 .. \udcff
 *	binary		base64
 *	uuid		its usual form
 *	list, set	an array
 *	map		an object; if its keys are structs or containers, an
 *			array of [key, value]
 *
 * Names that the type does not have are errors: here they are typing mistakes.
 */
#ifndef WIRE_JSON_H
#define WIRE_JSON_H

#include "wire/wire.h"

/* As in struct wire_proto; the reader's why says at which offset. */
int	json_read(struct wire_reader *, const struct plan *, void *value);
int	json_write(struct buf *, const struct plan *, const void *value,
	    const char **why);

#endif
