/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of the addresses that are listened on: who waits there, as far as the kernel
 * tells.  What it does not tell has no sample.
 */
#include "metrics.h"

#include <stddef.h>

#include "expose.h"

enum told {
	QUEUES,
	DROPS
};

static const struct {
	const char	*name, *type, *help;
	enum told	 told;
	size_t		 offset;	/* of a uint64_t */
} values[] = {
	{ "thriftfork_listener_queue", "gauge",
	    "connections that wait to be accepted there", QUEUES,
	    offsetof(struct tf_stat_listener, queue) },
	{ "thriftfork_listener_queue_longest", "gauge",
	    "those of them that wait at one socket", QUEUES,
	    offsetof(struct tf_stat_listener, longest) },
	{ "thriftfork_listener_queue_limit", "gauge",
	    "how many may wait at one socket", QUEUES,
	    offsetof(struct tf_stat_listener, limit) },
	{ "thriftfork_listener_drops_total", "counter",
	    "times a client was turned away, as there was no room", DROPS,
	    offsetof(struct tf_stat_listener, drops) },
};

static bool
is_told(const struct tf_stat_listener *l, enum told told)
{
	return told == QUEUES ? l->has_queue : l->has_drops;
}

static void
put_labels(const struct tf_stat_listener *l, char labels[EXPOSE_LABELS])
{
	labels[0] = '\0';
	expose_label(labels, "address", l->address);
	expose_label(labels, "kind", l->kind);
}

static void
put_sockets(const struct tf_stat *st, FILE *f)
{
	const char *name = "thriftfork_listener_sockets";
	char labels[EXPOSE_LABELS];
	struct tf_stat_listener l;

	expose_head(f, name, "gauge", "sockets that listen there");
	for (unsigned i = 0; tf_stat_get_listener(st, i, &l); i++) {
		put_labels(&l, labels);
		expose_uint(f, name, labels, l.sockets);
	}
}

void
metrics_listeners(const struct tf_stat *st, FILE *f)
{
	char labels[EXPOSE_LABELS];
	struct tf_stat_listener l;

	put_sockets(st, f);
	for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
		expose_head(f, values[v].name, values[v].type, values[v].help);
		for (unsigned i = 0; tf_stat_get_listener(st, i, &l); i++) {
			put_labels(&l, labels);
			if (is_told(&l, values[v].told))
				expose_uint(f, values[v].name, labels,
				    *(const uint64_t *)(const void *)
				    ((const char *)&l + values[v].offset));
		}
	}
}
