/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How each method does at present: its calls of the last five to ten seconds.
 * What a segment says of how long calls took is of all calls since ever, in
 * which the bad minute that someone looks for is lost.  Looked at once a second
 * beside the history; not for several threads at a time.
 */
#ifndef ADMIN_RECENT_H
#define ADMIN_RECENT_H

#include <stdint.h>
#include <stdio.h>

#include <thriftfork/stat.h>

struct recent;

/* Without memory the program ends. */
struct recent *recent_new(void);
void	 recent_free(struct recent *);

/* Where a sum has fallen, counting begins anew. */
void	 recent_look(struct recent *, const struct tf_stat *, uint64_t at_ns);

/* What is looked at next counts anew. */
void	 recent_forget(struct recent *);

/*
 * The methods that anybody has called, as JSON without the braces that belong
 * round it; thriftfork-admin(1) tells the keys.
 */
void	 recent_print(const struct recent *, FILE *);

#endif
