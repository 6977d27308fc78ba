/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A loaded IDL program: files, definitions, types, constants.
 *
 * idl_load() reads a file and all it includes, resolves every name, checks
 * everything and works out how each struct stands in memory; what it returns
 * needs no further checks by whoever reads it.  Everything lives in the arena
 * of struct idl until idl_free().  Nothing here knows about C output, sockets
 * or Thrift bytes.
 */
#ifndef IDL_H
#define IDL_H

#include <stdarg.h>
#include <stdio.h>

#include <thriftfork/type.h>

#include "names.h"

struct idl_file;
struct idl_def;
struct idl_value;

/* len bytes at offset off of a file's text. */
struct idl_loc {
	const struct idl_file	*file;
	uint32_t		 off, len;
};

struct idl_anno {
	struct idl_loc	 loc;
	const char	*key;
	struct tf_str	 value;		/* "1" if none was written */
};
TF_LIST_OF(idl_annos, struct idl_anno);

/* One use of a type.  Named types are resolved by idl_load(). */
struct idl_type {
	struct idl_loc	 loc;
	enum tf_kind	 kind;		/* TF_T_NONE: void; or a typedef */
	const char	*name;		/* a named type as written, or NULL */
	struct idl_def	*def;		/* what it names */
	struct idl_type	*key;		/* list, set: element; map: key */
	struct idl_type	*val;		/* map: value */
	struct idl_annos annos;
	const char	*cpp_type;
	const struct idl_type *real;	/* typedefs followed; idl_type_real() */
};

TF_LIST_OF(idl_values, struct idl_value *);

enum idl_value_kind {
	IDL_V_INT,
	IDL_V_DOUBLE,
	IDL_V_STRING,
	IDL_V_NAME,
	IDL_V_LIST,
	IDL_V_MAP
};

/* A constant or default, as written. */
struct idl_value {
	struct idl_loc		 loc;
	enum idl_value_kind	 kind;
	int64_t			 i;
	double			 d;
	struct tf_str		 s;	/* string; name */
	struct idl_values	 items;	/* list; map: key, value, key, ... */
	const struct idl_def	*konst;	/* name: the constant it stands for */
	const struct idl_enumerator *enumerator;	/* or the enum value */
};

enum idl_req {
	IDL_DEFAULT,
	IDL_REQUIRED,
	IDL_OPTIONAL
};

struct idl_field {
	struct idl_loc	 loc;
	const char	*name, *doc;
	int16_t		 id;
	enum idl_req	 req;
	bool		 ref;		/* marked with & */
	struct idl_type	*type;
	struct idl_value *value;	/* default, or NULL */
	struct idl_annos annos;
	/* In memory: */
	bool		 pointer;	/* stands behind a pointer */
	bool		 has;		/* has a presence flag */
	uint32_t	 off, has_off;
	/* For the tool that reads the program: */
	const char	*cname, *hname;
};
TF_LIST_OF(idl_fields, struct idl_field *);

struct idl_enumerator {
	struct idl_loc	 loc;
	const char	*name, *doc;
	int32_t		 value;
	struct idl_annos annos;
	const char	*cname;
};
TF_LIST_OF(idl_enumerators, struct idl_enumerator *);

struct idl_method {
	struct idl_loc	 loc;
	const char	*name, *doc;
	bool		 oneway;
	uint32_t	 flags;		/* enum tf_method_flag */
	struct idl_type	*ret;
	struct idl_def	*args;		/* "calculate_args" */
	struct idl_def	*result;	/* field 0 "success", exceptions */
	struct idl_annos annos;
	const char	*cname, *hname;
	const char	*reply;		/* calc_calculator_calculate_reply */
	const char	*start;		/* calc_calculator_calculate_start */
	const char	*finish;	/* calc_calculator_calculate_finish */
};
TF_LIST_OF(idl_methods, struct idl_method *);

enum idl_def_kind {
	IDL_CONST,
	IDL_TYPEDEF,
	IDL_ENUM,
	IDL_STRUCT,
	IDL_UNION,
	IDL_EXCEPTION,
	IDL_ARGS,
	IDL_RESULT,
	IDL_SERVICE
};

struct idl_def {
	enum idl_def_kind	 kind;
	struct idl_loc		 loc;
	struct idl_file		*file;
	const char		*name, *doc;
	struct idl_annos	 annos;
	uint32_t		 index;		/* in the file */
	struct idl_type		*type;		/* const, typedef */
	struct idl_value	*value;		/* const */
	struct idl_enumerators	 values;	/* enum */
	struct idl_fields	 fields;	/* struct and kin, as written */
	struct idl_methods	 methods;	/* service */
	struct names		 by_name;	/* its methods */
	const char		*base_name;	/* extends, as written */
	struct idl_loc		 base_loc;
	struct idl_def		*base;
	/* Struct and kin, in memory: */
	uint32_t		 size, align;
	bool			 has_init;	/* defaults are not all zero */
	bool			 has_text;	/* strings, by value */
	uint8_t			 state;		/* of the pass under way */
	uint32_t		 weight, depth;	/* of what it expands to */
	/* For the tool that reads the program: */
	const char		*cname;
	void			*data;
};
TF_LIST_OF(idl_defs, struct idl_def *);

struct idl_include {
	struct idl_loc	 loc;
	const char	*path;		/* as written */
	const char	*name;		/* what its types are qualified with */
	struct idl_file	*file;		/* NULL if it could not be loaded */
	bool		 used;
};
TF_LIST_OF(idl_includes, struct idl_include);

struct idl_namespace {
	struct idl_loc	 loc;
	const char	*scope, *name;
};
TF_LIST_OF(idl_namespaces, struct idl_namespace);

struct idl_file {
	struct idl		*idl;
	const char		*path;		/* as found, for messages */
	const char		*key;		/* its one true path */
	const char		*name;		/* base name, no suffix */
	const char		*text;
	size_t			 len;
	const char		*doc;
	struct idl_includes	 includes;
	struct idl_namespaces	 namespaces;
	struct idl_defs		 defs;		/* as written */
	struct idl_defs		 order;		/* structs; what another
						   holds comes first */
	struct idl_defs		 typedefs;	/* what another is made
						   of comes first */
	uint32_t		 nconsts;
	struct names		 types, consts, services;
	bool			 bad;		/* or an include is */
	bool			 state;		/* of the walk under way */
	/* For the tool that reads the program: */
	const char		*cname;
	void			*data;
};
TF_LIST_OF(idl_files, struct idl_file *);
TF_LIST_OF(idl_dirs, const char *);

struct idl {
	struct tf_arena		*arena;
	struct idl_files	 files;		/* included ones first */
	struct idl_files	 stack;		/* being loaded */
	struct idl_dirs		 dirs;		/* -I */
	bool			 strict, quiet;	/* quiet: no messages */
	FILE			*out;		/* for messages; stderr */
	uint32_t		 nerrors, nwarnings;
	uint32_t		 nstrict;	/* errors by --strict alone */
};

struct idl *idl_new(void);
void	 idl_free(struct idl *);
void	 idl_add_dir(struct idl *, const char *dir);

/*
 * Loads a file and its includes, or finds it loaded already.  NULL after an
 * error has been reported.  idl_load_text() takes the text from memory; path
 * is only a name for messages, and includes are looked up beside it.
 */
struct idl_file *idl_load(struct idl *, const char *path);
struct idl_file *idl_load_text(struct idl *, const char *path, const void *text,
	    size_t len);

/* A type with typedefs followed; kind is never TF_T_NONE but for void. */
const struct idl_type *idl_type_real(const struct idl_type *);

/* Whether a definition is a struct, union, exception, arguments, result. */
bool	 idl_is_struct(const struct idl_def *);
bool	 idl_type_is_struct(const struct idl_type *);	/* of a real type */
/* Whether all zeros would leave it a string without an address; as above. */
bool	 idl_type_has_text(const struct idl_type *);

/*
 * A type or service by its name, "Work" or "shared.Work", as it would be
 * resolved in this file; NULL if there is none.
 */
struct idl_def *idl_find_type(const struct idl_file *, const char *name);
struct idl_def *idl_find_service(const struct idl_file *, const char *name);

/* A value with names followed, and what it means for a type. */
const struct idl_value *idl_value_real(const struct idl_value *);
int64_t	 idl_value_int(const struct idl_type *, const struct idl_value *);
double	 idl_value_double(const struct idl_value *);
bool	 idl_value_uuid(const struct idl_value *, struct tf_uuid *);
/* The value a struct value gives to a field, else the field's default. */
const struct idl_value *idl_value_field(const struct idl_value *,
	    const struct idl_field *);
/* Whether a field or value has any bit set in its image. */
bool	 idl_value_is_zero(const struct idl_type *, const struct idl_value *);

#endif
