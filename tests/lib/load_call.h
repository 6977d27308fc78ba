/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What call number N of connection C is, and what must come back.  A call is a
 * pure function of (seed, connection, number), so nobody has to remember it:
 * the client keeps two numbers for a call in flight and makes it again when
 * its reply is there.
 *
 * seqid = a base of the connection + the call's number; bases are far apart,
 * so a reply that went to the wrong connection is seen, and half of all
 * seqids are negative.
 */
#ifndef LOAD_CALL_H
#define LOAD_CALL_H

#include "load_proto.h"

enum call_kind {
	CALL_CALCULATE,
	CALL_PING,
	CALL_FORGET,		/* oneway */
	/* Of the test bed. */
	CALL_DOZE,
	CALL_THREAD,		/* run by a thread */
	CALL_LATER,
	CALL_QUIETLY,		/* oneway, over later */
	CALL_FAIL,		/* is answered with an error */
	CALL_UNKNOWN,		/* the same: nobody serves it */
	CALL_KINDS
};

/* How a call ended, as far as its reply tells; from WRONG_FRAME on: badly. */
enum verdict {
	VERDICT_RIGHT,
	VERDICT_DECLARED,	/* the declared exception, and it had to come */
	VERDICT_ERROR,		/* the TApplicationException that had to */
	VERDICT_APP,		/* another */
	WRONG_FRAME,		/* frame length is 0 or beyond reason */
	WRONG_MESSAGE,		/* cannot be decoded, or not to its end */
	WRONG_SEQID,
	WRONG_NAME,		/* method name */
	WRONG_TYPE,		/* message type */
	WRONG_VALUE,		/* result or exception */
	WRONG_ORDER,		/* a later call was answered before this one */
	VERDICTS
};

struct call {
	enum call_kind		 kind;
	int32_t			 seqid;
	struct proto_calculate	 args;	/* .logid also of forget */
	bool			 throws;
	int32_t			 result;
	struct proto_text	 text[2];	/* how and what, of later */
};

/* Of both services, by kind. */
extern const char *const call_methods[CALL_KINDS];

/* The number that the seqid of a reply on this connection stands for. */
uint32_t call_number(uint64_t seed, uint64_t conn, int32_t seqid);

/* From now on all calls are doze(ms), of the test bed. */
void	 call_doze(int32_t ms);

/* From now on there are calls of the test bed among them, of every kind. */
void	 call_mix(void);

bool	 call_is_oneway(const struct call *);

void	 call_make(struct call *, uint64_t seed, uint64_t conn,
	    uint32_t number);

/* Writes the frame to dst (PROTO_MAX_CALL); its length. */
size_t	 call_encode(const struct call *, uint8_t *dst);

/*
 * Is this the reply to that call, in everything?  What differs is told in why,
 * which is left alone if nothing does.
 */
enum verdict call_check(const struct call *, const struct proto_reply *,
	    char *why, size_t whylen);

/* "calculate(7, DIV -5 0)" */
void	 call_describe(const struct call *, char *buf, size_t len);

#endif
