/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which worker accepts on which listening sockets.  assign.c decides; here it
 * is carried out: a worker always accepts on the sockets of its own slot, and
 * is sent those of a sibling that cannot.  New connections are steered to the
 * sockets of slots that serve themselves, as far as the kernel lets us.
 */
#include <stdlib.h>

#include "base/bug.h"
#include "base/log.h"
#include "io/listen.h"
#include "io/steer.h"
#include "proc/assign.h"
#include "proc/master_body.h"

/* For all addresses that have a socket for each slot. */
static void
tell(struct worker *w, enum order_kind kind, const struct slot *s)
{
	const struct master_config *cf = w->master->config;

	for (unsigned i = 0; i < cf->nlisteners; i++) {
		const struct listener *l = &cf->listeners[i];

		if (listener_is_shared(l))
			continue;
		worker_tell(w, kind, order_key(i, s->number),
		    kind == ORDER_LISTEN ? l->fds[s->number] : -1);
	}
}

/* The one that accepts in its own slot needs no order for that. */
static void
hand_over(struct slot *s, struct worker *to)
{
	struct worker *from = s->server;

	if (from == to)
		return;
	s->server = to;
	if (from != NULL && from->slot != s)
		tell(from, ORDER_UNLISTEN, s);
	if (to != NULL && to->slot != s) {
		log_debug("worker %u accepts for slot %u meanwhile",
		    to->slot->number, s->number);
		tell(to, ORDER_LISTEN, s);
	}
}

_Static_assert(ASSIGN_MAX >= MASTER_MAX_SLOTS, "a state for every slot");
_Static_assert(STEER_MAX >= MASTER_MAX_SLOTS, "a socket of every slot");

static enum assign_state
state_of(const struct slot *s)
{
	if (!s->listens)
		return ASSIGN_UNUSED;
	return worker_serves(s->incumbent) && !s->incumbent->stuck ?
	    ASSIGN_SERVES : ASSIGN_ABSENT;
}

/* A slot whose socket listens; of a listener there always is one. */
static unsigned
listening(const struct listener *l)
{
	unsigned i = 0;

	while (i + 1 < l->nfds && l->indexes[i] == LISTENER_SILENT)
		i++;
	return i;
}

static void
steer_listener(struct master *m, struct listener *l, const int *server)
{
	unsigned allowed[MASTER_MAX_SLOTS], n = 0;

	if (listener_is_shared(l))
		return;
	for (unsigned i = 0; !l->unordered && i < m->config->max_workers; i++)
		if (server[i] == (int)i)
			allowed[n++] = listener_index(l, i);
	/* Nobody serves: as good a place to wait as any is slot 0. */
	if (n == 0 && !l->unordered)
		allowed[n++] = 0;
	if (steer(l->fds[listening(l)], allowed, n) == 0 || m->steering_failed)
		return;
	m->steering_failed = true;
	log_warn("new connections cannot be steered (they are spread by the "
	    "kernel's hash)");
}

static bool
changed(const struct master *m, const int *server)
{
	for (unsigned i = 0; i < m->config->max_workers; i++)
		if (m->slots[i].steered != (server[i] == (int)i))
			return true;
	return false;
}

/* Clients may wait on what a master before us has listened on. */
static void
note_listening(struct master *m, const struct listener *l)
{
	if (listener_is_shared(l))
		return;
	for (unsigned i = 0; i < m->config->max_workers; i++)
		if (l->indexes[i] != LISTENER_SILENT)
			m->slots[i].listens = true;
}

int
sockets_init(struct master *m)
{
	unsigned n = m->config->max_workers;

	BUG_ON(n > MASTER_MAX_SLOTS);
	if ((m->assigned = calloc(n, sizeof(*m->assigned))) == NULL)
		return -1;
	for (unsigned i = 0; i < n; i++)
		m->assigned[i] = -1;
	for (unsigned i = 0; i < m->config->nlisteners; i++) {
		note_listening(m, &m->config->listeners[i]);
		/* Up to then the master before us says who is to have them. */
		if (!upgrade_waits(m))
			steer_listener(m, &m->config->listeners[i],
			    m->assigned);
	}
	return 0;
}

void
sockets_fini(struct master *m)
{
	free(m->assigned);
}

void
sockets_assign(struct master *m)
{
	unsigned n = m->config->max_workers;
	enum assign_state states[MASTER_MAX_SLOTS] = { ASSIGN_UNUSED };
	int *server = m->assigned;

	if (m->stopping || upgrade_left(m))
		return;
	for (unsigned i = 0; i < n; i++)
		states[i] = state_of(&m->slots[i]);
	assign(states, n, server);
	if (changed(m, server))
		for (unsigned i = 0; i < m->config->nlisteners; i++)
			steer_listener(m, &m->config->listeners[i], server);
	for (unsigned i = 0; i < n; i++) {
		m->slots[i].steered = server[i] == (int)i;
		hand_over(&m->slots[i], server[i] == -1 ? NULL :
		    m->slots[server[i]].incumbent);
	}
}

void
sockets_regain(struct master *m)
{
	for (unsigned i = 0; i < m->config->nlisteners; i++) {
		listener_look(&m->config->listeners[i]);
		note_listening(m, &m->config->listeners[i]);
	}
	sockets_assign(m);
	for (unsigned i = 0; i < m->config->nlisteners; i++)
		steer_listener(m, &m->config->listeners[i], m->assigned);
}

void
sockets_forget(struct master *m, const struct worker *w)
{
	for (unsigned i = 0; i < m->config->max_workers; i++)
		if (m->slots[i].server == w)
			m->slots[i].server = NULL;
}
