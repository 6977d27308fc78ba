/* SPDX-License-Identifier: Apache-2.0 */
/* See endpoint.h: the table, and what is short enough to stand beside it. */
#include "endpoint.h"

#include <stdlib.h>
#include <string.h>

#include "metrics.h"
#include "page.h"

#define OK		200
#define BAD_REQUEST	400
#define UNAVAILABLE	503

static unsigned
write_gone(const struct request *r, FILE *f)
{
	fprintf(f, "the master has gone: %s\n", r->gone);
	return UNAVAILABLE;
}

static unsigned
write_metrics(const struct request *r, FILE *f)
{
	if (r->gone != NULL)
		return write_gone(r, f);
	metrics_print(r->stat, f);
	return OK;
}

static unsigned
write_status(const struct request *r, FILE *f)
{
	if (r->gone != NULL)
		return write_gone(r, f);
	tf_stat_print(r->stat, f, true);
	return OK;
}

/* Of what has been since a point, as the page asks once a second. */
static unsigned
write_history(const struct request *r, FILE *f)
{
	const char *text = r->query(r, "since"), *wrong = NULL;
	uint64_t since = 0;

	if (r->gone != NULL)
		return write_gone(r, f);
	if (text != NULL)
		since = (uint64_t)strtonum(text, 0, INT64_MAX, &wrong);
	if (wrong != NULL) {
		fprintf(f, "since: the number is %s\n", wrong);
		return BAD_REQUEST;
	}
	fputc('{', f);
	history_print(r->history, since, f);
	fputc(',', f);
	recent_print(r->recent, f);
	fputs("}\n", f);
	return OK;
}

/* It tells by itself if the master has gone. */
static unsigned
write_page(const struct request *r, FILE *f)
{
	const struct page *p = pages;

	while (strcmp(p->path, r->path) != 0)
		p++;
	fwrite(p->bytes, 1, p->len, f);
	return OK;
}

static unsigned
write_health(const struct request *r, FILE *f)
{
	if (r->gone != NULL)
		return write_gone(r, f);
	fputs("ok\n", f);
	return OK;
}

static unsigned
serving(const struct tf_stat *st)
{
	struct tf_stat_slot s;
	unsigned i, n = 0;

	for (i = 0; tf_stat_get_slot(st, i, &s); i++)
		n += strcmp(s.state, "ready") == 0;
	return n;
}

/* As "thriftfork ready", unless more than one worker is asked for. */
static unsigned
write_ready(const struct request *r, FILE *f)
{
	const char *text = r->query(r, "workers"), *wrong = NULL;
	unsigned enough = 1, n;
	struct tf_stat_master m;

	if (r->gone != NULL)
		return write_gone(r, f);
	if (text != NULL)
		enough = (unsigned)strtonum(text, 1, 1000000, &wrong);
	if (wrong != NULL) {
		fprintf(f, "workers: the number is %s\n", wrong);
		return BAD_REQUEST;
	}
	tf_stat_get_master(r->stat, &m);
	n = serving(r->stat);
	if (m.stopping)
		fprintf(f, "the server stops\n");
	else
		fprintf(f, "%u of %u workers serve%s\n", n, m.workers,
		    n < enough ? ", too few" : "");
	return m.stopping || n < enough ? UNAVAILABLE : OK;
}

#define HTML	"text/html; charset=utf-8"
#define STYLE	"text/css; charset=utf-8"
#define SCRIPT	"text/javascript; charset=utf-8"

static const struct endpoint endpoints[] = {
	{ "/", HTML, write_page },
	{ "/style.css", STYLE, write_page },
	{ "/app.js", SCRIPT, write_page },
	{ "/chart.js", SCRIPT, write_page },
	{ "/draw.js", SCRIPT, write_page },
	{ "/rows.js", SCRIPT, write_page },
	{ "/table.js", SCRIPT, write_page },
	{ "/text.js", SCRIPT, write_page },
	{ "/metrics", "text/plain; version=0.0.4; charset=utf-8",
	    write_metrics },
	{ "/healthz", ENDPOINT_TEXT, write_health },
	{ "/readyz", ENDPOINT_TEXT, write_ready },
	{ "/status.json", "application/json", write_status },
	{ "/history.json", "application/json", write_history },
};
#define NENDPOINTS	(sizeof(endpoints) / sizeof(endpoints[0]))

const struct endpoint *
endpoint_find(const char *path)
{
	for (size_t i = 0; i < NENDPOINTS; i++)
		if (strcmp(endpoints[i].path, path) == 0)
			return &endpoints[i];
	return NULL;
}

void
endpoint_list(FILE *f)
{
	for (size_t i = 0; i < NENDPOINTS; i++)
		fprintf(f, "%s\n", endpoints[i].path);
}
