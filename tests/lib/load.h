/* SPDX-License-Identifier: Apache-2.0 */
/* What all files of the load client agree on: units and exit statuses. */
#ifndef LOAD_H
#define LOAD_H

#include <stdint.h>

#define NS_PER_MS	UINT64_C(1000000)
#define NS_PER_SECOND	UINT64_C(1000000000)

enum load_exit { LOAD_OK, LOAD_BAD, LOAD_MISUSE, LOAD_INTERNAL };

#endif
