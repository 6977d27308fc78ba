/* SPDX-License-Identifier: Apache-2.0 */
/* See module.h. */
#include "server/module.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/memfd.h"

/* Named after the file, for debuggers and /proc/PID/maps. */
static int
new_memfd(const char *path)
{
	const char *slash = strrchr(path, '/');
	char name[200];

	strlcpy(name, slash != NULL ? slash + 1 : path, sizeof(name));
	return memfd_new(name);
}

static int
fill(int to, int from)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (memfd_put(to, buf, (size_t)n) == -1)
			return -1;
	return n == 0 ? 0 : -1;
}

/* Anyone may read it: workers open it again as another user. */
static int
seal(int fd)
{
	return fchmod(fd, 0444) == -1 ? -1 : memfd_seal(fd);
}

/*
 * Whether all that is to be loaded is there: of a file that is still being
 * copied the dynamic loader maps what is not, and dies of it.
 */
static int
is_whole(int fd)
{
	struct stat st;
	Elf64_Ehdr head;
	Elf64_Phdr part;

	if (fstat(fd, &st) == -1 ||
	    pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
		return 1;		/* the loader has words for it */
	for (unsigned i = 0; i < head.e_phnum; i++) {
		off_t at = (off_t)(head.e_phoff + i * sizeof(part));

		if (pread(fd, &part, sizeof(part), at) !=
		    (ssize_t)sizeof(part))
			return 0;
		if (part.p_type == PT_LOAD && (part.p_filesz >
		    (uint64_t)st.st_size || part.p_offset >
		    (uint64_t)st.st_size - part.p_filesz))
			return 0;
	}
	return 1;
}

int
module_copy(const char *path, char *why, size_t size)
{
	int from, to = -1;

	if ((from = open(path, O_RDONLY | O_CLOEXEC)) == -1 ||
	    (to = new_memfd(path)) == -1 || fill(to, from) == -1 ||
	    seal(to) == -1) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		fd_close(&to);
	} else if (!is_whole(to)) {
		snprintf(why, size, "%s: its end is missing", path);
		fd_close(&to);
	}
	fd_close(&from);
	return to;
}

/* What the loader says, with the user's path for every name of the copy. */
static void
tell_dlerror(const char *said, const char *opened, const char *path, char *why,
    size_t size)
{
	size_t len = strlen(opened);
	const char *at;

	why[0] = '\0';
	if (strstr(said, opened) == NULL)
		snprintf(why, size, "%s: ", path);
	while ((at = strstr(said, opened)) != NULL) {
		size_t n = strlen(why);

		snprintf(why + n, size - n, "%.*s%s", (int)(at - said), said,
		    path);
		said = at + len;
	}
	strlcat(why, said, size);
}

static const struct tf_module *
open_module(const char *path, int fd, void **so, char *why, size_t size)
{
	const struct tf_module *m;
	char opened[64];

	snprintf(opened, sizeof(opened), "/proc/self/fd/%d", fd);
	*so = dlopen(fd != -1 ? opened : path, RTLD_NOW | RTLD_LOCAL);
	if (*so == NULL) {
		tell_dlerror(dlerror(), fd != -1 ? opened : path, path, why,
		    size);
		return NULL;
	}
	if ((m = dlsym(*so, "thriftfork_module")) == NULL)
		snprintf(why, size, "%s is not a module: it does not export "
		    "thriftfork_module (see TF_MODULE)", path);
	return m;
}

tf_setup_fn *
module_load(const char *path, int fd, char *why, size_t size)
{
	const struct tf_module *m;
	void *so;

	m = open_module(path, fd, &so, why, size);
	if (m == NULL && so == NULL)
		return NULL;
	if (m != NULL && m->magic == TF_MAGIC && m->abi == TF_ABI &&
	    m->size >= sizeof(*m) && m->setup != NULL)
		return m->setup;
	if (m != NULL)
		snprintf(why, size, "%s was built for another version of "
		    "thriftfork (ABI %u, this is %u)", path, m->abi, TF_ABI);
	dlclose(so);
	return NULL;
}
