/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compact protocol is built twice: for any processor, and for those that
 * have BMI2 (pdep, pext) as circuits.  Here it is decided, once, which is used.
 */
#include "wire/compact.h"

static const struct wire_proto *chosen;

/* AMD's before Zen 3 have BMI2 as microcode, slower than doing without. */
static bool
has_fast_bmi2(void)
{
#ifdef __x86_64__
	__builtin_cpu_init();
	return __builtin_cpu_supports("bmi2") &&
	    (__builtin_cpu_is("intel") || (__builtin_cpu_is("amd") &&
	    !__builtin_cpu_is("amdfam15h") && !__builtin_cpu_is("znver1") &&
	    !__builtin_cpu_is("znver2")));
#else
	return false;
#endif
}

void
compact_choose(bool any)
{
	const struct wire_proto *p = compact_proto();

#ifdef __x86_64__
	if (!any && has_fast_bmi2())
		p = compact_proto_bmi2();
#endif
	__atomic_store_n(&chosen, p, __ATOMIC_RELAXED);
}

const struct wire_proto *
wire_compact(void)
{
	if (__atomic_load_n(&chosen, __ATOMIC_RELAXED) == NULL)
		compact_choose(false);
	return __atomic_load_n(&chosen, __ATOMIC_RELAXED);
}
