/* SPDX-License-Identifier: Apache-2.0 */
/* A call that is not waited for: it flies, lands, is told, and is gone. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/clock.h"
#include "client/async_body.h"

static void
timed_out(struct timer *t)
{
	flight_fail(OBJECT_OF(t, struct tf_flight, timer),
	    "no answer in time");
}

struct tf_flight *
flight_new(struct tf_async *a, const struct tf_method *m, tf_flight_fn *fn,
    void *arg)
{
	struct tf_flight *f = calloc(1, sizeof(*f));

	if (f == NULL)
		fatal("out of memory: a call");
	f->async = a;
	f->method = m;
	f->fn = fn;
	f->arg = arg;
	f->began_ns = clock_ns();
	f->outcome.type = -1;
	arena_init(&f->arena, CLIENT_MAX_MEMORY);
	if (a->set.timeout_ns != 0)
		timer_set(a->loop, &f->timer, clock_after(f->began_ns,
		    a->set.timeout_ns), timed_out);
	TAILQ_INSERT_TAIL(&a->flying, f, link);
	return f;
}

/* Neither among those that fly nor among those that are to be told. */
static void
take_out(struct tf_flight *f)
{
	struct tf_async *a = f->async;

	timer_cancel(a->loop, &f->timer);
	if (f->state == FLIGHT_LANDED) {
		TAILQ_REMOVE(&a->landed, f, link);
		a->nlanded--;
	} else {
		TAILQ_REMOVE(&a->flying, f, link);
		async_leave(a, f);
	}
}

void
flight_free(struct tf_flight *f)
{
	arena_fini(&f->arena);
	free(f);
}

/* At most as many as there were: one that begins another goes on for ever. */
static void
tell_landed(struct timer *t)
{
	struct tf_async *a = OBJECT_OF(t, struct tf_async, tell);
	struct tf_flight *f;

	for (unsigned n = a->nlanded; n > 0; n--)
		if ((f = TAILQ_FIRST(&a->landed)) != NULL)
			flight_tell(f);
	if (a->nlanded > 0)
		timer_set(a->loop, &a->tell, 0, tell_landed);
}

void
flight_land(struct tf_flight *f, bool failed)
{
	struct tf_async *a = f->async;

	if (f->state != FLIGHT_FLIES)
		return;
	f->failed = failed;
	take_out(f);
	f->state = FLIGHT_LANDED;
	TAILQ_INSERT_TAIL(&a->landed, f, link);
	if (a->nlanded++ == 0)
		timer_set(a->loop, &a->tell, 0, tell_landed);
}

void
flight_fail(struct tf_flight *f, const char *why)
{
	if (f->state != FLIGHT_FLIES)
		return;
	outcome_fail(&f->outcome, "%s at %s: %s (after %" PRIu64 " ms)",
	    f->method->name, f->async->set.addr, why,
	    (clock_ns() - f->began_ns) / NS_PER_MS);
	flight_land(f, true);
}

void
flight_tell(struct tf_flight *f)
{
	take_out(f);
	f->async = NULL;
	f->state = FLIGHT_TOLD;
	if (f->fn != NULL)
		f->fn(f, f->arg);
	if (f->gather == NULL) {	/* or it has been freed meanwhile */
		flight_free(f);
		return;
	}
	f->state = FLIGHT_KEPT;
	gather_ended(f->gather, true);
}

void
flight_drop(struct tf_flight *f, const char *why)
{
	if (f->state >= FLIGHT_TOLD)
		return;
	if (f->state == FLIGHT_FLIES) {
		f->failed = true;
		outcome_fail(&f->outcome, "%s at %s: %s", f->method->name,
		    f->async->set.addr, why);
	}
	take_out(f);
	f->async = NULL;
	f->state = FLIGHT_KEPT;
}

void
tf_flight_cancel(struct tf_flight *f)
{
	if (f->state >= FLIGHT_TOLD)
		return;
	flight_drop(f, "cancelled");
	if (f->gather == NULL)
		flight_free(f);
	else
		gather_ended(f->gather, false);
}

int
tf_flight_finish(struct tf_flight *f, const struct tf_method *m,
    const void **result)
{
	*result = NULL;
	if (f->method != m)
		return outcome_fail(&f->outcome, "%s: finished as %s",
		    f->method->name, m->name);
	if (f->state == FLIGHT_FLIES)
		return outcome_fail(&f->outcome, "%s: has not ended yet",
		    m->name);
	*result = f->result;
	return f->failed ? -1 : 0;
}

void *
tf_flight_arg(const struct tf_flight *f)
{
	return f->arg;
}

const char *
tf_flight_error(const struct tf_flight *f)
{
	return f->outcome.error;
}

int
tf_flight_error_type(const struct tf_flight *f)
{
	return f->outcome.type;
}

const struct tf_str *
tf_flight_header(const struct tf_flight *f, const char *key)
{
	return header_find(&f->headers, (struct tf_str){ key, strlen(key) });
}
