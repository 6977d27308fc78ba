/* SPDX-License-Identifier: Apache-2.0 */
/* See header.h. */
#include "client/header.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "wire/transform.h"
#include "wire/wire.h"

static const struct {
	const char	*name;
	uint32_t	 id;
} transforms[] = {
	{ "zlib", TRANSFORM_ZLIB }, { "zstd", TRANSFORM_ZSTD },
};

#define NTRANSFORMS	(sizeof(transforms) / sizeof(transforms[0]))

void
client_header_init(struct client_header *h)
{
	memset(h, 0, sizeof(*h));
	arena_init(&h->arena, 0);
}

void
client_header_fini(struct client_header *h)
{
	transform_free(h->transform);
	arena_fini(&h->arena);
}

void
client_header_forget(struct client_header *h)
{
	memset(&h->reply, 0, sizeof(h->reply));
}

void
client_header_clear(struct client_header *h)
{
	client_header_forget(h);
	h->set = (struct header_info){ 0 };
	tf_arena_reset(&h->arena);
}

/* The id of the first name in the list; 0: it is none. */
static uint32_t
first_id(const char *list, size_t len, const char **why)
{
	*why = "no such transform";
	for (size_t i = 0; i < NTRANSFORMS; i++)
		if (strlen(transforms[i].name) == len &&
		    memcmp(transforms[i].name, list, len) == 0) {
			*why = "that transform is not built in";
			return transform_knows(transforms[i].id) ?
			    transforms[i].id : 0;
		}
	return 0;
}

int
client_header_set_transforms(struct client_header *h, const char *list,
    const char **why)
{
	uint32_t ids[HEADER_MAX_TRANSFORMS], id;
	unsigned n = 0;
	size_t len;

	for (bool more = strcmp(list, "none") != 0; more; list += len + 1) {
		len = strcspn(list, "+");
		more = list[len] == '+';
		if ((id = first_id(list, len, why)) == 0)
			return -1;
		if (n == HEADER_MAX_TRANSFORMS) {
			*why = "too many transforms";
			return -1;
		}
		ids[n++] = id;
	}
	memcpy(h->transforms, ids, n * sizeof(ids[0]));
	h->n_transforms = n;
	return 0;
}

static struct tf_str
text(const char *s)
{
	return (struct tf_str){ s, strlen(s) };
}

/* All but the key, then the key: nothing of what was set before is left. */
static int
set_anew(const struct header_info *old, struct header_info *info,
    struct tf_arena *a, struct tf_str key, const char *value)
{
	const struct header_pair *pair;

	for (uint32_t i = 0; i < old->n; i++) {
		pair = &old->v[i];
		if (!tf_str_eq(pair->key, key) &&
		    header_set(info, a, pair->key, pair->value) == -1)
			return -1;
	}
	return value == NULL ? 0 : header_set(info, a, key, text(value));
}

int
client_header_set(struct client_header *h, const char *key, const char *value)
{
	struct header_info info = { 0 };
	struct tf_arena arena;

	if (value == NULL && header_find(&h->set, text(key)) == NULL)
		return 0;
	arena_init(&arena, 0);
	if (set_anew(&h->set, &info, &arena, text(key), value) == -1) {
		arena_fini(&arena);
		return -1;
	}
	arena_fini(&h->arena);
	h->arena = arena;
	h->set = info;
	return 0;
}

const struct tf_str *
client_header_find(const struct client_header *h, const char *key)
{
	const struct tf_str *value = header_find(&h->reply.info, text(key));

	return value != NULL ? value :
	    header_find(&h->reply.persistent, text(key));
}

static uint32_t
proto_id(const struct wire_proto *proto)
{
	if (proto == wire_binary())
		return HEADER_BINARY;
	return proto == wire_json() ? HEADER_JSON : HEADER_COMPACT;
}

static const struct wire_proto *
proto_of(uint32_t id)
{
	if (id == HEADER_BINARY)
		return wire_binary();
	return id == HEADER_JSON ? wire_json() : wire_compact();
}

/* Unless the program says it itself; where there is no room, it is not said. */
static void
say_timeout(struct header_info *info, uint64_t timeout_ns, struct tf_arena *a)
{
	const struct tf_str key = TF_STR("client_timeout");

	if (timeout_ns != 0 && header_find(info, key) == NULL)
		(void)header_set(info, a, key, tf_strf(a, "%" PRIu64,
		    (timeout_ns + NS_PER_MS - 1) / NS_PER_MS));
}

static struct transform *
transform_of(struct client_header *h)
{
	if (h->transform == NULL)
		h->transform = transform_new();
	return h->transform;
}

int
client_header_begin(struct client_header *h, struct buf *b,
    const struct wire_proto *proto, int32_t seqid, uint64_t timeout_ns,
    struct tf_arena *a, const char **why)
{
	struct header *r = &h->request;

	*r = (struct header){ .flags = h->any_order ? HEADER_OUT_OF_ORDER : 0,
	    .seqid = seqid, .proto = proto_id(proto),
	    .n_transforms = h->n_transforms, .info = h->set };
	memcpy(r->transforms, h->transforms, sizeof(r->transforms));
	r->info.cap = r->info.n;	/* what was set stays as it is */
	say_timeout(&r->info, timeout_ns, a);
	return header_begin(b, r, why);
}

int
client_header_end(struct client_header *h, struct buf *b, size_t max,
    const char **why)
{
	return header_end(b, 0, &h->request, h->n_transforms == 0 ? NULL :
	    transform_of(h), max, why);
}

int
client_header_open(struct client_header *h, const uint8_t *frame, size_t len,
    size_t max, struct tf_arena *a, const struct wire_proto **proto,
    const char **why)
{
	struct header *r = &h->reply;
	int rc = header_read(r, frame, len, a);

	if (rc == 0 && r->n_transforms > 0)
		rc = header_undo(r, transform_of(h), max);
	*why = r->why;
	*proto = proto_of(r->proto);
	return rc;
}
