/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THeader frames for the tests of the worker and of the client, written and
 * read with code of their own.
 */
#ifndef TESTS_UNIT_HEADED_H
#define TESTS_UNIT_HEADED_H

#include "unit_peer.h"

/* What stands in a header: anything that can be said in bytes. */
void	head_begin(struct bytes *, unsigned proto);
void	head_begin_transformed(struct bytes *, unsigned proto,
	    unsigned transform);
/* One pair, as an info of its own: 1, or 2 for a persistent one. */
void	head_pair(struct bytes *, unsigned kind, const char *key,
	    const char *value);

/* A frame of them, which are padded and emptied, and of a payload. */
void	headed_add(struct bytes *, int32_t seqid, struct bytes *head,
	    const void *payload, size_t len);
/* The same, of a framed message, without its frame. */
void	headed_message(struct bytes *, int32_t seqid, struct bytes *head,
	    struct bytes *message);
/* A call of header() in compact protocol; seqid in both places. */
void	headed_ask(struct bytes *, int32_t seqid, struct bytes *head,
	    const char *text);

struct headed {
	unsigned	 flags, proto;
	int32_t		 seqid;
	unsigned	 ntransforms, transform;	/* the last one */
	char		 pairs[4000];	/* "key=value," of each */
	uint8_t		*payload;	/* as it is on the wire */
	size_t		 len;
};

/* Reads one that must be there. */
void	headed_read(int fd, struct headed *);
/* The same, its payload a compact message, which is parsed. */
void	headed_expect(int fd, struct headed *, struct message *);
void	headed_free(struct headed *);

/* Asks: it is still in step, and hears what it is told. */
void	headed_expect_service(int fd);

/* One must come: a reply with that text, an exception of that type. */
void	headed_expect_text(int fd, int32_t seqid, const char *text,
	    const char *pairs);
void	headed_expect_error(int fd, int app_error, int32_t seqid,
	    const char *part);

#endif
