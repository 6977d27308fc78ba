/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of the binary protocol, its big-endian integers, and what its
 * reader's file needs of its writer's to put wire_binary() together.
 */
#ifndef WIRE_BINARY_H
#define WIRE_BINARY_H

#include <string.h>

#include "wire/wire.h"

#define BINARY_VERSION_1	0x80010000u
#define BINARY_VERSION_MASK	0xffff0000u

enum binary_type {
	B_STOP = 0, B_BOOL = 2, B_I8 = 3, B_DOUBLE = 4, B_I16 = 6, B_I32 = 8,
	B_I64 = 10, B_STRING = 11, B_STRUCT = 12, B_MAP = 13, B_SET = 14,
	B_LIST = 15, B_UUID = 16
};

int	binary_write(struct buf *, const struct plan *, const void *,
	    const char **);
int	binary_write_message(struct buf *, const struct wire_msg *,
	    const struct plan *, const void *, const char **);

static inline uint32_t
binary_get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap32(v);
}

static inline uint8_t *
binary_put32(uint8_t *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, sizeof(v));
	return p + sizeof(v);
}

#endif
