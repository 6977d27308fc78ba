/* SPDX-License-Identifier: Apache-2.0 */
/* See http.h. */
#include "http.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>

#include "endpoint.h"
#include "guests.h"

#define HEAD_BYTES	(16 * 1024)	/* of a request, with our answer's */
#define SPARE		64		/* dismissed, but not closed yet */

struct http {
	struct view	*view;
	void		(*idle)(void *);
	void		*arg;
	struct MHD_Daemon *daemon;
	struct tf_watch	*watch;		/* of its descriptors */
	struct tf_timer	*timer;		/* of its guests, or to go on at once */
	struct guests	 guests;
};

static const struct {
	const char	*name, *value;
} headers[] = {
	{ "Connection", "close" },
	{ "Cache-Control", "no-store" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	/* Whatever text a page is given, it can make no script of it. */
	{ "Content-Security-Policy", "default-src 'none'; "
	    "connect-src 'self'; img-src data:; script-src 'self'; "
	    "style-src 'self'; base-uri 'none'; form-action 'none'; "
	    "frame-ancestors 'none'; require-trusted-types-for 'script'" },
};

static struct guest *
guest_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c,
	    MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info != NULL ? info->socket_context : NULL;
}

/* With a text that becomes its own. */
static enum MHD_Result
answer(struct http *h, struct MHD_Connection *c, unsigned status,
    const char *type, char *text, size_t len)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(len, text,
	    MHD_RESPMEM_MUST_FREE);
	struct guest *g = guest_of(c);
	enum MHD_Result rc;
	size_t i;

	if (r == NULL) {
		free(text);
		return MHD_NO;
	}
	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		MHD_add_response_header(r, headers[i].name, headers[i].value);
	MHD_add_response_header(r, "Content-Type", type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, "Allow", "GET, HEAD");
	if (g != NULL)
		guest_answer(&h->guests, g, len, view_now_ms());
	rc = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return rc;
}

static const char *
query(const struct request *r, const char *name)
{
	return MHD_lookup_connection_value(r->http, MHD_GET_ARGUMENT_KIND,
	    name);
}

static unsigned
write_text(struct http *h, struct MHD_Connection *c, const char *path,
    const char *method, const char **type, FILE *f)
{
	const struct endpoint *e = endpoint_find(path);
	struct request r = { .path = path, .query = query, .http = c,
	    .history = h->view->history, .recent = h->view->recent };
	unsigned status;

	*type = ENDPOINT_TEXT;
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		fputs("only GET and HEAD\n", f);
		return MHD_HTTP_METHOD_NOT_ALLOWED;
	}
	if (e == NULL) {
		fputs("there is no such page, but:\n", f);
		endpoint_list(f);
		return MHD_HTTP_NOT_FOUND;
	}
	view_look(h->view);
	r.stat = h->view->source.stat;
	r.gone = h->view->gone ? h->view->source.why : NULL;
	status = e->write(&r, f);
	if (status == MHD_HTTP_OK)
		*type = e->type;
	return status;
}

/* When the head of a request is there; of what may follow nothing is wanted. */
static enum MHD_Result
asked(void *arg, struct MHD_Connection *c, const char *path,
    const char *method, const char *version, const char *body,
    size_t *body_len, void **unused)
{
	struct http *h = arg;
	const char *type;
	char *text = NULL;
	unsigned status;
	size_t len;
	FILE *f;

	(void)version;
	(void)body;
	(void)body_len;
	(void)unused;
	if ((f = open_memstream(&text, &len)) == NULL)
		return MHD_NO;
	status = write_text(h, c, path, method, &type, f);
	if (fclose(f) == EOF) {
		free(text);
		return MHD_NO;
	}
	return answer(h, c, status, type, text, len);
}

/* It comes to know a connection, or is about to close it. */
static void
notified(void *arg, struct MHD_Connection *c, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	struct http *h = arg;
	const union MHD_ConnectionInfo *info;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		info = MHD_get_connection_info(c,
		    MHD_CONNECTION_INFO_CONNECTION_FD);
		*context = guest_find(&h->guests, info->connect_fd);
	} else if (*context != NULL) {
		guest_free(&h->guests, *context);
		*context = NULL;
		if (h->guests.n == 0)
			h->idle(h->arg);
	}
}

static void
set_timer(struct http *h)
{
	uint64_t next = guests_next_ms(&h->guests), now = view_now_ms();
	MHD_UNSIGNED_LONG_LONG ms;

	if (MHD_get_timeout(h->daemon, &ms) == MHD_YES &&
	    (next == 0 || now + ms < next))
		next = now + ms;
	if (next == 0)
		tf_timer_cancel(h->timer);
	else
		tf_timer_set(h->timer, next > now ? next - now : 0);
}

/* If we are late nobody else was: what has come by now is looked at first. */
static void
run(struct http *h)
{
	uint64_t now = view_now_ms();

	MHD_run(h->daemon);
	guests_expire(&h->guests, now);
	set_timer(h);
}

static void
ready(void *arg, unsigned events)
{
	(void)events;
	run(arg);
}

static void
timed_out(void *arg)
{
	run(arg);
}

void
http_arrived(void *arg, int fd, const struct sockaddr *sa, socklen_t len)
{
	struct http *h = arg;

	struct guest *g = guest_new(&h->guests, fd, view_now_ms());

	/* The descriptor is the daemon's, whatever comes of it. */
	if (MHD_add_connection(h->daemon, fd, sa, len) != MHD_YES)
		guest_free(&h->guests, g);
	run(h);
}

bool
http_is_idle(const struct http *h)
{
	return h->guests.n == 0;
}

struct http *
http_new(struct tf_loop *loop, struct view *view, void (*idle)(void *),
    void *arg)
{
	struct http *h = calloc(1, sizeof(*h));
	const union MHD_DaemonInfo *info = NULL;

	if (h == NULL)
		err(1, NULL);
	*h = (struct http){ .view = view, .idle = idle, .arg = arg };
	guests_init(&h->guests);
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET,
	    0, NULL, NULL, asked, h,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)GUESTS_MAX + SPARE,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_NOTIFY_CONNECTION, notified, h, MHD_OPTION_END);
	if (h->daemon != NULL)
		info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (info == NULL)
		err(1, "libmicrohttpd");
	h->watch = tf_watch_new(loop, info->epoll_fd, TF_READ, ready, h);
	h->timer = tf_timer_new(loop, timed_out, h);
	if (h->watch == NULL)
		err(1, "libmicrohttpd");
	return h;
}

void
http_free(struct http *h)
{
	tf_watch_free(h->watch);
	tf_timer_free(h->timer);
	MHD_stop_daemon(h->daemon);
	free(h);
}
