/* SPDX-License-Identifier: Apache-2.0 */
/* See privilege.h.  The order of the steps is what this file knows. */
#include "proc/privilege.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bug.h"
#include "proc/child.h"

/* An id written as a number; -1 if it is none. */
static long
as_number(const char *text)
{
	char *end;
	long n;

	if (*text < '0' || *text > '9')
		return -1;
	n = strtol(text, &end, 10);
	return *end == '\0' && n < 0xffffffff ? n : -1;
}

static struct passwd *
look_up_user(const char *user)
{
	long n = as_number(user);

	errno = 0;
	return n != -1 ? getpwuid((uid_t)n) : getpwnam(user);
}

static struct group *
look_up_group(const char *group)
{
	long n = as_number(group);

	errno = 0;
	return n != -1 ? getgrgid((gid_t)n) : getgrnam(group);
}

/* What getpwnam(3) and its like leave in errno where there is nobody. */
static bool
is_nobody(int error)
{
	return error == 0 || error == ENOENT || error == ESRCH;
}

/* errno says why the look-up failed. */
static int
tell_unknown(const char *kind, const char *name, char *why, size_t size)
{
	if (is_nobody(errno))
		snprintf(why, size, "%s: there is no %s '%s'", kind, kind,
		    name);
	else
		snprintf(why, size, "%s: %s: %s", kind, name, strerror(errno));
	return -1;
}

int
privilege_check(const char *user, const char *group, char *why, size_t size)
{
	if (user != NULL && look_up_user(user) == NULL && is_nobody(errno))
		return tell_unknown("user", user, why, size);
	if (group != NULL && look_up_group(group) == NULL && is_nobody(errno))
		return tell_unknown("group", group, why, size);
	return 0;
}

static int
find_user(struct privilege *p, const char *user, const char **name, char *why,
    size_t size)
{
	struct passwd *pw = look_up_user(user);

	if (pw == NULL)
		return tell_unknown("user", user, why, size);
	p->uid = pw->pw_uid;
	p->gid = pw->pw_gid;
	*name = pw->pw_name;
	return 0;
}

static int
find_group(struct privilege *p, const char *group, char *why, size_t size)
{
	struct group *gr = look_up_group(group);

	if (gr == NULL)
		return tell_unknown("group", group, why, size);
	p->gid = gr->gr_gid;
	return 0;
}

/* The groups of a user, of which there may be many; without a user the one. */
static void
find_groups(struct privilege *p, const char *name)
{
	int room = 64;

	if ((p->groups = calloc((size_t)room, sizeof(gid_t))) == NULL)
		fatal("out of memory: groups");
	p->groups[0] = p->gid;
	p->ngroups = 1;
	if (name == NULL)
		return;
	p->ngroups = room;
	while (getgrouplist(name, p->gid, p->groups, &p->ngroups) == -1) {
		room = p->ngroups > room ? p->ngroups : room * 2;
		p->groups = reallocarray(p->groups, (size_t)room,
		    sizeof(gid_t));
		if (p->groups == NULL)
			fatal("out of memory: groups");
		p->ngroups = room;
	}
}

/* Who is not root can only be told to stay what it is. */
static int
check_ordinary(struct privilege *p, const char *user, const char *group,
    char *why, size_t size)
{
	if (user != NULL && (p->uid != geteuid() || p->uid != getuid()))
		snprintf(why, size, "user: only root can become '%s'", user);
	else if (group != NULL && (p->gid != getegid() || p->gid != getgid()))
		snprintf(why, size, "group: only root can change to '%s'",
		    group);
	else {
		p->changes_user = p->changes_group = false;
		return 0;
	}
	return -1;
}

int
privilege_find(struct privilege *p, const char *user, const char *group,
    char *why, size_t size)
{
	char name[256] = "";
	const char *found = NULL;

	memset(p, 0, sizeof(*p));
	p->uid = geteuid();
	p->gid = getegid();
	p->umask = p->nofile = p->core = PRIVILEGE_KEEP;
	if (user != NULL) {
		if (find_user(p, user, &found, why, size) == -1)
			return -1;
		strlcpy(name, found, sizeof(name));
	}
	if (group != NULL && find_group(p, group, why, size) == -1)
		return -1;
	p->changes_user = user != NULL;
	p->changes_group = user != NULL || group != NULL;
	if (geteuid() != 0)
		return check_ordinary(p, user, group, why, size);
	if (p->changes_group)
		find_groups(p, user != NULL ? name : NULL);
	return 0;
}

void
privilege_fini(struct privilege *p)
{
	free(p->groups);
	p->groups = NULL;
}

static int
fail(const char *what, char *why, size_t size)
{
	snprintf(why, size, "%s: %s", what, strerror(errno));
	return -1;
}

static int
set_limit(int resource, uint64_t n)
{
	struct rlimit lim;

	if (n == PRIVILEGE_KEEP)
		return 0;
	if (getrlimit(resource, &lim) == -1)
		return -1;
	/* Only root can raise the hard limit, and only if there is need. */
	if (n > lim.rlim_max)
		lim.rlim_max = n;
	lim.rlim_cur = n;
	return setrlimit(resource, &lim);
}

static int
keep_to_cpu(unsigned index)
{
	cpu_set_t all, one;
	int cpu = -1;

	if (sched_getaffinity(0, sizeof(all), &all) == -1)
		return -1;
	index %= (unsigned)CPU_COUNT(&all);
	do {
		if (CPU_ISSET(++cpu, &all) && index-- == 0)
			break;
	} while (cpu < CPU_SETSIZE - 1);
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	return sched_setaffinity(0, sizeof(one), &one);
}

static int
change_ids(const struct privilege *p, char *why, size_t size)
{
	if (p->changes_group && (setgroups((size_t)p->ngroups,
	    p->groups) == -1 || setresgid(p->gid, p->gid, p->gid) == -1))
		return fail("group", why, size);
	if (p->changes_user && setresuid(p->uid, p->uid, p->uid) == -1)
		return fail("user", why, size);
	if (!p->changes_user || p->uid == 0)
		return 0;
	if (setresuid((uid_t)-1, 0, (uid_t)-1) == 0 ||
	    setresuid(0, (uid_t)-1, (uid_t)-1) == 0 || geteuid() != p->uid ||
	    getuid() != p->uid) {
		snprintf(why, size, "user: root could be regained");
		return -1;
	}
	if (p->gid != 0 && (setresgid((gid_t)-1, 0, (gid_t)-1) == 0 ||
	    setresgid(0, (gid_t)-1, (gid_t)-1) == 0 || getegid() != p->gid ||
	    getgid() != p->gid)) {
		snprintf(why, size, "group: root's could be regained");
		return -1;
	}
	return 0;
}

int
privilege_drop(const struct privilege *p, pid_t master, unsigned index,
    char *why, size_t size)
{
	int last_word = 0;		/* what comes when the master dies */

	prctl(PR_GET_PDEATHSIG, &last_word);
	if (p->umask != PRIVILEGE_KEEP)
		umask((mode_t)p->umask);
	if (set_limit(RLIMIT_NOFILE, p->nofile) == -1)
		return fail("rlimit-nofile", why, size);
	if (set_limit(RLIMIT_CORE, p->core) == -1)
		return fail("core-limit", why, size);
	if (p->affinity && keep_to_cpu(index) == -1)
		return fail("affinity", why, size);
	if (change_ids(p, why, size) == -1)
		return -1;
	if (p->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return fail("no-new-privs", why, size);
	/* Both are forgotten when ids change. */
	if (p->core != PRIVILEGE_KEEP && p->core != 0)
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	child_follow(master, last_word);
	return 0;
}
