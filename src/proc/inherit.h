/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What crosses the fork: all that the master gives a worker.  Beside this it
 * has what the server holds (settings, the log, the segment, the copy of the
 * module, the certificates, see server/certificates.h, and the descriptor of
 * the access log, see server/access_file.h) and what the program had before
 * that; everything else that the master holds is closed before the worker's own
 * code runs.
 */
#ifndef PROC_INHERIT_H
#define PROC_INHERIT_H

#include <stdint.h>

struct inherit {
	unsigned	 slot;
	unsigned	 generation;
	unsigned	 lane;		/* of the shared segment */
	int		*listen_fds;	/* listening; the master's as well */
	const uint32_t	*listen_keys;	/* what orders call them by */
	unsigned	 nlisten;
	int		 channel_fd;	/* struct order; it ends when the
					   master dies */
};

#endif
