/* SPDX-License-Identifier: Apache-2.0 */
/* See access.h: what is known of a call becomes a line, and lines are kept. */
#include "serve/access.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log_batch.h"
#include "serve/access_line.h"
#include "serve/access_trace.h"
#include "serve/conn.h"
#include "serve/registry.h"

struct access {
	struct access_config	 config;
	struct access_sample	 sample;
	struct log_batch	 batch;
	struct access_who	 who;
	uint64_t		 second;	/* that who.time is of */
	uint64_t		 offset_ns;	/* of real time, this turn */
	bool			 failing;
};

struct access *
access_open(const struct access_config *cf)
{
	struct access *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->config = *cf;
	a->who = (struct access_who){ .pid = (long)getpid(),
	    .worker = cf->worker, .json = cf->json };
	access_sample_init(&a->sample, cf->sample, cf->seed);
	if (log_batch_init(&a->batch, cf->fd) == 0)
		return a;
	free(a);
	return NULL;
}

void
access_close(struct worker *w)
{
	if (w->access == NULL)
		return;
	access_flush(w);
	log_batch_fini(&w->access->batch);
	free(w->access);
	w->access = NULL;
}

void
access_flush(struct worker *w)
{
	struct access *a = w->access;
	uint64_t lost;

	if (a->batch.len == 0)
		return;
	lost = log_batch_flush(&a->batch);
	if (lost > 0) {
		lane_add(w->config->lane, COUNTER_ACCESS_LINES_LOST, lost);
		if (!a->failing)
			log_warn("lines of the access log are lost");
	}
	a->failing = lost > 0;
}

static void
adopt(struct worker *w, int fd)
{
	struct access *a = w->access;

	access_flush(w);
	if (dup3(fd, a->batch.fd, O_CLOEXEC) == -1)
		log_warn("the access log could not be taken over");
	else
		log_batch_renew(&a->batch);
}

void
access_reopen(struct worker *w, uint32_t id, int fd)
{
	if (fd == -1) {
		log_warnx("a log could not be taken over: no descriptor free");
		return;
	}
	if (id == 0) {
		log_adopt(fd);
		return;
	}
	/* Who leaves may have had another one, and keeps it. */
	if (w->access != NULL && w->access->config.id == id)
		adopt(w, fd);
	fd_close(&fd);
}

/* ---- a line */

static void
set_time(struct access *a, uint64_t now_ns)
{
	uint64_t real = now_ns + a->offset_ns, second = real / NS_PER_S;
	unsigned ms = (unsigned)(real % NS_PER_S / NS_PER_MS);

	if (second == a->second)
		log_line_ms(a->who.time, ms);
	else
		log_line_time(a->who.time, (time_t)second, ms);
	a->second = second;
}

/* The first of a turn; what has been lost is told first. */
static void
begin(struct access *a, uint64_t ended_ns)
{
	struct timespec ts;
	uint64_t lost;

	clock_gettime(CLOCK_REALTIME, &ts);
	a->offset_ns = (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec -
	    clock_ns();
	if ((lost = log_batch_misses(&a->batch)) == 0)
		return;
	set_time(a, ended_ns);
	log_batch_tell(&a->batch, access_line_lost(&a->who, lost,
	    log_batch_end(&a->batch)));
}

/* The counter's name without what all of them begin with. */
static const char *
error_word(enum call_outcome outcome)
{
	static const char *const names[] = {
#define METHOD(id, name, kind, unit, help)	[METHOD_##id] = name,
#include "shm/counters.def"
	};

	return names[outcome] + strlen("errors_");
}

/* What it threw: the field of its result that is there. */
static const char *
exception_name(const struct call *call)
{
	const struct tf_type *result = call->entry->method->result;
	const void *value;

	if (call->end == CALL_LATER)
		return call->parked.thrown->name;
	for (uint32_t i = 0; i < result->n; i++) {
		const struct tf_field *f = &result->fields[i];

		if (f->id == 0)
			continue;
		memcpy(&value, (const char *)call->result + f->off,
		    sizeof(value));
		if (value != NULL)
			return f->type->name;
	}
	return "";
}

static void
tell_outcome(struct access_line *l, const struct call *call,
    const struct access_note *note)
{
	if (note->aborted)
		l->outcome = "aborted";
	else if (note->outcome >= CALL_FIRST_ERROR) {
		l->outcome = "error";
		l->error = error_word(note->outcome);
	} else if (note->outcome == CALL_EXCEPTION) {
		l->outcome = "exception";
		l->exception = exception_name(call);
	} else
		l->outcome = note->outcome == CALL_ONEWAY ? "oneway" : "ok";
}

/* By the words of a listener's settings. */
static void
tell_way(struct access_line *l, const struct conn *c, const struct call *call)
{
	static const char *const transports[] = {
		[ENVELOPE_NONE] = "unframed", [ENVELOPE_FRAME] = "framed",
		[ENVELOPE_HEADER] = "header", [ENVELOPE_HTTP] = "http"
	};
	const struct layers *layers = conn_layers(c);

	l->protocol = call->proto->name;
	l->transport = transports[call->envelope.kind];
	if (layers == NULL)
		return;
	l->zlib = layers_have_zlib(c);
	l->tls = layers_subject(layers);
}

static void
tell(struct access_line *l, const struct conn *c, const struct call *call,
    const struct access_note *note)
{
	l->peer = c->peer;
	l->method = call->msg.name;
	if (call->entry != NULL)
		l->service = call->entry->service;
	l->seqid = call->msg.seqid;
	tell_outcome(l, call, note);
	l->gone = note->gone;
	l->bytes_in = call->bytes_in;
	l->wait_ns = note->wait_ns;
	l->time_ns = note->time_ns;
	tell_way(l, c, call);
	if (call->headers != NULL)
		l->trace = access_trace(call->headers);
}

/* How many calls a line about this one stands for; 0: there is none. */
static uint64_t
weight(struct access *a, const struct call *call,
    const struct access_note *note)
{
	uint64_t slow = call->entry == NULL ? a->config.slow_ns :
	    call->entry->slow_ns;

	if ((slow != 0 && note->wait_ns + note->time_ns >= slow) ||
	    (a->config.errors && (note->aborted ||
	    note->outcome >= CALL_FIRST_ERROR)))
		return 1;
	return access_sample_next(&a->sample) ? a->sample.n : 0;
}

void
access_call(struct conn *c, const struct call *call,
    const struct access_note *note, uint64_t sent)
{
	struct access *a = c->worker->access;
	struct access_line l = { .bytes_out = sent };

	if ((l.sample = weight(a, call, note)) == 0)
		return;
	if (log_batch_is_full(&a->batch))
		access_flush(c->worker);
	if (a->batch.len == 0)
		begin(a, note->ended_ns);
	set_time(a, note->ended_ns);
	tell(&l, c, call, note);
	log_batch_add(&a->batch, access_line(&a->who, &l,
	    log_batch_end(&a->batch)));
}
