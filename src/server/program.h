/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How this program was started, so that it can be started again: found out when
 * the server begins, because later the file may be another one.
 */
#ifndef SERVER_PROGRAM_H
#define SERVER_PROGRAM_H

struct program {
	char	*path;		/* of the executable; NULL: not known */
	char	**argv;
	char	*text;		/* what argv points into */
};

void	program_find(struct program *);
void	program_fini(struct program *);

#endif
