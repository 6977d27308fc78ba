/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values whose names are alike, as a program sees them; returns the number of
 * the first one that is wrong.
 */
#include "numbered.tf.h"

int
main(void)
{
	struct numbered_s s = NUMBERED_S_INIT;

	if (numbered_foo.v[0] != 1 || numbered_foo_default_1.v[0] != 2)
		return 1;
	if (s.a.v[1] != 4 || s.b.v[1].v[0] != 6)
		return 2;
	if (numbered_s_default_1.v[0] != 7 ||
	    numbered_t_default_1_.v[0] != 8)
		return 3;
	return numbered_x_m_args_default_1.v[0] != 10;
}
