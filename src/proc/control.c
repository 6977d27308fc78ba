/* SPDX-License-Identifier: Apache-2.0 */
/* See control.h: one message in, one message out, or two. */
#include "proc/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"

#define PAUSE_NS	(100 * NS_PER_MS)

static void
client_close(struct control_client *c)
{
	int fd = c->watch.fd;

	watch_remove(c->control->loop, &c->watch);
	LIST_REMOVE(c, link);
	close(fd);
	loop_free(c->control->loop, c);
}

/* The client goes when its request has been seen to: it is still in use. */
void
control_answer(struct control_client *c, const char *text, int fd)
{
	static struct log_rate rate;
	unsigned skipped;

	if (fd_send(c->watch.fd, text, strlen(text), fd, MSG_DONTWAIT) == 0)
		return;
	c->lost = true;
	if (log_rate_ok(&rate, &skipped))
		log_warn("control: a client that does not take its answer is "
		    "dropped (%u more like this)", skipped);
}

void
control_wait(struct control_client *c, enum control_order order)
{
	c->waiting = order;
	control_answer(c, "wait", -1);
}

void
control_complete(struct control *control, enum control_order order,
    const char *answer)
{
	struct control_client *c;

	LIST_FOREACH(c, &control->clients, link)
		if (c->waiting == order) {
			c->waiting = CONTROL_NOTHING;
			control_answer(c, answer, -1);
		}
}

void
control_deafen(struct control *control)
{
	timer_cancel(control->loop, &control->pause);
	watch_remove(control->loop, &control->watch);
}

/* What is no text is no request, whatever stands before a NUL in it. */
static void
hear(struct control_client *c, const char *request, size_t len)
{
	if (len == CONTROL_BYTES || memchr(request, '\0', len) != NULL)
		control_answer(c, "error: the request is too long or no text",
		    -1);
	else
		c->control->fn(c, request, c->control->arg);
	if (c->lost)
		client_close(c);
}

static void
client_ready(struct watch *watch, uint32_t events)
{
	struct control_client *c = OBJECT_OF(watch, struct control_client,
	    watch);
	char request[CONTROL_BYTES + 1];
	ssize_t n;

	(void)events;
	n = recv(watch->fd, request, CONTROL_BYTES, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_close(c);
		return;
	}
	request[n] = '\0';
	hear(c, request, (size_t)n);
}

static bool
may_speak(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		return false;
	return cred.uid == 0 || cred.uid == geteuid();
}

static void
listen_again(struct timer *t)
{
	struct control *control = OBJECT_OF(t, struct control, pause);

	if (control->watch.fd != -1)
		watch_change(control->loop, &control->watch, EPOLLIN);
}

/* Who knocks would keep the loop turning while no descriptor is free. */
static void
pause_listening(struct control *control)
{
	watch_change(control->loop, &control->watch, 0);
	timer_set(control->loop, &control->pause, clock_ns() + PAUSE_NS,
	    listen_again);
}

static void
knocked(struct watch *watch, uint32_t events)
{
	struct control *control = OBJECT_OF(watch, struct control, watch);
	struct control_client *c;
	int fd;

	(void)events;
	fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd == -1) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			pause_listening(control);
		return;
	}
	if (!may_speak(fd) || (c = calloc(1, sizeof(*c))) == NULL) {
		close(fd);
		return;
	}
	c->control = control;
	if (watch_add(control->loop, &c->watch, fd, EPOLLIN,
	    client_ready) == -1) {
		close(fd);
		free(c);
		return;
	}
	LIST_INSERT_HEAD(&control->clients, c, link);
}

int
control_open(struct control *control, struct loop *loop, int listen_fd,
    control_fn *fn, void *arg)
{
	*control = (struct control){ .loop = loop, .watch.fd = -1, .fn = fn,
	    .arg = arg };
	LIST_INIT(&control->clients);
	if (listen_fd == -1)
		return 0;
	return watch_add(loop, &control->watch, listen_fd, EPOLLIN, knocked);
}

void
control_close(struct control *control)
{
	struct control_client *c;

	while ((c = LIST_FIRST(&control->clients)) != NULL) {
		if (c->waiting != CONTROL_NOTHING)
			control_answer(c, c->waiting == CONTROL_STOP ? "ok" :
			    "error: the server has stopped", -1);
		client_close(c);
	}
	timer_cancel(control->loop, &control->pause);
	watch_remove(control->loop, &control->watch);
}

void
control_abandon(struct control *control)
{
	struct control_client *c;

	while ((c = LIST_FIRST(&control->clients)) != NULL) {
		LIST_REMOVE(c, link);
		close(c->watch.fd);
		free(c);
	}
	fd_close(&control->watch.fd);
}
