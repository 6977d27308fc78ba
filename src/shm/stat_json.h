/* SPDX-License-Identifier: Apache-2.0 */
/* One JSON object, item by item; keys are NULL in a list. */
#ifndef SHM_STAT_JSON_H
#define SHM_STAT_JSON_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include <thriftfork/stat.h>

struct json {
	FILE		*f;
	bool		 comma;		/* before the next item */
};

/* What stands before an item: a comma, its key unless NULL. */
static inline void
json_key(struct json *j, const char *key)
{
	if (j->comma)
		fputc(',', j->f);
	j->comma = true;
	if (key != NULL) {
		tf_stat_quote(key, j->f);
		fputc(':', j->f);
	}
}

static inline void
json_open(struct json *j, const char *key, char bracket)
{
	json_key(j, key);
	fputc(bracket, j->f);
	j->comma = false;
}

static inline void
json_close(struct json *j, char bracket)
{
	fputc(bracket, j->f);
	j->comma = true;
}

static inline void
json_int(struct json *j, const char *key, int64_t value)
{
	json_key(j, key);
	fprintf(j->f, "%" PRId64, value);
}

static inline void
json_uint(struct json *j, const char *key, uint64_t value)
{
	json_key(j, key);
	fprintf(j->f, "%" PRIu64, value);
}

/* null: nobody knows. */
static inline void
json_known(struct json *j, const char *key, uint64_t value, bool known)
{
	json_key(j, key);
	if (known)
		fprintf(j->f, "%" PRIu64, value);
	else
		fputs("null", j->f);
}

static inline void
json_bool(struct json *j, const char *key, bool value)
{
	json_key(j, key);
	fputs(value ? "true" : "false", j->f);
}

static inline void
json_text(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	tf_stat_quote(value, j->f);
}

/* stat_json_described.c: what the segment says of what it counts. */
void	 stat_json_described(struct json *, const struct tf_stat *);

#endif
