/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers with units, as people write them in settings. */
#ifndef BASE_PARSE_H
#define BASE_PARSE_H

#include <stdint.h>

/* "250", "16M" (K, M, G are powers of 1024); 0, or -1 if it is not that. */
int	parse_size(const char *, uint64_t *bytes);

/* "500ms", "30s", "5m", "2h", "1d", "100us", "off" (0); a unit is needed. */
int	parse_time(const char *, uint64_t *ns);

#endif
