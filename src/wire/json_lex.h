/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of JSON, read from a wire_reader.  Functions return false after
 * the reader has failed.
 */
#ifndef WIRE_JSON_LEX_H
#define WIRE_JSON_LEX_H

#include "wire/wire.h"

struct json {
	struct wire_reader	*r;
	const uint8_t		*start;		/* for offsets in messages */
	bool			 thrift;	/* the JSON protocol: strings
						   have control characters and
						   no lone surrogates */
};

/* Fails with the offset, a text, and a name if it is not NULL; false. */
bool	json_fail(struct json *, enum wire_err, const char *text,
	    const char *name);

/* The next character after white space, not taken; 0 at the end. */
static inline uint8_t
json_peek(struct json *j)
{
	struct wire_reader *r = j->r;

	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' ||
	    *r->p == '\n' || *r->p == '\r'))
		r->p++;
	return r->p < r->end ? *r->p : 0;
}

/* Takes a mark if it is there. */
static inline bool
json_try(struct json *j, char mark)
{
	if (json_peek(j) != (uint8_t)mark || j->r->p == j->r->end)
		return false;
	j->r->p++;
	return true;
}

/* Takes one punctuation mark, or fails. */
bool	json_take(struct json *, char mark);

/*
 * Whether another member comes before the closing mark, which is taken if
 * not; first tells whether a comma must stand before it.
 */
bool	json_more(struct json *, char closing, bool *first);

/* Takes the word (true, false, null) if it is there. */
bool	json_word(struct json *, const char *word);

/* The bytes of a string as they stand there, between its quotes. */
bool	json_raw_string(struct json *, const char **, size_t *);

/* A string into the arena, its escapes resolved. */
bool	json_string(struct json *, struct tf_str *);

/* The bytes of a string of base64, padded or not. */
bool	json_base64(struct json *, struct tf_str *);

/* A number as it is written, quoted or not, into the arena. */
bool	json_number(struct json *, struct tf_str *);

#endif
