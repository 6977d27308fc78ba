/* SPDX-License-Identifier: Apache-2.0 */
/* From arguments to the bytes of a request. */
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include <thriftfork/service.h>

#include "base/buf.h"
#include "client/settings.h"

/* Into a buffer, which it empties first; the arena is for a while. */
int	request_write(struct client_settings *, const struct tf_method *,
	    const void *args, int32_t seqid, struct tf_arena *, struct buf *,
	    struct outcome *);

#endif
