/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: a worker and a connection that ends after these bytes.  Whether
 * they come at once or in pieces, the answers are the same.  The first byte is
 * what the listener is told to serve, the second how large the pieces are.
 *
 * The worker runs in the thread of the target, so that an input always takes
 * the same way: the peer has said all before it starts, and it stops when the
 * connection has been closed.  A packet is read as a piece; none is larger than
 * the room there is for it.
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "serve/registry.h"
#include "serve/rules.h"
#include "serve/worker.h"
#include "shm/lane.h"
#include "wire/zstream.h"
#include "../unit/unit_service.h"

#define METHODS		32
#define MAX_PIECES	200		/* that a socket holds */
#define MAX_PIECE	64
#define MAX_ANSWER	((size_t)1 << 16)	/* the same */
#define CONTINUE	"HTTP/1.1 100 Continue\r\n\r\n"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct registry registry;
static struct lane *lane;

/* Of those that look at a clock or wait, nothing. */
static int
header(struct tf_call *call, const void *args, void *result)
{
	const struct unit_text *a = args;

	return a->text.s[0] == ':' ? 0 :
	    unit_handler.header(call, args, result);
}

static void
start(void)
{
	static struct unit_handler handler;
	struct lane_desk *desk;
	char why[200];

	handler = unit_handler;
	handler.header = header;
	handler.big = handler.greedy = handler.hold = handler.note = NULL;
	log_set_level(LOG_L_FATAL);
	registry_init(&registry);
	if (registry_add(&registry, NULL, &unit_service, &handler, why,
	    sizeof(why)) == -1 || registry_add(&registry, "twin",
	    &unit_service, &handler, why, sizeof(why)) == -1)
		abort();
	desk = aligned_alloc(64, (sizeof(*desk) + lane_size(METHODS) + 63) &
	    ~63ul);
	lane = (struct lane *)(void *)(desk + 1);
}

/* Listens where the kernel chooses, and connects to that. */
static int
connect_to(int type, int *door)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(sun);
	int fd = socket(AF_UNIX, type, 0);

	if (*door == -1) {
		*door = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
		if (bind(*door, (struct sockaddr *)&sun,
		    sizeof(sun.sun_family)) == -1 || listen(*door, 1) == -1)
			abort();
	}
	if (getsockname(*door, (struct sockaddr *)&sun, &len) == -1 ||
	    connect(fd, (struct sockaddr *)&sun, len) == -1)
		abort();
	return fd;
}

static void
work(int door, int closed, uint8_t how)
{
	const struct tf_hooks hooks = { .before = NULL };
	const struct rules rules = { .proxy = how & 1,
	    .tls = how & 128 ? RULES_TLS_ON : RULES_TLS_AUTO,
	    .off = (uint16_t)(how & 8 ? 1 << (how >> 4 & 7) : 0) };
	const struct worker_config config = { .listen_fds = &door,
	    .listen_rules = &rules, .nlisten = 1, .channel_fd = -1,
	    .stop_fd = closed, .alone = true, .lane = lane,
	    .registry = &registry, .hooks = &hooks,
	    .http_path = how & 2 ? "/thrift" : NULL,
	    .limits = { .max_frame = 1 << 16, .max_depth = 64,
		.max_memory_per_call = 1 << 20, .zlib_replies = how & 4,
		.write_timeout_ns = 20 * NS_PER_MS } };
	struct worker *w;

	memset(lane, 0, lane_own_offset(METHODS));
	lane_init(lane, METHODS);
	if ((w = worker_open(&config)) == NULL || worker_run(w) != 0)
		abort();
	worker_close(w);
}

/* A peer that is refused may hear of that before what it was told. */
static void
hear(int fd, struct buf *answer)
{
	int resets = 0;
	uint8_t *p;
	ssize_t n;

	while ((p = buf_need(answer, MAX_ANSWER)) != NULL &&
	    ((n = recv(fd, p, MAX_ANSWER, MSG_DONTWAIT)) > 0 ||
	    (n == -1 && resets++ == 0)))
		answer->len += n > 0 ? (size_t)n : 0;
}

/* The bytes as packets of so many; 0: all at once, in a stream. */
static void
serve(size_t piece, uint8_t how, const uint8_t *p, size_t len,
    struct buf *answer)
{
	static int doors[2] = { -1, -1 };
	int *door = &doors[piece > 0];
	struct epoll_event nothing = { .events = 0 };
	int fd = connect_to(piece > 0 ? SOCK_SEQPACKET : SOCK_STREAM, door);
	int closed = epoll_create1(0);
	ssize_t n;

	for (size_t i = 0; i < len; i += (size_t)n) {
		n = (ssize_t)(piece > 0 && piece < len - i ? piece : len - i);
		if (send(fd, p + i, (size_t)n, MSG_DONTWAIT) != n)
			abort();
	}
	if (shutdown(fd, SHUT_WR) == -1 ||
	    epoll_ctl(closed, EPOLL_CTL_ADD, fd, &nothing) == -1)
		abort();
	work(*door, closed, how);
	hear(fd, answer);
	close(closed);
	close(fd);
}

/* What it says, as it is not the same how it is packed. */
static void
unpack(struct buf *b)
{
	struct zstream *z;
	struct buf plain;
	size_t used;

	if (b->len == 0 || b->p[0] != 0x78 || (z = zstream_new()) == NULL)
		return;
	buf_init(&plain, 64 * MAX_ANSWER);
	if (zstream_read(z, b->p, b->len, &used, &plain) == ZSTREAM_BAD)
		abort();
	zstream_free(z);
	buf_fini(b);
	*b = plain;
}

/* Who sends all at once is not told to go on. */
static void
drop_continues(struct buf *b)
{
	const size_t n = strlen(CONTINUE);
	uint8_t *p;

	while (b->len > 0 &&
	    (p = memmem(b->p, b->len, CONTINUE, n)) != NULL) {
		memmove(p, p + n, (size_t)(b->p + b->len - p) - n);
		b->len -= n;
	}
}

static bool
depends_on_time(void)
{
	return lane->count[COUNTER_CALLS_EXPIRED] > 0 ||
	    lane->count[COUNTER_WRITE_TIMEOUTS] > 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct buf whole, pieces;

	if (len < 3)
		return 0;
	if (lane == NULL)
		start();
	buf_init(&whole, 4 * MAX_ANSWER);
	buf_init(&pieces, 4 * MAX_ANSWER);
	serve(0, bytes[0], bytes + 2, len - 2, &whole);
	if (len <= MAX_PIECES && !depends_on_time()) {
		serve(bytes[1] % MAX_PIECE + 1, bytes[0], bytes + 2, len - 2,
		    &pieces);
		unpack(&whole);
		unpack(&pieces);
		drop_continues(&whole);
		drop_continues(&pieces);
		if (!depends_on_time() && (whole.len != pieces.len ||
		    (whole.len > 0 &&
		    memcmp(whole.p, pieces.p, whole.len) != 0)))
			abort();
	}
	buf_fini(&whole);
	buf_fini(&pieces);
	return 0;
}
