/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of a moving connection as a build to come may write it, in place
 * of src/serve/move_record.c: version OTHER_VERSION is our newest one
 * backwards.  With OTHER_ALONE that is all it knows; without, ours as well.
 */
#define move_record_newest	ours_newest
#define move_record_put		ours_put
#define move_record_get		ours_get
#include "serve/move_record.c"
#undef move_record_newest
#undef move_record_put
#undef move_record_get

#include "base/log.h"

enum { HEAD = 6 };		/* magic and version, as in every record */

uint32_t move_record_newest(void);
size_t	move_record_put(uint8_t *, const struct move_record *, uint32_t);
int	move_record_get(struct move_record *, const uint8_t *, size_t);

static uint8_t ours[ORDER_RECORD];

static void
reverse(uint8_t *to, const uint8_t *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = from[len - 1 - i];
}

/* Once in each process. */
static void
say(const char *what, unsigned version)
{
	static unsigned said;

	if (said != version)
		log_info("%s records of version %u", what, version);
	said = version;
}

uint32_t
move_record_newest(void)
{
	return OTHER_VERSION;
}

size_t
move_record_put(uint8_t *to, const struct move_record *r, uint32_t reads)
{
	static const uint8_t head[HEAD] = { 't', 'f', 'm', 'v', OTHER_VERSION };
	size_t len;

	if (!OTHER_ALONE && reads < OTHER_VERSION) {
		say("writes", reads < ours_newest() ? reads : ours_newest());
		return ours_put(to, r, reads);
	}
	say("writes", OTHER_VERSION);
	len = ours_put(ours, r, reads);
	memcpy(to, head, HEAD);
	reverse(to + HEAD, ours, len);
	return HEAD + len;
}

int
move_record_get(struct move_record *r, const uint8_t *p, size_t len)
{
	if (len < HEAD || p[4] != OTHER_VERSION)
		return OTHER_ALONE ? -1 : ours_get(r, p, len);
	reverse(ours, p + HEAD, len - HEAD);
	return ours_get(r, ours, len - HEAD);
}
