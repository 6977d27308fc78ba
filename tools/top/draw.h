/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A view on the screen, as a model has it.  All that is put there are lines of
 * layout.h and fixed texts.
 */
#ifndef TOP_DRAW_H
#define TOP_DRAW_H

#include "model.h"

/* said: what is the matter with the server, "" for nothing. */
void	 draw(struct model *, const struct view *, const char *said);

#endif
