/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of constants, as a program sees them; returns the number of the
 * first one that is wrong.
 */
#include <string.h>

#include "consts.tf.h"

_Static_assert(CONSTS_YES == 1 && CONSTS_NO == 0, "bool");
_Static_assert(CONSTS_I8_MIN == INT8_MIN, "i8");
_Static_assert(CONSTS_I16_MAX == INT16_MAX, "i16");
_Static_assert(CONSTS_I32_MIN == INT32_MIN, "i32");
_Static_assert(CONSTS_HEX == 0x7fffffff, "hex");
_Static_assert(CONSTS_NEGATIVE_HEX == -16, "negative hex");
_Static_assert(CONSTS_LEADING_ZEROS == 10, "decimal");
_Static_assert(CONSTS_I64_MIN == INT64_MIN, "i64");
_Static_assert(CONSTS_I64_MAX == INT64_MAX, "i64");
_Static_assert(CONSTS_FIRST == CONSTS_OP_ADD, "enum");
_Static_assert(CONSTS_SECOND == CONSTS_OP_SUB, "enum by number");
_Static_assert(CONSTS_AS_NUMBER == 2 && CONSTS_ALIAS == CONSTS_HEX, "names");

static uint64_t
bits(double d)
{
	uint64_t u;

	memcpy(&u, &d, sizeof(u));
	return u;
}

int
main(void)
{
	if (bits(CONSTS_PI) != 0x400921fb54442d18)
		return 1;
	if (bits(CONSTS_TENTH) != 0x3fb999999999999a)
		return 2;
	if (bits(CONSTS_TINY) != 1)
		return 3;
	if (bits(CONSTS_HUGE) != 0x7fefffffffffffff)
		return 4;
	if (bits(CONSTS_MINUS_ZERO) != UINT64_C(1) << 63)
		return 5;
	if (bits(CONSTS_WHOLE) != 0x4340000000000000)
		return 6;
	if (strcmp(CONSTS_HELLO, "say \"hello\"\n\ttab \\ 'single'") != 0)
		return 7;
	if (strcmp(CONSTS_SINGLE, "it's \"double\"") != 0)
		return 8;
	if (strcmp(CONSTS_UTF8, "gr\303\274\303\237e \342\230\203") != 0)
		return 9;
	if (strlen(CONSTS_TRIGRAPH) != 7)
		return 10;
	if (consts_origin.x != 0 || consts_origin.has_y ||
	    consts_origin.name.len != 6 || consts_origin.follows != NULL)
		return 11;
	if (consts_defaults.x != 7 || consts_defaults.name.s == NULL ||
	    consts_right.u.point.name.s == NULL)
		return 12;
	if (consts_numbers.n != 4 || consts_numbers.cap != 0 ||
	    consts_numbers.v[3] != CONSTS_HEX)
		return 13;
	if (consts_table.n != 3 || consts_table.v[2].val.n != 4)
		return 14;
	if (consts_points.v[0].val.follows->x != 7 ||
	    !consts_points.v[0].val.follows->has_y)
		return 15;
	if (consts_grid.n != 2 || consts_grid.v[0].v[1].y != 2 ||
	    consts_grid.v[1].n != 0 || consts_nothing.n != 0)
		return 16;
	if (consts_left.which != CONSTS_EITHER_NUMBER ||
	    consts_left.u.number != 5 ||
	    consts_none.which != CONSTS_EITHER_NONE ||
	    consts_right.u.point.x != 3)
		return 17;
	if (bits(CONSTS_FROM_INT) != bits(2.0))
		return 18;
	return 0;
}
