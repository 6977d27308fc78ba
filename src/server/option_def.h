/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.def as a table, for the files that work on it: option.c sets,
 * option_listen.c and option_rules.c what belongs to an address to serve,
 * option_addresses.c other addresses,
 * option_method.c what belongs to a method, option_value.c understands values,
 * option_help.c tells people.
 */
#ifndef SERVER_OPTION_DEF_H
#define SERVER_OPTION_DEF_H

#include <stddef.h>
#include <stdint.h>

#include "server/option.h"

enum option_type {
	/* Texts: a char * in struct settings. */
	TYPE_LISTEN,		/* a list of them */
	TYPE_ADDRESSES,		/* a struct addresses */
	TYPE_NAME, TYPE_TEXT, TYPE_LOG, TYPE_ACCESS, TYPE_PATH,
	/* Numbers: an uint64_t. */
	TYPE_AUTO, TYPE_COUNT, TYPE_SIZE, TYPE_TIME, TYPE_BOOL, TYPE_SWITCH,
	TYPE_CHOICE, TYPE_LEVEL, TYPE_FORMAT, TYPE_MASK, TYPE_LIMIT, TYPE_CORE,
	NOPTION_TYPES
};

struct option_def {
	const char	*key, *preset, *help;
	size_t		 member;	/* offset in struct settings */
	uint64_t	 min, max;
	enum option_type type;
	int		 letter;
};

extern const struct option_def option_defs[NOPTIONS];

/*
 * The number that value stands for; 0, or -1 with a reason that begins with
 * key, which is not the option's own for "call-timeout.Service.method".
 */
int	option_number(const struct option_def *, const char *key,
	    const char *value, uint64_t *, char *why, size_t why_size);

/* Whether a text will do: 0, or -1 with a reason. */
int	option_text_ok(const struct option_def *, const char *value, char *why,
	    size_t why_size);

char	*option_copy(const char *);	/* does not fail */

/* option_listen.c: adds "ADDRESS[,key=value]..."; 0, or -1 with a reason. */
int	listen_set(struct settings *, const char *value, char *why,
	    size_t why_size);
void	listen_clear(struct settings *);
void	listen_copy(struct settings *, const struct settings *from);
/* Of the addresses: what they serve may be different. */
bool	listen_is_same(const struct settings *, const struct settings *);

/*
 * option_addresses.c: the same of a struct addresses; its first value replaces
 * those there are.
 */
int	addresses_set(struct addresses *, bool first, const char *key,
	    const char *value, char *why, size_t why_size);
void	addresses_clear(struct addresses *);
void	addresses_copy(struct addresses *, const struct addresses *from);
bool	addresses_are_same(const struct addresses *, const struct addresses *);
/* However they are written. */
bool	address_is_same(const char *, const char *);

/*
 * option_method.c: "KEY.Service.method"; what the functions of option.h of the
 * same names do, for these.
 */
bool	method_is_key(const char *);
int	method_set(struct settings *, const char *key, const char *value,
	    char *why, size_t why_size);
bool	method_given(const struct settings *, const char *key);
void	methods_merge(struct settings *, const struct settings *file);
void	methods_again(struct settings *next, const struct settings *);
bool	methods_are_same(const struct settings *, const struct settings *);
void	methods_clear(struct settings *);

/*
 * option_rules.c: one "key=value" of a listener, which is changed; given are
 * the keys so far, 0 at first.
 */
int	rules_set(struct rules *, unsigned *given, char *setting, char *why,
	    size_t why_size);

static inline int
option_is_text(const struct option_def *d)
{
	return d->type < TYPE_AUTO;
}

#endif
