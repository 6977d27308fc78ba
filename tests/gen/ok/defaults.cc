/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Defaults as C++ sees them.
 */
#include "defaults.tf.h"

int
main()
{
	struct tf_list_defaults_inner l = { nullptr, 0, 0 };
	struct tf_list_i32 numbers = { nullptr, 0, 0 };
	struct defaults_inner *p;

	p = TF_PUSH_INIT(nullptr, &l, DEFAULTS_INNER_INIT);
	if (l.n != 1 || p != l.v || p->a != 5 || p->has_b || p->b.len != 0)
		return 1;
	TF_PUSH_INIT(nullptr, &l, { true, 7, TF_STR_INIT("bcd") });
	if (l.n != 2 || !l.v[1].has_b || l.v[1].a != 7 || l.v[1].b.len != 3)
		return 2;
	if (*TF_PUSH_INIT(nullptr, &numbers, { 6 }) != 6 || numbers.n != 1)
		return 3;
	return 0;
}
