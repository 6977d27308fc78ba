/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one listener serves, of all that a worker can: a set of words, and who
 * may speak there.  All zero is everything, without a proxy before it.
 */
#ifndef SERVE_RULES_H
#define SERVE_RULES_H

#include <stdbool.h>
#include <stdint.h>

/* What a message is written in, and what it stands in. */
enum rules_word {
	RULES_COMPACT = 1 << 0,
	RULES_BINARY = 1 << 1,
	RULES_JSON = 1 << 2,

	RULES_FRAMED = 1 << 3,
	RULES_UNFRAMED = 1 << 4,
	RULES_HEADER = 1 << 5,
	RULES_HTTP = 1 << 6,
	RULES_ZLIB = 1 << 7
};

enum rules_tls {
	RULES_TLS_AUTO,		/* with TLS or without */
	RULES_TLS_ON,		/* without it nothing */
	RULES_TLS_OFF
};

struct rules {
	uint16_t	 off;		/* enum rules_word */
	uint8_t		 tls;		/* enum rules_tls */
	bool		 proxy;		/* a PROXY header comes first */
};

extern const struct rules rules_none;	/* all zero */

#endif
