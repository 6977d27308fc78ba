/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bump allocator.  Blocks double in size up to a bound, large requests get a
 * block of their own, and a reset leaves one block that would have held what
 * was in use (up to ARENA_KEEP_BYTES), so that the arena of a busy worker soon
 * serves every call from memory that is warm and never asks malloc again.
 *
 * The limit is one of use: a block goes no further than the limit does, and
 * where a large request would pass it, what is free of the block before is
 * given up for that.  So memory that a reset has kept takes nothing from what
 * may be allocated; what malloc has given is ARENA_KEEP_BYTES more at most, and
 * what was left over in blocks, less than a fourth of each.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"

#define FIRST_BYTES	((size_t)4096)
#define BLOCK_BYTES	((size_t)64 * 1024)
#define HARD_FACTOR	4	/* past this many times max, the process ends */

static struct arena_block *
block_new(size_t size)
{
	struct arena_block *b;

	if (size > SIZE_MAX / 2 ||
	    (b = malloc(sizeof(*b) + size + ARENA_SLOP)) == NULL)
		fatal("out of memory: %zu bytes for an arena", size);
	b->next = NULL;
	b->size = size;
	return b;
}

/* n bytes of what is free, or all of it, are no longer to be had. */
static void
give_up(struct tf_arena *a, size_t n)
{
	size_t rest = (size_t)(a->end - a->p);

	if (n > rest)
		n = rest;
	a->end -= n;
	a->held -= n;
}

static void
account(struct tf_arena *a, size_t size)
{
	a->held += size;
	if (a->max != 0 && a->held > a->max)
		give_up(a, a->held - a->max);
	if (a->held > a->most)
		a->most = a->held;
	if (a->max == 0 || a->held <= a->max)
		return;
	a->over = true;
	if (a->held / HARD_FACTOR > a->max)
		fatal("one arena holds %zu bytes, %d times its limit of %zu",
		    a->held, HARD_FACTOR, a->max);
}

static void
push_block(struct tf_arena *a, struct arena_block *b)
{
	account(a, b->size);
	b->next = a->blocks;
	a->blocks = b;
}

#ifdef ARENA_CHECKED

void *
arena_take_block(struct tf_arena *a, size_t n)
{
	struct arena_block *b = block_new(n);

	push_block(a, b);
	return b->data;
}

#else

/* Of a block that is to hold n bytes and others. */
static size_t
next_size(const struct tf_arena *a, size_t n)
{
	size_t used = a->held - (size_t)(a->end - a->p);
	size_t size = a->held < FIRST_BYTES ? FIRST_BYTES : a->held;

	if (size > BLOCK_BYTES)
		size = BLOCK_BYTES;
	if (a->max == 0)
		return size;
	if (used < a->max && n <= a->max - used && size > a->max - used)
		return a->max - used;
	return size < a->max ? size : a->max;
}

/* A block that a reset has kept, and that is too small for what comes. */
static void
drop_unused(struct tf_arena *a)
{
	struct arena_block *b = a->blocks;

	if (b == NULL || b->next != NULL || a->p != b->data)
		return;
	a->held -= b->size;
	a->blocks = NULL;
	a->p = a->end = NULL;
	free(b);
}

void *
arena_take_block(struct tf_arena *a, size_t n)
{
	size_t size;
	struct arena_block *b;

	drop_unused(a);
	size = next_size(a, n);
	if (n > size / 4) {
		b = block_new(n);
		push_block(a, b);
		/* Keep what is left of the block before. */
		if (b->next != NULL) {
			a->blocks = b->next;
			b->next = a->blocks->next;
			a->blocks->next = b;
		} else
			a->p = a->end = b->data + n;
		return b->data;
	}
	give_up(a, SIZE_MAX);
	b = block_new(size);
	push_block(a, b);
	a->p = b->data + n;
	a->end = b->data + size;
	return b->data;
}

#endif

static void
free_blocks(struct tf_arena *a)
{
	struct arena_block *b, *next;

	for (b = a->blocks; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	a->blocks = NULL;
	a->p = a->end = NULL;
	a->held = 0;
}

void
arena_init(struct tf_arena *a, size_t max_bytes)
{
	memset(a, 0, sizeof(*a));
	a->max = max_bytes;
}

void
arena_fini(struct tf_arena *a)
{
	free_blocks(a);
}

struct tf_arena *
tf_arena_new(size_t max_bytes)
{
	struct tf_arena *a;

	if ((a = malloc(sizeof(*a))) == NULL)
		fatal("out of memory: an arena");
	arena_init(a, max_bytes);
	return a;
}

void
tf_arena_free(struct tf_arena *a)
{
	if (a == NULL)
		return;
	arena_fini(a);
	free(a);
}

void
tf_arena_reset(struct tf_arena *a)
{
	size_t most = a->max != 0 && a->max < ARENA_KEEP_BYTES ? a->max :
	    ARENA_KEEP_BYTES;
	size_t keep = a->held < most ? a->held : most;

	a->over = false;
	if (a->blocks == NULL)
		return;
#ifdef ARENA_CHECKED
	(void)keep;
	free_blocks(a);
#else
	if (a->blocks->next != NULL || a->blocks->size > most) {
		free_blocks(a);
		push_block(a, block_new(keep));
	}
	a->p = a->blocks->data;
	a->end = a->p + a->blocks->size;
#endif
}

bool
tf_arena_over(const struct tf_arena *a)
{
	return a->over;
}

void *
tf_alloc(struct tf_arena *a, size_t n, size_t size)
{
	void *p;

	if (__builtin_mul_overflow(n, size, &size))
		fatal("out of memory: %zu objects", n);
	p = arena_take(a, size == 0 ? 1 : size);
	memset(p, 0, size);
	return p;
}

void *
tf_grow(struct tf_arena *a, const void *v, uint32_t n, uint32_t *cap,
    size_t size)
{
	uint64_t want = n < 4 ? 8 : (uint64_t)n * 2;
	uint8_t *p;

	if (n == UINT32_MAX)
		fatal("a list of more than %u elements", n);
	if (want > UINT32_MAX)
		want = UINT32_MAX;
	p = arena_take(a, (size_t)want * size);
	if (n > 0)
		memcpy(p, v, n * size);
	memset(p + n * size, 0, ((size_t)want - n) * size);
	*cap = (uint32_t)want;
	return p;
}

struct tf_str
tf_strn(struct tf_arena *a, const void *s, size_t len)
{
	char *p = arena_take_text(a, len + 1);

	if (len > 0)
		memcpy(p, s, len);
	p[len] = '\0';
	return (struct tf_str){ p, len };
}

struct tf_str
tf_strf(struct tf_arena *a, const char *fmt, ...)
{
	char small[256], *p;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n < 0)
		return TF_STR("");
	if ((size_t)n < sizeof(small))
		return tf_strn(a, small, (size_t)n);
	p = arena_take_text(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return (struct tf_str){ p, (size_t)n };
}

bool
tf_str_eq(struct tf_str a, struct tf_str b)
{
	return a.len == b.len &&
	    (a.len == 0 || memcmp(a.s, b.s, a.len) == 0);
}
