/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: a client and a server that answers its call with these bytes.
 * It comes to an end before its deadline; whether they come at once or in
 * pieces, the result is the same.  The first byte is how the client speaks, the
 * second how large the pieces are.
 */
#include <sys/socket.h>

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/client_body.h"
#include "client/codec.h"
#include "../unit/unit_service.h"

#define MAX_PIECES	200		/* that a socket holds */
#define MAX_PIECE	64
#define MAX_REQUEST	4096

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { FRAMED, UNFRAMED, HEADER, HTTP, NFRAMINGS };	/* odd: no frame */

struct said {
	int		 rc, error_type;
	int32_t		 value;
	char		 error[768];
};

static struct {
	int		 fd;
	const uint8_t	*p;
	size_t		 len, piece;
} server;
static sem_t asked, answered;

static void
send_answer(void)
{
	size_t n, left = server.len;

	for (const uint8_t *p = server.p; left > 0; left -= n) {
		n = server.piece < left ? server.piece : left;
		if (send(server.fd, p, n, MSG_NOSIGNAL) == -1)
			break;
		p += n;
	}
}

/* The server: a request, the answer, and the end. */
static void *
answer(void *arg)
{
	char request[MAX_REQUEST];

	(void)arg;
	for (;;) {
		while (sem_wait(&asked) == -1)
			;
		if (recv(server.fd, request, sizeof(request), 0) > 0)
			send_answer();
		shutdown(server.fd, SHUT_WR);
		sem_post(&answered);
	}
	return NULL;
}

static void
start_server(void)
{
	pthread_t thread;

	if (sem_init(&asked, 0, 0) == -1 || sem_init(&answered, 0, 0) == -1 ||
	    pthread_create(&thread, NULL, answer, NULL) != 0)
		abort();
}

static struct tf_client *
client_for(int framing)
{
	static const char *const words[] = { "framed", "unframed", "header",
	    "framed" };
	static struct tf_client *clients[NFRAMINGS];
	struct tf_client *c = clients[framing];

	if (c != NULL)
		return c;
	c = clients[framing] = tf_client_new(framing == HTTP ? "http://x/" :
	    "x");
	if (tf_client_set(c, "framing", words[framing]) == -1)
		abort();
	return c;
}

/* As far as it does not tell the time. */
static void
say_error(struct said *o, const struct tf_client *c)
{
	const char *end = strstr(c->outcome.error, " (after ");

	if (end == NULL)
		end = c->outcome.error + strlen(c->outcome.error);
	memcpy(o->error, c->outcome.error, (size_t)(end - c->outcome.error));
	if (strstr(o->error, "timed out") != NULL)
		abort();
}

static void
call(struct tf_client *c, bool oneway, struct said *o)
{
	static const union {
		struct unit_text text;
		struct unit_pair pair;
	} args;
	const struct unit_divide_result *r;
	void *result = NULL;

	*o = (struct said){ .rc = tf_client_call(c,
	    unit_method(oneway ? "note" : "divide"), &args, &result) };
	o->error_type = c->outcome.type;
	if (o->rc == -1)
		say_error(o, c);
	if ((r = result) != NULL && !oneway) {
		o->value = r->success;
		if (r->no != NULL && r->no->why.s[r->no->why.len] != '\0')
			abort();
	}
	tf_client_reply_header(c, "k");
}

/* The bytes as packets of so many; 0: all at once, in a stream. */
static void
try(struct tf_client *c, uint8_t how, size_t piece, const uint8_t *p,
    size_t len, struct said *o)
{
	const struct wire_proto *protos[] = { wire_compact(), wire_binary(),
	    wire_json(), wire_compact() };
	int fds[2];

	if (socketpair(AF_UNIX, piece > 0 ? SOCK_SEQPACKET : SOCK_STREAM, 0,
	    fds) == -1 ||
	    fcntl(fds[0], F_SETFL, O_NONBLOCK) == -1)
		abort();
	server.fd = fds[1];
	server.p = p;
	server.len = len;
	server.piece = piece > 0 ? piece : len;
	c->set.proto = protos[how >> 2 & 3];
	c->seqid = 0;
	c->stream.fd = fds[0];
	c->stream.owner = getpid();
	c->stream.ended = false;
	if (how & 16)
		c->stream.codec = codec_new(NULL, "", true);
	sem_post(&asked);
	call(c, how & 32, o);
	stream_close(&c->stream);
	while (sem_wait(&answered) == -1)
		;
	close(fds[1]);
}

/*
 * More than an answer is seen only if it comes along with it: it is an error
 * without a frame, and in HTTP, where an error may be told from its head.
 */
static bool
is_same(int framing, bool oneway, const struct said *a,
    const struct said *b)
{
	if (framing == UNFRAMED && !oneway &&
	    strstr(a->error, "not one message") != NULL)
		return true;
	if (framing == HTTP)
		return oneway || (a->rc == b->rc && a->value == b->value);
	return a->rc == b->rc && a->value == b->value &&
	    a->error_type == b->error_type && strcmp(a->error, b->error) == 0;
}

/* A frame is read by its length, and a packet is not read in parts. */
static size_t
piece_of(const uint8_t *bytes)
{
	bool reads_parts = (bytes[0] & 3) % 2 == 1 || bytes[0] & 16;

	return reads_parts ? bytes[1] % MAX_PIECE + 1 : 1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct said whole, pieces;
	static bool started;
	struct tf_client *c;

	if (len < 3)
		return 0;
	if (!started)
		start_server();
	started = true;
	c = client_for(bytes[0] & 3);
	try(c, bytes[0], 0, bytes + 2, len - 2, &whole);
	if (len > MAX_PIECES)
		return 0;
	try(c, bytes[0], piece_of(bytes), bytes + 2, len - 2, &pieces);
	if (!is_same(bytes[0] & 3, bytes[0] & 32, &whole, &pieces))
		abort();
	return 0;
}
