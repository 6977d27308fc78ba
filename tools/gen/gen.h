/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thriftfork-gen: from a loaded IDL program to one header and one C file per
 * IDL file.
 *
 * name.c chooses every C identifier before anything is written, header.c and
 * its kin write the declarations, table.c and its kin the definitions.  Names
 * are functions of the file and what it includes, so that each file can be
 * generated alone and the results still fit together.
 */
#ifndef GEN_H
#define GEN_H

#include <thriftfork/server.h>

#include "idl.h"

/* A list, set or map type of C that a file uses. */
struct container {
	const char		*cname;		/* "tf_map_str_i32" */
	const struct idl_type	*type;		/* real */
	const char		*guard;		/* macro; NULL: none */
	bool			 elsewhere;	/* another header has it */
	bool			 head_done, entry_done;
};
TF_LIST_OF(containers, struct container *);

/* The C names of what a file defines; file->data. */
struct file_names {
	const char		*prefix;	/* "calc" */
	const char		*upper;		/* "CALC" */
	const char		*header;	/* "calc.tf.h", as included */
	struct names		 taken;
	struct names		 typedefs;	/* of these, and of includes */
	struct names		 macros;	/* the same */
	struct names		 numbered;	/* by what they derive from */
	struct containers	 containers;
	struct names		 by_name;	/* of containers */
};

/* The C names derived from one definition's; def->data. */
struct def_names {
	const char	*type;		/* calc_work_type */
	const char	*dup;		/* calc_work_dup */
	const char	*toss;		/* calc_throw_invalid_operation */
	const char	*toss_later;	/* calc_throw_..._later */
	const char	*init;		/* CALC_WORK_INIT */
	const char	*name;		/* calc_op_name */
	const char	*which;		/* calc_u_which */
	const char	*none;		/* CALC_U_NONE */
	const char	*service;	/* calc_calculator_service */
	const char	*handler;	/* calc_calculator_handler */
	const char	*serve;		/* calc_calculator_serve */
	const char	*serve_as;	/* calc_calculator_serve_as */
	const char	*defaults;	/* calc_work_default, before a number */
};

struct gen {
	struct idl		*idl;
	struct idl_file		*file;
	FILE			*out;
	struct names		 tables;	/* of containers, by IDL type */
	uint32_t		 nplans;	/* slots used so far */
};

#define FILE_NAMES(file)	((struct file_names *)(file)->data)
#define DEF_NAMES(def)		((struct def_names *)(def)->data)

/* name.c: -1 after an error has been reported. */
int	 name_program(struct idl *);
const char *name_snake(struct tf_arena *, const char *);
const char *name_upper(struct tf_arena *, const char *);
/* name, with underscores until it is none of n others and no keyword. */
const char *name_avoid(struct tf_arena *, const char *name,
	    const char *const *others, size_t n);

/* reserved.c */
bool	 name_is_reserved(const char *);
/* A function or type of the library has that name, or may have it. */
bool	 name_is_library(const char *);

/* mangle.c: the C tag of a container, "tf_list_calc_entry". */
const char *container_name(struct tf_arena *, const struct idl_type *);

/* container.c */
void	 containers_find(struct idl_file *);
void	 containers_before_struct(struct gen *, const struct idl_def *);
void	 containers_rest(struct gen *);

/* ctype.c: C types as text. */
const char *ctype(struct tf_arena *, const struct idl_type *);
const char *kind_macro(const struct idl_type *);
/* Passed by const pointer rather than by value. */
bool	 type_by_pointer(const struct idl_type *);

/* text.c */
void	 put_doc(FILE *, const char *doc, const char *indent);
/* "type\t*name" in columns; width: of the widest type in the block. */
void	 put_member(FILE *, const char *type, const char *name, bool pointer,
	    size_t width);

/*
 * Text that may break at its blanks, from a column on, within 80 columns;
 * hard blanks do not break.
 */
#define HARD	"\1"
void	 put_wrapped(FILE *, size_t column, const char *indent,
	    const char *text);
void	 put_comment(FILE *, const char *text);

/* header.c, header_type.c, header_service.c */
void	 header_write(struct gen *);
void	 header_enum(struct gen *, const struct idl_def *);
void	 header_struct(struct gen *, const struct idl_def *);
void	 header_init(struct gen *, const struct idl_def *);
void	 header_const(struct gen *, const struct idl_def *);
void	 header_service(struct gen *, const struct idl_def *);
/* The members of a struct, flags first; "char tf_empty_" if there are none. */
void	 struct_members(struct gen *, const struct idl_def *);

/* param.c: parameters and arguments of methods, each as one line of text. */
struct params {
	const char	*call, *client, *ret;	/* what the arguments leave */
	const char	*a, *r, *result, *rc;
	const char	*fn, *arg, *flight;
	const char	**throws;	/* of the exceptions, by result field */
};
struct params params_name(struct gen *, const struct idl_method *);
const char *params_handler(struct gen *, const struct idl_method *, bool named);
const char *params_client(struct gen *, const struct idl_method *, bool named);
const char *params_reply(struct gen *, const struct idl_method *, bool named);
const char *params_start(struct gen *, const struct idl_method *, bool named);
const char *params_finish(struct gen *, const struct idl_method *, bool named);

/*
 * init.c: C initialisers.  Elements of lists and maps, values behind pointers
 * and long strings are objects of their own, numbered and written to aux
 * before what points to them.
 */
struct init {
	struct gen	*gen;
	FILE		*aux;		/* definitions, or NULL */
	FILE		*decl;		/* extern declarations, or NULL */
	const char	*base;		/* of the names of these objects */
	uint32_t	 n;
	bool		 is_static;
};
const char *init_value(struct init *, const struct idl_type *,
	    const struct idl_value *);
/* Members to set and their values; values may be NULL: defaults alone. */
TF_LIST_OF(init_members, const char *);
struct init_members init_members_of(struct init *, const struct idl_def *,
	    const struct idl_value *);
bool	 const_is_macro(const struct idl_def *);

/* literal.c: C literals of numbers, strings, enum values, uuids. */
#define LONG_STRING	4000	/* compilers promise to take no longer ones */
const char *literal_text(struct tf_arena *, const struct idl_type *,
	    const struct idl_value *);
const char *literal_string(struct tf_arena *, struct tf_str);

/* source.c, table.c, service.c */
void	 source_write(struct gen *);
void	 table_containers(struct gen *);
void	 table_enum(struct gen *, const struct idl_def *);
void	 table_struct(struct gen *, const struct idl_def *, const char *tag,
	    const char *type, const char *image, bool is_static);
void	 source_service(struct gen *, const struct idl_def *);
/* A name of the .c file alone that nothing else has. */
const char *source_name(struct gen *, const char *base, const char *suffix);
/* The same one each time: the header and the .c file both have it. */
const char *numbered_name(struct gen *, const char *base, uint32_t n);

/* out.c: files that change only if their text does. */
int	 out_write(const char *path, const char *text, size_t len);
int	 out_create(const char *path, const char *text, size_t len);

/* clash.c: whether a file and all it includes can be used together. */
int	 clash_check(struct idl_file *);

/* depend.c, skeleton.c */
const char *make_path(struct tf_arena *, const char *path);	/* escaped */
int	 depend_write(struct idl *, const char *path, const char *dir,
	    const struct idl_files *);
int	 skeleton_write(struct idl *, struct idl_file *, const char *dir);

#endif
