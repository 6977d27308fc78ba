/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of containers.  They are functions of the type alone, because any two
 * headers that mention map<string, Work> must agree on them, and different
 * types must never share one.
 *
 * The plain form strings the parts together: tf_map_str_calc_work.  It is used
 * if read_type(), which knows no definitions, takes it apart into the same
 * parts again; that makes it unique.  Any other type gets the length of each
 * user-defined name before it, tf_map_8calc_work_7str_foo, which no name of a
 * plain form begins with.
 */
#include <string.h>

#include "gen.h"

static const char *const words[] = {
	[TF_T_BOOL] = "bool", [TF_T_I8] = "i8", [TF_T_I16] = "i16",
	[TF_T_I32] = "i32", [TF_T_I64] = "i64", [TF_T_DOUBLE] = "double",
	[TF_T_STRING] = "str", [TF_T_BINARY] = "str", [TF_T_UUID] = "uuid",
};

static const char *
write_type(struct tf_arena *arena, const struct idl_type *t, bool lengths)
{
	t = idl_type_real(t);
	switch (t->kind) {
	case TF_T_LIST:
	case TF_T_SET:
		return tf_strf(arena, "list_%s",
		    write_type(arena, t->key, lengths)).s;
	case TF_T_MAP:
		return tf_strf(arena, "map_%s_%s",
		    write_type(arena, t->key, lengths),
		    write_type(arena, t->val, lengths)).s;
	case TF_T_ENUM:
	case TF_T_STRUCT:
	case TF_T_UNION:
		if (!lengths)
			return t->def->cname;
		return tf_strf(arena, "%zu%s", strlen(t->def->cname),
		    t->def->cname).s;
	default:
		return words[t->kind];
	}
}

static bool
skip_word(const char **s, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*s, word, n) != 0)
		return false;
	*s += n;
	return true;
}

/* Takes a user-defined name off a key: it ends where its first word recurs. */
static const char *
key_end(const char *s)
{
	const char *p, *end = NULL;
	size_t first = strcspn(s, "_");

	for (p = s + first; *p != '\0'; p++)
		if (*p == '_' && strncmp(p + 1, s, first) == 0 &&
		    p[1 + first] == '_')
			end = p;
	return end;
}

static bool
is_base(const char *s, size_t n)
{
	size_t i;

	for (i = TF_T_BOOL; i < TF_T_ENUM; i++)
		if (strlen(words[i]) == n && strncmp(words[i], s, n) == 0)
			return true;
	return false;
}

/*
 * Takes the text of a type off *s as a reader would: a base type if it is the
 * word for one, a container if it begins as one, else a user-defined name, to
 * the end or, of a key, to the last word if that is a base type, else to where
 * its first word recurs.  Whether that is what the type t is.
 */
static bool
read_type(const char **s, const struct idl_type *t, bool is_key)
{
	const char *end = *s + strlen(*s), *last;
	size_t n = strcspn(*s, "_");

	t = idl_type_real(t);
	if (is_base(*s, n) && (is_key ? (*s)[n] == '_' : (*s)[n] == '\0')) {
		*s += n;
		return t->kind < TF_T_ENUM && strncmp(*s - n, words[t->kind],
		    n) == 0 && words[t->kind][n] == '\0';
	}
	if (skip_word(s, "list_"))
		return (t->kind == TF_T_LIST || t->kind == TF_T_SET) &&
		    read_type(s, t->key, is_key);
	if (skip_word(s, "map_"))
		return t->kind == TF_T_MAP && read_type(s, t->key, true) &&
		    skip_word(s, "_") && read_type(s, t->val, is_key);
	if (is_key) {
		last = strrchr(*s, '_');
		end = last != NULL && is_base(last + 1, strlen(last + 1)) ?
		    last : key_end(*s);
		if (end == NULL)
			return false;
	}
	if (t->kind < TF_T_ENUM || t->def == NULL ||
	    strlen(t->def->cname) != (size_t)(end - *s) ||
	    strncmp(t->def->cname, *s, (size_t)(end - *s)) != 0)
		return false;
	*s = end;
	return true;
}

/*
 * The entries of map<K, x_y> are called ..._x_y_entry, so a map to something
 * called x_y_entry is not plain.
 */
static bool
ends_as_entry(const struct idl_type *t)
{
	const char *name, *first;
	size_t n;

	t = idl_type_real(t);
	while (t->key != NULL)
		t = idl_type_real(t->val != NULL ? t->val : t->key);
	if (t->def == NULL)
		return false;
	name = t->def->cname;
	n = strlen(name);
	first = strchr(name, '_');
	return n > 6 && strcmp(name + n - 6, "_entry") == 0 &&
	    first < name + n - 6;
}

static bool
has_map(const struct idl_type *t)
{
	t = idl_type_real(t);
	return t->kind == TF_T_MAP || (t->key != NULL && has_map(t->key)) ||
	    (t->val != NULL && has_map(t->val));
}

const char *
container_name(struct tf_arena *arena, const struct idl_type *t)
{
	const char *plain = write_type(arena, t, false), *s = plain;

	if (!read_type(&s, t, false) || *s != '\0' ||
	    (has_map(t) && ends_as_entry(t)))
		plain = write_type(arena, t, true);
	return tf_strf(arena, "tf_%s", plain).s;
}
