/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many connections each peer address has in this worker, for a limit that
 * keeps one client from taking all.  Ports do not matter.
 */
#ifndef SERVE_PEERS_H
#define SERVE_PEERS_H

#include <sys/tree.h>

struct peer_count;
RB_HEAD(peers, peer_count);

void	 peers_init(struct peers *);
void	 peers_fini(struct peers *);

/* peer is "ADDRESS:PORT", as addr_text() writes it. */
unsigned peers_count(struct peers *, const char *peer);
void	 peers_add(struct peers *, const char *peer);
void	 peers_drop(struct peers *, const char *peer);

#endif
