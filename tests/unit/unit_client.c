/* SPDX-License-Identifier: Apache-2.0 */
/* The client and the stage that its servers play on. */
#include "unit_client.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit_peer.h"
#include "unit_service.h"

struct tf_client *c;
char addr[64];
int door = -1, cue[2];
static int fds;
static pthread_t thread;
static void (*scene)(void);

static void *
play(void *arg)
{
	(void)arg;
	scene();
	return NULL;
}

void
act(void (*fn)(void))
{
	scene = fn;
	ck_assert_int_eq(pthread_create(&thread, NULL, play, NULL), 0);
}

static void
setup(void)
{
	struct sockaddr_in in;
	socklen_t len = sizeof(in);

	fds = peer_fds();
	scene = NULL;
	ck_assert_int_eq(pipe(cue), 0);
	door = peer_door(AF_INET);
	ck_assert_int_eq(getsockname(door, (struct sockaddr *)&in, &len), 0);
	snprintf(addr, sizeof(addr), "tcp://127.0.0.1:%d", ntohs(in.sin_port));
	c = tf_client_new(addr);
	ck_assert_int_eq(tf_client_set(c, "timeout", "5s"), 0);
}

static void
teardown(void)
{
	if (scene != NULL)
		ck_assert_int_eq(pthread_join(thread, NULL), 0);
	tf_client_free(c);
	close(door);
	close(cue[0]);
	close(cue[1]);
	ck_assert_int_eq(peer_fds(), fds);
}

/* For scenes: the next connection, the next call of it, a reply. */
int
take(void)
{
	int fd;

	peer_wait(door, POLLIN, PEER_MS);
	fd = accept(door, NULL, NULL);
	ck_assert_int_ne(fd, -1);
	return fd;
}

int
call(const char *method, const void *args, void **result)
{
	return tf_client_call(c, unit_method(method), args, result);
}

int
call_size(void)
{
	const struct unit_text args = { TF_STR("four") };
	const struct unit_divide_result *r;
	void *result;

	if (call("size", &args, &result) == -1)
		return -1;
	r = result;
	ck_assert(r->has_success);
	return r->success;
}

void
assert_error(const char *part)
{
	ck_assert_msg(strstr(tf_client_error(c), part) != NULL,
	    "'%s' does not say '%s'", tf_client_error(c), part);
}

void
scene_add(struct bytes *out, int type, const char *name, int32_t seqid,
    const char *body, size_t n)
{
	struct bytes b = { .p = (uint8_t *)(uintptr_t)body, .n = n };

	frame_message(out, type, name, seqid, &b);
}

void
scene_say(int fd, int type, const char *name, int32_t seqid, const char *body,
    size_t n)
{
	struct bytes out = { 0 };

	scene_add(&out, type, name, seqid, body, n);
	peer_send_bytes(fd, &out);
}

TCase *
unit_client_case(Suite *s, const char *name)
{
	TCase *t = unit_case(s, name);

	tcase_add_checked_fixture(t, setup, teardown);
	return t;
}
