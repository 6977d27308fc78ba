/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small service with tables written by hand, for tests of the registry, the
 * worker and the client: what a generator would write for
 *
 *	exception Refused { 1: string why }
 *	service Base { void ping() }
 *	service Unit extends Base {
 *		string echo(1: string text)
 *		i32 size(1: string text)
 *		i32 divide(1: i32 a, 2: i32 b) throws (1: Refused no)
 *		string big(1: i32 bytes, 2: i32 unused) throws (Refused no)
 *		void greedy(1: i32 bytes, 2: i32 unused)
 *		void hold()
 *		void mute()
 *		oneway void note(1: string text)
 *		void absent()			the handler leaves it NULL
 *		string header(1: string text)	see below
 *		string later(1: string text) throws (1: Refused no)
 *		oneway void whisper(1: string text)
 *	}
 */
#ifndef TESTS_UNIT_SERVICE_H
#define TESTS_UNIT_SERVICE_H

#include <thriftfork/service.h>

struct unit_text {
	struct tf_str	 text;
};

struct unit_pair {
	int32_t		 a, b;
};

struct unit_text_result {
	bool		 has_success;
	struct tf_str	 success;
};

struct unit_refused {
	struct tf_str	 why;
};

struct unit_divide_result {
	bool			 has_success;
	int32_t			 success;
	struct unit_refused	*no;
};

struct unit_later_result {
	bool			 has_success;
	struct tf_str		 success;
	struct unit_refused	*no;
};

typedef int unit_fn(struct tf_call *, const void *args, void *result);

struct unit_base_handler {
	unit_fn		*ping;
};

struct unit_handler {
	struct unit_base_handler base;
	unit_fn		*echo, *size, *divide, *big, *greedy, *hold, *mute,
			*note, *absent, *header, *later, *whisper;
};

extern const struct tf_service unit_base_service, unit_service;
extern const struct unit_handler unit_handler;
extern const struct tf_type unit_refused_type;

/* The table of a method, by name; aborts the test if there is none. */
const struct tf_method *unit_method(const char *name);

/*
 * The handler of header() returns the header that is named, sets "asked" of the
 * reply to that name, and fails with "none" if there is none.  "*" are all, as
 * "key=value,", ":left" the milliseconds until the deadline, and "=text" is
 * text, of which there is that much in the reply's header "much".
 */

/*
 * The handler of hold() writes a byte to held_fd and waits for one from
 * free_fd; note() writes the first byte of its text to note_fd.
 */
extern int unit_held_fd, unit_free_fd, unit_note_fd;

/*
 * The handlers of later() and whisper() write a token to token_fd and return
 * TF_LATER.  The first byte of a text can say that it is to be otherwise: "0"
 * returns 0 and the text all the same, "-" fails, "n" has no token, "e" and "E"
 * wait as hold() does and return TF_LATER or 0 then, "h" sets a header, "late"
 * to "no", and tries to once more when it has a token, and "g" uses more memory
 * than it may.
 */
extern int unit_token_fd;

#endif
