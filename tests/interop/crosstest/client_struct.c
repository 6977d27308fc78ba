/* SPDX-License-Identifier: Apache-2.0 */
/* Structs, and structs in containers. */
#include "client.h"

#define SAME(type, a, b)	tf_equal(&thrift_test_##type##_type, (a), (b))

static const struct thrift_test_xtruct zero = {
	.string_thing = TF_STR_INIT("Zero"),
	.byte_thing = 1,
	.i32_thing = -3,
	.i64_thing = -5,
};

bool
test_struct(struct run *r)
{
	struct thrift_test_xtruct got;

	if (CALL(struct)(r->client, &zero, &got) == -1)
		return answer_is_missing(r);
	return SAME(xtruct, &zero, &got) ||
	    answer_is_wrong("another struct came back");
}

bool
test_nest(struct run *r)
{
	struct thrift_test_xtruct2 got, sent = { .byte_thing = 1,
	    .struct_thing = zero, .i32_thing = 5 };

	if (CALL(nest)(r->client, &sent, &got) == -1)
		return answer_is_missing(r);
	return SAME(xtruct2, &sent, &got) ||
	    answer_is_wrong("another struct came back");
}

bool
test_multi(struct run *r)
{
	static struct tf_map_i16_str_entry words[] = {
		{ 1, TF_STR_INIT("blah") }, { 2, TF_STR_INIT("thing") }
	};
	const struct tf_map_i16_str map = { words, 2, 0 };
	const struct thrift_test_xtruct wanted = {
	    .string_thing = TF_STR_INIT("Hello2"), .byte_thing = 42,
	    .i32_thing = 4242, .i64_thing = 424242 };
	struct thrift_test_xtruct got;

	if (CALL(multi)(r->client, 42, 4242, 424242, &map,
	    THRIFT_TEST_NUMBERZ_EIGHT, 24, &got) == -1)
		return answer_is_missing(r);
	return SAME(xtruct, &wanted, &got) ||
	    answer_is_wrong("not what the arguments make");
}

/* Whether users[user][number] is there and is wanted. */
static bool
has(const struct tf_map_i64_map_thrift_test_numberz_thrift_test_insanity *users,
    thrift_test_user_id user, enum thrift_test_numberz number,
    const struct thrift_test_insanity *wanted)
{
	const struct tf_map_thrift_test_numberz_thrift_test_insanity *numbers;

	for (uint32_t i = 0; i < users->n; i++) {
		numbers = &users->v[i].val;
		for (uint32_t k = 0; k < numbers->n; k++)
			if (users->v[i].key == user &&
			    numbers->v[k].key == number)
				return SAME(insanity, &numbers->v[k].val,
				    wanted);
	}
	return false;
}

bool
test_insanity(struct run *r)
{
	static struct tf_map_thrift_test_numberz_i64_entry numbers[] = {
		{ THRIFT_TEST_NUMBERZ_FIVE, 5 },
		{ THRIFT_TEST_NUMBERZ_EIGHT, 8 }
	};
	static struct thrift_test_xtruct structs[] = {
		{ .string_thing = TF_STR_INIT("Goodbye4"), .byte_thing = 4,
		    .i32_thing = 4, .i64_thing = 4 },
		{ .string_thing = TF_STR_INIT("Hello2"), .byte_thing = 2,
		    .i32_thing = 2, .i64_thing = 2 }
	};
	const struct thrift_test_insanity sane = { .xtructs = { NULL, 0, 0 } },
	    mad = { .userMap = { numbers, 2, 0 },
	    .xtructs = { structs, 2, 0 } };
	struct tf_map_i64_map_thrift_test_numberz_thrift_test_insanity got;

	if (CALL(insanity)(r->client, &mad, &got) == -1)
		return answer_is_missing(r);
	return (got.n == 2 && has(&got, 1, THRIFT_TEST_NUMBERZ_TWO, &mad) &&
	    has(&got, 1, THRIFT_TEST_NUMBERZ_THREE, &mad) &&
	    has(&got, 2, THRIFT_TEST_NUMBERZ_SIX, &sane)) ||
	    answer_is_wrong("not the map that is expected");
}
