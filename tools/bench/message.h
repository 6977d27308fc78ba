/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of requests and replies, compact or binary, framed or not, for an
 * engine that has to be cheaper than any server: of a request only the sequence
 * number is ever new, and of a reply no more is looked at than what it takes to
 * say what became of its request.  Pure functions over memory.
 */
#ifndef BENCH_MESSAGE_H
#define BENCH_MESSAGE_H

#include "tally.h"

#define MESSAGE_SEQS	8192u		/* sequence numbers, from 0 */
#define MESSAGE_MAX	16384000u	/* bytes of a reply */

struct message {
	const struct tf_method *method;
	enum tf_protocol protocol;	/* TF_COMPACT or TF_BINARY */
	bool		 framed, check;
	struct tf_arena	*arena;		/* of one reply */
	void		*value;		/* of the method's result */
	/* The request: */
	uint8_t		*bytes;
	size_t		 len, seq_at;
	/* The last reply's end, if it was unframed: */
	uint8_t		*last;
	size_t		 last_len, last_size;
};

/*
 * service: that of a multiplexed call, or "".  check: decode results.  -1 with
 * a reason if the arguments cannot be encoded.
 */
int	 message_init(struct message *, const struct tf_method *,
	    enum tf_protocol, bool framed, bool check, const char *service,
	    const void *args, const char **why);
void	 message_fini(struct message *);

/* Makes the copy of the request at p the one with this number. */
void	 message_stamp(const struct message *, uint8_t *p, uint32_t seq);

enum message_result {
	MESSAGE_MORE,		/* there is no whole message */
	MESSAGE_WHOLE,		/* of *size bytes, to request *seq */
	MESSAGE_BAD		/* it is none, outcome->words say why */
};
enum message_result message_read(struct message *, const uint8_t *p,
	    size_t len, size_t *size, uint32_t *seq, struct outcome *);

#endif
