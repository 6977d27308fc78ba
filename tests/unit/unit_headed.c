/* SPDX-License-Identifier: Apache-2.0 */
/* See unit_headed.h. */
#include "unit_headed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/unit.h"

enum { BEFORE = 14 };		/* the header: lengths, magic, flags, seqid */

void
head_begin(struct bytes *head, unsigned proto)
{
	bytes_varint(head, proto);
	bytes_varint(head, 0);
}

void
head_begin_transformed(struct bytes *head, unsigned proto, unsigned transform)
{
	bytes_varint(head, proto);
	bytes_varint(head, 1);
	bytes_varint(head, transform);
}

void
head_pair(struct bytes *head, unsigned kind, const char *key,
    const char *value)
{
	bytes_varint(head, kind);
	bytes_varint(head, 1);
	bytes_varint(head, strlen(key));
	bytes_add(head, key, strlen(key));
	bytes_varint(head, strlen(value));
	bytes_add(head, value, strlen(value));
}

static void
put(uint8_t *to, uint32_t v, int n)
{
	for (int i = n; i-- > 0; v >>= 8)
		to[i] = (uint8_t)v;
}

void
headed_add(struct bytes *out, int32_t seqid, struct bytes *head,
    const void *payload, size_t len)
{
	uint8_t before[BEFORE] = { 0 };

	while (head->n % 4 != 0)
		bytes_add(head, "", 1);
	put(before, (uint32_t)(BEFORE - 4 + head->n + len), 4);
	put(before + 4, 0x0fff0000, 4);
	put(before + 8, (uint32_t)seqid, 4);
	put(before + 12, (uint32_t)head->n / 4, 2);
	bytes_add(out, before, BEFORE);
	bytes_add(out, head->p, head->n);
	bytes_add(out, payload, len);
	head->n = 0;
	bytes_free(head);
}

void
headed_message(struct bytes *out, int32_t seqid, struct bytes *head,
    struct bytes *message)
{
	headed_add(out, seqid, head, message->p + 4, message->n - 4);
	message->n = 0;
	bytes_free(message);
}

void
headed_ask(struct bytes *out, int32_t seqid, struct bytes *head,
    const char *text)
{
	struct bytes message = { 0 };

	frame_text(&message, "header", seqid, text, strlen(text));
	headed_message(out, seqid, head, &message);
}

static unsigned
get(const uint8_t **p, int n)
{
	unsigned v = 0;

	while (n-- > 0)
		v = v << 8 | *(*p)++;
	return v;
}

static unsigned
get_varint(const uint8_t **p, const uint8_t *end)
{
	unsigned v = 0;

	for (int shift = 0; shift < 32; shift += 7) {
		ck_assert(*p < end);
		v |= (*(*p) & 0x7fu) << shift;
		if ((*(*p)++ & 0x80) == 0)
			return v;
	}
	ck_abort_msg("a varint without an end");
	return 0;
}

static void
get_str(struct headed *h, const uint8_t **p, const uint8_t *end, char after)
{
	unsigned n = get_varint(p, end);
	size_t at = strlen(h->pairs);

	ck_assert_uint_le(n, (size_t)(end - *p));
	snprintf(h->pairs + at, sizeof(h->pairs) - at, "%.*s%c", (int)n,
	    (const char *)*p, after);
	*p += n;
}

static void
get_header(struct headed *h, const uint8_t *p, const uint8_t *end)
{
	h->proto = get_varint(&p, end);
	h->ntransforms = get_varint(&p, end);
	for (unsigned i = 0; i < h->ntransforms; i++)
		h->transform = get_varint(&p, end);
	while (p < end && *p == 1) {
		p++;
		for (unsigned n = get_varint(&p, end); n > 0; n--) {
			get_str(h, &p, end, '=');
			get_str(h, &p, end, ',');
		}
	}
	for (; p < end; p++)
		ck_assert_uint_eq(*p, 0);
}

void
headed_read(int fd, struct headed *h)
{
	uint8_t before[BEFORE];
	const uint8_t *p = before;
	unsigned size, words;
	uint8_t *head;

	memset(h, 0, sizeof(*h));
	ck_assert_uint_eq(peer_take(fd, before, BEFORE), BEFORE);
	size = get(&p, 4);
	ck_assert_uint_eq(get(&p, 2), 0x0fff);
	h->flags = get(&p, 2);
	h->seqid = (int32_t)get(&p, 4);
	words = get(&p, 2);
	ck_assert_uint_le(BEFORE - 4 + 4 * words, size);
	head = malloc(4 * words + 1);
	ck_assert_uint_eq(peer_take(fd, head, 4 * words), 4 * words);
	get_header(h, head, head + 4 * words);
	free(head);
	h->len = size - (BEFORE - 4) - 4 * words;
	h->payload = malloc(h->len + 1);
	ck_assert_uint_eq(peer_take(fd, h->payload, h->len), h->len);
}

void
headed_expect(int fd, struct headed *h, struct message *m)
{
	headed_read(fd, h);
	ck_assert_uint_eq(h->proto, 2);
	ck_assert_uint_eq(h->ntransforms, 0);
	message_parse(m, h->payload, h->payload + h->len);
	ck_assert_int_eq(m->seqid, h->seqid);
}

void
headed_free(struct headed *h)
{
	free(h->payload);
	h->payload = NULL;
}

void
headed_expect_text(int fd, int32_t seqid, const char *text, const char *pairs)
{
	struct message m;
	struct headed h;

	headed_expect(fd, &h, &m);
	ck_assert_msg(m.type == PEER_REPLY, "type %d: %s", m.type, m.text);
	ck_assert_int_eq(m.seqid, seqid);
	ck_assert_str_eq(m.text, text);
	ck_assert_str_eq(h.pairs, pairs);
	message_free(&m);
	headed_free(&h);
}

void
headed_expect_error(int fd, int app_error, int32_t seqid, const char *part)
{
	struct message m;
	struct headed h;

	headed_expect(fd, &h, &m);
	ck_assert_int_eq(m.type, PEER_EXCEPTION);
	ck_assert_int_eq(m.seqid, seqid);
	ck_assert_msg(m.number == app_error, "error %d: %s", m.number, m.text);
	ck_assert_msg(strstr(m.text, part) != NULL, "%s", m.text);
	message_free(&m);
	headed_free(&h);
}

void
headed_expect_service(int fd)
{
	struct bytes head = { 0 }, out = { 0 };

	head_begin(&head, 2);
	head_pair(&head, 1, "k", "v");
	headed_ask(&out, 4711, &head, "k");
	peer_send_bytes(fd, &out);
	headed_expect_text(fd, 4711, "v", "asked=k,");
}
