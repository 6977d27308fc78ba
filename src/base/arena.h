/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arenas from the inside: allocation without zeroing, for code that fills what
 * it takes.  The contract is in <thriftfork/base.h>.
 *
 * Blocks end with ARENA_SLOP spare bytes, so that a short copy may be done
 * with wide stores that run past the end of the newest allocation.  Under a
 * sanitizer (ARENA_CHECKED) every allocation is a block of its own and there
 * is no slop, so that each overrun is seen; unless ARENA_FAST is defined, for
 * looking at the fast ways themselves.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <thriftfork/base.h>

#if !defined(ARENA_CHECKED) && !defined(ARENA_FAST)
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_CHECKED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_CHECKED
#endif
#endif
#endif

#ifdef ARENA_CHECKED
#define ARENA_SLOP	0
#else
#define ARENA_SLOP	32
#endif

/* A block of more than this is not kept by a reset. */
#define ARENA_KEEP_BYTES	((size_t)256 * 1024)

struct arena_block {
	struct arena_block	*next;
	size_t			 size;		/* of data, slop not counted */
	_Alignas(16) uint8_t	 data[];
};

struct tf_arena {
	uint8_t			*p, *end;	/* free in the first block */
	struct arena_block	*blocks;	/* newest first */
	size_t			 held;		/* bytes in all blocks, less
						   what was given up */
	size_t			 most;		/* that it has ever held */
	size_t			 max;		/* 0: no limit */
	bool			 over;		/* held passed max */
};

void	 arena_init(struct tf_arena *, size_t max_bytes);
void	 arena_fini(struct tf_arena *);

void	*arena_take_block(struct tf_arena *, size_t n);

/* n bytes, aligned to 16, not zeroed; never NULL. */
static inline void *
arena_take(struct tf_arena *a, size_t n)
{
	size_t pad = -(uintptr_t)a->p & 15;
	uint8_t *r;

	if (__builtin_expect(a->p == NULL || n > SIZE_MAX / 2 ||
	    (size_t)(a->end - a->p) < pad + n, 0))
		return arena_take_block(a, n);
	r = a->p + pad;
	a->p = r + n;
	return r;
}

/* n bytes with no alignment, for text. */
static inline void *
arena_take_text(struct tf_arena *a, size_t n)
{
	uint8_t *r = a->p;

	if (__builtin_expect(r == NULL || (size_t)(a->end - r) < n, 0))
		return arena_take_block(a, n);
	a->p = r + n;
	return r;
}

/*
 * tf_arena_reset(), which, where one block was enough, has nothing to do but
 * to begin it anew.
 */
static inline void
arena_reset(struct tf_arena *a)
{
#ifndef ARENA_CHECKED
	struct arena_block *b = a->blocks;

	if (__builtin_expect(b != NULL && b->next == NULL &&
	    b->size <= ARENA_KEEP_BYTES && !a->over, 1)) {
		a->p = b->data;
		return;
	}
#endif
	tf_arena_reset(a);
}

/*
 * Whether n more bytes would keep the arena within its limit.  What is free of
 * the first block counts as free: it is given up for them where it must be.
 */
static inline bool
arena_fits(const struct tf_arena *a, size_t n)
{
	size_t rest = (size_t)(a->end - a->p), used = a->held - rest;

	return n <= rest || a->max == 0 ||
	    (used <= a->max && n <= a->max - used);
}

/*
 * arena_take() out of the block that there is, or NULL; the limit needs no
 * asking, as the block has been counted.
 */
static inline void *
arena_take_here(struct tf_arena *a, size_t n)
{
#ifdef ARENA_CHECKED
	return arena_fits(a, n) && !a->over ? arena_take_block(a, n) : NULL;
#else
	uintptr_t at = ((uintptr_t)a->p + 15) & ~(uintptr_t)15;

	if (__builtin_expect((uintptr_t)a->end < at + n, 0))
		return NULL;
	a->p = (uint8_t *)(at + n);
	return (uint8_t *)at;
#endif
}

#endif
