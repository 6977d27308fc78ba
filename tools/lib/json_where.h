/* SPDX-License-Identifier: Apache-2.0 */
/* Where in a JSON text an error is, by the names on the way to it. */
#ifndef TOOLS_JSON_WHERE_H
#define TOOLS_JSON_WHERE_H

#include <stddef.h>

/*
 * The place of offset at in the text: "w.num1", "tags[2]", cut to size; "" for
 * the whole of it.  The text may be any bytes.
 */
void	 json_where(const char *text, size_t len, size_t at, char *to,
	    size_t size);

#endif
