/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor under any server of framed Thrift: an epoll loop that reads frames
 * and answers prepared ones, decoding nothing.  Only benchmarks use it.
 *
 *	bare PORT
 *
 * PORT on loopback is that of a server that can answer.  The first frame of
 * each length is passed on to it, and what it says is the answer to all frames
 * of that length from then on, with their sequence numbers: two bytes, at one
 * place, which the client must see to (compact, numbers from 128 to 16383).
 * Prints the port that it listens on itself.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_PREPARED	16
#define IN_BYTES	262144u
#define OUT_BYTES	262144u
#define SEQ_AT		6		/* length, protocol, version and type */
#define EVENTS		256

struct prepared {
	uint8_t		*bytes;
	uint32_t	 request, len;	/* with their lengths */
};

struct conn {
	int		 fd;
	uint32_t	 n;
	uint8_t		*part;		/* n bytes of a frame */
};

static struct prepared prepared[MAX_PREPARED];
static unsigned nprepared;
static in_port_t upstream;
static uint8_t *in, *out;
static size_t nout;

static uint32_t
frame_size(const uint8_t *p)
{
	uint32_t n;

	memcpy(&n, p, sizeof(n));
	n = ntohl(n);
	if (n < SEQ_AT || n > 64u << 20)
		errx(1, "a frame of %u bytes", n);
	return n + 4;
}

static void *
allocate(size_t n)
{
	void *p = malloc(n);

	if (p == NULL)
		err(1, NULL);
	return p;
}

static void
send_all(int fd, const uint8_t *p, size_t n)
{
	struct pollfd writable = { .fd = fd, .events = POLLOUT };
	ssize_t sent;

	while (n > 0) {
		sent = send(fd, p, n, MSG_NOSIGNAL);
		if (sent == -1 && errno == EAGAIN) {
			poll(&writable, 1, -1);
			continue;
		}
		if (sent == -1)
			return;
		p += sent;
		n -= (size_t)sent;
	}
}

static void
receive_all(int fd, uint8_t *p, size_t n)
{
	ssize_t came = recv(fd, p, n, MSG_WAITALL);

	if (came != (ssize_t)n)
		errx(1, "the server that can answer does not");
}

/* Asks the server that can. */
static const struct prepared *
learn(const uint8_t *frame, uint32_t size)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = upstream, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct prepared *p = &prepared[nprepared++];
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	uint8_t head[4];

	if (nprepared > MAX_PREPARED)
		errx(1, "more than %d kinds of requests", MAX_PREPARED);
	if (fd == -1 || connect(fd, (struct sockaddr *)&sin, sizeof(sin)) ==
	    -1)
		err(1, "the server that can answer");
	send_all(fd, frame, size);
	receive_all(fd, head, sizeof(head));
	p->request = size;
	p->len = frame_size(head);
	p->bytes = allocate(p->len);
	memcpy(p->bytes, head, sizeof(head));
	receive_all(fd, p->bytes + sizeof(head), p->len - sizeof(head));
	close(fd);
	return p;
}

static void
flush(int fd)
{
	send_all(fd, out, nout);
	nout = 0;
}

static void
answer(int fd, const uint8_t *frame, uint32_t size)
{
	const struct prepared *p = NULL;

	for (unsigned i = 0; i < nprepared && p == NULL; i++)
		if (prepared[i].request == size)
			p = &prepared[i];
	if (p == NULL)
		p = learn(frame, size);
	if (p->len > OUT_BYTES)
		errx(1, "an answer of %u bytes", p->len);
	if (nout + p->len > OUT_BYTES)
		flush(fd);
	memcpy(out + nout, p->bytes, p->len);
	memcpy(out + nout + SEQ_AT, frame + SEQ_AT, 2);
	nout += p->len;
}

static void
forget(struct conn *c)
{
	close(c->fd);
	free(c->part);
	free(c);
}

static void
keep(struct conn *c, const uint8_t *p, size_t n)
{
	free(c->part);
	c->part = n == 0 ? NULL : allocate(n);
	c->n = (uint32_t)n;
	if (n > 0)
		memcpy(c->part, p, n);
}

static void
serve(struct conn *c)
{
	ssize_t n = recv(c->fd, in + c->n, IN_BYTES - c->n, 0);
	size_t at = 0, len;
	uint32_t size;

	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			forget(c);
		return;
	}
	if (c->n > 0)
		memcpy(in, c->part, c->n);
	for (len = (size_t)n + c->n; len - at >= 4; at += size) {
		size = frame_size(in + at);
		if (size > IN_BYTES)
			errx(1, "a frame of %u bytes", size);
		if (len - at < size)
			break;
		answer(c->fd, in + at, size);
	}
	if (nout > 0)
		flush(c->fd);
	if (len - at > 0 || c->n > 0)
		keep(c, in + at, len - at);
}

static void
greet(int epfd, int listener)
{
	struct conn *c = allocate(sizeof(*c));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	const int on = 1;

	*c = (struct conn){ .fd = accept4(listener, NULL, NULL,
	    SOCK_NONBLOCK) };
	if (c->fd == -1 || epoll_ctl(epfd, EPOLL_CTL_ADD, c->fd, &ev) == -1)
		err(1, "accept");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static int
listen_somewhere(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd == -1 || bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(fd, 1024) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1)
		err(1, "listen");
	printf("%u\n", ntohs(sin.sin_port));
	fflush(stdout);
	return fd;
}

int
main(int argc, char **argv)
{
	struct epoll_event ev[EVENTS];
	int listener, epfd = epoll_create1(0), n;

	if (argc != 2)
		errx(2, "usage: bare PORT");
	upstream = htons((uint16_t)strtoul(argv[1], NULL, 10));
	in = allocate(IN_BYTES);
	out = allocate(OUT_BYTES);
	listener = listen_somewhere();
	ev[0] = (struct epoll_event){ .events = EPOLLIN, .data.ptr = NULL };
	if (epoll_ctl(epfd, EPOLL_CTL_ADD, listener, &ev[0]) == -1)
		err(1, "epoll");
	for (;;) {
		n = epoll_wait(epfd, ev, EVENTS, -1);
		for (int i = 0; i < n; i++)
			if (ev[i].data.ptr == NULL)
				greet(epfd, listener);
			else
				serve(ev[i].data.ptr);
	}
}
