/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of the compact protocol, and what its reader's file needs of its
 * writer's to put wire_compact() together.
 */
#ifndef WIRE_COMPACT_H
#define WIRE_COMPACT_H

#include "wire/wire.h"

#define COMPACT_ID	0x82
#define COMPACT_VERSION	1

enum compact_type {
	C_STOP, C_TRUE, C_FALSE, C_I8, C_I16, C_I32, C_I64, C_DOUBLE, C_BINARY,
	C_LIST, C_SET, C_MAP, C_STRUCT, C_UUID
};

int	compact_write(struct buf *, const struct plan *, const void *,
	    const char **);
int	compact_write_message(struct buf *, const struct wire_msg *,
	    const struct plan *, const void *, const char **);

#endif
