/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A method of a server, as the user of a tool names it: an address and how to
 * speak to it, an IDL file, SERVICE.METHOD, and its arguments in JSON.  What is
 * wrong with any of that ends the program, with status 2, or 1 if it is the IDL
 * file.
 */
#ifndef TOOLS_TARGET_H
#define TOOLS_TARGET_H

#include <stdbool.h>
#include <stdio.h>

#include <thriftfork/service.h>

struct idl;
struct idl_tables;

struct target_pair {
	const char	*key, *value;
};

struct target {
	/* As given: */
	const char	*addr, *file, *name, *json;
	const char	*protocol, *framing, *service, *timeout;
	struct target_pair *settings, *headers;
	unsigned	 nsettings, nheaders;
	/* As loaded: */
	struct idl	*idl;
	struct idl_tables *tables;
	struct tf_arena	*arena;
	const struct tf_method *method;
	void		*args;		/* target_read_args() */
};

void	 target_init(struct target *, int argc);
void	 target_fini(struct target *);

/* The options that make a target: letters for getopt, and the help of them. */
#define TARGET_LETTERS	"I:p:f:H:o:s:T:"
extern const char target_options_help[], target_operands_help[];

/* False: the letter is none of those. */
bool	 target_option(struct target *, int letter, char *arg);
/* What stands behind the options; false: too few, or too many. */
bool	 target_operands(struct target *, int argc, char **argv);

/* The method, and its arguments. */
void	 target_load(struct target *);
void	 target_read_args(struct target *);

/*
 * Applies protocol, framing and all that was set to a client of any kind, by
 * its functions: of a setting, and of a header; -1 if one of them fails.
 */
typedef int target_set_fn(void *client, const char *key, const char *value);
int	 target_apply(const struct target *, target_set_fn *set,
	    target_set_fn *header, void *client);

/* A client that has all of it. */
struct tf_client *target_client(const struct target *);

#endif
