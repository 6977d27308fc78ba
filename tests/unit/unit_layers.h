/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker that clients reach through TLS, zlib, both or neither, for tests of
 * either client.
 */
#ifndef TESTS_UNIT_LAYERS_H
#define TESTS_UNIT_LAYERS_H

#include <stdbool.h>
#include <stddef.h>

extern char layers_ca[];		/* the file of its authority */

/* Around a test; without OpenSSL there is no TLS. */
void	layers_setup(void);
void	layers_teardown(void);

/* Where it is, "tls://127.0.0.1:PORT" or without that. */
void	layers_address(char *, size_t, bool tls);

#endif
