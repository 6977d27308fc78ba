/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record in bytes, for little-endian machines as all of this is:
 *
 *	fixed part | peer | input | output
 *
 * The lengths of the parts behind it stand in the fixed part.
 */
#include "serve/move_record.h"

#include <string.h>

#include "base/bug.h"

#define MOVE_MAGIC		UINT32_C(0x766d6674)	/* "tfmv" */
#define MOVE_OLDEST		1
#define MOVE_NEWEST		1

struct fixed {
	uint32_t	 magic;
	uint16_t	 version;
	uint16_t	 size;		/* of this */
	uint16_t	 kind;
	uint16_t	 peer_len;
	uint32_t	 in_len, out_len;
	int32_t		 pid;
	uint32_t	 uid, gid;
	uint64_t	 left_ns;
};

_Static_assert(sizeof(struct fixed) == 40, "the fixed part has no holes");
_Static_assert(sizeof(struct fixed) + ADDR_TEXT + MOVE_INPUT + MOVE_OUTPUT <=
    ORDER_RECORD, "the largest record fits behind an order");

static uint8_t *
put(uint8_t *to, const void *from, size_t len)
{
	if (len > 0)
		memcpy(to, from, len);
	return to + len;
}

uint32_t
move_record_newest(void)
{
	return MOVE_NEWEST;
}

/* For one who is older than all that is known here, it is in vain. */
static uint16_t
version_for(uint32_t reads)
{
	if (reads < MOVE_OLDEST)
		return MOVE_OLDEST;
	return reads < MOVE_NEWEST ? (uint16_t)reads : MOVE_NEWEST;
}

size_t
move_record_put(uint8_t *to, const struct move_record *r, uint32_t reads)
{
	size_t peer_len = strnlen(r->peer, sizeof(r->peer) - 1);
	struct fixed f = { .magic = MOVE_MAGIC, .version = version_for(reads),
	    .size = sizeof(f), .kind = (uint16_t)r->kind,
	    .peer_len = (uint16_t)peer_len, .in_len = (uint32_t)r->in_len,
	    .out_len = (uint32_t)r->out_len, .pid = r->cred.pid,
	    .uid = r->cred.uid, .gid = r->cred.gid, .left_ns = r->left_ns };
	uint8_t *p = to;

	BUG_ON(r->in_len > MOVE_INPUT || r->out_len > MOVE_OUTPUT);
	p = put(p, &f, sizeof(f));
	p = put(p, r->peer, peer_len);
	p = put(p, r->in, r->in_len);
	p = put(p, r->out, r->out_len);
	return (size_t)(p - to);
}

static int
get_fixed(struct fixed *f, const uint8_t *p, size_t len)
{
	if (len < sizeof(*f))
		return -1;
	memcpy(f, p, sizeof(*f));
	return f->magic == MOVE_MAGIC && f->version >= MOVE_OLDEST &&
	    f->version <= MOVE_NEWEST && f->size == sizeof(*f) ? 0 : -1;
}

static bool
lengths_are_right(const struct fixed *f, size_t len)
{
	return f->peer_len < ADDR_TEXT && f->in_len <= MOVE_INPUT &&
	    f->out_len <= MOVE_OUTPUT && len == sizeof(*f) + f->peer_len +
	    f->in_len + f->out_len;
}

int
move_record_get(struct move_record *r, const uint8_t *p, size_t len)
{
	struct fixed f;

	if (get_fixed(&f, p, len) == -1 || !lengths_are_right(&f, len) ||
	    (f.kind != MOVE_TCP && f.kind != MOVE_UNIX) ||
	    memchr(p + sizeof(f), '\0', f.peer_len) != NULL)
		return -1;
	*r = (struct move_record){ .kind = (enum move_kind)f.kind,
	    .cred = { .pid = f.pid, .uid = f.uid, .gid = f.gid },
	    .left_ns = f.left_ns, .in_len = f.in_len, .out_len = f.out_len };
	p += sizeof(f);
	memcpy(r->peer, p, f.peer_len);
	r->in = p + f.peer_len;
	r->out = r->in + f.in_len;
	return 0;
}
