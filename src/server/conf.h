/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration file: "key value" on each line.  Blanks separate words,
 * "#" at the beginning of a word starts a comment, and a word may stand in
 * double quotes, in which a backslash takes the next character as it is.  A
 * listener may have settings after its address: listen *:9090 key=value.  It is
 * a regular file, or a pipe without a name, which is read to its end.
 */
#ifndef SERVER_CONF_H
#define SERVER_CONF_H

#include "server/option.h"

/*
 * Sets what the file says, unless it has been set already; 0, or -1 with a
 * reason, "FILE:LINE: key: ...", and then nothing has been set.
 */
int	conf_read(struct settings *, const char *path, char *why,
	    size_t why_size);

#endif
