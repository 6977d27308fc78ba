/* SPDX-License-Identifier: Apache-2.0 */
/* See unit_peer.h: frames by hand, and waiting with deadlines. */
#include "unit_peer.h"

#include <sys/socket.h>

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
bytes_add(struct bytes *b, const void *p, size_t n)
{
	if (b->n + n > b->cap) {
		b->cap = (b->n + n) * 2;
		b->p = realloc(b->p, b->cap);
		ck_assert_ptr_nonnull(b->p);
	}
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

void
bytes_free(struct bytes *b)
{
	free(b->p);
	*b = (struct bytes){ 0 };
}

void
bytes_varint(struct bytes *b, uint64_t v)
{
	uint8_t c;

	do {
		c = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
		bytes_add(b, &c, 1);
	} while ((v >>= 7) != 0);
}

void
bytes_int(struct bytes *b, int delta, int32_t v)
{
	uint8_t head = (uint8_t)(delta << 4 | 5);

	bytes_add(b, &head, 1);
	bytes_varint(b, ((uint32_t)v << 1) ^ (v < 0 ? UINT32_MAX : 0));
}

void
bytes_text(struct bytes *b, int delta, const char *s, size_t n)
{
	uint8_t head = (uint8_t)(delta << 4 | 8);

	bytes_add(b, &head, 1);
	bytes_varint(b, n);
	bytes_add(b, s, n);
}

void
frame_message(struct bytes *b, int type, const char *name, int32_t seqid,
    const struct bytes *body)
{
	uint8_t head[] = { 0, 0, 0, 0, 0x82, (uint8_t)(type << 5 | 1) };
	size_t start = b->n, n;

	bytes_add(b, head, sizeof(head));
	bytes_varint(b, (uint32_t)seqid);
	bytes_varint(b, strlen(name));
	bytes_add(b, name, strlen(name));
	bytes_add(b, body->p, body->n);
	n = b->n - start - 4;
	for (int i = 0; i < 4; i++)
		b->p[start + (size_t)i] = (uint8_t)(n >> (24 - 8 * i));
}

static void
frame_body(struct bytes *b, const char *name, int32_t seqid,
    struct bytes *body)
{
	bytes_add(body, "", 1);
	frame_message(b, PEER_CALL, name, seqid, body);
	bytes_free(body);
}

void
frame_call(struct bytes *b, const char *name, int32_t seqid)
{
	struct bytes body = { 0 };

	frame_body(b, name, seqid, &body);
}

void
frame_text(struct bytes *b, const char *name, int32_t seqid, const char *s,
    size_t n)
{
	struct bytes body = { 0 };

	bytes_text(&body, 1, s, n);
	frame_body(b, name, seqid, &body);
}

void
frame_ints(struct bytes *b, const char *name, int32_t seqid, int32_t a,
    int32_t n)
{
	struct bytes body = { 0 };

	bytes_int(&body, 1, a);
	bytes_int(&body, 1, n);
	frame_body(b, name, seqid, &body);
}

int
peer_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

int
peer_door(int family)
{
	union {
		struct sockaddr		 any;
		struct sockaddr_in	 in;
	} addr = { .in = { .sin_family = (sa_family_t)family,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) } };
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(bind(fd, &addr.any, family == AF_UNIX ?
	    sizeof(sa_family_t) : sizeof(addr.in)), 0);
	ck_assert_int_eq(listen(fd, 100), 0);
	return fd;
}

int
peer_connect(int door)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int fd;

	ck_assert_int_eq(getsockname(door, (struct sockaddr *)&ss, &len), 0);
	fd = socket(ss.ss_family, SOCK_STREAM, 0);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&ss, len), 0);
	return fd;
}

bool
peer_soon(int fd, short events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int rc;

	while ((rc = poll(&p, 1, ms)) == -1 && errno == EINTR)
		;
	return rc == 1;
}

void
peer_wait(int fd, short events, int ms)
{
	ck_assert_msg(peer_soon(fd, events, ms), "nothing in %d ms", ms);
}

void
peer_send(int fd, const void *data, size_t n)
{
	const uint8_t *p = data;
	ssize_t sent;

	while (n > 0) {
		sent = send(fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent == -1) {
			ck_assert_msg(errno == EAGAIN || errno == EINTR,
			    "send: %s", strerror(errno));
			peer_wait(fd, POLLOUT, PEER_MS);
			continue;
		}
		p += sent;
		n -= (size_t)sent;
	}
}

void
peer_send_bytes(int fd, struct bytes *b)
{
	peer_send(fd, b->p, b->n);
	b->n = 0;
	bytes_free(b);
}

size_t
peer_take(int fd, uint8_t *p, size_t n)
{
	size_t done = 0;
	ssize_t got;

	while (done < n) {
		peer_wait(fd, POLLIN, PEER_MS);
		got = recv(fd, p + done, n - done, MSG_DONTWAIT);
		if (got == 0 || (got == -1 && errno == ECONNRESET))
			break;
		if (got > 0)
			done += (size_t)got;
		else
			ck_assert_int_eq(errno, EAGAIN);
	}
	return done;
}

static uint64_t
take_varint(const uint8_t **p, const uint8_t *end)
{
	uint64_t v = 0;

	for (int shift = 0; shift < 64; shift += 7) {
		ck_assert(*p < end);
		v |= (uint64_t)(**p & 0x7f) << shift;
		if ((*(*p)++ & 0x80) == 0)
			return v;
	}
	ck_abort_msg("a varint without an end");
	return 0;
}

static int32_t
take_int(const uint8_t **p, const uint8_t *end)
{
	uint64_t v = take_varint(p, end);

	return (int32_t)((v >> 1) ^ (0 - (v & 1)));
}

static void
take_text(struct message *m, const uint8_t **p, const uint8_t *end, int id)
{
	m->text_len = take_varint(p, end);
	ck_assert_uint_le(m->text_len, (size_t)(end - *p));
	ck_assert_ptr_null(m->text);
	m->text = malloc(m->text_len + 1);
	memcpy(m->text, *p, m->text_len);
	m->text[m->text_len] = '\0';
	m->text_id = id;
	*p += m->text_len;
}

/* Strings, i32 and structs of them (whose fields count as ours). */
static void
take_body(struct message *m, const uint8_t **p, const uint8_t *end)
{
	int id = 0, head;

	for (;;) {
		ck_assert(*p < end);
		if ((head = *(*p)++) == 0)
			return;
		id = head >> 4 != 0 ? id + (head >> 4) : take_int(p, end);
		switch (head & 15) {
		case 5:
			m->number = take_int(p, end);
			m->number_id = id;
			break;
		case 8:
			take_text(m, p, end, id);
			break;
		case 12:
			take_body(m, p, end);
			break;
		default:
			ck_abort_msg("a field of type %d", head & 15);
		}
	}
}

void
message_parse(struct message *m, const uint8_t *p, const uint8_t *end)
{
	size_t n;

	*m = (struct message){ .text_id = -1, .number_id = -1,
	    .frame = (size_t)(end - p) };
	ck_assert(p + 2 < end);
	ck_assert_int_eq(p[0], 0x82);
	ck_assert_int_eq(p[1] & 31, 1);
	m->type = p[1] >> 5;
	p += 2;
	m->seqid = (int32_t)take_varint(&p, end);
	n = take_varint(&p, end);
	ck_assert_uint_lt(n, sizeof(m->name));
	ck_assert_uint_le(n, (size_t)(end - p));
	memcpy(m->name, p, n);
	m->name[n] = '\0';
	p += n;
	take_body(m, &p, end);
	ck_assert_ptr_eq(p, end);
}

bool
peer_read(int fd, struct message *m)
{
	uint8_t head[4], *payload;
	size_t n = 0, got = peer_take(fd, head, 4);

	if (got == 0)
		return false;
	ck_assert_uint_eq(got, 4);
	for (int i = 0; i < 4; i++)
		n = n << 8 | head[i];
	ck_assert_uint_le(n, 64 << 20);
	payload = malloc(n + 1);
	ck_assert_uint_eq(peer_take(fd, payload, n), n);
	message_parse(m, payload, payload + n);
	free(payload);
	return true;
}

void
message_free(struct message *m)
{
	free(m->text);
	m->text = NULL;
}

void
peer_expect(int fd, int type, const char *name, int32_t seqid)
{
	struct message m;

	ck_assert_msg(peer_read(fd, &m), "the end instead of %s %d", name,
	    seqid);
	ck_assert_msg(m.type == type, "type %d: %s", m.type,
	    m.text == NULL ? "" : m.text);
	ck_assert_str_eq(m.name, name);
	ck_assert_int_eq(m.seqid, seqid);
	message_free(&m);
}

void
peer_expect_error(int fd, int app_error, int32_t seqid)
{
	struct message m;

	ck_assert_msg(peer_read(fd, &m), "the end instead of %d", seqid);
	ck_assert_int_eq(m.type, PEER_EXCEPTION);
	ck_assert_int_eq(m.seqid, seqid);
	ck_assert_int_eq(m.text_id, 1);
	ck_assert_uint_gt(m.text_len, 0);
	ck_assert_int_eq(m.number_id, 2);
	ck_assert_msg(m.number == app_error, "error %d: %s", m.number, m.text);
	message_free(&m);
}

void
peer_expect_end(int fd)
{
	uint8_t c;

	ck_assert_uint_eq(peer_take(fd, &c, 1), 0);
}

void
peer_end(int fd)
{
	peer_expect_end(fd);
	close(fd);
}
