/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Going into the background.  The process that was started waits until the
 * first worker serves, and its exit status says whether one does; until then
 * the other one keeps standard error, to say what is wrong.
 */
#ifndef SERVER_DAEMON_H
#define SERVER_DAEMON_H

/*
 * Returns in the child, leader of a session of its own: a descriptor for
 * daemon_ready(), close-on-exec, or -1 and errno.  The parent never returns:
 * it exits with 0 after daemon_ready(), else with the child's status, or 1.
 */
int	daemon_fork(void);

/* The child serves: standard input and output become /dev/null, standard
 * error the log; the parent leaves. */
void	daemon_ready(int *fd);

/* The same for a worker that has been forked before that. */
void	daemon_detach(void);

#endif
