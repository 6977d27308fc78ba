/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that are cut short or have a bit turned over, in all that a client
 * can speak: of no part of one does it make a result, and whatever comes, the
 * call is over long before its deadline.
 */
#include <sys/socket.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "client/client_body.h"
#include "unit_client.h"
#include "unit_headed.h"
#include "unit_peer.h"
#include "unit_service.h"
#include "wire/zstream.h"

#define REPLY	"\x82\x41\1\4size\5\0\10\0"
#define BINARY	"\x80\1\0\2\0\0\0\4size\0\0\0\1\10\0\0\0\0\0\4\0"
#define JSON	"[1,\"size\",2,1,{\"0\":{\"i32\":4}}]"
#define HTTP	"HTTP/1.1 200 OK\r\n"
#define CHUNKED	HTTP "Transfer-Encoding: chunked\r\n\r\n"

enum { PLAIN, IN_HEADER, IN_ZLIB };

/* What the server of a client with these settings answers. */
static const struct {
	const char	*framing, *protocol;
	int		 in;
	bool		 http;
	const char	*bytes;
	size_t		 n;
} answers[] = {
#define A(framing, protocol, in, http, lit)				\
	{ framing, protocol, in, http, lit, sizeof(lit) - 1 }
	A("framed", "compact", PLAIN, false, "\0\0\0\14" REPLY),
	A("framed", "binary", PLAIN, false, "\0\0\0\30" BINARY),
	A("framed", "json", PLAIN, false, "\0\0\0\36" JSON),
	A("unframed", "compact", PLAIN, false, REPLY),
	A("unframed", "binary", PLAIN, false, BINARY),
	A("unframed", "json", PLAIN, false, JSON),
	A("header", "compact", IN_HEADER, false, REPLY),
	A("framed", "compact", PLAIN, true, HTTP "Content-Length: 12\r\n\r\n"
	    REPLY),
	A("framed", "compact", PLAIN, true, CHUNKED "7\r\n\x82\x41\1\4siz\r\n"
	    "5;x\r\ne\5\0\10\0\r\n0\r\nX: y\r\n\r\n"),
	A("framed", "compact", IN_ZLIB, false, "\0\0\0\14" REPLY),
};
static struct bytes answer;		/* as it goes over the wire; the
					   scene may look at it to the end */
static size_t least;			/* of it: what makes a result */
static size_t variants;

static void
in_header(struct bytes *out, const char *p, size_t n)
{
	struct bytes head = { 0 };

	head_begin(&head, 2);
	head_pair(&head, 1, "key", "value");
	head_pair(&head, 2, "other", "");
	headed_add(out, 1, &head, p, n);
}

/* What has been flushed ends in an empty block, which says nothing. */
static void
in_zlib(struct bytes *out, const char *p, size_t n)
{
	struct zstream *z = zstream_new();
	struct buf b;

	buf_init(&b, 1000);
	ck_assert_int_eq(zstream_write(z, (const uint8_t *)p, n, &b), 0);
	bytes_add(out, b.p, b.len);
	least = out->n - 5;
	buf_fini(&b);
	zstream_free(z);
}

static void
make_answer(int i)
{
	memset(&answer, 0, sizeof(answer));
	if (answers[i].in == IN_HEADER)
		in_header(&answer, answers[i].bytes, answers[i].n);
	else if (answers[i].in == IN_ZLIB)
		in_zlib(&answer, answers[i].bytes, answers[i].n);
	else
		bytes_add(&answer, answers[i].bytes, answers[i].n);
	if (answers[i].in != IN_ZLIB)
		least = answer.n;
	variants = answer.n + 1 + 8 * answer.n;
}

/* First all that is shorter, then it, then each bit of it the other way. */
static void
answer_all(void)
{
	char request[1000];
	size_t bit;
	int fd;

	for (size_t v = 0; v < variants; v++) {
		fd = take();
		ck_assert_int_gt(recv(fd, request, sizeof(request), 0), 0);
		if (v <= answer.n)
			send(fd, answer.p, v, MSG_NOSIGNAL);
		else {
			bit = v - answer.n - 1;
			answer.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
			send(fd, answer.p, answer.n, MSG_NOSIGNAL);
			answer.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		shutdown(fd, SHUT_WR);
		while (recv(fd, request, sizeof(request), 0) > 0)
			;
		close(fd);
	}
}

static void
speak(int i)
{
	char url[100];

	if (answers[i].http) {
		tf_client_free(c);
		snprintf(url, sizeof(url), "http://127.0.0.1%s/",
		    strrchr(addr, ':'));
		c = tf_client_new(url);
	}
	ck_assert_int_eq(tf_client_set(c, "framing", answers[i].framing), 0);
	ck_assert_int_eq(tf_client_set(c, "protocol", answers[i].protocol),
	    0);
	ck_assert_int_eq(tf_client_set(c, "timeout", "8s"), 0);
	if (answers[i].in == IN_ZLIB)
		ck_assert_int_eq(tf_client_set(c, "zlib", "yes"), 0);
}

static int
call_anew(void)
{
	const struct unit_text args = { TF_STR("four") };
	void *result;
	int rc;

	c->seqid = 0;
	stream_close(&c->stream);
	c->outcome.error[0] = '\0';
	rc = call("size", &args, &result);
	ck_assert((rc == 0) == (c->outcome.error[0] == '\0'));
	ck_assert_ptr_null(strstr(c->outcome.error, "timed out"));
	return rc == -1 ? -1 : ((struct unit_divide_result *)result)->success;
}

START_TEST(cut_and_turned)
{
	int rc;

	if (answers[_i].in == IN_ZLIB && !zstream_is_built_in())
		return;
	make_answer(_i);
	speak(_i);
	act(answer_all);
	for (size_t v = 0; v < variants; v++) {
		rc = call_anew();
		if (v < least)
			ck_assert_msg(rc == -1, "%zu of %zu bytes", v,
			    answer.n);
		else if (v == answer.n)
			ck_assert_msg(rc == 4, "%s", c->outcome.error);
	}
	stream_close(&c->stream);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("client_hostile");
	TCase *t = unit_client_case(s, "client_hostile");

	tcase_add_loop_test(t, cut_and_turned, 0, COUNT(answers));
	return unit_main(s);
}
