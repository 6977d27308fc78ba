/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compact protocol once more, for processors that take a varint apart and
 * put one together in one instruction, whatever its length.  See compact.c.
 */
#ifdef __x86_64__

#ifdef __clang__
#pragma clang attribute push(__attribute__((target("bmi,bmi2"))), \
    apply_to = function)
#else
#pragma GCC target("bmi,bmi2")
#endif

#define COMPACT_BMI2
#include "wire/compact_write.c"
#include "wire/compact_read.c"

#ifdef __clang__
#pragma clang attribute pop
#endif

#else

extern int compact_has_no_bmi2;	/* a file must declare something */

#endif
