/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocol by hand: one address, one function that sends.  A socket lives
 * as long as a message, as there are few; so none has to be kept from workers,
 * and a manager that was restarted is found again.
 */
#include "server/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#define MESSAGE		2048
#define NAME_MAX_LEN	255
#define NS_PER_US	1000

static struct {
	struct sockaddr_un	 sun;
	socklen_t		 len;		/* 0: there is no manager */
	char			 socket[sizeof(struct sockaddr_un)];
	uint64_t		 watchdog_us;
	uint64_t		 patience_ns;	/* until when */
} manager;

/* "/path", or "@name" in the abstract name space. */
static int
take_address(const char *text)
{
	size_t len = strlen(text);

	if ((text[0] != '/' && text[0] != '@') || len < 2 ||
	    len >= sizeof(manager.sun.sun_path)) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	manager.sun.sun_family = AF_UNIX;
	memcpy(manager.sun.sun_path, text, len);
	if (text[0] == '@')
		manager.sun.sun_path[0] = '\0';
	manager.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	strlcpy(manager.socket, text, sizeof(manager.socket));
	return 0;
}

/* A watchdog that was set for another process is none for us. */
static uint64_t
read_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid;
	const char *error = NULL;
	long long us;

	if (usec == NULL)
		return 0;
	us = strtonum(usec, 1, INT64_MAX / NS_PER_US, &error);
	if (error != NULL)
		return 0;
	if ((pid = getenv("WATCHDOG_PID")) == NULL)
		return (uint64_t)us;
	if (strtonum(pid, 1, INT32_MAX, &error) != getpid() || error != NULL)
		return 0;
	return (uint64_t)us;
}

int
notify_init(bool hide)
{
	const char *text = getenv("NOTIFY_SOCKET");
	int rc = 0;

	memset(&manager, 0, sizeof(manager));
	if (text != NULL && text[0] != '\0')
		rc = take_address(text);
	manager.watchdog_us = read_watchdog();
	if (hide) {
		unsetenv("NOTIFY_SOCKET");
		unsetenv("WATCHDOG_USEC");
		unsetenv("WATCHDOG_PID");
	}
	return rc;
}

static void
put_number(const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	setenv(name, text, 1);
}

void
notify_export(void)
{
	if (manager.len == 0)
		return;
	setenv("NOTIFY_SOCKET", manager.socket, 1);
	if (manager.watchdog_us == 0)
		return;
	put_number("WATCHDOG_USEC", manager.watchdog_us);
	put_number("WATCHDOG_PID", (uint64_t)getpid());
}

bool
notify_has_manager(void)
{
	return manager.len != 0;
}

uint64_t
notify_watchdog_ns(void)
{
	return manager.len == 0 ? 0 : manager.watchdog_us * NS_PER_US;
}

void
notify_wait_until(uint64_t ns)
{
	manager.patience_ns = ns;
}

/* Whether there may be room by now. */
static bool
await_room(int sock)
{
	struct pollfd p = { .fd = sock, .events = POLLOUT };
	uint64_t now = clock_ns();
	int ms;

	if (now >= manager.patience_ns)
		return false;
	ms = (int)((manager.patience_ns - now) / NS_PER_MS) + 1;
	return poll(&p, 1, ms) == 1 || errno == EINTR;
}

static int
transmit(const char *text, size_t len, int fd)
{
	int sock, rc;

	if ((sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return -1;
	rc = connect(sock, (const struct sockaddr *)&manager.sun, manager.len);
	if (rc == 0)
		do
			rc = fd_send(sock, text, len, fd, MSG_DONTWAIT);
		while (rc == -1 && errno == EAGAIN && await_room(sock));
	fd_close(&sock);
	return rc;
}

int
notify(const char *fmt, ...)
{
	char text[MESSAGE];
	va_list ap;
	int n;

	if (manager.len == 0)
		return 0;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* Half an assignment would be another one. */
	if (n < 0 || (size_t)n >= sizeof(text)) {
		errno = EMSGSIZE;
		return -1;
	}
	return transmit(text, (size_t)n, -1);
}

int
notify_status(const char *fmt, ...)
{
	char text[MESSAGE / 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	return notify("STATUS=%s", text);
}

int
notify_reloading(void)
{
	return notify("RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
	    clock_ns() / NS_PER_US);
}

static int
check_name(const char *name)
{
	size_t len = strlen(name);

	for (const char *p = name; *p != '\0'; p++)
		if (*p < ' ' || *p > '~' || *p == ':')
			len = 0;
	if (len >= 1 && len <= NAME_MAX_LEN)
		return 0;
	errno = EINVAL;
	return -1;
}

int
notify_fd(const char *name, int fd, bool poll_off)
{
	char text[NAME_MAX_LEN + 64];
	int n;

	if (check_name(name) == -1)
		return -1;
	if (manager.len == 0)
		return 0;
	/* A closed one's number might be taken by the socket that sends. */
	if (fcntl(fd, F_GETFD) == -1)
		return -1;
	n = snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s%s", name,
	    poll_off ? "\nFDPOLL=0" : "");
	return transmit(text, (size_t)n, fd);
}

int
notify_fd_remove(const char *name)
{
	if (check_name(name) == -1)
		return -1;
	return notify("FDSTOREREMOVE=1\nFDNAME=%s", name);
}
