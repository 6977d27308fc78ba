/* SPDX-License-Identifier: Apache-2.0 */
/* A view as one JSON object on a line; thriftfork-top(1) has its fields. */
#ifndef TOP_JSON_H
#define TOP_JSON_H

#include <stdio.h>

#include "view.h"

void	 json_view(const struct view *, FILE *);

#endif
