/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words that one process writes while others read.  A single word is a relaxed
 * 64-bit store and never torn.  A record of several words stands under a
 * sequence word, odd while the record is being changed: a reader that finds it
 * odd or changed tries again, a bounded number of times, because the writer
 * may have been stopped or killed in the middle.
 */
#ifndef SHM_WORD_H
#define SHM_WORD_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A word of a record, whatever fields share it. */
typedef uint64_t __attribute__((may_alias)) word;

#define RECORD_WORDS(type)	(sizeof(type) / sizeof(uint64_t))
#define RECORD_TRIES		64

static inline uint64_t
word_get(const word *w)
{
	return __atomic_load_n(w, __ATOMIC_RELAXED);
}

static inline void
word_set(word *w, uint64_t value)
{
	__atomic_store_n(w, value, __ATOMIC_RELAXED);
}

/*
 * Not atomic as a whole: a word has one writer.  The assembly is the one
 * instruction, not locked, that gcc makes no use of where it is told that the
 * load and the store are atomic.
 */
static inline void
word_add(word *w, uint64_t n)
{
#ifdef __x86_64__
	__asm__("addq %1, %0" : "+m" (*w) : "er" (n) : "cc");
#else
	word_set(w, word_get(w) + n);
#endif
}

static inline void
word_max(word *w, uint64_t value)
{
	if (__builtin_expect(value > *w, 0))	/* nobody else writes */
		word_set(w, value);
}

/* Whoever sees a published value sees what was written before it. */
static inline void
word_publish(word *w, uint64_t value)
{
	__atomic_store_n(w, value, __ATOMIC_RELEASE);
}

static inline uint64_t
word_published(const word *w)
{
	return __atomic_load_n(w, __ATOMIC_ACQUIRE);
}

/* Changes to a record go between these two; the second is given the first. */
static inline uint64_t
record_begin(word *seq)
{
	uint64_t odd = word_get(seq) | 1;

	word_set(seq, odd);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	return odd;
}

static inline void
record_end(word *seq, uint64_t odd)
{
	word_publish(seq, odd + 1);
}

/*
 * Either of them, in a record that its writer has never left half written: the
 * one instruction that word_add() is.
 */
static inline void
record_step(word *seq)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
	word_add(seq, 1);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

/* n words to a record that others read. */
static inline void
record_write(word *seq, void *to, const void *from, size_t n)
{
	word *w = to;
	uint64_t value, odd = record_begin(seq);

	for (size_t i = 0; i < n; i++) {
		memcpy(&value, (const char *)from + i * sizeof(value),
		    sizeof(value));
		word_set(w + i, value);
	}
	record_end(seq, odd);
}

/* n words from it.  False if the copy may be torn; it is made all the same. */
static inline bool
record_try(const word *seq, void *to, const void *from, size_t n)
{
	const word *w = from;
	uint64_t before = word_published(seq), value;

	for (size_t i = 0; i < n; i++) {
		value = word_get(w + i);
		memcpy((char *)to + i * sizeof(value), &value, sizeof(value));
	}
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return word_get(seq) == before && (before & 1) == 0;
}

/* The same, but for a writer that is stopped in the middle. */
static inline bool
record_glance(const word *seq, void *to, const void *from, size_t n)
{
	for (int tries = 0; tries < RECORD_TRIES; tries++)
		if (record_try(seq, to, from, n))
			return true;
	return false;
}

/*
 * The same, but for one that is dead.  Not for what workers write: on a busy
 * machine a yield lasts as long as all others like to run, and a damaged lane
 * has hundreds of records that never become whole.
 */
static inline bool
record_read(const word *seq, void *to, const void *from, size_t n)
{
	for (int tries = 0; tries < RECORD_TRIES; tries++) {
		if (record_try(seq, to, from, n))
			return true;
		sched_yield();
	}
	return false;
}

#endif
