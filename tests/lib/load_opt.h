/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of the load client, as numbers; --help is its manual. */
#ifndef LOAD_OPT_H
#define LOAD_OPT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct opt {
	struct sockaddr_storage	 addr;
	socklen_t		 addrlen;
	unsigned		 conns, depth, idle;
	uint64_t		 calls;		/* 0: no such end */
	uint64_t		 run_ns;	/* 0: no such end */
	double			 once_rate;	/* per second */
	double			 rate;		/* the same; 0: closed loop */
	uint64_t		 seed;
	bool			 reconnect, json;
	const char		*tls_ca;	/* a file; NULL: no TLS */
	uint64_t		 timeout_ns;
	int			 progress_fd, control_fd;	/* -1: none */
};

/*
 * 0; or, after it has printed why or the help, what to exit with, plus one:
 * 1 is success, 3 misuse.
 */
int	 opt_parse(struct opt *, int argc, char **argv);

#endif
