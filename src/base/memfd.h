/* SPDX-License-Identifier: Apache-2.0 */
/* Files without a name, in memory: made, filled, and sealed for good. */
#ifndef BASE_MEMFD_H
#define BASE_MEMFD_H

#include <stddef.h>

/*
 * An empty one, close-on-exec, that can be sealed and never executed.  The name
 * is for /proc/PID/maps and debuggers.  -1 and errno.
 */
int	memfd_new(const char *name);

/* Writes all of it: 0, or -1 and errno. */
int	memfd_put(int fd, const void *, size_t);

/* Nothing about it changes any more, for nobody: 0, or -1 and errno. */
int	memfd_seal(int fd);

#endif
