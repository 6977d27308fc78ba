/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line that Apache's cross-language suite gives to every TestServer
 * and TestClient (test/README.md of its source), and what its words mean here.
 */
#ifndef SUITE_H
#define SUITE_H

#include <stdbool.h>

/* The keys and certificates in the checkout. */
#define SUITE_KEY(file)	SUITE_THRIFT "/test/keys/" file

/*
 * Keys of tf_client_set() and their values, up to a NULL key.  A server needs
 * none; a client that cannot do something is told so by the library.
 */
struct suite_setting {
	const char	*key, *value;
};

struct suite_word {
	const char		*name;
	bool			 multiplexed;	/* calls name their service */
	bool			 http;
	struct suite_setting	 settings[3];
};

struct suite {
	const struct suite_word	*protocol, *transport;
	const char		*host, *port;
	const char		*path;		/* of a unix socket, or NULL */
	const char		*workers;
	int			 loops;
	bool			 tls;
	bool			 insane;	/* testInsanity is wanted */
};

/*
 * Options of both programs.  0, or -1 after a line on stderr that says what
 * is wrong or not supported.
 */
int	suite_parse(struct suite *, int argc, char **argv);

/* The address in the words of tf_server_listen() and tf_client_new(). */
void	suite_address(const struct suite *, char *text, int size);

#endif
