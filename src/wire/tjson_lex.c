/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers are read where they stand, without a copy.  Passing over a value
 * needs no types: brackets and quotes alone tell where it ends.
 */
#include "wire/tjson_lex.h"

#include <math.h>
#include <string.h>

#include "wire/read.h"
#include "wire/text.h"
#include "wire/tjson.h"

const char *
tjson_type(uint8_t kind)
{
	static const char *const names[] = {
		[TF_T_BOOL] = "tf", [TF_T_I8] = "i8", [TF_T_I16] = "i16",
		[TF_T_I32] = "i32", [TF_T_I64] = "i64", [TF_T_DOUBLE] = "dbl",
		[TF_T_STRING] = "str", [TF_T_BINARY] = "str",
		[TF_T_UUID] = "uid", [TF_T_ENUM] = "i32", [TF_T_LIST] = "lst",
		[TF_T_SET] = "set", [TF_T_MAP] = "map", [TF_T_STRUCT] = "rec",
		[TF_T_UNION] = "rec",
	};

	return names[kind];
}

static bool
fail_short(struct json *j)
{
	return json_fail(j, WIRE_SHORT, "input ends too early", NULL);
}

/* Digits up to the first other character; false: none, or too many. */
static bool
read_digits(struct wire_reader *r, uint64_t *v)
{
	const uint8_t *start = r->p;

	for (*v = 0; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++)
		if (__builtin_mul_overflow(*v, 10u, v) ||
		    __builtin_add_overflow(*v, (uint64_t)(*r->p - '0'), v))
			return false;
	return r->p > start;
}

bool
tjson_int(struct json *j, int64_t min, int64_t max, int64_t *v)
{
	bool quoted = json_try(j, '"'), minus = json_try(j, '-');
	const uint8_t *at = j->r->p;
	uint64_t n;

	if (!read_digits(j->r, &n)) {
		if (at == j->r->end)
			return fail_short(j);
		if (j->r->p == at)
			return json_fail(j, WIRE_BAD, "expected an integer",
			    NULL);
		n = UINT64_MAX;
	}
	if (n > (uint64_t)INT64_MAX + minus)
		goto range;
	*v = minus ? (int64_t)(0 - n) : (int64_t)n;
	if (*v < min || *v > max)
		goto range;
	return !quoted || json_take(j, '"');
range:
	j->r->p = at;
	return json_fail(j, WIRE_BAD, "number out of range", NULL);
}

/*
 * A number in place.  Behind its characters must stand what can end it: then
 * that is also where strtod() stops.
 */
static bool
read_number(struct json *j, double *v)
{
	const uint8_t *p = j->r->p, *end = j->r->end;
	const char *stop;

	while (p < end && *p != '\0' && strchr("+-.0123456789eE", *p) != NULL)
		p++;
	if (p == end)
		return fail_short(j);
	if (p > j->r->p && *p != '\0' && strchr(",:]}\" \t\r\n", *p) != NULL) {
		*v = double_scan((const char *)j->r->p, &stop);
		if (stop == (const char *)p) {
			j->r->p = p;
			return true;
		}
	}
	return json_fail(j, WIRE_BAD, "expected a number", NULL);
}

bool
tjson_double(struct json *j, double *v)
{
	bool quoted = json_try(j, '"');

	json_peek(j);
	if (json_word(j, "NaN") || json_word(j, "nan"))
		*v = NAN;
	else if (json_word(j, "Infinity") || json_word(j, "inf"))
		*v = INFINITY;
	else if (json_word(j, "-Infinity") || json_word(j, "-inf"))
		*v = -INFINITY;
	else if (!read_number(j, v))
		return false;
	return !quoted || json_take(j, '"');
}

/* Numbers, and what some say instead of one that is none. */
static bool
is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' &&
	    (c | 0x20) <= 'z') || c == '-' || c == '+' || c == '.';
}

static bool
skip_word(struct json *j)
{
	struct wire_reader *r = j->r;
	const uint8_t *start = r->p;

	while (r->p < r->end && is_word(*r->p))
		r->p++;
	if (r->p > start)
		return true;
	return r->p == r->end ? fail_short(j) :
	    json_fail(j, WIRE_BAD, "expected a value", NULL);
}

static bool
skip_nested(struct json *j, bool object, unsigned levels)
{
	bool first = true;

	if (levels == 0)
		return json_fail(j, WIRE_TOO_DEEP, "nested too deep", NULL);
	j->r->p++;
	while (json_more(j, object ? '}' : ']', &first))
		if (!tjson_skip(j, levels - 1) || (object &&
		    (!json_take(j, ':') || !tjson_skip(j, levels - 1))))
			return false;
	return j->r->err == WIRE_OK;
}

/* Any value, whatever its type; levels: brackets that may yet be opened. */
bool
tjson_skip(struct json *j, unsigned levels)
{
	const char *s;
	size_t n;
	uint8_t c = json_peek(j);

	if (c == '"')
		return json_raw_string(j, &s, &n);
	if (c == '{' || c == '[')
		return skip_nested(j, c == '{', levels);
	return skip_word(j);
}
