/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TJSONProtocol, the third of the protocols that are spoken between machines;
 * not to be mistaken for JSON by field name (wire/json.h), which is for people.
 *
 *	message		[1,"name",TYPE,SEQID,STRUCT]
 *	struct, union	{"ID":{"TYPE":VALUE},...}
 *	list, set	["TYPE",N,VALUE,...]
 *	map		["TYPE","TYPE",N,{KEY:VALUE,...}]
 *	bool		1, 0
 *	double		a number, "NaN", "Infinity", "-Infinity"
 *	binary		base64
 *
 * where TYPE is one of tf, i8, i16, i32, i64, dbl, str, rec, map, set, lst,
 * uid, and what is a number is quoted as a key.  Keys that are structs or
 * containers stand as they are, which is no JSON, but is what Apache's C++
 * writes and reads.
 *
 * Read, beyond what is written: white space; numbers quoted anywhere and keys
 * that are not; base64 without padding; control characters as they are, and
 * nan, inf and -inf (all of them Python); NaN, Infinity and -Infinity without
 * quotes (Node); \/ and upper-case digits after \u.
 */
#ifndef WIRE_TJSON_H
#define WIRE_TJSON_H

#include "wire/wire.h"

/* "i32" for TF_T_I32 and TF_T_ENUM. */
const char *tjson_type(uint8_t kind);

/* The writer's half of the protocol, as in struct wire_proto. */
int	tjson_write(struct buf *, const struct plan *, const void *value,
	    const char **why);
int	tjson_write_message(struct buf *, const struct wire_msg *,
	    const struct plan *, const void *value, const char **why);

#endif
