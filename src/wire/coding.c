/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tf_decode() and tf_encode(): the codecs for values that stand alone.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "wire/json.h"
#include "wire/plan.h"
#include "wire/wire.h"

static const char malformed[] = "the type's table is malformed";

static int
read_any(enum tf_protocol proto, struct wire_reader *r, const struct plan *pl,
    void *value)
{
	switch (proto) {
	case TF_COMPACT:
		return wire_compact()->read(r, pl, value);
	case TF_BINARY:
		return wire_binary()->read(r, pl, value);
	case TF_JSON:
		return json_read(r, pl, value);
	case TF_TJSON:
		return wire_json()->read(r, pl, value);
	}
	r->why = "no such protocol";
	return -1;
}

static int
write_any(enum tf_protocol proto, struct buf *b, const struct plan *pl,
    const void *value, const char **why)
{
	switch (proto) {
	case TF_COMPACT:
		return wire_compact()->write(b, pl, value, why);
	case TF_BINARY:
		return wire_binary()->write(b, pl, value, why);
	case TF_JSON:
		return json_write(b, pl, value, why);
	case TF_TJSON:
		return wire_json()->write(b, pl, value, why);
	}
	*why = "no such protocol";
	return -1;
}

ptrdiff_t
tf_decode(const struct tf_type *t, enum tf_protocol proto, const void *bytes,
    size_t len, struct tf_arena *a, void *value, const char **why)
{
	const struct plan *pl = plan_get(t);
	struct wire_reader r;

	wire_reader_init(&r, bytes, len, a, WIRE_MAX_DEPTH);
	if (pl == NULL)
		r.why = malformed;
	if (pl != NULL && read_any(proto, &r, pl, value) == 0)
		return r.p - (const uint8_t *)bytes;
	if (why != NULL)
		*why = r.why;
	return -1;
}

/* The bytes, as far as the arena has room within its limit. */
static int
keep(struct tf_arena *a, const struct buf *b, struct tf_str *bytes,
    const char **why)
{
	if (a->over || !arena_fits(a, b->len + 1)) {
		*why = "value exceeds the memory limit";
		return -1;
	}
	*bytes = tf_strn(a, b->p, b->len);
	return 0;
}

int
tf_encode(const struct tf_type *t, enum tf_protocol proto, const void *value,
    struct tf_arena *a, struct tf_str *bytes, const char **why)
{
	const struct plan *pl = plan_get(t);
	const char *reason = malformed;
	struct buf b;
	int rc = -1;

	buf_init(&b, a->max > 0 ? a->max : SIZE_MAX / 4);
	if (pl != NULL)
		rc = write_any(proto, &b, pl, value, &reason);
	if (rc == 0)
		rc = keep(a, &b, bytes, &reason);
	if (rc == -1 && why != NULL)
		*why = reason;
	buf_fini(&b);
	return rc;
}
