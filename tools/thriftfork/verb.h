/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs that the launcher has itself.  argv[0] is the verb; each returns
 * the exit status: 0, 1 for failure, 2 for wrong usage.
 */
#ifndef THRIFTFORK_VERB_H
#define THRIFTFORK_VERB_H

int	verb_run(int argc, char **argv);
int	verb_status(int argc, char **argv);
int	verb_stop(int argc, char **argv);
int	verb_order(int argc, char **argv);	/* reload and the like */
int	verb_scale(int argc, char **argv);

#endif
