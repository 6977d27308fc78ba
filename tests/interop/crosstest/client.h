/* SPDX-License-Identifier: Apache-2.0 */
/* TestClient's tests, by the bit of the exit status that their failure sets. */
#ifndef CLIENT_H
#define CLIENT_H

#include "ThriftTest.tf.h"

enum {
	BASE_TYPES = 1,
	STRUCTS = 2,
	CONTAINERS = 4,
	EXCEPTIONS = 8,
	UNKNOWN = 64,
	TIMED_OUT = 128
};

struct run {
	struct tf_client	*client;
	bool			 http;
	bool			 lost;		/* no use in going on */
	bool			 timed_out;
};

struct test {
	const char	*name;
	int		 bit;
	bool		(*passes)(struct run *);
};

/* The function for a method of ThriftTest. */
#define CALL(method)	thrift_test_thrift_test_test_##method

/* Both say on stdout what went wrong, and are false. */
bool	answer_is_missing(struct run *);
bool	answer_is_wrong(const char *fmt, ...) TF_PRINTF(1, 2);

bool	test_void(struct run *);
bool	test_string(struct run *);
bool	test_bool(struct run *);
bool	test_byte(struct run *);
bool	test_i32(struct run *);
bool	test_i64(struct run *);
bool	test_double(struct run *);
bool	test_binary(struct run *);
bool	test_uuid(struct run *);
bool	test_enum(struct run *);
bool	test_typedef(struct run *);

bool	test_struct(struct run *);
bool	test_nest(struct run *);
bool	test_multi(struct run *);
bool	test_insanity(struct run *);

bool	test_map(struct run *);
bool	test_string_map(struct run *);
bool	test_set(struct run *);
bool	test_list(struct run *);
bool	test_map_map(struct run *);

bool	test_exception(struct run *);
bool	test_multi_exception(struct run *);
bool	test_oneway(struct run *);

#endif
