/* SPDX-License-Identifier: Apache-2.0 */
/* Members of a JSON object, one after the other: key, value and a comma. */
#ifndef TOOLS_MEMBER_H
#define TOOLS_MEMBER_H

#include <stdint.h>
#include <stdio.h>

/* The key is written as it is. */
void	 member_text(FILE *, const char *key, const char *value);
void	 member_number(FILE *, const char *key, uint64_t value);

#endif
