/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequence numbers are chosen so that a varint of each takes two bytes, and a
 * request of any number is as long as any other.
 *
 * Nothing announces the end of an unframed reply: it has to be decoded.  But
 * most replies to one request are the same, and one that begins with all bytes
 * of the last one ends where that did.
 */
#include "message.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SEQ	MESSAGE_SEQS	/* as it stands in a message */
#define COMPACT_ID	0x82
#define KEEP_MAX	(1u << 20)	/* bytes of a reply to compare with */
#define NO_FIELD	(INT16_MAX + 1)	/* no id */

enum { CALL = 1, REPLY, EXCEPTION, ONEWAY };

/* TApplicationException. */
struct app_error {
	struct tf_str	 message;
	int32_t		 type;
};

static const struct tf_field app_error_fields[] = {
	{ "message", NULL, offsetof(struct app_error, message), 0, 1,
	    TF_T_STRING, 0 },
	{ "type", NULL, offsetof(struct app_error, type), 0, 2, TF_T_I32, 0 },
};

static void *app_error_plan;
static const struct tf_type app_error = {
	.name = "TApplicationException", .fields = app_error_fields,
	.plan = &app_error_plan, .size = sizeof(struct app_error), .n = 2,
	.kind = TF_T_STRUCT
};

static uint8_t *
put32(uint8_t *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, sizeof(v));
	return p + sizeof(v);
}

static uint32_t
get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap32(v);
}

static uint8_t *
put_varint(uint8_t *p, size_t v)
{
	for (; v > 0x7f; v >>= 7)
		*p++ = (uint8_t)(v | 0x80);
	*p++ = (uint8_t)v;
	return p;
}

/* NULL past the end, or if it is none of 32 bits. */
static const uint8_t *
get_varint(const uint8_t *p, const uint8_t *end, uint32_t *v)
{
	*v = 0;
	for (unsigned shift = 0; p < end && shift < 35; shift += 7) {
		*v |= (uint32_t)(*p & 0x7f) << shift;
		if (*p++ < 0x80)
			return p;
	}
	return NULL;
}

/* The head of the request; where it ends. */
static uint8_t *
put_head(struct message *m, uint8_t *p, struct tf_str name)
{
	uint8_t type = m->method->flags & TF_ONEWAY ? ONEWAY : CALL;

	if (m->protocol == TF_BINARY) {
		p = put32(p, 0x80010000u | type);
		p = put32(p, (uint32_t)name.len);
		memcpy(p, name.s, name.len);
		m->seq_at = (size_t)(p + name.len - m->bytes);
		return put32(p + name.len, FIRST_SEQ);
	}
	*p++ = COMPACT_ID;
	*p++ = (uint8_t)(type << 5 | 1);
	m->seq_at = (size_t)(p - m->bytes);
	p = put_varint(p, FIRST_SEQ);
	p = put_varint(p, name.len);
	memcpy(p, name.s, name.len);
	return p + name.len;
}

static void
put_request(struct message *m, struct tf_str name, struct tf_str args)
{
	size_t frame = m->framed ? 4 : 0;
	uint8_t *p;

	m->bytes = malloc(name.len + args.len + 32);
	if (m->bytes == NULL)
		err(1, NULL);
	p = put_head(m, m->bytes + frame, name);
	memcpy(p, args.s, args.len);
	m->len = (size_t)(p + args.len - m->bytes);
	if (m->framed)
		put32(m->bytes, (uint32_t)(m->len - frame));
}

int
message_init(struct message *m, const struct tf_method *method,
    enum tf_protocol protocol, bool framed, bool check, const char *service,
    const void *args, const char **why)
{
	struct tf_str bytes, name;

	*m = (struct message){ .method = method, .protocol = protocol,
	    .framed = framed, .check = check, .arena = tf_arena_new(0) };
	if (tf_encode(method->args, protocol, args, m->arena, &bytes, why) ==
	    -1)
		return -1;
	name = tf_strf(m->arena, "%s%s%s", service,
	    service[0] == '\0' ? "" : ":", method->name);
	put_request(m, name, bytes);
	m->value = malloc(method->result->size + sizeof(struct app_error));
	if (m->value == NULL)
		err(1, NULL);
	return 0;
}

void
message_fini(struct message *m)
{
	tf_arena_free(m->arena);
	free(m->value);
	free(m->bytes);
	free(m->last);
}

void
message_stamp(const struct message *m, uint8_t *p, uint32_t seq)
{
	seq = FIRST_SEQ | seq % MESSAGE_SEQS;
	p += m->seq_at;
	if (m->protocol == TF_BINARY) {
		put32(p, seq);
	} else {
		p[0] = (uint8_t)(seq | 0x80);
		p[1] = (uint8_t)(seq >> 7);
	}
}

/* What stands before the fields of a reply. */
struct head {
	unsigned	 type;
	uint32_t	 seq;
};

static const uint8_t *
read_binary_head(const uint8_t *p, const uint8_t *end, struct head *h)
{
	uint32_t n;

	if (end - p < 12 || p[0] != 0x80 || p[1] != 1)
		return NULL;
	h->type = p[3];
	n = get32(p + 4);
	p += 8;
	if (n > (size_t)(end - p) || (size_t)(end - p) - n < 4)
		return NULL;
	h->seq = get32(p + n);
	return p + n + 4;
}

static const uint8_t *
read_compact_head(const uint8_t *p, const uint8_t *end, struct head *h)
{
	uint32_t n;

	if (end - p < 4 || p[0] != COMPACT_ID || (p[1] & 0x1f) != 1)
		return NULL;
	h->type = p[1] >> 5;
	if ((p = get_varint(p + 2, end, &h->seq)) == NULL ||
	    (p = get_varint(p, end, &n)) == NULL || n > (size_t)(end - p))
		return NULL;
	return p + n;
}

/* NULL: it is not all there, or no message of this protocol. */
static const uint8_t *
read_head(const struct message *m, const uint8_t *p, const uint8_t *end,
    struct head *h)
{
	return m->protocol == TF_BINARY ? read_binary_head(p, end, h) :
	    read_compact_head(p, end, h);
}

/* The id of the first field of a struct, or NO_FIELD. */
static int
first_field(const struct message *m, const uint8_t *p, const uint8_t *end)
{
	uint32_t zigzag;

	if (p == end || *p == 0)
		return NO_FIELD;
	if (m->protocol == TF_BINARY)
		return end - p < 3 ? NO_FIELD : (int16_t)(p[1] << 8 | p[2]);
	if (*p >> 4 != 0)
		return *p >> 4;
	if (get_varint(p + 1, end, &zigzag) == NULL)
		return NO_FIELD;
	return (int16_t)(zigzag >> 1 ^ -(zigzag & 1));
}

static void
say(struct outcome *o, enum outcome_kind kind, const char *words)
{
	*o = (struct outcome){ kind, 0, { words, strlen(words) } };
}

/*
 * Whether a method returns something, and then its success field.  Exceptions
 * that the IDL gives no id stand before it.
 */
static const struct tf_field *
success_field(const struct tf_method *method)
{
	const struct tf_type *type = method->result;

	for (uint32_t i = 0; i < type->n; i++)
		if (type->fields[i].id == 0)
			return &type->fields[i];
	return NULL;
}

static const char no_result[] = "a reply without a result";

/* By the field that comes first, and no more than that. */
static void
judge_first(const struct message *m, const uint8_t *p, const uint8_t *end,
    struct outcome *o)
{
	const struct tf_type *type = m->method->result;
	int id = first_field(m, p, end);

	say(o, RETURNED, "");
	if (id == NO_FIELD && success_field(m->method) == NULL)
		return;
	for (uint32_t i = 0; i < type->n; i++)
		if (type->fields[i].id == id) {
			o->kind = id == 0 ? RETURNED : THREW;
			o->which = (int)i;
			return;
		}
	say(o, WRONG, id == NO_FIELD ? no_result :
	    "a reply with a field that the method has not");
}

static void
judge_decoded(struct message *m, const uint8_t *p, const uint8_t *end,
    struct outcome *o)
{
	const struct tf_field *f, *success = success_field(m->method);
	const char *why = "bytes after the end of the result";
	const void *x;

	say(o, RETURNED, "");
	if (tf_decode(m->method->result, m->protocol, p, (size_t)(end - p),
	    m->arena, m->value, &why) != end - p) {
		say(o, WRONG, why);
	} else if ((f = answer_thrown(m->method, m->value, &x)) != NULL) {
		o->kind = THREW;
		o->which = (int)(f - m->method->result->fields);
	} else if (success != NULL &&
	    !*((const bool *)m->value + success->has)) {
		say(o, WRONG, no_result);
	}
}

static void
judge_error(struct message *m, const uint8_t *p, const uint8_t *end,
    struct outcome *o)
{
	struct app_error *e = m->value;
	const char *why;

	if (tf_decode(&app_error, m->protocol, p, (size_t)(end - p), m->arena,
	    e, &why) == -1)
		say(o, WRONG, why);
	else
		*o = (struct outcome){ ERROR, e->type, e->message };
}

/* What a whole message, of which p are the fields, says. */
static enum message_result
judge(struct message *m, const struct head *h, const uint8_t *p,
    const uint8_t *end, uint32_t *seq, struct outcome *o)
{
	if (h->seq < FIRST_SEQ || h->seq >= FIRST_SEQ + MESSAGE_SEQS) {
		say(o, WRONG, "a reply with a sequence number that no request "
		    "has had");
		return MESSAGE_BAD;
	}
	*seq = h->seq - FIRST_SEQ;
	if (h->type == REPLY && !m->check) {
		judge_first(m, p, end, o);
		return MESSAGE_WHOLE;
	}
	tf_arena_reset(m->arena);
	if (h->type == REPLY)
		judge_decoded(m, p, end, o);
	else if (h->type == EXCEPTION)
		judge_error(m, p, end, o);
	else
		say(o, WRONG, "a message that is no reply");
	return MESSAGE_WHOLE;
}

static enum message_result
read_framed(struct message *m, const uint8_t *p, size_t len, size_t *size,
    uint32_t *seq, struct outcome *o)
{
	struct head h;
	const uint8_t *body;
	uint32_t n;

	if (len < 4)
		return MESSAGE_MORE;
	n = get32(p);
	if (n > MESSAGE_MAX) {
		say(o, WRONG, "a frame of more than 16384000 bytes, or none: "
		    "does the server speak framed?");
		return MESSAGE_BAD;
	}
	*size = 4 + (size_t)n;
	if (len < *size)
		return MESSAGE_MORE;
	if ((body = read_head(m, p + 4, p + *size, &h)) == NULL) {
		say(o, WRONG, "a reply in another protocol");
		return MESSAGE_BAD;
	}
	return judge(m, &h, body, p + *size, seq, o);
}

static void
remember(struct message *m, const uint8_t *p, size_t len)
{
	if (len > KEEP_MAX) {
		m->last_len = 0;
		return;
	}
	if (len > m->last_size) {
		free(m->last);
		if ((m->last = malloc(len)) == NULL)
			err(1, NULL);
		m->last_size = len;
	}
	memcpy(m->last, p, len);
	m->last_len = len;
}

/* How long the fields are, as far as they are there; 0: not all of them. */
static size_t
fields_size(struct message *m, unsigned type, const uint8_t *p, size_t len)
{
	size_t both = len < m->last_len ? len : m->last_len;
	ptrdiff_t n;

	if (both > 0 && memcmp(p, m->last, both) == 0)
		return len < m->last_len ? 0 : m->last_len;
	tf_arena_reset(m->arena);
	n = tf_decode(type == EXCEPTION ? &app_error : m->method->result,
	    m->protocol, p, len, m->arena, m->value, NULL);
	if (n <= 0)
		return 0;
	remember(m, p, (size_t)n);
	return (size_t)n;
}

static enum message_result
read_unframed(struct message *m, const uint8_t *p, size_t len, size_t *size,
    uint32_t *seq, struct outcome *o)
{
	const uint8_t first = m->protocol == TF_BINARY ? 0x80 : COMPACT_ID;
	struct head h;
	const uint8_t *body;
	size_t n;

	if (len > 0 && p[0] != first) {
		say(o, WRONG, "a reply in another protocol, or framed");
		return MESSAGE_BAD;
	}
	if ((body = read_head(m, p, p + len, &h)) == NULL)
		return MESSAGE_MORE;
	n = fields_size(m, h.type, body, (size_t)(p + len - body));
	*size = (size_t)(body - p) + n;
	if (n > 0)
		return judge(m, &h, body, body + n, seq, o);
	if (len <= MESSAGE_MAX)
		return MESSAGE_MORE;
	say(o, WRONG, "a reply of more than 16384000 bytes");
	return MESSAGE_BAD;
}

enum message_result
message_read(struct message *m, const uint8_t *p, size_t len, size_t *size,
    uint32_t *seq, struct outcome *o)
{
	return m->framed ? read_framed(m, p, len, size, seq, o) :
	    read_unframed(m, p, len, size, seq, o);
}
