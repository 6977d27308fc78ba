/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request at a time on one connection, which is kept for the next call as
 * long as the server wants it to be.
 */
#include "client/http.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"

#define PIECE_BYTES	(64 * 1024)
#define KEEP_BYTES	(64 * 1024)

static char *
join(const char *a, const char *b, size_t len, const char *c)
{
	size_t size = strlen(a) + len + strlen(c) + 1;
	char *s = malloc(size);

	if (s == NULL)
		fatal("out of memory: an address");
	memcpy(s, a, strlen(a));
	memcpy(s + strlen(a), b, len);
	memcpy(s + strlen(a) + len, c, strlen(c) + 1);
	return s;
}

/* Whether HOST:PORT has its second part; colons in brackets are no port. */
static bool
has_port(const char *s, size_t len)
{
	const char *bracket = memchr(s, ']', len);
	size_t host = bracket == NULL ? 0 : (size_t)(bracket - s);

	return memchr(s + host, ':', len - host) != NULL;
}

void
client_http_init(struct client_http *h, const char *url)
{
	bool secure = strncmp(url, "https://", 8) == 0;
	const char *s;
	size_t len;

	*h = (struct client_http){ 0 };
	buf_init(&h->joined, SIZE_MAX);
	if (!secure && strncmp(url, "http://", 7) != 0)
		return;
	s = strstr(url, "//") + 2;
	len = strcspn(s, "/?#");
	h->addr = join(secure ? "tls://" : "", s, len, has_port(s, len) ? "" :
	    secure ? ":443" : ":80");
	h->host = join(s[0] == ':' ? "localhost" : "", s, len, "");
	h->path = join(s[len] == '/' ? "" : "/", s + len,
	    strcspn(s + len, "#"), "");
}

void
client_http_fini(struct client_http *h)
{
	free(h->addr);
	free(h->host);
	free(h->path);
	buf_fini(&h->joined);
}

int
client_http_begin(struct client_http *h, struct buf *b,
    const struct header_info *info, const char **why)
{
	*why = "the address is no URL";
	if (h->host[0] == '\0' ||
	    http_out_request(&h->out, b, h->path, h->host) == -1)
		return -1;
	*why = "a header that HTTP does not carry";
	for (uint32_t i = 0; i < info->n; i++)
		if (!http_out_takes(info->v[i].key, info->v[i].value) ||
		    http_out_field(&h->out, info->v[i].key,
		    info->v[i].value) == -1)
			return -1;
	http_out_body(&h->out);
	return 0;
}

int
client_http_end(struct client_http *h, const char **why)
{
	*why = "the request is too large";
	return http_out_end(&h->out);
}

/* Whether all is known that matters. */
static bool
is_enough(const struct http *r, bool oneway)
{
	return r->head_len > 0 && (oneway || r->status != 200);
}

/* DONE: all of it is there, or enough; then nobody waits for the rest. */
static enum http_result
receive(struct stream *s, struct http *r, struct buf *in, bool oneway)
{
	enum http_result rc = HTTP_MORE;
	uint8_t *p;
	ssize_t n;

	while (rc == HTTP_MORE && !is_enough(r, oneway)) {
		if ((p = buf_need(in, PIECE_BYTES)) == NULL) {
			r->why = "out of memory";
			return HTTP_BAD;
		}
		if ((n = stream_recv_some(s, p, PIECE_BYTES)) == -1)
			return s->ended && r->head_len > 0 ? http_end(r) :
			    HTTP_MORE;
		in->len += (size_t)n;
		rc = http_run(r, in->p, in->len);
	}
	if (rc != HTTP_MORE)
		return rc;
	stream_close(s);
	return HTTP_DONE;
}

int
client_http_recv(struct client_http *h, struct stream *s, struct buf *in,
    uint64_t max, bool oneway, struct client_http_reply *reply)
{
	struct http *r = &reply->head;
	enum http_result rc;

	*reply = (struct client_http_reply){ .status = 200 };
	http_init_response(r, max);
	rc = receive(s, r, in, oneway);
	if (rc == HTTP_BAD)
		reply->why = r->why;
	else if (rc == HTTP_DONE)
		reply->status = r->status;
	if (rc != HTTP_DONE || r->status != 200)
		return -1;
	/* More than that has come, or all that will. */
	if (r->close || r->pos != in->len)
		stream_close(s);
	buf_reset(&h->joined, KEEP_BYTES);
	reply->why = "out of memory";
	return oneway ? 0 : http_body(r, in->p, &h->joined, &reply->message);
}
