/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The value that all sides of cross-codec.py build: the constant EXTREMES, and
 * what IDL cannot spell.
 */
#ifndef CROSS_VALUE_H
#define CROSS_VALUE_H

#include "cross.tf.h"

void	 value_build(struct tf_arena *, struct cross_all *);

/*
 * Compares a value with literals, member by member, without any help of the
 * library.  What is not as it should be, or NULL.  Sets and maps may stand in
 * any order and are counted only.
 */
const char *value_differs(const struct cross_all *);

#endif
