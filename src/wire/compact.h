/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of the compact protocol, and what its reader's file needs of its
 * writer's to put its table together.  Both are built twice; see compact.c.
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

/*
 * Which build wire_compact() is from now on: the one for any processor, or what
 * suits this one best, as if nobody had chosen.
 */
void	compact_choose(bool any);

const struct wire_proto *compact_proto_bmi2(void);
#ifdef COMPACT_BMI2
#define compact_proto		compact_proto_bmi2
#define compact_write		compact_write_bmi2
#define compact_write_message	compact_write_message_bmi2
#else
const struct wire_proto *compact_proto(void);
#endif
int	compact_write(struct buf *, const struct plan *, const void *,
	    const char **);
int	compact_write_message(struct buf *, const struct wire_msg *,
	    const struct plan *, const void *, const char **);

#endif
