/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What TJSONProtocol has beyond the words of JSON: numbers that may be quoted,
 * and values of no known type.  As in json_lex.h, false: the reader failed.
 */
#ifndef WIRE_TJSON_LEX_H
#define WIRE_TJSON_LEX_H

#include "wire/json_lex.h"

bool	tjson_int(struct json *, int64_t min, int64_t max, int64_t *);
bool	tjson_double(struct json *, double *);

/* Any value; levels: brackets that may be open within each other. */
bool	tjson_skip(struct json *, unsigned levels);

#endif
