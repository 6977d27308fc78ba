/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a client calls, and how it speaks: what a program has set, whether its
 * calls then wait for their replies or not.
 */
#ifndef CLIENT_SETTINGS_H
#define CLIENT_SETTINGS_H

#include "client/header.h"
#include "client/http.h"
#include "client/outcome.h"
#include "client/trust.h"
#include "wire/wire.h"

#define CLIENT_MAX_FRAME	0x0D0A0D09u
#define CLIENT_SERVICE_BYTES	65	/* of a name, colon and NUL */
#define CLIENT_REQUEST_BYTES	(CLIENT_MAX_FRAME + CLIENT_MORE_BYTES)
#define CLIENT_MORE_BYTES	(2 * HTTP_SLACK)	/* around a message */
#define CLIENT_MAX_MEMORY	((size_t)256 << 20)	/* of a result */

struct client_settings {
	char		*addr;
	const struct wire_proto *proto;
	bool		 framed, zlib;
	struct client_header header;	/* with framed */
	struct client_http http;	/* instead, if it is one */
	struct trust	 trust;
	char		 service[CLIENT_SERVICE_BYTES];	/* "name:", or "" */
	uint64_t	 timeout_ns;	/* 0: none */
	uint64_t	 connect_timeout_ns;	/* 0: no other than that */
	uint64_t	 max_frame;
};

void	client_settings_init(struct client_settings *, const char *addr);
void	client_settings_fini(struct client_settings *);

/* Another server from the next connection on. */
void	client_settings_aim(struct client_settings *, const char *addr);

/*
 * 0, or 1 for what the next connection is made by: it is time for one; or -1
 * with the reason.
 */
int	client_settings_set(struct client_settings *, const char *key,
	    const char *value, struct outcome *);

/* A header of all requests, as tf_client_header(). */
int	client_settings_header(struct client_settings *, const char *key,
	    const char *value, struct outcome *);

/* Those of a call that is being handled, as tf_client_pass_on(). */
struct tf_call;
int	client_settings_pass_on(struct client_settings *,
	    const struct tf_call *, struct outcome *);

static inline bool
client_settings_is_http(const struct client_settings *s)
{
	return s->http.addr != NULL;
}

#endif
