/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A prefork server: one master that owns the sockets, N workers that serve.
 *
 * Three ways in, one engine:
 *
 *	thriftfork run ./calc.so	launches a module (TF_MODULE)
 *	return tf_main(argc, argv, setup);	a program of the same source
 *	tf_server_new/set/listen/run	a program with its own command line
 *
 * setup() only declares: services and their handlers.  It runs once in a
 * short-lived child that finds out what is served (preflight) and once in each
 * worker, never in the master (with workers 0 in the calling process); what
 * acts (opening files, starting threads)
 * belongs into the worker.
 */
#ifndef THRIFTFORK_SERVER_H
#define THRIFTFORK_SERVER_H

#include <thriftfork/service.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef int tf_setup_fn(struct tf_server *);

/* A server with default settings; NULL if out of memory. */
struct tf_server *tf_server_new(void);
void	 tf_server_free(struct tf_server *);	/* NULL is fine */

/*
 * Every option of thriftfork(1) by its name; the value as on the command line.
 * 0, or -1 with tf_server_error() saying which key or value is wrong.
 */
int	 tf_server_set(struct tf_server *, const char *key, const char *value)
	    TF_CHECK;

/*
 * The same as tf_server_set(srv, "listen", addr); may be called repeatedly.
 * addr is "ADDRESS[,key=value]...".
 */
int	 tf_server_listen(struct tf_server *, const char *addr) TF_CHECK;

/*
 * Where the services come from: a function of this program, or the
 * thriftfork_module of a shared object, which the master never loads.  The path
 * is kept as it is, from the root: a reload follows links in it anew.
 */
void	 tf_server_setup(struct tf_server *, tf_setup_fn *);
int	 tf_server_module(struct tf_server *, const char *path) TF_CHECK;

/*
 * Declares that this service is answered by that handler struct; called from
 * setup() by generated code (calc_calculator_serve()).  Both must outlive the
 * server.  -1 if the tables were generated for another ABI, or if another
 * service has a method of the same name.
 */
int	 tf_server_add(struct tf_server *, const struct tf_service *,
	    const void *handler) TF_CHECK;

/*
 * The same under a name: its calls are named "name:method", as the clients of
 * TMultiplexedProtocol name them (calc_calculator_serve_as()).  call->service
 * is the name then, and a service may be added several times, each time with a
 * handler of its own.  What was added without a name is the default service:
 * it gets the calls that name none.  A name has 1 to 63 letters, digits and
 * - . / _, and is copied.
 */
int	 tf_server_add_as(struct tf_server *, const char *name,
	    const struct tf_service *, const void *handler) TF_CHECK;

/* Declares hooks, which are copied; for setup(). */
void	 tf_server_hooks(struct tf_server *, const struct tf_hooks *);

/* For setup() and worker_start(): sets the reason, returns -1. */
int	 tf_server_refuse(struct tf_server *, const char *fmt, ...)
	    TF_PRINTF(2, 3);

/*
 * Stops a running server in order, as SIGTERM does.  From a hook or a handler,
 * from another thread or from a signal handler; does nothing if it does not
 * run.
 */
void	 tf_server_stop(struct tf_server *);

/*
 * The arguments that are the program's own; for setup() and handlers.  argv[0]
 * is the module's path, or the program's under tf_main().
 */
void	 tf_server_args(const struct tf_server *, int *argc, char ***argv);
void	 tf_server_set_args(struct tf_server *, int argc, char **argv);

/*
 * Becomes the master; returns when all is done: 0 after an orderly stop, -1
 * with tf_server_error() if the server could not start.  Refused while the
 * program has other threads, unless workers is 0.  The signal mask and
 * dispositions are given back, and children that are not the server's are left
 * alone.
 */
int	 tf_server_run(struct tf_server *) TF_CHECK;

const char *tf_server_error(const struct tf_server *);

/*
 * A whole main(): parses the options of "thriftfork run" (there is no module
 * argument), serves what setup() declares, returns the exit status.
 */
int	 tf_main(int argc, char **argv, tf_setup_fn *setup);

/*
 * Parses the options that every server has, by getopt(3)'s rules, and sets
 * them.  The index of the first argument that is none; or one of the values
 * below, or -1 with tf_server_error() for wrong usage.
 *
 * This makes the program a server's and nothing else: it is expected to end
 * when tf_server_run() has returned, and from then on ignores TERM, INT, QUIT,
 * HUP, USR1, USR2, TTIN and TTOU, lest a second order to stop, come late, turn
 * an orderly end into a death by signal.
 */
enum {
	TF_GETOPT_HELP = -2,	/* --help was asked for */
	TF_GETOPT_VERSION = -3	/* --version */
};
int	 tf_server_getopt(struct tf_server *, int argc, char **argv) TF_CHECK;

/* What a module exports, and what the launcher looks for. */
struct tf_module {
	uint32_t	 magic, abi, size;
	tf_setup_fn	*setup;
};
#ifdef __cplusplus
#define TF_EXPORT	extern "C" __attribute__((visibility("default")))
#else
#define TF_EXPORT	__attribute__((visibility("default")))
#endif
#define TF_MODULE(fn)							\
	TF_EXPORT extern const struct tf_module thriftfork_module;	\
	const struct tf_module thriftfork_module =			\
	    { TF_MAGIC, TF_ABI, sizeof(struct tf_module), (fn) }

/* The part of --help that lists every option. */
void	 tf_options_help(FILE *);

/* The version of the library, as "1.2.3". */
const char *tf_version(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
