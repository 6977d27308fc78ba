/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The passes a file goes through after parsing, in this order.  Each reports
 * what it finds; a pass may rely on those before it even after errors.
 */
#ifndef IDL_LOAD_H
#define IDL_LOAD_H

#include "diag.h"

/* Enters the file's definitions into its tables of names. */
void	 declare_file(struct idl_file *);
/* Finds what every named type and every "extends" stands for. */
void	 resolve_file(struct idl_file *);
/* Finds the constants and enum values that values name; checks types. */
void	 values_file(struct idl_file *);
/* Everything that is well-formed and still wrong, or suspicious. */
void	 check_file(struct idl_file *);
/* Presence, pointers, order, offsets. */
void	 shape_file(struct idl_file *);
/* Refuses constants and defaults that expand to too much. */
void	 weigh_file(struct idl_file *);

/* A method's flags, enum tf_method_flag; what is strange in annotations. */
void	 flags_set(const struct idl_def *service, struct idl_method *);
void	 flags_check(struct idl *, const struct idl_annos *);

/* The closest name in a table, "did you mean 'Work'?", or NULL. */
const char *suggest_name(struct idl *, const struct names *, const char *name);

/*
 * Looks a name up in the file and, qualified, in what it includes; marks the
 * include used.  pick chooses the table.
 */
void	*lookup_name(struct idl_file *, const char *name, struct idl_loc,
	    const struct names *(*pick)(const struct idl_file *));
/* Whether a name is qualified by an include that could not be loaded. */
bool	 lookup_is_missing(const struct idl_file *, const char *name);
const struct names *names_types(const struct idl_file *);
const struct names *names_consts(const struct idl_file *);
const struct names *names_services(const struct idl_file *);

#endif
