/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scanner goes from token to token: a message's head, a field's head with
 * the beginning of its value, an element's.  A token that is not all there is
 * not begun, so there is nothing to remember inside of one; the bytes of a
 * string are no token, they are stepped over.  Compact and binary are the same
 * walk; what a token looks like is in struct scan_proto.  JSON has none: it is
 * scanned byte by byte, in scan_json.c.
 *
 * A struct that is all there needs no tokens: its codec skips it, several times
 * as fast.  The first one that it cannot skip is walked, and so is the rest of
 * what there is, so that no byte is tried more than once.  Nor is one that has
 * more than SKIP_DEPTH levels, as skipping takes stack for each.
 */
#include "wire/scan.h"

#include "wire/binary.h"
#include "wire/compact.h"
#include "wire/varint.h"
#include "wire/wire.h"

#define SKIP_DEPTH	64

/* How the bytes of a value are found. */
enum form {
	FORM_BAD, FORM_FIXED, FORM_VARINT, FORM_BYTES, FORM_LIST, FORM_MAP,
	FORM_STRUCT
};

struct type_form {
	uint8_t		 form, size;
};

/* A cursor within a token; p becomes NULL when the token is not all there. */
struct token {
	const uint8_t	*p, *end;
	bool		 bad;
};

struct scan_proto {
	struct type_form types[17];
	bool		 bool_in_head;	/* a field of types 1 and 2 has no
					   value */
	void		(*message)(struct token *, uint64_t *name);
	unsigned	(*field)(struct token *);	/* type, 0 = stop */
	uint64_t	(*length)(struct token *);
	uint64_t	(*list)(struct token *, uint8_t *type);
	uint64_t	(*map)(struct token *, uint8_t *types);
	const struct wire_proto *(*codec)(void);
};

static uint8_t
take_byte(struct token *t)
{
	if (t->p == NULL || t->p == t->end) {
		t->p = NULL;
		return 0;
	}
	return *t->p++;
}

static uint64_t
take_varint(struct token *t)
{
	uint64_t v = 0;

	if (t->p == NULL)
		return 0;
	t->p = varint_get(t->p, t->end, &v);
	if (t->p == NULL && v == 1)
		t->bad = true;
	return t->p == NULL ? 0 : v;
}

static uint32_t
take_32(struct token *t)
{
	uint32_t v;

	if (t->p == NULL || t->end - t->p < 4) {
		t->p = NULL;
		return 0;
	}
	v = binary_get32(t->p);
	t->p += 4;
	return v;
}

/* A count or length: negative or past 31 bits is an error. */
static uint64_t
checked(struct token *t, uint64_t n)
{
	if (n <= INT32_MAX)
		return n;
	t->bad = true;
	return 0;
}

static void
compact_message(struct token *t, uint64_t *name)
{
	take_byte(t);
	if ((take_byte(t) & 0x1f) != COMPACT_VERSION && t->p != NULL)
		t->bad = true;
	take_varint(t);
	*name = checked(t, take_varint(t));
}

static unsigned
compact_field(struct token *t)
{
	uint8_t head = take_byte(t);

	if ((head & 0x0f) != 0 && head >> 4 == 0)
		take_varint(t);
	return head & 0x0f;
}

static uint64_t
compact_length(struct token *t)
{
	return checked(t, take_varint(t));
}

static uint64_t
compact_list(struct token *t, uint8_t *type)
{
	uint8_t head = take_byte(t);

	*type = head & 0x0f;
	if (head >> 4 != 0x0f)
		return head >> 4;
	return checked(t, take_varint(t));
}

static uint64_t
compact_map(struct token *t, uint8_t *types)
{
	uint64_t n = checked(t, take_varint(t));
	uint8_t both = n == 0 ? 0 : take_byte(t);

	types[0] = both >> 4;
	types[1] = both & 0x0f;
	return n;
}

static void
binary_message(struct token *t, uint64_t *name)
{
	uint32_t version = take_32(t);

	if (t->p != NULL && (version & BINARY_VERSION_MASK) != BINARY_VERSION_1)
		t->bad = true;
	/* The sequence number stands behind the name. */
	*name = checked(t, take_32(t)) + 4;
}

static unsigned
binary_field(struct token *t)
{
	uint8_t type = take_byte(t);

	if (type != B_STOP) {
		take_byte(t);
		take_byte(t);
	}
	return type;
}

static uint64_t
binary_length(struct token *t)
{
	return checked(t, take_32(t));
}

static uint64_t
binary_list(struct token *t, uint8_t *type)
{
	*type = take_byte(t);
	return checked(t, take_32(t));
}

static uint64_t
binary_map(struct token *t, uint8_t *types)
{
	types[0] = take_byte(t);
	types[1] = take_byte(t);
	return checked(t, take_32(t));
}

static const struct scan_proto compact = {
	.types = {
		[C_TRUE] = { FORM_FIXED, 1 }, [C_FALSE] = { FORM_FIXED, 1 },
		[C_I8] = { FORM_FIXED, 1 }, [C_I16] = { FORM_VARINT, 0 },
		[C_I32] = { FORM_VARINT, 0 }, [C_I64] = { FORM_VARINT, 0 },
		[C_DOUBLE] = { FORM_FIXED, 8 }, [C_BINARY] = { FORM_BYTES, 0 },
		[C_LIST] = { FORM_LIST, 0 }, [C_SET] = { FORM_LIST, 0 },
		[C_MAP] = { FORM_MAP, 0 }, [C_STRUCT] = { FORM_STRUCT, 0 },
		[C_UUID] = { FORM_FIXED, 16 },
	},
	.bool_in_head = true, .message = compact_message,
	.field = compact_field, .length = compact_length,
	.list = compact_list, .map = compact_map, .codec = wire_compact,
};

static const struct scan_proto binary = {
	.types = {
		[B_BOOL] = { FORM_FIXED, 1 }, [B_I8] = { FORM_FIXED, 1 },
		[B_DOUBLE] = { FORM_FIXED, 8 }, [B_I16] = { FORM_FIXED, 2 },
		[B_I32] = { FORM_FIXED, 4 }, [B_I64] = { FORM_FIXED, 8 },
		[B_STRING] = { FORM_BYTES, 0 },
		[B_STRUCT] = { FORM_STRUCT, 0 }, [B_MAP] = { FORM_MAP, 0 },
		[B_SET] = { FORM_LIST, 0 }, [B_LIST] = { FORM_LIST, 0 },
		[B_UUID] = { FORM_FIXED, 16 },
	},
	.message = binary_message, .field = binary_field,
	.length = binary_length, .list = binary_list, .map = binary_map,
	.codec = wire_binary,
};

void
scan_init(struct scan *s, uint8_t first, uint64_t max_size)
{
	s->pos = 0;
	s->max_size = max_size;
	s->depth = s->brackets = 0;
	s->quoted = 0;
	s->proto = first == COMPACT_ID ? &compact : first == '[' ? NULL :
	    &binary;
}

static struct type_form
form_of(const struct scan *s, uint8_t type)
{
	if (type >= sizeof(s->proto->types) / sizeof(s->proto->types[0]))
		return (struct type_form){ FORM_BAD, 0 };
	return s->proto->types[type];
}

static enum scan_result
push(struct scan *s, struct scan_level level)
{
	if (s->depth == SCAN_MAX_DEPTH)
		return SCAN_TOO_DEEP;
	s->level[s->depth++] = level;
	return SCAN_DONE;
}

/* The token is complete: what it holds is done, and skip bytes behind it. */
static enum scan_result
commit(struct scan *s, const struct token *t, const uint8_t *message,
    uint64_t skip)
{
	if (t->bad)
		return SCAN_BAD;
	if (t->p == NULL)
		return SCAN_MORE;
	s->pos = (uint64_t)(t->p - message) + skip;
	return s->pos > s->max_size ? SCAN_TOO_BIG : SCAN_DONE;
}

/* A struct begins at pos, which may be past the input. */
static enum scan_result
scan_struct(struct scan *s, const uint8_t *message, const uint8_t *end)
{
	unsigned left = SCAN_MAX_DEPTH - s->depth;
	struct wire_reader r;

	if (s->skips && s->pos <= (uint64_t)(end - message)) {
		wire_reader_init(&r, message + s->pos,
		    (size_t)(end - message) - s->pos, NULL,
		    left < SKIP_DEPTH ? left : SKIP_DEPTH);
		if (s->proto->codec()->skip_struct(&r) == 0) {
			s->pos = (uint64_t)(r.p - message);
			return s->pos > s->max_size ? SCAN_TOO_BIG : SCAN_DONE;
		}
		s->skips = false;
	}
	return push(s, (struct scan_level){ .is_struct = 1 });
}

static enum scan_result
scan_container(struct scan *s, struct token *t, const uint8_t *message,
    bool map)
{
	struct scan_level l = { 0 };
	enum scan_result rc;
	uint64_t n;

	n = map ? s->proto->map(t, l.types) : s->proto->list(t, l.types);
	if ((rc = commit(s, t, message, 0)) != SCAN_DONE || n == 0)
		return rc;
	if (!map)
		l.types[1] = l.types[0];
	if (form_of(s, l.types[0]).form == FORM_BAD ||
	    form_of(s, l.types[1]).form == FORM_BAD)
		return SCAN_BAD;
	/* Each value takes a byte at least. */
	if (n * (map ? 2 : 1) > s->max_size)
		return SCAN_TOO_BIG;
	l.left = (uint32_t)n * (map ? 2 : 1);
	return push(s, l);
}

static enum scan_result
scan_value(struct scan *s, struct token *t, const uint8_t *message,
    uint8_t type)
{
	struct type_form f = form_of(s, type);
	enum scan_result rc;
	uint64_t n;

	switch (f.form) {
	case FORM_FIXED:
		return commit(s, t, message, f.size);
	case FORM_VARINT:
		take_varint(t);
		return commit(s, t, message, 0);
	case FORM_BYTES:
		n = s->proto->length(t);
		return commit(s, t, message, n);
	case FORM_LIST:
	case FORM_MAP:
		return scan_container(s, t, message, f.form == FORM_MAP);
	case FORM_STRUCT:
		if ((rc = commit(s, t, message, 0)) != SCAN_DONE)
			return rc;
		return scan_struct(s, message, t->end);
	default:
		return SCAN_BAD;
	}
}

static enum scan_result
scan_field(struct scan *s, struct token *t, const uint8_t *message)
{
	enum scan_result rc;
	unsigned type = s->proto->field(t);

	if (t->p != NULL && type != 0 &&
	    !(s->proto->bool_in_head && type <= C_FALSE))
		return scan_value(s, t, message, (uint8_t)type);
	if ((rc = commit(s, t, message, 0)) == SCAN_DONE && type == 0)
		s->depth--;
	return rc;
}

static enum scan_result
scan_element(struct scan *s, struct token *t, const uint8_t *message)
{
	struct scan_level *l = &s->level[s->depth - 1];
	struct type_form f = form_of(s, l->types[l->turn]);
	enum scan_result rc;
	uint64_t n = 1;

	if (f.form == FORM_FIXED && l->types[0] == l->types[1]) {
		n = l->left;
		rc = commit(s, t, message, n * f.size);
	} else
		rc = scan_value(s, t, message, l->types[l->turn]);
	if (rc != SCAN_DONE)
		return rc;
	l->left -= (uint32_t)n;
	l->turn ^= 1;
	return SCAN_DONE;
}

static enum scan_result
scan_message(struct scan *s, struct token *t, const uint8_t *message)
{
	uint64_t name = 0;
	enum scan_result rc;

	s->proto->message(t, &name);
	if ((rc = commit(s, t, message, name)) != SCAN_DONE)
		return rc;
	return scan_struct(s, message, t->end);
}

enum scan_result
scan_run(struct scan *s, const uint8_t *p, size_t len)
{
	enum scan_result rc = SCAN_DONE;

	if (s->proto == NULL)
		return scan_json(s, p, len);
	s->skips = true;
	while (rc == SCAN_DONE) {
		struct token t = { .p = p + s->pos, .end = p + len };
		struct scan_level *l;

		if (s->pos > len)
			return SCAN_MORE;
		if (s->pos == 0) {
			rc = scan_message(s, &t, p);
			continue;
		}
		if (s->depth == 0)
			return SCAN_DONE;
		l = &s->level[s->depth - 1];
		if (l->is_struct)
			rc = scan_field(s, &t, p);
		else if (l->left == 0)
			s->depth--;
		else
			rc = scan_element(s, &t, p);
	}
	return rc;
}

size_t
scan_missing(const struct scan *s, size_t len)
{
	return s->pos > len ? (size_t)(s->pos - len) : 1;
}
