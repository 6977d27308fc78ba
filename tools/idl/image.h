/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Defaults as bytes in memory, for tables built at run time.
 */
#ifndef IDL_IMAGE_H
#define IDL_IMAGE_H

#include "idl.h"

/* Bytes and alignment of one value by itself. */
void	 image_measure(const struct idl_type *, uint32_t *size,
	    uint32_t *align);

/* Of a list element or map entry; val_off: of a map's value. */
uint32_t image_entry(const struct idl_type *, uint32_t *val_off);

/* A value with all defaults. */
const void *image_new(struct tf_arena *, const struct idl_def *);

#endif
