/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker in a thread of the test, with a unix and a TCP door, a lane in the
 * heap and the service of unit_service.h: what the tests of the worker share.
 */
#ifndef TESTS_UNIT_WORKER_H
#define TESTS_UNIT_WORKER_H

#include <check.h>

#include <thriftfork/service.h>

#include "base/order.h"
#include "serve/rules.h"
#include "serve/worker.h"
#include "shm/lane.h"
#include "unit_peer.h"

/* What a test may change before bench_start(). */
extern struct worker_limits bench_limits;
struct tls_context;
extern struct tls_context *bench_tls;	/* NULL: none */
extern struct tf_hooks bench_hooks;
extern struct rules bench_rules[2];	/* of the unix and the TCP door */
extern const char *bench_http_path;
struct access_config;
extern const struct access_config *bench_access;	/* NULL: no log */

void	bench_setup(void);		/* fixtures */
void	bench_teardown(void);

/* A thread is to run that method. */
void	bench_thread(const char *method);

void	bench_start(void);
int	bench_unix(void);		/* a connection */
int	bench_tcp(void);
void	bench_order(enum order_kind);
/* The same, with a descriptor. */
void	bench_order_fd(enum order_kind, uint32_t arg, int fd);
void	bench_answer(enum order_kind, uint64_t id);
/* To DRAIN: it closes the doors, which are the test's as well. */
void	bench_drain(void);
/* The kind of what it sends to the master next. */
enum order_kind bench_told(void);
bool	bench_is_told(void);		/* whether there is any */
/* With so many of READY that the worker can send no more. */
unsigned bench_fill_channel(void);
void	bench_hang_up(void);		/* closes the master's end */
/* The worker must leave by itself; what it returned. */
int	bench_wait(void);

/*
 * A call on a connection of its own: what had become ready before it has been
 * handled when this returns.
 */
void	bench_barrier(void);
unsigned bench_pings(void);		/* calls of its own that it took */
/* All but the last byte, one each millisecond, until an answer: after what. */
uint64_t bench_trickle(int fd, const struct bytes *);
uint64_t bench_count(enum counter);
uint64_t bench_cpu_ns(void);		/* of the worker's thread */

/* The bytes in pieces, each taken before the next one is sent. */
void	bench_send_pieces(int fd, const struct bytes *, size_t piece);

/* That what a worker does for so many bytes grows as they do. */
void	bench_linear(void (*work)(size_t bytes), size_t bytes);

/* hold() has been entered; let it return. */
void	bench_held(void);
void	bench_release(void);
int	bench_note(void);		/* the byte of a note(); -1: none */

/* The next token of a later(), which must come; whether there is one. */
struct tf_later bench_token(void);
bool	bench_has_token(void);
/* Its answer, a text. */
int	bench_reply(struct tf_later, const char *text);

#endif
