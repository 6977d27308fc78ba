/* SPDX-License-Identifier: Apache-2.0 */
/* See unit_layers.h. */
#include "unit_layers.h"

#include <sys/socket.h>

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/tls.h"
#include "lib/unit.h"
#include "unit_tls.h"
#include "unit_worker.h"

char layers_ca[] = "/tmp/unit_layers.XXXXXX";

#ifdef HAVE_OPENSSL

static void
make_certificates(void)
{
	struct credentials sc = { .ca.p = NULL };
	struct pem ca = unit_ca();
	char why[400];
	int fd;

	unit_certificate("server", "IP:127.0.0.1", 0, &sc.chain, &sc.key);
	bench_tls = tls_server(&sc, why, sizeof(why));
	ck_assert_msg(bench_tls != NULL, "%s", why);
	credentials_fini(&sc);
	fd = mkstemp(layers_ca);
	ck_assert_int_eq(write(fd, ca.p, ca.len), (ssize_t)ca.len);
	close(fd);
	free(ca.p);
	free(ca.name);
}

#endif

void
layers_setup(void)
{
	bench_setup();
#ifdef HAVE_OPENSSL
	make_certificates();
#endif
	bench_start();
}

void
layers_teardown(void)
{
	bench_teardown();
	tls_context_free(bench_tls);
	unlink(layers_ca);
}

void
layers_address(char *where, size_t size, bool tls)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);
	int fd = bench_tcp();

	ck_assert_int_eq(getpeername(fd, (struct sockaddr *)&a, &len), 0);
	close(fd);
	snprintf(where, size, "%s127.0.0.1:%u", tls ? "tls://" : "",
	    ntohs(a.sin_port));
}
