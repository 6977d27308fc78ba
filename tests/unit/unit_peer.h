/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other end of a connection, for tests of the worker and the client: it
 * writes and reads framed compact messages with code of its own, so that the
 * library's encoder is not checked against itself.  Every wait has a deadline
 * and a test that misses it fails.
 */
#ifndef TESTS_UNIT_PEER_H
#define TESTS_UNIT_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PEER_MS		8000		/* to wait for what must come */

enum { PEER_CALL = 1, PEER_REPLY, PEER_EXCEPTION, PEER_ONEWAY };

/* Bytes to be sent; all zero is empty. */
struct bytes {
	uint8_t		*p;
	size_t		 n, cap;
};

void	bytes_add(struct bytes *, const void *, size_t);
void	bytes_free(struct bytes *);

/* A varint, an i32 or a string field of that id (1 to 15), counted from 0. */
void	bytes_varint(struct bytes *, uint64_t);
void	bytes_int(struct bytes *, int delta, int32_t);
void	bytes_text(struct bytes *, int delta, const char *, size_t);

/* A whole frame: message header, then the body as it is. */
void	frame_message(struct bytes *, int type, const char *name, int32_t seqid,
	    const struct bytes *body);
/* Calls of no argument, of one string, of two integers. */
void	frame_call(struct bytes *, const char *name, int32_t seqid);
void	frame_text(struct bytes *, const char *name, int32_t seqid,
	    const char *, size_t);
void	frame_ints(struct bytes *, const char *name, int32_t seqid, int32_t a,
	    int32_t b);

struct message {
	int		 type;
	int32_t		 seqid;
	char		 name[64];
	size_t		 frame;		/* payload bytes */
	/* Of the body: the first field that is a string, that is an i32. */
	int		 text_id, number_id;	/* -1: none */
	char		*text;
	size_t		 text_len;
	int32_t		 number;
};

int	peer_fds(void);			/* descriptors this process has open */
/* Listens where the kernel chooses: a free port, or an abstract name. */
int	peer_door(int family);
int	peer_connect(int door);
void	peer_wait(int fd, short events, int ms);	/* must come */
/* May come; that it does not is seen for so long only. */
bool	peer_soon(int fd, short events, int ms);
void	peer_send(int fd, const void *, size_t);
void	peer_send_bytes(int fd, struct bytes *);	/* and empties it */

/* As many bytes as there are up to n before the end. */
size_t	peer_take(int fd, uint8_t *, size_t n);
/* A message in these bytes and nothing else. */
void	message_parse(struct message *, const uint8_t *p, const uint8_t *end);

/* Reads one message; false if the connection has ended instead. */
bool	peer_read(int fd, struct message *);
void	message_free(struct message *);

/* Reads one message that must be there, and be this. */
void	peer_expect(int fd, int type, const char *name, int32_t seqid);
/* The same, an exception of that type. */
void	peer_expect_error(int fd, int app_error, int32_t seqid);
/* The connection ends, without a byte more. */
void	peer_expect_end(int fd);
void	peer_end(int fd);		/* and it is closed here, too */

#endif
