/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 around a Thrift message: finding the end of a request or a response
 * as it arrives, and writing either.  Like the scanner of unframed messages
 * (wire/scan.h) it allocates nothing and changes nothing: whoever holds the
 * bytes holds all of them from the first one, and hands them over again with
 * what has been added.  Each byte is looked at once.
 *
 * What could be read in two ways is refused: a length given twice or beside
 * chunks, folded lines, lines that end without CR, blanks before a colon.
 * A Host field is not asked for, as this server is nobody's virtual host.
 *
 * Debian 12 has one parser of HTTP/1 for C, http-parser: archived by those who
 * wrote it, in favour of one that Debian has for JavaScript alone; and it lets
 * lines end without CR.
 */
#ifndef WIRE_HTTP_H
#define WIRE_HTTP_H

#include <thriftfork/base.h>

struct buf;
struct header_info;

#define HTTP_ALLOW	"POST, OPTIONS"	/* what a 405 says */

#define HTTP_MAX_LINE	8192
#define HTTP_MAX_HEAD	16384	/* all lines before the body */
#define HTTP_MAX_FIELDS	100	/* trailers too */
#define HTTP_SLACK	65536	/* what chunks may add to a body, besides
				   half of its maximum */

enum http_result {
	HTTP_DONE,		/* pos is the size of the message */
	HTTP_MORE,
	HTTP_BAD		/* status and why; the connection is lost */
};

enum http_method {
	HTTP_POST,
	HTTP_GET,
	HTTP_HEAD,
	HTTP_OPTIONS,
	HTTP_OTHER
};

/* A part of the message, from its beginning. */
struct http_part {
	uint32_t	 at, len;
};

struct http {
	uint64_t	 pos;		/* done */
	uint64_t	 max_body;
	uint64_t	 body_len;	/* of its bytes, chunks put together */
	uint64_t	 left;		/* to come of it, or of a chunk */
	const char	*why;		/* after BAD; static */
	struct http_part method;
	struct http_part target;	/* as it is sent; see http_path() */
	uint32_t	 seen;		/* of a line that has begun */
	uint32_t	 fields_at;
	uint32_t	 head_len;	/* 0: not all of it is there */
	uint16_t	 n_fields;
	uint16_t	 status;	/* a response's; or to answer BAD */
	uint8_t		 state;
	uint8_t		 minor;		/* HTTP/1.x */
	uint8_t		 connection;	/* what it asks for */
	bool		 response;
	bool		 has_length, chunked, to_end;
	bool		 close;		/* no message follows this one */
	bool		 expect;	/* a body comes after "100 Continue" */
};

void	http_init_request(struct http *, uint64_t max_body);

/* Interim responses (1xx) before it belong to the response. */
void	http_init_response(struct http *, uint64_t max_body);

/* p: the message from its beginning; len may have grown since the last call. */
enum http_result http_run(struct http *, const uint8_t *p, size_t len);

/* The peer has closed: some responses end so. */
enum http_result http_end(struct http *);

/* As http_run() has left them, once head_len is there. */
enum http_method http_method(const struct http *, const uint8_t *p);

/* The path: no scheme and host before it, no query behind; in the message. */
struct tf_str http_path(const struct http *, const uint8_t *p);

/* One field after the other: at is 0 at first.  False: there is no more. */
bool	http_next_field(const struct http *, const uint8_t *p, uint32_t *at,
	    struct tf_str *name, struct tf_str *value);

/*
 * All fields of a head, copied to the arena; their names in small letters, as
 * they are the same in capitals.
 */
void	http_headers(const struct http *, const uint8_t *p, struct tf_arena *,
	    struct header_info *);

/*
 * The body of a message that is done: where it stands, or, if it came in
 * chunks, put together in out.  -1: out is too small.
 */
int	http_body(const struct http *, const uint8_t *p, struct buf *out,
	    struct tf_str *body);

/*
 * Writing a message into a buffer: first its head, with the length left open,
 * then http_out_field() for more fields, http_out_body(), whatever appends the
 * body to the buffer, and http_out_end(), which puts in the length.
 */
struct http_out {
	struct buf	*b;
	size_t		 at, at_length, at_body;
};

/* A POST.  The path and the host are http_out_field()'s to refuse, too. */
int	http_out_request(struct http_out *, struct buf *, const char *path,
	    const char *host);
void	http_out_response(struct http_out *, struct buf *, int status,
	    bool close);

/*
 * Whether a message may have it as one more field: it is a name, a value
 * without control characters, and none that says where messages begin and end.
 */
bool	http_out_takes(struct tf_str name, struct tf_str value);

/* -1: it is no name or has such characters, and nothing is written. */
int	http_out_field(struct http_out *, struct tf_str name,
	    struct tf_str value);
void	http_out_body(struct http_out *);

/* -1: the buffer's maximum is passed; it is as long as before the head. */
int	http_out_end(struct http_out *);

/* A response with its own line for a body, but not to a HEAD; -1 as above. */
int	http_out_refusal(struct buf *, int status, bool close, bool to_head);

/* For requests that expect it, before their bodies come. */
int	http_out_continue(struct buf *);

#endif
