/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two files of one name, each with a type Left, in one program: of twins.thrift
 * and all it includes.
 */
#include <string.h>

#include "twins.tf.h"

int
main(void)
{
	struct twins_twins t = { .holder = THROUGH_HOLDER_INIT };
	struct common_left *left = &t.left;
	struct c_common_left *other = &t.holder.left;

	if (&common_left_type == &c_common_left_type ||
	    strcmp(common_left_type.name, c_common_left_type.name) != 0)
		return 1;
	if (sizeof(*left) == sizeof(*other) || left->r.x != 0 || other->x != 7)
		return 2;
	if (twins_twins_type.fields[0].type != &common_left_type ||
	    through_holder_type.fields[0].type != &c_common_left_type)
		return 3;
	return 0;
}
