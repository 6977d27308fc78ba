/* SPDX-License-Identifier: Apache-2.0 */
/* See member.h. */
#include "member.h"

#include <inttypes.h>

#include <thriftfork/stat.h>

void
member_text(FILE *f, const char *key, const char *value)
{
	fprintf(f, "\"%s\":", key);
	tf_stat_quote(value, f);
	fputc(',', f);
}

void
member_number(FILE *f, const char *key, uint64_t value)
{
	fprintf(f, "\"%s\":%" PRIu64 ",", key, value);
}
