/* SPDX-License-Identifier: Apache-2.0 */
/* See request.h. */
#include "client/request.h"

#include <string.h>

#include "wire/frame.h"

#define KEEP_BYTES	(64 * 1024)

/* What the server is asked for; its reply has the method's name alone. */
static struct tf_str
name_of_call(const struct client_settings *s, const struct tf_method *m,
    struct tf_arena *a)
{
	if (s->service[0] == '\0')
		return (struct tf_str){ m->name, strlen(m->name) };
	return tf_strf(a, "%s%s", s->service, m->name);
}

/* What stands before the message. */
static int
begin(struct client_settings *s, int32_t seqid, struct tf_arena *a,
    struct buf *b, const char **why)
{
	const char *reason = "out of memory";

	if (client_settings_is_http(s))
		return client_http_begin(&s->http, b, &s->header.set, why);
	if (s->header.on && client_header_begin(&s->header, b, s->proto,
	    seqid, s->timeout_ns, a, &reason) == 0)
		return 0;
	if (!s->header.on && buf_need(b, FRAME_HEADER) != NULL) {
		b->len = s->framed ? FRAME_HEADER : 0;
		return 0;
	}
	*why = reason;
	return -1;
}

static int
end(struct client_settings *s, struct buf *b, size_t head, const char **why)
{
	if (client_settings_is_http(s))
		return client_http_end(&s->http, why);
	if (s->header.on)
		return client_header_end(&s->header, b, s->max_frame, why);
	if (s->framed)
		frame_put(b->p, (uint32_t)(b->len - head));
	return 0;
}

int
request_write(struct client_settings *s, const struct tf_method *m,
    const void *args, int32_t seqid, struct tf_arena *a, struct buf *b,
    struct outcome *o)
{
	struct wire_msg msg = { .name = name_of_call(s, m, a), .seqid = seqid,
	    .type = m->flags & TF_ONEWAY ? WIRE_ONEWAY : WIRE_CALL };
	const char *why = "the arguments are too large";
	size_t head;

	buf_reset(b, KEEP_BYTES);
	if (begin(s, seqid, a, b, &why) == -1)
		return outcome_fail(o, "%s: %s", m->name, why);
	head = b->len;
	if (s->proto->write_message(b, &msg, plan_get(m->args), args,
	    &why) == -1)
		return outcome_fail(o, "%s: %s", m->name, why);
	if (b->len - head > s->max_frame)
		return outcome_fail(o,
		    "%s: a request of %zu bytes is larger than max-frame",
		    m->name, b->len - head);
	if (end(s, b, head, &why) == -1)
		return outcome_fail(o, "%s: %s", m->name, why);
	return 0;
}
