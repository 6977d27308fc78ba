/* SPDX-License-Identifier: Apache-2.0 */
/* See tally.h. */
#include "tally.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

void
tally_init(struct tally *t, const struct tf_method *m, uint64_t from_ns)
{
	memset(t, 0, sizeof(*t));
	t->method = m;
	t->from_ns = from_ns;
	t->thrown = calloc(m->result->n + 1, sizeof(*t->thrown));
	if (t->thrown == NULL)
		err(1, NULL);
}

void
tally_fini(struct tally *t)
{
	free(t->thrown);
}

static void
keep(struct words *to, struct tf_str words)
{
	char text[sizeof(to->s)];

	if (to->s[0] != '\0' || words.len == 0)
		return;
	snprintf(text, sizeof(text), "%.*s", (int)words.len, words.s);
	tf_stat_escape(text, to->s, sizeof(to->s));
}

static void
count_which(struct tally *t, const struct outcome *o)
{
	int type = o->which >= 0 && o->which < ANSWER_ERRORS ? o->which :
	    ANSWER_ERRORS;

	if (o->kind == THREW)
		t->thrown[o->which]++;
	if (o->kind != ERROR)
		return;
	t->errors[type]++;
	keep(&t->first_error[type], o->words);
}

static void
count_time(struct tally *t, const struct request *r, uint64_t now_ns)
{
	uint64_t ns = now_ns > r->due_ns ? now_ns - r->due_ns : 0;
	uint64_t behind;

	tf_stat_times_add(&t->times, ns);
	t->sum_ns += ns;
	if (ns > t->max_ns)
		t->max_ns = ns;
	if (!t->paced)
		return;
	behind = r->sent_ns > r->due_ns ? r->sent_ns - r->due_ns : 0;
	tf_stat_times_add(&t->behind, behind);
	if (behind > t->behind_max_ns)
		t->behind_max_ns = behind;
}

void
tally_count(struct tally *t, const struct outcome *o, const struct request *r,
    uint64_t now_ns)
{
	t->answers += o->kind <= SENT;
	if (o->kind != RETURNED)
		keep(&t->first[o->kind], o->words);
	if (r->due_ns < t->from_ns) {
		t->warmup++;
		return;
	}
	t->requests++;
	t->count[o->kind]++;
	if (o->kind == THREW || o->kind == ERROR)
		count_which(t, o);
	if (o->kind <= SENT)
		count_time(t, r, now_ns);
}

uint64_t
tally_answered(const struct tally *t)
{
	uint64_t n = 0;

	for (unsigned i = 0; i <= SENT; i++)
		n += t->count[i];
	return n;
}

uint64_t
tally_failed(const struct tally *t)
{
	return t->requests - t->count[RETURNED] - t->count[THREW] -
	    t->count[SENT];
}

struct outcome
outcome_of(const struct tf_method *m, int rc, const void *result, int type,
    bool late, const char *error)
{
	struct outcome o = { .kind = LOST, .words = { error, strlen(error) } };
	const struct tf_field *f;
	const void *x;

	if (rc == 0) {
		o.kind = m->flags & TF_ONEWAY ? SENT : RETURNED;
	} else if ((f = answer_thrown(m, result, &x)) != NULL) {
		o.kind = THREW;
		o.which = (int)(f - m->result->fields);
	} else if (type >= 0) {
		o.kind = ERROR;
		o.which = type;
	} else if (late) {
		o.kind = TIMED_OUT;
	}
	return o;
}
