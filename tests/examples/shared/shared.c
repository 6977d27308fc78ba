/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One list for all workers, whichever of them a client meets, and however they
 * die.  The list is in LMDB, a store that many processes use at a time; beside
 * it a tally, in a file that each worker maps, stands for data of your own that
 * is nothing but memory.  A lock guards both: who finds it abandoned knows that
 * the tally may be half written, and makes it anew from the list.
 *
 *	thriftfork run ./shared.so DIRECTORY
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared.tf.h"

#define MAP_BYTES	((size_t)1 << 30)	/* LMDB's maximum */

struct tally {
	uint64_t	 items, bytes, repairs;
};

/* What a worker opens for itself. */
struct context {
	MDB_env		*env;
	MDB_dbi		 list;		/* place -> data */
	struct tally	*tally;
};

static struct tf_counter *added;
static struct tf_gauge *adding;
static struct tf_lock *lock;

/* Counts what is there; 0 or an error of LMDB, as of the functions below. */
static int
recount(struct context *ctx, MDB_txn *txn)
{
	struct tally t = { .repairs = ctx->tally->repairs + 1 };
	MDB_cursor *c;
	MDB_val key, val;
	int rc;

	if ((rc = mdb_cursor_open(txn, ctx->list, &c)) != 0)
		return rc;
	while ((rc = mdb_cursor_get(c, &key, &val, MDB_NEXT)) == 0) {
		t.items++;
		t.bytes += val.mv_size;
	}
	mdb_cursor_close(c);
	if (rc != MDB_NOTFOUND)
		return rc;
	*ctx->tally = t;
	return 0;
}

/*
 * In a transaction that could write: who begins one finds what a killed writer
 * had committed and not shown yet, which to a reader is still not there.
 */
static int
repair(struct context *ctx)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(ctx->env, NULL, 0, &txn);

	if (rc == 0) {
		rc = recount(ctx, txn);
		mdb_txn_abort(txn);
	}
	return rc;
}

/*
 * After 0 the lock is held, and the tally is right.  Who cannot repair it does
 * not let go of the lock either: it dies, and the next one is told again.
 */
static int
enter(struct context *ctx)
{
	int state = tf_lock(lock);

	if (state == -1)
		return errno;
	if (state == TF_LOCK_ABANDONED && repair(ctx) != 0)
		abort();
	return 0;
}

static int
last_place(struct context *ctx, MDB_txn *txn, uint64_t *place)
{
	MDB_val key = { sizeof(*place), NULL }, val;
	MDB_cursor *c;
	int rc;

	*place = 0;
	if ((rc = mdb_cursor_open(txn, ctx->list, &c)) != 0)
		return rc;
	rc = mdb_cursor_get(c, &key, &val, MDB_LAST);
	if (rc == 0)
		memcpy(place, key.mv_data, sizeof(*place));
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
append(struct context *ctx, struct tf_str data, uint64_t *place)
{
	MDB_val key = { sizeof(*place), place };
	MDB_val val = { data.len, (void *)(uintptr_t)data.s };
	MDB_txn *txn;
	int rc = mdb_txn_begin(ctx->env, NULL, 0, &txn);

	if (rc != 0)
		return rc;
	if ((rc = last_place(ctx, txn, place)) == 0) {
		++*place;
		rc = mdb_put(txn, ctx->list, &key, &val, MDB_APPEND);
	}
	if (rc == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

static int
add_data(struct tf_call *call, struct tf_str data, int64_t *ret)
{
	struct context *ctx = call->ctx;
	uint64_t place;
	int rc;

	tf_gauge_add(adding, 1);
	if ((rc = enter(ctx)) == 0) {
		if ((rc = append(ctx, data, &place)) == 0) {
			ctx->tally->items++;
			ctx->tally->bytes += data.len;
		}
		tf_unlock(lock);
	}
	tf_gauge_add(adding, -1);
	if (rc != 0)
		return tf_fail(call, "%s", mdb_strerror(rc));
	tf_count(added, 1);
	*ret = (int64_t)place;
	return 0;
}

static void
copy_items(struct tf_arena *arena, MDB_cursor *c, uint64_t first,
    int32_t count, struct tf_list_str *ret)
{
	MDB_val key = { sizeof(first), &first }, val;
	int rc = mdb_cursor_get(c, &key, &val, MDB_SET_RANGE);

	for (; rc == 0 && count > 0; count--) {
		*TF_PUSH(arena, ret) = tf_strn(arena, val.mv_data,
		    val.mv_size);
		rc = mdb_cursor_get(c, &key, &val, MDB_NEXT);
	}
}

/* Who only reads sees the list as it was at one moment, without a lock. */
static int
get_data(struct tf_call *call, int64_t first, int32_t count,
    struct tf_list_str *ret)
{
	struct context *ctx = call->ctx;
	MDB_cursor *c;
	MDB_txn *txn;
	int rc = mdb_txn_begin(ctx->env, NULL, MDB_RDONLY, &txn);

	if (rc == 0) {
		if ((rc = mdb_cursor_open(txn, ctx->list, &c)) == 0) {
			copy_items(call->arena, c,
			    first < 1 ? 1 : (uint64_t)first, count, ret);
			mdb_cursor_close(c);
		}
		mdb_txn_abort(txn);
	}
	return rc == 0 ? 0 : tf_fail(call, "%s", mdb_strerror(rc));
}

static int
tally(struct tf_call *call, struct shared_tally *ret)
{
	struct context *ctx = call->ctx;
	int rc = enter(ctx);

	if (rc != 0)
		return tf_fail(call, "%s", mdb_strerror(rc));
	ret->items = (int64_t)ctx->tally->items;
	ret->bytes = (int64_t)ctx->tally->bytes;
	ret->repairs = (int64_t)ctx->tally->repairs;
	tf_unlock(lock);
	return 0;
}

static int
open_list(struct context *ctx, const char *dir)
{
	MDB_txn *txn;
	int dead, rc;

	if ((rc = mdb_env_create(&ctx->env)) != 0 ||
	    (rc = mdb_env_set_mapsize(ctx->env, MAP_BYTES)) != 0 ||
	    (rc = mdb_env_open(ctx->env, dir, 0, 0600)) != 0)
		return rc;
	/* Readers that were killed would keep old pages for ever. */
	if ((rc = mdb_reader_check(ctx->env, &dead)) != 0 ||
	    (rc = mdb_txn_begin(ctx->env, NULL, 0, &txn)) != 0)
		return rc;
	rc = mdb_dbi_open(txn, NULL, MDB_INTEGERKEY, &ctx->list);
	if (rc == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

static int
open_tally(struct context *ctx, const char *dir)
{
	char path[4096];
	void *p = MAP_FAILED;
	int fd;

	snprintf(path, sizeof(path), "%s/tally", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd != -1 && ftruncate(fd, sizeof(struct tally)) == 0)
		p = mmap(NULL, sizeof(struct tally), PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	if (fd != -1)
		close(fd);
	if (p == MAP_FAILED)
		return errno;
	ctx->tally = p;
	return 0;
}

static void
context_free(struct context *ctx)
{
	if (ctx->tally != NULL)
		munmap(ctx->tally, sizeof(*ctx->tally));
	if (ctx->env != NULL)
		mdb_env_close(ctx->env);
	free(ctx);
}

/*
 * Here and not in setup(): LMDB must not be open across a fork.  Under the
 * lock, because one who died may have left the tally of before half written.
 */
static int
open_all(struct context *ctx, const char *dir)
{
	int state = tf_lock(lock), rc;

	if (state == -1)
		return errno;
	if ((rc = open_list(ctx, dir)) == 0)
		rc = open_tally(ctx, dir);
	if (rc == 0 && state == TF_LOCK_ABANDONED)
		rc = repair(ctx);
	if (rc == 0 || state == TF_LOCKED)
		tf_unlock(lock);
	return rc;
}

static int
worker_start(struct tf_server *srv, void **ctx)
{
	struct context *c = calloc(1, sizeof(*c));
	char **argv;
	int argc, rc = ENOMEM;

	tf_server_args(srv, &argc, &argv);
	if (c != NULL && (rc = open_all(c, argv[1])) == 0) {
		*ctx = c;
		return 0;
	}
	if (c != NULL)
		context_free(c);
	return tf_server_refuse(srv, "%s: %s", argv[1], mdb_strerror(rc));
}

static void
worker_stop(struct tf_server *srv, void *ctx)
{
	(void)srv;
	context_free(ctx);
}

static const struct shared_shared_handler handler = {
	.add_data = add_data,
	.get_data = get_data,
	.tally = tally,
};

static const struct tf_hooks hooks = {
	.worker_start = worker_start,
	.worker_stop = worker_stop,
};

static int
setup(struct tf_server *srv)
{
	char **argv;
	int argc;

	tf_server_args(srv, &argc, &argv);
	if (argc != 2)
		return tf_server_refuse(srv, "give the directory of the list");
	added = tf_server_counter(srv, "items_added", "items appended to the "
	    "list");
	adding = tf_server_gauge(srv, "items_pending", "items that are being "
	    "appended");
	lock = tf_server_lock(srv, "list");
	tf_server_hooks(srv, &hooks);
	return shared_shared_serve(srv, &handler);
}

TF_MODULE(setup);
