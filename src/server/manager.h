/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service manager hears how the server is: what the master tells becomes
 * what sd_notify(3) describes.  Without a manager nothing happens, and what it
 * does not take is lost without a word.
 */
#ifndef SERVER_MANAGER_H
#define SERVER_MANAGER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "proc/master.h"

/*
 * In the master, after it has gone into the background if it does; then it is
 * not the process that was started, and says so.  From now on neither workers
 * nor what they execute can find the manager.
 */
void	manager_begin(bool in_background);

/* Another process is the master from now on, and speaks for the server. */
void	manager_leave(pid_t);

/* Whatever comes after the server in this process can find it again. */
void	manager_end(void);

/* For struct master_config; arg is not used.  No interval: no manager. */
void	manager_news(void *arg, enum master_news, unsigned workers,
	    unsigned generation);
uint64_t manager_tick_ns(void);
void	manager_tick(void *arg);

#endif
