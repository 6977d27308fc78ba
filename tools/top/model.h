/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user has chosen to see of a view: which rows in which order, which of
 * them is marked, which worker alone.  It knows no terminal: keys change it,
 * drawing follows it.
 */
#ifndef TOP_MODEL_H
#define TOP_MODEL_H

#include "column.h"

#define MODEL_TEXT	48		/* of a filter, or of what is typed */

enum mode {
	BROWSING,
	TYPING_FILTER,
	TYPING_INTERVAL,
	HELP
};

struct model_table {
	unsigned	 sort;		/* a column */
	bool		 reverse;
	char		 filter[MODEL_TEXT];
	unsigned	 marked;	/* place in the order */
	unsigned	 first;		/* place of the first row in sight */
	int		 identity;	/* of the marked row */
	unsigned	*order;		/* rows in sight, in their order */
	unsigned	 n;
};

struct model {
	struct model_table table[TABLES];
	enum table	 focus;
	enum mode	 mode;
	enum period	 period;
	bool		 paused;
	uint64_t	 interval_ns;
	char		 typed[MODEL_TEXT];
	unsigned	 help;		/* first line in sight */
	unsigned	 more_help;	/* of the next page; 0: there is none */
	int		 lane;		/* of the worker seen alone, or -1 */
	int		 pid, slot;	/* of that worker */
	char		 said[96];	/* to the user, until the next key */
};

#define MIN_INTERVAL_NS	UINT64_C(100000000)
#define MAX_INTERVAL_NS	UINT64_C(3600000000000)

/* Workers by place, methods by calls; all of them. */
void	 model_init(struct model *, uint64_t interval_ns);
void	 model_fini(struct model *);

/*
 * Rows anew, after a new view or another choice.  The mark stays on its row as
 * long as that is there.
 */
void	 model_arrange(struct model *, const struct view *);

/* The row that is marked, or -1. */
int	 model_marked(const struct model *, enum table);

/* The mark by so many rows, past the end of a table into the other one. */
void	 model_move(struct model *, const struct view *, int rows);

/* Which columns there is room for in so many columns of text; how many. */
unsigned model_columns(enum table, unsigned width,
	    unsigned shown[MAX_COLUMNS]);

/* Sorts by the column before or after, of those that are shown. */
void	 model_sort(struct model *, const struct view *, unsigned width,
	    int step);

/* The marked worker alone, if it has a process, and back to all. */
void	 model_enter(struct model *, const struct view *);
void	 model_leave(struct model *, const struct view *);

/*
 * Whether the worker seen alone is there.  If another process has its place by
 * now that is followed, if none has all are shown again; the user is told.
 */
bool	 model_follow(struct model *, const struct view *);

/* Sees to it that the mark is within height rows of its table. */
void	 model_scroll(struct model *, enum table, unsigned height);

/* "500ms", "1s", "2.5s", "1m" in 100ms to 1h: 0, or -1. */
int	 interval_parse(const char *, uint64_t *ns);

#endif
