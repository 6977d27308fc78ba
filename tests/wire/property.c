/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold for every type and every value:
 *
 *	decode(encode(v)) equals v, and encodes to the same bytes again, in
 *	each protocol; copies equal their originals; each proper prefix is an
 *	error; skipping passes over exactly the bytes; whatever the bytes are,
 *	decoding stays within them, within its memory and within its depth;
 *	both builds of compact do the same.
 *
 *	property [WORLDS [FIRST-SEED]]
 *
 * Speaks TAP.  A failure names the seed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "random.h"
#include "wire/compact.h"
#include "wire/wire.h"

#define WORLDS		60
#define VALUES		4	/* per type */
#define MUTANTS		12	/* per value and protocol */
#define LIMIT		((size_t)256 * 1024)
#define MARGIN		((size_t)64 * 1024)	/* an arena's largest block */

static const char *const names[] = { "compact", "binary", "JSON",
    "TJSON" };
static uint64_t seed;
static const char *failed;

static void
fail(const char *what, enum tf_protocol proto, const char *why)
{
	if (failed == NULL) {
		printf("# seed %llu: %s, %s: %s\n", (unsigned long long)seed,
		    what, names[proto], why != NULL ? why : "");
		failed = what;
	}
}

/* The bytes in a block of their own, so that each overrun is seen. */
static ptrdiff_t
decode(const struct tf_type *t, enum tf_protocol proto, const void *bytes,
    size_t len, struct tf_arena *a, void **value, const char **why)
{
	char *exact = malloc(len > 0 ? len : 1);
	ptrdiff_t n;

	if (exact == NULL)
		abort();
	memcpy(exact, bytes, len);
	*value = tf_alloc(a, 1, t->size);
	memset(*value, 0xa5, t->size);
	n = tf_decode(t, proto, exact, len, a, *value, why);
	free(exact);
	return n;
}

static void
check_round_trip(const struct tf_type *t, enum tf_protocol proto,
    const void *v, struct tf_arena *a, struct tf_str *bytes)
{
	const char *why = NULL;
	struct tf_str again;
	void *back;

	if (tf_encode(t, proto, v, a, bytes, &why) == -1) {
		fail("encode", proto, why);
		return;
	}
	if (decode(t, proto, bytes->s, bytes->len, a, &back, &why) !=
	    (ptrdiff_t)bytes->len)
		fail("decode", proto, why);
	else if (!tf_equal(t, v, back))
		fail("decoded value differs", proto, bytes->s);
	else if (tf_encode(t, proto, back, a, &again, &why) == -1 ||
	    !tf_str_eq(*bytes, again))
		fail("encodes to other bytes", proto, why);
}

static void
check_skip(const struct tf_type *t, enum tf_protocol proto,
    struct tf_str bytes, struct tf_arena *a)
{
	const struct wire_proto *wp = proto == TF_COMPACT ? wire_compact() :
	    proto == TF_BINARY ? wire_binary() : wire_json();
	struct wire_reader r;

	if (t->kind < TF_T_STRUCT || proto == TF_JSON)
		return;
	wire_reader_init(&r, bytes.s, bytes.len, a, 64);
	if (wp->skip_struct(&r) == -1 || r.p != r.end)
		fail("skip", proto, r.why);
}

static void
check_prefixes(struct world *w, const struct tf_type *t,
    enum tf_protocol proto, struct tf_str bytes, struct tf_arena *a)
{
	const char *why;
	void *back;

	for (int i = 0; i < 8 && bytes.len > 0; i++)
		if (decode(t, proto, bytes.s, rng_below(&w->rng,
		    (uint32_t)bytes.len), a, &back, &why) != -1)
			fail("a prefix decodes", proto, NULL);
}

/* Both builds of compact, and then one by turns. */
static void
check_reads_alike(const struct tf_type *t, struct tf_str bytes)
{
	struct tf_arena *a = tf_arena_new(LIMIT), *b = tf_arena_new(LIMIT);
	ptrdiff_t any, best;
	const char *why;
	void *v, *w;

	compact_choose(true);
	any = decode(t, TF_COMPACT, bytes.s, bytes.len, a, &v, &why);
	compact_choose(false);
	best = decode(t, TF_COMPACT, bytes.s, bytes.len, b, &w, &why);
	if (any != best || (any != -1 && !tf_equal(t, v, w)))
		fail("the builds read another value", TF_COMPACT, why);
	compact_choose(seed & 1);
	tf_arena_free(a);
	tf_arena_free(b);
}

static void
check_writes_alike(const struct tf_type *t, const void *v, struct tf_arena *a)
{
	struct tf_str any = { NULL, 0 }, best = { NULL, 0 };
	int n, m;

	compact_choose(true);
	n = tf_encode(t, TF_COMPACT, v, a, &any, NULL);
	compact_choose(false);
	m = tf_encode(t, TF_COMPACT, v, a, &best, NULL);
	if (n != m || !tf_str_eq(any, best))
		fail("the builds write other bytes", TF_COMPACT, NULL);
	compact_choose(seed & 1);
}

/* Bytes that nobody meant, for a type that need not be theirs. */
static void
check_mutant(struct world *w, const struct tf_type *t, enum tf_protocol proto,
    struct tf_str bytes)
{
	struct tf_arena *a = tf_arena_new(LIMIT);
	char *mutant = malloc(bytes.len + 1);
	uint32_t changes = rng_below(&w->rng, 4);
	const char *why = NULL;
	struct tf_str out;
	void *back;

	if (mutant == NULL)
		abort();
	memcpy(mutant, bytes.s, bytes.len);
	while (changes-- > 0 && bytes.len > 0)
		mutant[rng_below(&w->rng, (uint32_t)bytes.len)] =
		    (char)rng_next(&w->rng);
	if (proto == TF_COMPACT)
		check_reads_alike(t, (struct tf_str){ mutant, bytes.len });
	if (decode(t, proto, mutant, bytes.len, a, &back, &why) == -1) {
		if (why == NULL || *why == '\0')
			fail("an error without a reason", proto, NULL);
	} else {
		if (!tf_equal(t, back, back))
			fail("a value differs from itself", proto, NULL);
		tf_encode(t, proto, back, a, &out, &why);
		free(tf_dup(t, back));
	}
	/* The encoding above is not the decoder's; it may be as large. */
	if (a->held > 2 * (LIMIT + MARGIN))
		fail("too much memory", proto, NULL);
	free(mutant);
	tf_arena_free(a);
}

static void
check_value(struct world *w, unsigned i, FILE *null)
{
	const struct tf_type *t = &w->types[i];
	struct tf_arena *a = tf_arena_new(0);
	void *v = world_value(w, i, a), *copy = tf_dup(t, v);
	struct tf_str bytes = { NULL, 0 };

	if (!tf_equal(t, v, copy))
		fail("a copy differs", TF_COMPACT, NULL);
	if (!tf_equal(t, v, tf_copy(a, t, copy)))
		fail("a copy's copy differs", TF_COMPACT, NULL);
	free(copy);
	tf_dump(t, v, null);
	check_writes_alike(t, v, a);
	for (int proto = TF_COMPACT; proto <= TF_TJSON; proto++) {
		check_round_trip(t, proto, v, a, &bytes);
		if (failed != NULL)
			break;
		check_skip(t, proto, bytes, a);
		check_prefixes(w, t, proto, bytes, a);
		for (int k = 0; k < MUTANTS; k++)
			check_mutant(w, t, proto, bytes);
		check_mutant(w, &w->types[rng_below(&w->rng, WORLD_STRUCTS)],
		    proto, bytes);
	}
	tf_arena_free(a);
}

static void
check_world(FILE *null)
{
	struct world *w = malloc(sizeof(*w));

	if (w == NULL)
		abort();
	world_init(w, seed);
	for (unsigned i = 0; i < WORLD_STRUCTS && failed == NULL; i++) {
		if (plan_get(&w->types[i]) == NULL)
			fail("no plan", TF_COMPACT, NULL);
		for (int k = 0; k < VALUES && failed == NULL; k++)
			check_value(w, i, null);
	}
	world_fini(w);
	free(w);
}

int
main(int argc, char **argv)
{
	unsigned long worlds = argc > 1 ? strtoul(argv[1], NULL, 10) : WORLDS;
	FILE *null = fopen("/dev/null", "w");

	if (null == NULL)
		return 1;
	seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	for (; worlds > 0 && failed == NULL; worlds--, seed++)
		check_world(null);
	fclose(null);
	printf("%s 1 - properties of random types and values\n1..1\n",
	    failed == NULL ? "ok" : "not ok");
	return failed == NULL ? 0 : 1;
}
