/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Endpoints over HTTP, by libmicrohttpd, which is run by our loop and sees all
 * that strangers send; nothing of it is read here.  A connection carries one
 * request: then none is open in vain, and none is cut off when another process
 * takes over the address.
 */
#ifndef ADMIN_HTTP_H
#define ADMIN_HTTP_H

#include <stdbool.h>
#include <sys/socket.h>

#include <thriftfork/loop.h>

#include "view.h"

struct http;

/* Without memory the program ends; idle is called when the last one leaves. */
struct http *http_new(struct tf_loop *, struct view *, void (*idle)(void *),
	    void *arg);
void	 http_free(struct http *);

/* Somebody has come in: for a front. */
void	 http_arrived(void *http, int fd, const struct sockaddr *, socklen_t);

bool	 http_is_idle(const struct http *);

#endif
