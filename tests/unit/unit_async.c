/* SPDX-License-Identifier: Apache-2.0 */
/* See unit_async.h. */
#include "unit_async.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/user_loop.h"
#include "unit_service.h"

struct tf_loop *loop;
struct tf_async *client;
char where[64];
int porch;
static int fds;
static uint64_t began_ns;
static struct timer tick;

static void
ticked(struct timer *t)
{
	timer_set(loop->loop, t, clock_ns() + NS_PER_MS, ticked);
}

bool
turn(int turns)
{
	if (turns == 0)
		began_ns = clock_ns();
	ck_assert_int_eq(loop_turn(loop->loop), 0);
	return clock_ns() - began_ns < PEER_MS * NS_PER_MS;
}

void
turn_ms(uint64_t ms)
{
	uint64_t end = clock_ns() + ms * NS_PER_MS;

	while (clock_ns() < end)
		ck_assert_int_eq(loop_turn(loop->loop), 0);
}

bool
knows(const char *host)
{
	struct addrinfo *list;

	if (getaddrinfo(host, NULL, NULL, &list) != 0)
		return false;
	freeaddrinfo(list);
	return true;
}

void
connect_with(const char *prefix)
{
	struct sockaddr_in in;
	socklen_t len = sizeof(in);

	tf_async_free(client);
	ck_assert_int_eq(getsockname(porch, (struct sockaddr *)&in, &len), 0);
	snprintf(where, sizeof(where), "%s:%d", prefix, ntohs(in.sin_port));
	client = tf_async_new(loop, where);
	set("timeout", "5s");
}

void
set(const char *key, const char *value)
{
	ck_assert_msg(tf_async_set(client, key, value) == 0, "%s",
	    tf_async_error(client));
}

static void
setup(void)
{
	fds = peer_fds();
	porch = peer_door(AF_INET);
	loop = tf_loop_new();
	timer_set(loop->loop, &tick, 0, ticked);
	client = NULL;
	connect_with("tcp://127.0.0.1");
}

static void
teardown(void)
{
	tf_async_free(client);
	timer_cancel(loop->loop, &tick);
	tf_loop_free(loop);
	if (porch != -1)
		close(porch);
	ck_assert_int_eq(peer_fds(), fds);
}

void
fly_arg(struct tf_flight *f, void *arg)
{
	const struct unit_divide_result *r;	/* begins as all do */
	struct probe *p = arg;
	const void *result;

	ck_assert_ptr_eq(tf_flight_arg(f), arg);
	ck_assert_ptr_eq(f, p->flight);
	p->told++;
	p->rc = tf_flight_finish(f, unit_method("size"), &result);
	p->type = tf_flight_error_type(f);
	snprintf(p->error, sizeof(p->error), "%s", tf_flight_error(f));
	if (p->rc == 0) {
		r = result;
		ck_assert(r->has_success);
		p->value = r->success;
	}
	if (p->then != NULL)
		p->then(p);
	if (p->flight == f)
		p->flight = NULL;
}

void
fly(struct probe *p)
{
	const struct unit_text args = { TF_STR("four") };
	int told = p->told;

	p->flight = tf_async_start(client, unit_method("size"), &args, fly_arg,
	    p);
	ck_assert_int_eq(p->told, told);	/* never in our face */
}

static void
told_only(struct tf_flight *f, void *arg)
{
	struct probe *p = arg;

	p->told++;
	p->rc = tf_flight_error(f)[0] == '\0' ? 0 : -1;
	p->type = tf_flight_error_type(f);
	snprintf(p->error, sizeof(p->error), "%s", tf_flight_error(f));
}

void
fly_to(struct probe *p, const char *method)
{
	const struct unit_text args = { TF_STR("four") };

	p->flight = tf_async_start(client, unit_method(method), &args,
	    told_only, p);
}

int
accepted(void)
{
	int fd;

	until(peer_soon(porch, POLLIN, 0));
	fd = accept(porch, NULL, NULL);
	ck_assert_int_ne(fd, -1);
	return fd;
}

int32_t
asked_at(int fd, const char *method)
{
	struct message m;

	until(peer_soon(fd, POLLIN, 0));
	ck_assert(peer_read(fd, &m));
	ck_assert_str_eq(m.name, method);
	message_free(&m);
	return m.seqid;
}

void
add_reply(struct bytes *b, int32_t seqid, int32_t value)
{
	struct bytes body = { 0 };

	bytes_add(&body, "\5\0", 2);		/* i32, field 0 */
	bytes_varint(&body, (uint32_t)value << 1);
	bytes_add(&body, "", 1);
	frame_message(b, PEER_REPLY, "size", seqid, &body);
	bytes_free(&body);
}

void
reply(int fd, int32_t seqid, int32_t value)
{
	struct bytes b = { 0 };

	add_reply(&b, seqid, value);
	peer_send_bytes(fd, &b);
}

void
ended_well(const struct probe *p, int32_t value)
{
	ck_assert_int_eq(p->told, 1);
	ck_assert_msg(p->rc == 0, "%s", p->error);
	ck_assert_int_eq(p->value, value);
	ck_assert_str_eq(p->error, "");
}

void
ended_badly(const struct probe *p, const char *part)
{
	ck_assert_int_eq(p->told, 1);
	ck_assert_int_eq(p->rc, -1);
	ck_assert_msg(strstr(p->error, part) != NULL, "'%s' does not say '%s'",
	    p->error, part);
}

TCase *
unit_async_case(Suite *s, const char *name)
{
	TCase *t = unit_case(s, name);

	tcase_add_checked_fixture(t, setup, teardown);
	return t;
}
