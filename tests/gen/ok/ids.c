/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields stand in the table by rising id; ids that are missing or not positive
 * count down from -1.
 */
#include "ids.tf.h"

int
main(void)
{
	static const int16_t expect[] = { -3, -2, -1, 1, 300, 32767 };
	const struct tf_type *t = &ids_mixed_type;

	if (t->n != 6 || ids_no_ids_type.n != 4 ||
	    ids_no_ids_type.fields[0].id != -4)
		return 1;
	for (uint32_t i = 0; i < t->n; i++)
		if (t->fields[i].id != expect[i])
			return 2;
	return 0;
}
