/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the client share: a client of unit_service.h, the door that
 * it knocks at, and a thread that plays one scene behind it.
 */
#ifndef TESTS_UNIT_CLIENT_H
#define TESTS_UNIT_CLIENT_H

#include <thriftfork/client.h>

#include "lib/unit.h"

extern struct tf_client *c;	/* a test may free it, and leave NULL */
extern char addr[64];		/* of the door */
extern int door, cue[2];	/* cue: a pipe, for the scene to say that it
				   has got there */

TCase	*unit_client_case(Suite *, const char *name);

/* The scene; the test ends when it has ended, too. */
void	act(void (*)(void));

/* For scenes: the next connection; a reply in compact protocol, framed. */
int	take(void);
void	scene_say(int fd, int type, const char *name, int32_t seqid,
	    const char *body, size_t);
struct bytes;
void	scene_add(struct bytes *, int type, const char *name, int32_t seqid,
	    const char *body, size_t);

#define FOUR	"\5\0\10\0", 4		/* success: 4 */

int	call(const char *method, const void *args, void **result);
int	call_size(void);		/* of "four": 4, or -1 */

/* The client's error says so. */
void	assert_error(const char *part);

#endif
