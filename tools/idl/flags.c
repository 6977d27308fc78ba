/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What annotations say of a method: those whose names begin with "tf." are
 * ours.  What stands at a service holds for its own methods, and what stands at
 * a method comes before that.
 */
#include <string.h>

#include <thriftfork/service.h>

#include "load.h"

static const struct {
	const char	*key;
	uint32_t	 flag;
} flags[] = {
	{ "tf.threads", TF_THREADED },
	{ "tf.idempotent", TF_IDEMPOTENT },
};
#define NFLAGS	(sizeof(flags) / sizeof(flags[0]))

/* 1 or 0; -1 is neither. */
static int
yes_or_no(const struct tf_str *value)
{
	static const char *const words[] = { "no", "yes", "0", "1", "false",
	    "true" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(value->s, words[i]) == 0)
			return (int)(i % 2);
	return -1;
}

static uint32_t
find_flag(const char *key)
{
	for (size_t i = 0; i < NFLAGS; i++)
		if (strcmp(flags[i].key, key) == 0)
			return flags[i].flag;
	return 0;
}

/* Later ones win, as they do in bindings that keep them in a map. */
static uint32_t
apply(uint32_t set, const struct idl_annos *annos)
{
	for (uint32_t i = 0; i < annos->n; i++) {
		uint32_t flag = find_flag(annos->v[i].key);
		int yes = yes_or_no(&annos->v[i].value);

		if (yes != -1)
			set = yes ? set | flag : set & ~flag;
	}
	return set;
}

void
flags_set(const struct idl_def *service, struct idl_method *m)
{
	m->flags = apply(apply(m->oneway ? TF_ONEWAY : 0, &service->annos),
	    &m->annos);
}

void
flags_check(struct idl *idl, const struct idl_annos *annos)
{
	for (uint32_t i = 0; i < annos->n; i++) {
		const struct idl_anno *a = &annos->v[i];

		if (strncmp(a->key, "tf.", 3) != 0)
			continue;
		if (find_flag(a->key) == 0)
			idl_lint(idl, a->loc, "there are tf.threads and "
			    "tf.idempotent", "'%s' means nothing here",
			    idl_show(idl, a->key));
		else if (yes_or_no(&a->value) == -1)
			idl_lint(idl, a->loc, "write \"yes\" or \"no\"",
			    "the value of '%s' is not understood",
			    idl_show(idl, a->key));
	}
}
