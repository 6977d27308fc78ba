/* SPDX-License-Identifier: Apache-2.0 */
/* What keys do to a model; what a terminal calls them is not told here. */
#ifndef TOP_KEYS_H
#define TOP_KEYS_H

#include "model.h"

/* Other keys are characters of ASCII. */
enum key {
	KEY_IS_UP = 0x100, KEY_IS_DOWN, KEY_IS_LEFT, KEY_IS_RIGHT,
	KEY_IS_PAGE_UP, KEY_IS_PAGE_DOWN, KEY_IS_HOME, KEY_IS_END,
	KEY_IS_TAB, KEY_IS_ENTER, KEY_IS_ESCAPE, KEY_IS_BACKSPACE
};

/* The list of keys for people; NULL past the last. */
struct key_help {
	const char	*keys, *text;
};
const struct key_help *keys_help(unsigned i);

/* width is that of the screen.  True: the user wants to leave. */
bool	 keys_press(struct model *, const struct view *, unsigned width,
	    int key);

#endif
