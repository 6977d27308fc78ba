/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record in bytes, for little-endian machines as all of this is:
 *
 *	fixed part | peer | input | output		version 1
 *	fixed part | peer | input | output | headers	version 2
 *
 * The lengths of the parts behind it stand in the fixed part, which is longer
 * in version 2.
 */
#include "serve/move_record.h"

#include <string.h>

#include "base/bug.h"

#define MOVE_MAGIC		UINT32_C(0x766d6674)	/* "tfmv" */
#define MOVE_OLDEST		1
#define MOVE_NEWEST		2
#define MOVE_BODY		(MOVE_INPUT + MOVE_OUTPUT)

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
	/* Version 2. */
	uint32_t	 headers_len;
	uint32_t	 zero;
};

#define FIXED_1			40	/* of struct fixed, in version 1 */

_Static_assert(offsetof(struct fixed, headers_len) == FIXED_1 &&
    sizeof(struct fixed) == 48, "the fixed part has no holes");
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

static uint16_t
fixed_size(uint16_t version)
{
	return version == 1 ? FIXED_1 : sizeof(struct fixed);
}

bool
move_record_fits(size_t in_len, size_t out_len, size_t headers_len,
    uint32_t reads)
{
	if (in_len > MOVE_INPUT || out_len > MOVE_OUTPUT)
		return false;
	return headers_len == 0 || (version_for(reads) > 1 &&
	    headers_len <= MOVE_BODY - in_len - out_len);
}

size_t
move_record_put(uint8_t *to, const struct move_record *r, uint32_t reads)
{
	size_t peer_len = strnlen(r->peer, sizeof(r->peer) - 1);
	uint16_t version = version_for(reads);
	struct fixed f = { .magic = MOVE_MAGIC, .version = version,
	    .size = fixed_size(version), .kind = (uint16_t)r->kind,
	    .peer_len = (uint16_t)peer_len, .in_len = (uint32_t)r->in_len,
	    .out_len = (uint32_t)r->out_len, .pid = r->cred.pid,
	    .uid = r->cred.uid, .gid = r->cred.gid, .left_ns = r->left_ns,
	    .headers_len = (uint32_t)r->headers_len };
	uint8_t *p = to;

	BUG_ON(!move_record_fits(r->in_len, r->out_len, r->headers_len, reads));
	p = put(p, &f, f.size);
	p = put(p, r->peer, peer_len);
	p = put(p, r->in, r->in_len);
	p = put(p, r->out, r->out_len);
	p = put(p, r->headers, r->headers_len);
	return (size_t)(p - to);
}

static int
get_fixed(struct fixed *f, const uint8_t *p, size_t len)
{
	memset(f, 0, sizeof(*f));
	if (len < FIXED_1)
		return -1;
	memcpy(f, p, FIXED_1);
	if (f->magic != MOVE_MAGIC || f->version < MOVE_OLDEST ||
	    f->version > MOVE_NEWEST || f->size != fixed_size(f->version) ||
	    len < f->size)
		return -1;
	memcpy(f, p, f->size);
	return f->zero == 0 ? 0 : -1;
}

static bool
lengths_are_right(const struct fixed *f, size_t len)
{
	return f->peer_len < ADDR_TEXT && move_record_fits(f->in_len,
	    f->out_len, f->headers_len, f->version) && len ==
	    (size_t)f->size + f->peer_len + f->in_len + f->out_len +
	    f->headers_len;
}

int
move_record_get(struct move_record *r, const uint8_t *p, size_t len)
{
	struct fixed f;

	if (get_fixed(&f, p, len) == -1 || !lengths_are_right(&f, len) ||
	    (f.kind != MOVE_TCP && f.kind != MOVE_UNIX) ||
	    memchr(p + f.size, '\0', f.peer_len) != NULL)
		return -1;
	*r = (struct move_record){ .kind = (enum move_kind)f.kind,
	    .cred = { .pid = f.pid, .uid = f.uid, .gid = f.gid },
	    .left_ns = f.left_ns, .in_len = f.in_len, .out_len = f.out_len,
	    .headers_len = f.headers_len };
	p += f.size;
	memcpy(r->peer, p, f.peer_len);
	r->in = p + f.peer_len;
	r->out = r->in + f.in_len;
	r->headers = r->out + f.out_len;
	return 0;
}
