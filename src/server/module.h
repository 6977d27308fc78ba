/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A module: a shared object that exports thriftfork_module.  The master copies
 * it and never loads it; workers load the copy, so that all of them run the
 * same code whatever becomes of the file.
 */
#ifndef SERVER_MODULE_H
#define SERVER_MODULE_H

#include <stddef.h>

#include <thriftfork/server.h>

/* A sealed copy: its descriptor, or -1 with a reason that names the path. */
int	module_copy(const char *path, char *why, size_t why_size);

/*
 * Loads the copy, or the file itself if fd is -1, for as long as the process
 * lives.  Its setup(), or NULL with a reason that names the path.
 */
tf_setup_fn *module_load(const char *path, int fd, char *why, size_t why_size);

#endif
