/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of sample.h, in the form in which thriftfork-gen would write
 * them.
 */
#include "sample.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#define N(a)	(sizeof(a) / sizeof((a)[0]))
#define F(s, id, name, kind, flags, type)				\
	{ #name, type, offsetof(struct s, name), 0, id, kind, flags }
#define OPT(s, id, name, kind, type)					\
	{ #name, type, offsetof(struct s, name),			\
	    offsetof(struct s, has_##name), id, kind, TF_OPTIONAL }
#define M(s, id, name, kind, flags, type)				\
	{ #name, type, offsetof(struct s, u.name), 0, id, kind, flags }

#define STRUCT(ident, idl, k, tbl, dflt)				\
	static void *ident##_plan;					\
	const struct tf_type sample_##ident##_type = {			\
		.name = idl, .fields = tbl, .init = dflt,		\
		.plan = &ident##_plan, .size = sizeof(struct sample_##ident), \
		.n = N(tbl), .kind = k,					\
	}

#define CONTAINER(ident, k, ek, et, entry_size)				\
	static void *ident##_plan;					\
	const struct tf_type sample_##ident##_type = {			\
		.plan = &ident##_plan, .key = { et, 0, ek },		\
		.size = sizeof(struct tf_any_list),			\
		.entry = entry_size, .kind = k,				\
	}

#define MAP(ident, kk, kt, vk, vt, T)					\
	static void *ident##_plan;					\
	const struct tf_type sample_##ident##_type = {			\
		.plan = &ident##_plan, .key = { kt, 0, kk },		\
		.val = { vt, offsetof(__typeof__(*((struct T *)0)->v), val), \
		    vk },						\
		.size = sizeof(struct tf_any_list),			\
		.entry = sizeof(*((struct T *)0)->v), .kind = TF_T_MAP,	\
	}

static const struct tf_enum_value colors[] = {
	{ "RED", 1 }, { "GREEN", 2 }, { "BLUE", -7 },
};
const struct tf_type sample_color_type = {
	.name = "Color", .values = colors, .n = N(colors), .size = 4,
	.kind = TF_T_ENUM,
};

static void *none_plan;
const struct tf_type sample_none_type = {
	.name = "None", .plan = &none_plan,
	.size = sizeof(struct sample_none), .kind = TF_T_STRUCT,
};

CONTAINER(list_i32, TF_T_LIST, TF_T_I32, NULL, 4);
CONTAINER(list_point, TF_T_LIST, TF_T_STRUCT, &sample_point_type,
    sizeof(struct sample_point));
CONTAINER(list_node, TF_T_LIST, TF_T_STRUCT, &sample_node_type,
    sizeof(struct sample_node));

CONTAINER(set_str, TF_T_SET, TF_T_STRING, NULL, sizeof(struct tf_str));
CONTAINER(list_bool, TF_T_LIST, TF_T_BOOL, NULL, 1);
CONTAINER(list_i64, TF_T_LIST, TF_T_I64, NULL, 8);
CONTAINER(list_double, TF_T_LIST, TF_T_DOUBLE, NULL, 8);
CONTAINER(list_uuid, TF_T_LIST, TF_T_UUID, NULL, 16);
CONTAINER(list_color, TF_T_LIST, TF_T_ENUM, &sample_color_type, 4);
CONTAINER(list_list_i64, TF_T_LIST, TF_T_LIST, &sample_list_i64_type,
    sizeof(struct tf_list_i64));
CONTAINER(list_shape, TF_T_LIST, TF_T_UNION, &sample_shape_type,
    sizeof(struct sample_shape));
MAP(map_str_str, TF_T_STRING, NULL, TF_T_STRING, NULL, sample_map_str_str);
MAP(map_i8_bool, TF_T_I8, NULL, TF_T_BOOL, NULL, sample_map_i8_bool);
MAP(map_point_list, TF_T_STRUCT, &sample_point_type, TF_T_LIST,
    &sample_list_double_type, sample_map_point_list);

static const struct tf_field point_fields[] = {
	F(sample_point, 1, x, TF_T_I32, 0, NULL),
	F(sample_point, 2, y, TF_T_I32, 0, NULL),
	OPT(sample_point, 3, label, TF_T_STRING, NULL),
};
static const struct sample_point point_init = { .x = 3 };
STRUCT(point, "Point", TF_T_STRUCT, point_fields, &point_init);

static const struct tf_field node_fields[] = {
	F(sample_node, 1, value, TF_T_I32, 0, NULL),
	F(sample_node, 2, left, TF_T_STRUCT, TF_POINTER, &sample_node_type),
	F(sample_node, 3, kids, TF_T_LIST, 0, &sample_list_node_type),
};
STRUCT(node, "Node", TF_T_STRUCT, node_fields, NULL);

static const struct tf_field shape_fields[] = {
	M(sample_shape, 1, number, TF_T_I32, 0, NULL),
	M(sample_shape, 2, text, TF_T_STRING, 0, NULL),
	M(sample_shape, 3, point, TF_T_STRUCT, 0, &sample_point_type),
	M(sample_shape, 4, node, TF_T_STRUCT, TF_POINTER, &sample_node_type),
	M(sample_shape, 5, flag, TF_T_BOOL, 0, NULL),
};
STRUCT(shape, "Shape", TF_T_UNION, shape_fields, NULL);

static const struct tf_field strict_fields[] = {
	F(sample_strict, 1, a, TF_T_I32, TF_REQUIRED, NULL),
	F(sample_strict, 20, node, TF_T_STRUCT, TF_REQUIRED | TF_POINTER,
	    &sample_node_type),
	F(sample_strict, 21, shape, TF_T_UNION, 0, &sample_shape_type),
};
STRUCT(strict, "Strict", TF_T_STRUCT, strict_fields, NULL);

#define A(id, name, kind, flags, type)	\
	F(sample_all, id, name, kind, flags, type)
static const struct tf_field all_fields[] = {
	A(-3, odd, TF_T_I16, 0, NULL),
	A(0, zero, TF_T_I32, 0, NULL),
	A(1, yes, TF_T_BOOL, 0, NULL),
	A(2, tiny, TF_T_I8, 0, NULL),
	A(3, small, TF_T_I16, 0, NULL),
	A(4, word, TF_T_I32, 0, NULL),
	A(5, big, TF_T_I64, 0, NULL),
	A(6, real, TF_T_DOUBLE, 0, NULL),
	A(7, text, TF_T_STRING, 0, NULL),
	A(8, blob, TF_T_BINARY, 0, NULL),
	A(9, uuid, TF_T_UUID, 0, NULL),
	A(10, color, TF_T_ENUM, 0, &sample_color_type),
	A(11, words, TF_T_LIST, 0, &sample_list_i32_type),
	A(12, names, TF_T_SET, 0, &sample_set_str_type),
	A(13, dict, TF_T_MAP, 0, &sample_map_str_str_type),
	A(14, here, TF_T_STRUCT, 0, &sample_point_type),
	A(15, there, TF_T_STRUCT, TF_POINTER, &sample_point_type),
	A(16, shape, TF_T_UNION, TF_POINTER, &sample_shape_type),
	A(17, flags, TF_T_LIST, 0, &sample_list_bool_type),
	A(18, grid, TF_T_LIST, 0, &sample_list_list_i64_type),
	A(19, tracks, TF_T_MAP, 0, &sample_map_point_list_type),
	OPT(sample_all, 20, maybe, TF_T_BOOL, NULL),
	OPT(sample_all, 50, some, TF_T_STRING, NULL),
	A(51, tree, TF_T_STRUCT, 0, &sample_node_type),
	A(52, shapes, TF_T_LIST, 0, &sample_list_shape_type),
	A(53, colors, TF_T_LIST, 0, &sample_list_color_type),
	A(1000, bits, TF_T_MAP, 0, &sample_map_i8_bool_type),
	A(1001, uuids, TF_T_LIST, 0, &sample_list_uuid_type),
};
STRUCT(all, "All", TF_T_STRUCT, all_fields, NULL);

#define LIST(array)	{ array, N(array), 0 }

static int32_t full_words[] = { 0, 1, -1, 63, -64, 64, INT32_MAX, INT32_MIN,
    8191, 8192, -8193, 1 << 20, 1 << 27, 7, 8, 9, 10 };
static struct tf_str full_names[] = { TF_STR_INIT("b"), TF_STR_INIT("a"),
    TF_STR_INIT(""), TF_STR_INIT("thirty-one bytes are within one"),
    TF_STR_INIT("and thirty-two are just past it."),
    TF_STR_INIT("a string that is longer than any wide copy can be, for sure"),
};
static int64_t full_row[] = { INT64_MIN, INT64_MAX, 0, 1ll << 62 };
static struct tf_list_i64 full_grid[] = { LIST(full_row), { NULL, 0, 0 } };
static bool full_flags[] = { true, false, false, true };
static double full_reals[] = { 0.0, -0.0, 1.0 / 3, INFINITY, -INFINITY, NAN,
    1.7976931348623157e308, 4.9e-324 };
static struct sample_node full_leaf = { .value = -1 };
static struct sample_node full_kids[] = { { .value = 5, .left = &full_leaf },
    { .value = 6 } };
static struct sample_point full_there = { .x = 3, .has_label = true,
    .label = TF_STR_INIT("L") };
static struct sample_shape full_shape = { .which = 4,
    .u.node = &full_kids[0] };
static struct sample_shape full_shapes[] = {
	{ .which = 1, .u.number = 7 },
	{ .which = 2, .u.text = TF_STR_INIT("square") },
	{ .which = 3, .u.point = { .x = 1, .y = 2 } },
	{ .which = 4, .u.node = &full_leaf },
	{ .which = 5, .u.flag = false },
};
static int32_t full_colors[] = { 2, 99, -7 };
static struct tf_uuid full_uuids[] = { { { 1, 2, 3 } }, { { 0xff } } };

const struct sample_all *
sample_all_full(void)
{
	static __typeof__(*((struct sample_map_str_str *)0)->v) dict[] = {
		{ TF_STR_INIT("z"), TF_STR_INIT("last") },
		{ TF_STR_INIT("a\0b"), TF_STR_INIT("\xff\xfe") },
	};
	static __typeof__(*((struct sample_map_point_list *)0)->v) tracks[] = {
		{ { .x = 1, .y = 1 }, LIST(full_reals) },
		{ { .x = 2, .y = 1 }, { NULL, 0, 0 } },
	};
	static __typeof__(*((struct sample_map_i8_bool *)0)->v) bits[] = {
		{ -128, true }, { 127, false },
	};
	static const struct sample_all full = {
		.has_maybe = true, .has_some = true,
		.odd = INT16_MIN, .zero = -1, .yes = true, .tiny = INT8_MIN,
		.small = INT16_MAX, .word = INT32_MIN, .big = INT64_MIN,
		.real = -1.5e-300, .text = TF_STR_INIT("caf\xc3\xa9 \"q\"\n"),
		.blob = TF_STR_INIT("\0\1\2\xff"), .uuid = { { 0xde, 0xad } },
		.color = 2, .words = LIST(full_words),
		.names = LIST(full_names), .dict = LIST(dict),
		.here = { .x = -3, .y = 4 }, .there = &full_there,
		.shape = &full_shape, .flags = LIST(full_flags),
		.grid = LIST(full_grid), .tracks = LIST(tracks),
		.maybe = false, .some = TF_STR_INIT("some"),
		.tree = { .value = 1, .left = &full_kids[1],
		    .kids = LIST(full_kids) },
		.shapes = LIST(full_shapes), .colors = LIST(full_colors),
		.bits = LIST(bits), .uuids = LIST(full_uuids),
	};

	return &full;
}
