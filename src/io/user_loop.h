/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop as programs see it: <thriftfork/loop.h> over io/loop.h, either one
 * of its own or the one that a worker runs.
 */
#ifndef IO_USER_LOOP_H
#define IO_USER_LOOP_H

#include <thriftfork/loop.h>

#include "io/loop.h"

struct user_post;
STAILQ_HEAD(user_posts, user_post);

struct tf_loop {
	struct loop	*loop;		/* own, or the worker's */
	struct loop	 own;		/* or none */
	bool		 stopped;	/* set from anywhere */
	struct post	 post;		/* stands for all of the following */
	pthread_mutex_t	 mutex;		/* of them */
	struct user_posts posts;
};

/* Around a loop that others turn, which has to live longer; never NULL. */
struct tf_loop *user_loop_new(struct loop *);

#endif
