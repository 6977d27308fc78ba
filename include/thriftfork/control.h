/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Talking to a running server, as "thriftfork status" and "thriftfork stop" do.
 *
 * Every instance has a control socket NAME.sock in /run/thriftfork (root),
 * $XDG_RUNTIME_DIR/thriftfork or /tmp/thriftfork-UID.  Only root and the
 * user that started the server are heard.
 */
#ifndef THRIFTFORK_CONTROL_H
#define THRIFTFORK_CONTROL_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * Connects to the instance of that name, or, if name is NULL, to the only one
 * that runs.  A name with a slash in it is the path of a socket.  A blocking
 * descriptor, or -1 with a reason in why, which lists the instances if there
 * are several.
 */
int	 tf_control_open(const char *name, char *why, size_t why_size);

/*
 * Sends a request and waits for its answer: "status" (the answer brings a
 * descriptor for tf_stat_open_fd() in *fd, the caller's to close), "ready",
 * "reopen"; and, answered when it has been done, "stop", "stop now", "reload",
 * "scale N".  0, or -1 with a reason: the server refused, failed, went away, or
 * has not said within 5 seconds that it is at work.  fd may be NULL.
 */
int	 tf_control_ask(int control, const char *request, int *fd, char *why,
	    size_t why_size);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
