/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers.  Sets and maps may come back in another order, so they are
 * compared as fields of structs, which the IDL has for other purposes.
 */
#include "client.h"

static struct tf_map_i32_i32_entry pairs[] = {
	{ 0, -10 }, { 1, -9 }, { 2, -8 }, { 3, -7 }, { 4, -6 }
};
static struct tf_map_str_str_entry words[] = {
	{ TF_STR_INIT("a"), TF_STR_INIT("2") },
	{ TF_STR_INIT("b"), TF_STR_INIT("blah") },
	{ TF_STR_INIT("some"), TF_STR_INIT("thing") }
};
static int32_t numbers[] = { -2, -1, 0, 1, 2 };

static bool
same(const struct thrift_test_versioning_test_v2 *sent,
    const struct thrift_test_versioning_test_v2 *got)
{
	return tf_equal(&thrift_test_versioning_test_v2_type, sent, got) ||
	    answer_is_wrong("another container came back");
}

bool
test_map(struct run *r)
{
	struct thrift_test_versioning_test_v2 sent = { .newmap = { pairs, 5, 0 }
	    }, got = { .begin_in_both = 0 };

	if (CALL(map)(r->client, &sent.newmap, &got.newmap) == -1)
		return answer_is_missing(r);
	return same(&sent, &got);
}

bool
test_string_map(struct run *r)
{
	struct thrift_test_guess_protocol_struct got, sent = {
	    { words, 3, 0 } };

	if (CALL(string_map)(r->client, &sent.map_field, &got.map_field) == -1)
		return answer_is_missing(r);
	return tf_equal(&thrift_test_guess_protocol_struct_type, &sent, &got) ||
	    answer_is_wrong("another map came back");
}

bool
test_set(struct run *r)
{
	struct thrift_test_versioning_test_v2 sent = { .newset = { numbers, 5,
	    0 } }, got = { .begin_in_both = 0 };

	if (CALL(set)(r->client, &sent.newset, &got.newset) == -1)
		return answer_is_missing(r);
	return same(&sent, &got);
}

bool
test_list(struct run *r)
{
	struct thrift_test_versioning_test_v2 sent = { .begin_in_both = 0 },
	    got = { .begin_in_both = 0 };

	for (uint32_t n = 0; n <= 5; n += 5) {
		sent.newlist = (struct tf_list_i32){ numbers, n, 0 };
		if (CALL(list)(r->client, &sent.newlist, &got.newlist) == -1)
			return answer_is_missing(r);
		if (!same(&sent, &got))
			return false;
	}
	return true;
}

bool
test_map_map(struct run *r)
{
	struct tf_map_i32_map_i32_i32 got;
	const struct tf_map_i32_i32 *side;
	uint32_t found = 0;

	if (CALL(map_map)(r->client, 1, &got) == -1)
		return answer_is_missing(r);
	for (uint32_t i = 0; i < got.n; i++) {
		side = &got.v[i].val;
		for (uint32_t k = 0; k < side->n; k++)
			for (int32_t n = 1; n <= 4; n++)
				found += side->v[k].key == side->v[k].val &&
				    side->v[k].key == n * got.v[i].key / 4;
	}
	return (got.n == 2 && got.v[0].key + got.v[1].key == 0 &&
	    got.v[0].key * got.v[1].key == -16 && found == 8) ||
	    answer_is_wrong("not the map that is expected");
}
