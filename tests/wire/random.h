/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random types, built at run time as a reader of IDL builds them, and random
 * values of them.  The same seed gives the same types and values.
 */
#ifndef TESTS_WIRE_RANDOM_H
#define TESTS_WIRE_RANDOM_H

#include <thriftfork/type.h>

#define WORLD_STRUCTS	6
#define WORLD_TYPES	64

struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *);
uint32_t rng_below(struct rng *, uint32_t n);

/* Types that may refer to each other; the first ones are structs, unions. */
struct world {
	struct tf_type	 types[WORLD_TYPES];
	void		*plans[WORLD_TYPES];
	unsigned	 n;
	struct rng	 rng;
	struct tf_arena	*arena;		/* of the tables */
};

void	 world_init(struct world *, uint64_t seed);
void	 world_fini(struct world *);

/* A value of the i-th type, its memory from the arena. */
void	*world_value(struct world *, unsigned i, struct tf_arena *);

#endif
