/* SPDX-License-Identifier: Apache-2.0 */
/*
 * struct tf_server from the inside: settings, where the services come from,
 * and, in a worker, what setup() has added.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <thriftfork/server.h>

#include "io/credentials.h"
#include "serve/registry.h"
#include "proc/succession.h"
#include "server/access_file.h"
#include "server/activation.h"
#include "server/declare.h"
#include "server/option.h"

struct segment;
struct tf_loop;

struct tf_server {
	struct settings	 settings;
	tf_setup_fn	*setup;		/* one of these two */
	char		*module;	/* absolute path */
	struct credentials credentials;	/* of its settings, while it runs */
	int		 module_fd;	/* its copy; -1: load the file */
	struct access_file access;	/* while it runs */
	bool		 only_check;	/* -t */
	bool		 is_program;	/* which ends when the server does */
	int		 ready_fd;	/* somebody waits there for the first
					   worker; -1: nobody */
	int		 argc;		/* the program's own arguments */
	char		**argv;
	struct tf_hooks	 hooks;
	int		 stop_fd;	/* eventfd; -1: it does not run */
	bool		 succeeds;	/* the same, for: */
	struct succession succession;	/* to a master that we replace */
	bool		 activated;	/* the environment has been asked for */
	bool		 activation_bad; /* it made no sense */
	struct activation activation;	/* what no listener has claimed yet */
	char		 activation_why[160];	/* what was wrong; "" */
	struct registry	 registry;	/* filled in workers and preflight */
	struct declarations declared;	/* the same, to be shared */
	struct segment	*segment;	/* while it runs */
	struct tf_loop	*loop;		/* of this worker, while it lives */
	char		 error[512];
};

/* Runs setup(), of the program or of the module; the registry is filled. */
int	server_setup(struct tf_server *);

/*
 * Takes what the service manager has passed to this process, once; what is
 * wrong with it matters to whoever wants it, and is kept.
 */
void	server_activate(struct tf_server *);

/* The same for what a master passes that is to be replaced by this process. */
void	server_succeed(struct tf_server *);

/* The name of the instance. */
const char *server_name(struct tf_server *);

#endif
