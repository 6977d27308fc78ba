/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing to a place that may be full without waiting there.  Standard error
 * cannot simply be made non-blocking: that would be so for everybody who has
 * it from the same parent.
 */
#ifndef BASE_LOG_WRITE_H
#define BASE_LOG_WRITE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * As write(2), and EAGAIN where that would wait for a reader.  To a pipe up to
 * PIPE_BUF bytes go whole or not at all; a terminal may take a part.  Only
 * where a process may not open a pipe that it holds, as after it became
 * somebody else, can it still wait: if another one fills the pipe in the
 * moment between looking and writing.
 */
ssize_t	log_write(int fd, const void *, size_t);

#endif
