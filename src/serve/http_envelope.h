/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP around a message: the fields of the request are the headers of the
 * call, and those that the handler sets are fields of the response.
 */
#ifndef SERVE_HTTP_ENVELOPE_H
#define SERVE_HTTP_ENVELOPE_H

#include "serve/call.h"
#include "wire/http.h"

struct http_envelope {
	const struct http	*request;	/* and its bytes, while the */
	const uint8_t		*p;		/* handler runs */
	bool			 close;		/* no request follows */
	bool			 plain;		/* without the handler's
						   fields */
	struct http_out		 out;
	struct call_headers	 pairs;
};

/* From now on the call's envelope is in its arena, and it has its headers. */
void	http_envelope_open(struct call *);

/* The head of the response. */
void	http_envelope_begin(struct http_envelope *, struct buf *);

#endif
