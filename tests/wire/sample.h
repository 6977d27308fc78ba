/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types for tests of the codecs, with tables written by hand: one field of
 * each kind and each presence, a union, a type that contains itself.
 */
#ifndef TESTS_WIRE_SAMPLE_H
#define TESTS_WIRE_SAMPLE_H

#include <thriftfork/type.h>

struct sample_none {
	char none;
};

struct sample_point {		/* x starts out as 3 */
	bool		has_label;
	int32_t		x, y;		/* 1, 2 */
	struct tf_str	label;		/* 3, optional */
};
struct sample_list_point {
	struct sample_point	*v;
	uint32_t		 n, cap;
};

struct sample_node;
struct sample_list_node {
	struct sample_node	*v;
	uint32_t		 n, cap;
};
struct sample_node {
	int32_t			value;		/* 1 */
	struct sample_node	*left;		/* 2, optional */
	struct sample_list_node	kids;		/* 3 */
};

struct sample_shape {		/* a union */
	int32_t		which;
	union {
		int32_t			number;		/* 1 */
		struct tf_str		text;		/* 2 */
		struct sample_point	point;		/* 3 */
		struct sample_node	*node;		/* 4 */
		bool			flag;		/* 5 */
	} u;
};
struct sample_list_shape {
	struct sample_shape	*v;
	uint32_t		 n, cap;
};

struct sample_strict {
	int32_t			a;		/* 1, required */
	struct sample_node	*node;		/* 20, required */
	struct sample_shape	shape;		/* 21 */
};

struct sample_map_str_str {
	struct { struct tf_str key, val; } *v;
	uint32_t n, cap;
};
struct sample_list_list_i64 {
	struct tf_list_i64	*v;
	uint32_t		 n, cap;
};
struct sample_map_point_list {
	struct {
		struct sample_point	key;
		struct tf_list_double	val;
	} *v;
	uint32_t n, cap;
};
struct sample_map_i8_bool {
	struct { int8_t key; bool val; } *v;
	uint32_t n, cap;
};

struct sample_all {
	bool			has_maybe, has_some;
	int16_t			odd;		/* -3 */
	int32_t			zero;		/* 0 */
	bool			yes;		/* 1 */
	int8_t			tiny;		/* 2 */
	int16_t			small;		/* 3 */
	int32_t			word;		/* 4 */
	int64_t			big;		/* 5 */
	double			real;		/* 6 */
	struct tf_str		text;		/* 7 */
	struct tf_str		blob;		/* 8, binary */
	struct tf_uuid		uuid;		/* 9 */
	int32_t			color;		/* 10, enum */
	struct tf_list_i32	words;		/* 11 */
	struct tf_list_str	names;		/* 12, set */
	struct sample_map_str_str	dict;	/* 13 */
	struct sample_point	here;		/* 14 */
	struct sample_point	*there;		/* 15, optional */
	struct sample_shape	*shape;		/* 16, optional */
	struct tf_list_bool	flags;		/* 17 */
	struct sample_list_list_i64	grid;	/* 18 */
	struct sample_map_point_list	tracks;	/* 19 */
	bool			maybe;		/* 20, optional */
	struct tf_str		some;		/* 50, optional */
	struct sample_node	tree;		/* 51 */
	struct sample_list_shape	shapes;	/* 52 */
	struct tf_list_i32	colors;		/* 53, of enums */
	struct sample_map_i8_bool	bits;	/* 1000 */
	struct tf_list_uuid	uuids;		/* 1001 */
};

extern const struct tf_type sample_none_type, sample_color_type,
    sample_point_type,
    sample_node_type, sample_shape_type, sample_strict_type, sample_all_type;
extern const struct tf_type sample_list_i32_type, sample_list_point_type,
    sample_list_node_type, sample_set_str_type, sample_list_bool_type,
    sample_list_i64_type, sample_list_double_type, sample_list_uuid_type,
    sample_list_color_type, sample_list_list_i64_type, sample_list_shape_type,
    sample_map_str_str_type, sample_map_i8_bool_type,
    sample_map_point_list_type;

/* Every field set, the numbers at their extremes. */
const struct sample_all *sample_all_full(void);

#endif
