/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings, arenas and the macros that build values.
 *
 * An arena is memory with one owner and one end: what is allocated from it
 * lives until the arena is reset or freed, and nothing in it is freed alone.
 * Each call has one (call->arena), emptied when its reply has been queued, so
 * a handler allocates what it returns and never frees.  To keep a value
 * longer, copy it: calc_work_dup(), tf_dup().
 *
 * Nothing here is thread-safe: an arena belongs to one thread at a time.
 */
#ifndef THRIFTFORK_BASE_H
#define THRIFTFORK_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define TF_PRINTF(fmt, first)	__attribute__((format(printf, fmt, first)))
#define TF_CHECK		__attribute__((warn_unused_result))

/*
 * An IDL string or binary: len bytes at s, which may contain any byte.  What
 * the library hands out is followed by a NUL that len does not count, and s
 * is never NULL there.  What you hand in needs no NUL; { NULL, 0 } is "".
 */
struct tf_str {
	const char	*s;
	size_t		 len;
};

/* A tf_str of a string literal: an expression, and a static initialiser. */
#ifdef __cplusplus
#define TF_STR(lit)		(tf_str{ "" lit "", sizeof(lit) - 1 })
#else
#define TF_STR(lit)		((struct tf_str)TF_STR_INIT(lit))
#endif
#define TF_STR_INIT(lit)	{ "" lit "", sizeof(lit) - 1 }

/* An IDL uuid: 16 bytes in network order, as RFC 9562 section 4 prints them. */
struct tf_uuid {
	uint8_t		b[16];
};

struct tf_arena;

/*
 * A new arena that may hold max_bytes (0: no limit).  tf_arena_free(NULL) does
 * nothing.  tf_arena_reset() ends the life of all that was allocated and keeps
 * some memory for the next use.
 */
struct tf_arena *tf_arena_new(size_t max_bytes);
void	tf_arena_free(struct tf_arena *);
void	tf_arena_reset(struct tf_arena *);

/*
 * n objects of size bytes, zeroed, aligned for any type.  Never NULL: a
 * program that is out of memory, or whose n * size overflows, is ended with a
 * message, because no caller has anything better to do.  Past max_bytes the
 * memory is still given, and the arena remembers that it is over its limit:
 * the reply of such a call becomes an INTERNAL_ERROR.  Past four times
 * max_bytes the program is ended as well.
 */
void	*tf_alloc(struct tf_arena *, size_t n, size_t size)
	    __attribute__((malloc, returns_nonnull));
bool	 tf_arena_over(const struct tf_arena *);

/* A copy of len bytes at s, or the text of a format, NUL-terminated. */
struct tf_str tf_strn(struct tf_arena *, const void *s, size_t len);
struct tf_str tf_strf(struct tf_arena *, const char *fmt, ...) TF_PRINTF(2, 3);
bool	 tf_str_eq(struct tf_str, struct tf_str);

/*
 * Both add one element to a list, set or map and evaluate to its address.  A
 * list does not know the type of its elements, so TF_PUSH() cannot know their
 * defaults: the element is zeroed, unless n has been lowered by hand (what was
 * there then is there again).  That is right for numbers, strings, containers
 * and for structs whose fields are all set by the caller or have no defaults.
 * For a struct that has an initialiser, CALC_WORK_INIT, say
 *
 *	struct calc_work *w = TF_PUSH_INIT(arena, &list, CALC_WORK_INIT);
 *
 * which takes any initialiser in braces.  (In C++ it is the initialisers of
 * generated headers that need C++20, not the macro.)
 *
 * The list argument is evaluated more than once.  A list with cap 0 is
 * borrowed: the first push copies it into the arena.  Past 2^32 - 1 elements
 * the program is ended.
 */
#define TF_PUSH(arena, list) (						\
	TF_MAKE_ROOM((arena), (list)),					\
	&(list)->v[(list)->n++])
#ifdef __cplusplus
#define TF_PUSH_INIT(arena, list, ...) (				\
	TF_MAKE_ROOM((arena), (list)),					\
	(void)((list)->v[(list)->n] =					\
	    __typeof__(*(list)->v) __VA_ARGS__),			\
	&(list)->v[(list)->n++])
#else
#define TF_PUSH_INIT(arena, list, ...) (				\
	TF_MAKE_ROOM((arena), (list)),					\
	(void)((list)->v[(list)->n] =					\
	    (__typeof__(*(list)->v))__VA_ARGS__),			\
	&(list)->v[(list)->n++])
#endif

/* For these: room for one element more. */
#define TF_MAKE_ROOM(arena, list)					\
	((void)((list)->n < (list)->cap ||				\
	    ((list)->v = (__typeof__((list)->v))tf_grow((arena),	\
	    (list)->v, (list)->n, &(list)->cap, sizeof(*(list)->v)),	\
	    true)))
void	*tf_grow(struct tf_arena *, const void *v, uint32_t n, uint32_t *cap,
	    size_t size);

/* Sets an optional field and its has_ flag. */
#define TF_SET(obj, field, ...)						\
	((void)((obj)->has_##field = true),				\
	(void)((obj)->field = (__VA_ARGS__)))

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
