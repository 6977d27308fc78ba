/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THeader frames: as Apache's Python library writes them, as we do, and as
 * nobody should.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "unit_wire.h"
#include "wire/app_error.h"
#include "wire/frame.h"
#include "wire/header.h"
#include "wire/transform.h"

#define MAX_PAYLOAD 65536

static struct transform *transform;
static struct header h;
static uint8_t *frame;

static void
setup(void)
{
	transform = transform_new();
	frame = NULL;
}

static void
teardown(void)
{
	transform_free(transform);
	free(frame);
}

/* Reads bytes that end where memory does, and undoes their transforms. */
static int
get(const void *bytes, size_t len)
{
	free(frame);
	frame = exact_copy(bytes, len);
	if (header_read(&h, frame, len, arena) == -1)
		return -1;
	return header_undo(&h, transform, MAX_PAYLOAD);
}

static void
fails(const void *bytes, size_t len, enum header_err err, int app)
{
	struct header answer;

	ck_assert_int_eq(get(bytes, len), -1);
	ck_assert_int_eq(h.err, err);
	ck_assert_ptr_nonnull(h.why);
	ck_assert_int_eq(header_app_error(h.err), app);
	header_answer(&answer, &h);
	ck_assert_uint_eq(answer.n_transforms, 0);
	ck_assert_int_eq(answer.seqid, h.seqid);
	ck_assert(answer.proto == h.proto || answer.proto == HEADER_COMPACT);
	ck_assert_uint_le(answer.proto, HEADER_COMPACT);
}

#define GET(lit) \
	ck_assert_msg(get(lit, sizeof(lit) - 1) == 0, "%s", h.why)
#define FAILS(lit, err, app) \
	fails(lit, sizeof(lit) - 1, HEADER_##err, APP_##app)

static void
payload_is(const void *bytes, size_t len)
{
	ck_assert_uint_eq(h.payload_len, len);
	ck_assert_int_eq(memcmp(h.payload, bytes, len), 0);
}

#define PAYLOAD_IS(lit)	payload_is(lit, sizeof(lit) - 1)

static struct tf_str
str(const char *s)
{
	return (struct tf_str){ s, strlen(s) };
}

static void
pair_is(const struct header_info *info, const char *key, const char *value)
{
	const struct tf_str *s = header_find(info, str(key));

	ck_assert_ptr_nonnull(s);
	ck_assert_str_eq(s->s, value);
	ck_assert_uint_eq(s->len, strlen(value));
}

#define FIXED	"\x0f\xff\x00\x00\x00\x00\x00\x07"

START_TEST(from_python)
{
	GET(FIXED "\0\1" "\0\0\0\0" "\x80\1\0\1\0\0\0\3add\0\0\0\7\0");
	ck_assert_uint_eq(h.proto, HEADER_BINARY);
	ck_assert_int_eq(h.seqid, 7);
	ck_assert_uint_eq(h.info.n, 0);
	PAYLOAD_IS("\x80\1\0\1\0\0\0\3add\0\0\0\7\0");
	GET(FIXED "\0\7" "\2\0\1\2\1" "a" "\1" "1" "\x0e" "client_timeout"
	    "\3" "250" "\0" "\x82\x21\7\3add\0");
	ck_assert_uint_eq(h.proto, HEADER_COMPACT);
	ck_assert_uint_eq(h.info.n, 2);
	pair_is(&h.info, "a", "1");
	pair_is(&h.info, "client_timeout", "250");
	ck_assert_ptr_null(header_find(&h.info, str("b")));
	PAYLOAD_IS("\x82\x21\7\3add\0");
}
END_TEST

START_TEST(zlib_from_python)
{
	if (!transform_knows(TRANSFORM_ZLIB)) {
		FAILS(FIXED "\0\1" "\0\1\1\0", BAD_TRANSFORM,
		    INVALID_TRANSFORM);
		return;
	}
	GET(FIXED "\0\1" "\0\1\1\0" "\x78\x9c\x6b\x60\x64\x60\x64\x60\x60"
	    "\x60\x4e\x4c\x49\x01\x52\xec\x0c\x00\x10\x71\x01\xb6");
	PAYLOAD_IS("\x80\1\0\1\0\0\0\3add\0\0\0\7\0");
}
END_TEST

#define AAAA	"aaaaaaaaaaaaaaaa"

START_TEST(zstd_from_its_tool)
{
	if (!transform_knows(TRANSFORM_ZSTD)) {
		FAILS(FIXED "\0\1" "\2\1\5\0", BAD_TRANSFORM,
		    INVALID_TRANSFORM);
		return;
	}
	GET(FIXED "\0\1" "\2\1\5\0" "\x28\xb5\x2f\xfd\x04\x58\x45\x00\x00\x10"
	    "\x61\x61\x01\x00\x93\x00\x16\xe2\x22\x93\xaa");
	PAYLOAD_IS(AAAA AAAA AAAA AAAA);
}
END_TEST

/* Zeros up to a whole word, or a word of them more; or none. */
START_TEST(paddings)
{
	GET(FIXED "\0\1" "\2\0\0\0" "x");
	PAYLOAD_IS("x");
	GET(FIXED "\0\2" "\2\0\1\1\0\0\0\0" "x");
	PAYLOAD_IS("x");
	pair_is(&h.info, "", "");
	GET(FIXED "\0\3" "\2\0\1\1\1k\1v" "\0\0\0\0" "x");
	PAYLOAD_IS("x");
	pair_is(&h.info, "k", "v");
	GET(FIXED "\0\2" "\2\0\1\1\1k\1v" "x");
	PAYLOAD_IS("x");
	pair_is(&h.info, "k", "v");
}
END_TEST

START_TEST(infos)
{
	/* Both kinds; of two with one key, the last. */
	GET(FIXED "\0\5" "\2\0\2\1\1k\1p\1\2\1k\1q\1k\1r" "\0\0");
	pair_is(&h.info, "k", "r");
	pair_is(&h.persistent, "k", "p");
	PAYLOAD_IS("");
	/* An unknown kind ends them. */
	GET(FIXED "\0\3" "\2\0\1\1\1k\1v" "\3\1\1z");
	ck_assert_uint_eq(h.info.n, 1);
	/* Behind padding is nothing. */
	GET(FIXED "\0\2" "\2\0\0\1\1\1k\1");
	ck_assert_uint_eq(h.info.n, 0);
	GET("\x0f\xff\x00\x01\xff\xff\xff\xff\0\1" "\1\0\0\0");
	ck_assert_int_eq(h.seqid, -1);
	ck_assert_uint_eq(h.flags, HEADER_OUT_OF_ORDER);
	ck_assert_uint_eq(h.proto, HEADER_JSON);
}
END_TEST

START_TEST(malformed)
{
	FAILS("", BAD, PROTOCOL_ERROR);
	FAILS("\x0f\xfe\0\0\0\0\0\7\0\1\0\0\0\0", BAD, PROTOCOL_ERROR);
	FAILS(FIXED "\0", BAD, PROTOCOL_ERROR);
	FAILS(FIXED "\0\0", BAD_HEADER, PROTOCOL_ERROR);
	FAILS(FIXED "\0\1" "\0\0\0", BAD_HEADER, PROTOCOL_ERROR);
	FAILS(FIXED "\x40\0" "\0\0\0\0", BAD_HEADER, PROTOCOL_ERROR);
	/* Varints of six bytes, of 33 bits, without an end. */
	FAILS(FIXED "\0\2" "\x80\x80\x80\x80\x80\0\0\0", BAD_HEADER,
	    PROTOCOL_ERROR);
	FAILS(FIXED "\0\2" "\xff\xff\xff\xff\x1f\0\0\0", BAD_HEADER,
	    PROTOCOL_ERROR);
	FAILS(FIXED "\0\1" "\2\x80\x80\x80" "\0\0\0", BAD_HEADER,
	    PROTOCOL_ERROR);
	/* Strings and counts past the header, though not past the frame. */
	FAILS(FIXED "\0\2" "\2\0\1\1\4" "abc" "defg", BAD_HEADER,
	    PROTOCOL_ERROR);
	FAILS(FIXED "\0\3" "\2\0\1\1\xff\xff\xff\xff\x0f" "abc", BAD_HEADER,
	    PROTOCOL_ERROR);
	FAILS(FIXED "\0\2" "\2\0\1\3\0\0\0\0" "\0\0\0\0", BAD_HEADER,
	    PROTOCOL_ERROR);
	FAILS(FIXED "\0\3" "\2\0\1\xff\xff\xff\xff\x0f\0\0\0\0", BAD_HEADER,
	    PROTOCOL_ERROR);
	FAILS(FIXED "\0\2" "\2\5\0\0\0\0\0\0", BAD_HEADER, PROTOCOL_ERROR);
	FAILS(FIXED "\0\2" "\2\xff\xff\xff\xff\x0f\0\0", BAD_HEADER,
	    PROTOCOL_ERROR);
}
END_TEST

START_TEST(unknown)
{
	FAILS(FIXED "\0\1" "\3\0\0\0", BAD_PROTOCOL, INVALID_PROTOCOL);
	FAILS(FIXED "\0\1" "\x7f\0\0\0", BAD_PROTOCOL, INVALID_PROTOCOL);
	FAILS(FIXED "\0\1" "\0\1\3\0", BAD_TRANSFORM, INVALID_TRANSFORM);
	ck_assert_int_eq(h.seqid, 7);
	if (!transform_knows(TRANSFORM_ZLIB))
		return;
	FAILS(FIXED "\0\1" "\0\1\1\0" "xyz", BAD_PAYLOAD, INVALID_TRANSFORM);
	FAILS(FIXED "\0\1" "\0\1\1\0", BAD_PAYLOAD, INVALID_TRANSFORM);
}
END_TEST

/* A frame with everything, as we write it; its length is in *len. */
static uint8_t *
sample(struct buf *b, const uint32_t *ids, unsigned n)
{
	struct header w = { .flags = 1, .seqid = -5, .proto = HEADER_JSON };
	const char *why = NULL;

	buf_init(b, (size_t)1 << 20);
	buf_put(b, "before", 6);
	w.n_transforms = n;
	if (n > 0)
		memcpy(w.transforms, ids, n * sizeof(*ids));
	ck_assert_int_eq(header_set(&w.info, arena, str("k"), str("v")), 0);
	ck_assert_int_eq(header_set(&w.info, arena, str("n\r\n"), str("")), 0);
	ck_assert_int_eq(header_set(&w.info, arena, str("k"), str("w")), 0);
	ck_assert_int_eq(header_set(&w.persistent, arena, str("p"), str("q")),
	    0);
	ck_assert_uint_eq(w.info.n, 2);
	ck_assert_int_eq(header_begin(b, &w, &why), 0);
	buf_put(b, AAAA AAAA, 32);
	ck_assert_int_eq(header_end(b, 6, &w, transform, 1000, &why), 0);
	ck_assert_int_eq(frame_size(b->p + 6, b->len - 6, 1 << 20),
	    b->len - 6);
	return b->p + 6 + FRAME_HEADER;
}

static void
check_sample(void)
{
	ck_assert_uint_eq(h.flags, 1);
	ck_assert_int_eq(h.seqid, -5);
	ck_assert_uint_eq(h.proto, HEADER_JSON);
	ck_assert_uint_eq(h.info.n, 2);
	pair_is(&h.info, "k", "w");
	pair_is(&h.info, "n\r\n", "");
	pair_is(&h.persistent, "p", "q");
	PAYLOAD_IS(AAAA AAAA);
}

START_TEST(written)
{
	struct header w = { .proto = HEADER_COMPACT, .seqid = 7 };
	const char *why;
	struct buf b;

	sample(&b, NULL, 0);
	ck_assert_int_eq(get(b.p + 10, b.len - 10), 0);
	check_sample();
	buf_fini(&b);
	buf_init(&b, 1000);
	ck_assert_int_eq(header_begin(&b, &w, &why), 0);
	buf_put(&b, "xy", 2);
	ck_assert_int_eq(header_end(&b, 0, &w, NULL, 100, &why), 0);
	ck_assert_uint_eq(b.len, 20);
	ck_assert_int_eq(memcmp(b.p, "\0\0\0\x10" FIXED "\0\1" "\2\0\0\0" "xy",
	    20), 0);
	buf_fini(&b);
}
END_TEST

static const uint32_t chains[][4] = {
	{ TRANSFORM_ZLIB }, { TRANSFORM_ZSTD },
	{ TRANSFORM_ZLIB, TRANSFORM_ZSTD }, { TRANSFORM_NONE },
	{ TRANSFORM_ZSTD, TRANSFORM_NONE, TRANSFORM_ZLIB, TRANSFORM_ZLIB }
};
static const unsigned lengths[] = { 1, 1, 2, 1, 4 };

static bool
all_known(int i)
{
	for (unsigned k = 0; k < lengths[i]; k++)
		if (!transform_knows(chains[i][k]))
			return false;
	return true;
}

START_TEST(written_with_transforms)
{
	struct header answer;
	struct buf b;

	if (!all_known(_i))
		return;
	sample(&b, chains[_i], lengths[_i]);
	ck_assert_int_eq(get(b.p + 10, b.len - 10), 0);
	check_sample();
	ck_assert_uint_eq(h.n_transforms, lengths[_i]);
	header_answer(&answer, &h);
	ck_assert_uint_eq(answer.flags, HEADER_OUT_OF_ORDER);
	ck_assert_uint_eq(answer.proto, HEADER_JSON);
	ck_assert_uint_eq(answer.n_transforms, lengths[_i]);
	ck_assert_int_eq(memcmp(answer.transforms, chains[_i],
	    lengths[_i] * sizeof(uint32_t)), 0);
	ck_assert_uint_eq(answer.info.n, 0);
	buf_fini(&b);
}
END_TEST

/* Any prefix, and any bit turned over, is read or refused, no more. */
START_TEST(swept)
{
	struct buf b;
	uint8_t *p;
	size_t len;

	if (!all_known(_i))
		return;
	p = sample(&b, chains[_i], lengths[_i]);
	len = b.len - 10;
	for (size_t n = 0; n < len; n++)
		if (get(p, n) == -1)
			ck_assert_ptr_nonnull(h.why);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (get(p, len) == -1)
			ck_assert_ptr_nonnull(h.why);
		else
			ck_assert_uint_le(h.payload_len, MAX_PAYLOAD);
		p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ck_assert_int_eq(get(p, len), 0);
	check_sample();
	buf_fini(&b);
}
END_TEST

/* Ten megabytes of zeros in a few kilobytes, and those once more. */
START_TEST(bombs)
{
	struct header w = { .n_transforms = lengths[_i] };
	struct buf b;
	const char *why;

	if (!all_known(_i) || _i == 3)
		return;
	memcpy(w.transforms, chains[_i], sizeof(w.transforms));
	buf_init(&b, (size_t)1 << 24);
	ck_assert_int_eq(header_begin(&b, &w, &why), 0);
	memset(buf_need(&b, 10000000), 0, 10000000);
	b.len += 10000000;
	ck_assert_int_eq(header_end(&b, 0, &w, transform, 1 << 24, &why), 0);
	ck_assert_uint_lt(b.len, 20000);
	ck_assert_int_eq(get(b.p + 4, b.len - 4), -1);
	ck_assert_int_eq(h.err, HEADER_BAD_PAYLOAD);
	ck_assert_str_eq(h.why, "the transformed payload is too large");
	ck_assert_int_eq(header_read(&h, frame, b.len - 4, arena), 0);
	/* One step may do what it can. */
	if (lengths[_i] == 1) {
		ck_assert_int_eq(header_undo(&h, transform, 10000000), 0);
		ck_assert_uint_eq(h.payload_len, 10000000);
	} else
		ck_assert_int_eq(header_undo(&h, transform, 10000000), -1);
	buf_fini(&b);
}
END_TEST

/* What transforms make of n bytes, all of them zero; to be freed. */
static struct transform_bytes
packed(const uint32_t *ids, unsigned n_ids, size_t n)
{
	uint8_t *zeros = calloc(1, n);
	struct transform_bytes bytes = { zeros, n };
	const char *why;

	ck_assert_int_eq(transform_apply(transform, ids, n_ids, &bytes, 1 << 26,
	    &why), TRANSFORM_DONE);
	bytes.p = exact_copy(bytes.p, bytes.len);
	free(zeros);
	return bytes;
}

static enum transform_result
unpack(struct transform_bytes *bytes, const uint32_t *ids, unsigned n_ids,
    size_t max, const char **why)
{
	return transform_undo(transform, ids, n_ids, bytes, max, why);
}

/* Where there is room for more, as some was needed before. */
START_TEST(a_smaller_maximum_is_one_too)
{
	struct transform_bytes whole, bytes;
	const char *why;

	if (!all_known(_i))
		return;
	whole = bytes = packed(chains[_i], 1, 5000);
	ck_assert_int_eq(unpack(&bytes, chains[_i], 1, 5000, &why),
	    TRANSFORM_DONE);
	ck_assert_uint_eq(bytes.len, 5000);
	bytes = whole;
	ck_assert_int_eq(unpack(&bytes, chains[_i], 1, 1000, &why),
	    TRANSFORM_TOO_BIG);
	ck_assert_uint_le(bytes.len, 1000);
	free((void *)(uintptr_t)whole.p);
}
END_TEST

/*
 * What one compression can do is read: zlib does 1030 to 1, zstd more.  What
 * two do beyond that is taken up to a megabyte, as little costs little.
 */
START_TEST(much_from_little)
{
	static const uint32_t twice[] = { TRANSFORM_ZLIB, TRANSFORM_ZLIB };
	const size_t large = 16 << 20, small = 1000 << 10;
	struct transform_bytes whole, bytes;
	const char *why;

	if (!transform_knows(TRANSFORM_ZLIB))
		return;
	whole = bytes = packed(twice, 1, large);
	ck_assert_int_eq(unpack(&bytes, twice, 1, large, &why),
	    TRANSFORM_DONE);
	ck_assert_uint_eq(bytes.len, large);
	free((void *)(uintptr_t)whole.p);
	whole = bytes = packed(twice, 2, large);
	ck_assert_uint_lt(whole.len, 1000);
	ck_assert_int_eq(unpack(&bytes, twice, 2, large, &why),
	    TRANSFORM_TOO_BIG);
	ck_assert_str_eq(why, "the payload is compressed too much");
	ck_assert_uint_le(bytes.len, 1 << 20);
	free((void *)(uintptr_t)whole.p);
	whole = bytes = packed(twice, 2, small);
	ck_assert_int_eq(unpack(&bytes, twice, 2, large, &why),
	    TRANSFORM_DONE);
	ck_assert_uint_eq(bytes.len, small);
	free((void *)(uintptr_t)whole.p);
}
END_TEST

/* What is made on the way counts as well. */
START_TEST(much_from_little_on_the_way)
{
	static const uint32_t four[] = { TRANSFORM_NONE, TRANSFORM_ZSTD,
	    TRANSFORM_ZSTD, TRANSFORM_ZLIB };
	struct transform_bytes whole, bytes;
	const char *why;

	if (!transform_knows(TRANSFORM_ZLIB) ||
	    !transform_knows(TRANSFORM_ZSTD))
		return;
	whole = bytes = packed(four, 4, 4 << 20);
	ck_assert_int_eq(unpack(&bytes, four, 4, 16 << 20, &why),
	    TRANSFORM_TOO_BIG);
	ck_assert_str_eq(why, "the payload is compressed too much");
	free((void *)(uintptr_t)whole.p);
	whole = bytes = packed(four, 4, 700000);
	ck_assert_int_eq(unpack(&bytes, four, 4, 16 << 20, &why),
	    TRANSFORM_DONE);
	free((void *)(uintptr_t)whole.p);
}
END_TEST

/* A large frame's memory is not kept, and no more of it than is needed. */
START_TEST(large_ones_leave_nothing)
{
	struct header w = { .n_transforms = lengths[_i] };
	const size_t size = 600000;
	uint32_t seed = 12345;
	struct transform_bytes whole, bytes;
	const char *why;
	struct buf b;

	if (!all_known(_i) || _i == 3)
		return;
	whole = bytes = packed(chains[_i], lengths[_i], size);
	ck_assert_int_eq(unpack(&bytes, chains[_i], lengths[_i], size, &why),
	    TRANSFORM_DONE);
	ck_assert_uint_eq(bytes.len, size);
	ck_assert_uint_eq(transform_trim(transform), size);
	ck_assert_uint_eq(transform_trim(transform), 0);
	bytes = whole;
	ck_assert_int_eq(unpack(&bytes, chains[_i], lengths[_i], size - 1,
	    &why), TRANSFORM_TOO_BIG);
	ck_assert_uint_eq(transform_trim(transform), 0);
	free((void *)(uintptr_t)whole.p);

	memcpy(w.transforms, chains[_i], sizeof(w.transforms));
	buf_init(&b, 4 * size);
	ck_assert_int_eq(header_begin(&b, &w, &why), 0);
	for (size_t i = 0; i < size; i++, b.len++) {
		seed = seed * 1664525u + 1013904223u;
		*buf_need(&b, 1) = (uint8_t)(seed >> 24);
	}
	ck_assert_int_eq(header_end(&b, 0, &w, transform, 2 * size, &why), 0);
	ck_assert_uint_gt(b.len, 100000);
	ck_assert_uint_eq(transform_trim(transform), 0);
	buf_fini(&b);
}
END_TEST

/* Headers full of pairs: up to their limits, and in little memory. */
START_TEST(many_pairs)
{
	static uint8_t bytes[10 + HEADER_MAX_BYTES];
	size_t at;

	memcpy(bytes, FIXED "\x3f\xff" "\2\0\1\x80\2", 15);
	ck_assert_int_eq(get(bytes, sizeof(bytes)), 0);
	ck_assert_uint_eq(h.info.n, HEADER_MAX_PAIRS);
	bytes[13] = 0x81;
	ck_assert_int_eq(get(bytes, sizeof(bytes)), -1);
	ck_assert_str_eq(h.why, "too many header pairs");
	/* As many infos as can be, one pair in each of the first ones. */
	for (at = 12; at < 12 + 4 * HEADER_MAX_PAIRS; at += 4)
		memcpy(bytes + at, "\1\1\0\0", 4);
	for (; at + 1 < sizeof(bytes); at += 2)
		memcpy(bytes + at, "\2\0", 2);
	ck_assert_int_eq(get(bytes, sizeof(bytes)), 0);
	ck_assert_uint_eq(h.info.n, HEADER_MAX_PAIRS);
	ck_assert_uint_lt(arena->held, 1 << 18);
}
END_TEST

START_TEST(setting)
{
	static char large[HEADER_MAX_BYTES + 1];
	struct header_info old = { 0 }, newer = { 0 }, both;
	struct header w = { 0 };
	const char *why;
	struct buf b;
	char key[16];

	memset(large, 'x', HEADER_MAX_BYTES);
	for (int i = 0; i < HEADER_MAX_PAIRS; i++) {
		snprintf(key, sizeof(key), "%d", i);
		ck_assert_int_eq(header_set(&old, arena, str(key), str("1")),
		    0);
	}
	ck_assert_int_eq(header_set(&old, arena, str("x"), str("")), -1);
	ck_assert_int_eq(header_set(&old, arena, str("7"), str("2")), 0);
	ck_assert_int_eq(header_set(&newer, arena, str("l"),
	    (struct tf_str){ large, HEADER_MAX_BYTES }), -1);
	ck_assert_int_eq(header_set(&newer, arena, str("8"),
	    (struct tf_str){ large, HEADER_MAX_BYTES - 100 }), 0);
	ck_assert_int_eq(header_set(&newer, arena, str("9"), str(large)), -1);
	ck_assert_int_eq(header_merge(&both, arena, &newer, &old), 0);
	pair_is(&both, "8", "1");
	ck_assert_int_eq(header_merge(&both, arena, &old, &newer), -1);
	/* What each of the two may hold is too much together. */
	w.info = newer;
	w.persistent = newer;
	buf_init(&b, 1 << 20);
	ck_assert_int_eq(header_begin(&b, &w, &why), -1);
	ck_assert_uint_eq(b.len, 0);
	w.persistent.n = 0;
	ck_assert_int_eq(header_begin(&b, &w, &why), 0);
	ck_assert_int_eq(header_end(&b, 0, &w, NULL, 0, &why), 0);
	ck_assert_int_eq(get(b.p + 4, b.len - 4), 0);
	buf_fini(&b);
}
END_TEST

/* Output that does not fit leaves nothing behind. */
START_TEST(no_room)
{
	struct header w = { .n_transforms = 1, .transforms = { 1 } };
	const char *why = NULL;
	struct buf b;

	for (size_t max = 0; max < 22; max++) {
		buf_init(&b, max);
		if (header_begin(&b, &w, &why) == 0)
			buf_put(&b, "1234", 4);
		ck_assert(b.over);
		ck_assert_int_eq(header_end(&b, 0, &w, transform, 4, &why),
		    -1);
		ck_assert_ptr_nonnull(why);
		ck_assert_uint_eq(b.len, 0);
		buf_fini(&b);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("wire_header");
	TCase *t = unit_wire_case(s, "header");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, from_python);
	tcase_add_test(t, zlib_from_python);
	tcase_add_test(t, zstd_from_its_tool);
	tcase_add_test(t, paddings);
	tcase_add_test(t, infos);
	tcase_add_test(t, malformed);
	tcase_add_test(t, unknown);
	tcase_add_test(t, written);
	tcase_add_loop_test(t, written_with_transforms, 0, 5);
	tcase_add_loop_test(t, swept, 0, 5);
	tcase_add_loop_test(t, bombs, 0, 5);
	tcase_add_loop_test(t, a_smaller_maximum_is_one_too, 0, 2);
	tcase_add_test(t, much_from_little);
	tcase_add_test(t, much_from_little_on_the_way);
	tcase_add_loop_test(t, large_ones_leave_nothing, 0, 5);
	tcase_add_test(t, many_pairs);
	tcase_add_test(t, setting);
	tcase_add_test(t, no_room);
	return unit_main(s);
}
