/* SPDX-License-Identifier: Apache-2.0 */
/* See backlog.h. */
#include "io/backlog.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "io/listen.h"

static void
add_queue(struct backlog *b, uint64_t queue, uint64_t limit)
{
	b->queue += queue;
	if (queue > b->longest)
		b->longest = queue;
	if (limit > b->limit)
		b->limit = limit;
}

/* Of a socket that listens TCP_INFO has two words to say: these. */
static bool
tcp_queue(int fd, struct backlog *b)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == -1 ||
	    info.tcpi_state != TCP_LISTEN)
		return false;
	add_queue(b, info.tcpi_unacked, info.tcpi_sacked);
	return true;
}

static bool
tcp_drops(int fd, struct backlog *b)
{
	uint32_t words[SK_MEMINFO_VARS];
	socklen_t len = sizeof(words);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, words, &len) == -1 ||
	    len <= SK_MEMINFO_DROPS * sizeof(words[0]))
		return false;
	b->drops += words[SK_MEMINFO_DROPS];
	return true;
}

struct unix_question {
	struct nlmsghdr	 head;
	struct unix_diag_req what;
};

/* The answer is there when send() returns. */
static bool
unix_ask(int netlink, uint32_t inode)
{
	struct unix_question q = {
		.head = { .nlmsg_len = sizeof(q), .nlmsg_flags =
		    NLM_F_REQUEST, .nlmsg_type = SOCK_DIAG_BY_FAMILY },
		.what = { .sdiag_family = AF_UNIX, .udiag_states = UINT32_MAX,
		    .udiag_ino = inode, .udiag_show = UDIAG_SHOW_RQLEN,
		    .udiag_cookie = { UINT32_MAX, UINT32_MAX } } };

	return send(netlink, &q, sizeof(q), 0) == (ssize_t)sizeof(q);
}

static bool
unix_answer(int netlink, struct backlog *b)
{
	union {
		struct nlmsghdr	 head;
		char		 bytes[1024];
	} m;
	struct unix_diag_rqlen is;
	struct rtattr *a;
	ssize_t n = recv(netlink, &m, sizeof(m), MSG_DONTWAIT);
	size_t left;

	if (n < (ssize_t)NLMSG_LENGTH(sizeof(struct unix_diag_msg)) ||
	    m.head.nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return false;
	a = (void *)(m.bytes + NLMSG_SPACE(sizeof(struct unix_diag_msg)));
	left = (size_t)n - NLMSG_SPACE(sizeof(struct unix_diag_msg));
	if (left < RTA_LENGTH(sizeof(is)) ||
	    a->rta_type != UNIX_DIAG_RQLEN ||
	    a->rta_len < RTA_LENGTH(sizeof(is)))
		return false;
	memcpy(&is, RTA_DATA(a), sizeof(is));
	add_queue(b, is.udiag_rqueue, is.udiag_wqueue);
	return true;
}

/* A policy may refuse us such sockets, or a sandbox not have them. */
static bool
unix_queue(int fd, struct backlog *b)
{
	struct stat st;
	int netlink;
	bool told;

	if (fstat(fd, &st) == -1 || st.st_ino > UINT32_MAX)
		return false;
	netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
	    NETLINK_SOCK_DIAG);
	if (netlink == -1)
		return false;
	told = unix_ask(netlink, (uint32_t)st.st_ino) &&
	    unix_answer(netlink, b);
	fd_close(&netlink);
	return told;
}

static bool
listens(const struct listener *l, unsigned i)
{
	return l->fds[i] != -1 && (listener_is_shared(l) ||
	    l->indexes[i] != LISTENER_SILENT);
}

void
backlog_of(const struct listener *l, struct backlog *b)
{
	bool local = addr_is_unix(&l->addr);

	*b = (struct backlog){ .has_queue = true, .has_drops = !local };
	for (unsigned i = 0; i < l->nfds; i++) {
		if (!listens(l, i))
			continue;
		b->sockets++;
		b->has_queue &= local ? unix_queue(l->fds[i], b) :
		    tcp_queue(l->fds[i], b);
		b->has_drops &= !local && tcp_drops(l->fds[i], b);
	}
	if (!b->has_queue)
		b->queue = b->longest = b->limit = 0;
	if (!b->has_drops)
		b->drops = 0;
}
