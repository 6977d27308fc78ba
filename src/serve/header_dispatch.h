/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that come in THeader frames. */
#ifndef SERVE_HEADER_DISPATCH_H
#define SERVE_HEADER_DISPATCH_H

#include <stddef.h>
#include <stdint.h>

struct call;
struct conn;

/*
 * Handles the call in a frame that begins as THeader does.  -1: the frame is
 * none, and nothing was counted.
 */
int	header_dispatch(struct conn *, struct call *, const uint8_t *frame,
	    size_t len);

#endif
