/* SPDX-License-Identifier: Apache-2.0 */
/* The public object: made, set, filled.  Running it is run.c. */
#include "server/server.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "server/conf.h"
#include "server/module.h"

int
tf_server_refuse(struct tf_server *srv, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(srv->error, sizeof(srv->error), fmt, ap);
	va_end(ap);
	return -1;
}

struct tf_server *
tf_server_new(void)
{
	struct tf_server *srv;

	if ((srv = calloc(1, sizeof(*srv))) == NULL)
		return NULL;
	srv->stop_fd = srv->module_fd = srv->ready_fd = srv->access.fd = -1;
	srv->succession.fd = srv->succession.segment_fd =
	    srv->succession.control_fd = -1;
	settings_init(&srv->settings);
	registry_init(&srv->registry);
	declarations_init(&srv->declared);
	return srv;
}

void
tf_server_free(struct tf_server *srv)
{
	if (srv == NULL)
		return;
	settings_fini(&srv->settings);
	registry_fini(&srv->registry);
	declarations_fini(&srv->declared);
	activation_close(&srv->activation);
	succession_refuse(srv->succession.fd, srv->error);
	succession_end(&srv->succession);
	free(srv->module);
	free(srv);
}

int
tf_server_set(struct tf_server *srv, const char *key, const char *value)
{
	bool config = strcmp(key, "config") == 0;

	/* A reload reads one, and would forget what only the other says. */
	if (config && settings_given(&srv->settings, key))
		return tf_server_refuse(srv, "config: is given twice");
	if (settings_set(&srv->settings, key, value, srv->error,
	    sizeof(srv->error)) == -1)
		return -1;
	if (!config)
		return 0;
	return conf_read(&srv->settings, value, srv->error,
	    sizeof(srv->error));
}

int
tf_server_listen(struct tf_server *srv, const char *addr)
{
	return tf_server_set(srv, "listen", addr);
}

void
tf_server_setup(struct tf_server *srv, tf_setup_fn *setup)
{
	srv->setup = setup;
}

/* Wherever we will be; what is a link now may lead elsewhere by then. */
static char *
absolute(const char *path)
{
	char *dir, *whole = NULL;

	if (*path == '/')
		return strdup(path);
	if ((dir = getcwd(NULL, 0)) == NULL)
		return NULL;
	if (asprintf(&whole, "%s/%s", dir, path) == -1)
		whole = NULL;
	free(dir);
	return whole;
}

int
tf_server_module(struct tf_server *srv, const char *path)
{
	free(srv->module);
	srv->module = NULL;
	if (access(path, F_OK) == -1 || (srv->module = absolute(path)) == NULL)
		return tf_server_refuse(srv, "%s: %s", path, strerror(errno));
	return 0;
}

void
tf_server_hooks(struct tf_server *srv, const struct tf_hooks *hooks)
{
	srv->hooks = *hooks;
}

void
tf_server_stop(struct tf_server *srv)
{
	const uint64_t one = 1;
	int saved = errno, fd = srv->stop_fd;

	/* It fails if it has been told already, which is as good. */
	if (fd != -1 && write(fd, &one, sizeof(one)) == -1)
		errno = saved;
}

int
tf_server_add(struct tf_server *srv, const struct tf_service *service,
    const void *handler)
{
	return registry_add(&srv->registry, NULL, service, handler,
	    srv->error, sizeof(srv->error));
}

int
tf_server_add_as(struct tf_server *srv, const char *name,
    const struct tf_service *service, const void *handler)
{
	return registry_add(&srv->registry, name, service, handler,
	    srv->error, sizeof(srv->error));
}

void
tf_server_set_args(struct tf_server *srv, int argc, char **argv)
{
	srv->argc = argc;
	srv->argv = argv;
}

void
tf_server_args(const struct tf_server *srv, int *argc, char ***argv)
{
	*argc = srv->argc;
	*argv = srv->argv;
}

const char *
tf_server_error(const struct tf_server *srv)
{
	return srv->error;
}

const char *
tf_version(void)
{
	return PACKAGE_VERSION;
}

void
server_succeed(struct tf_server *srv)
{
	if (!srv->succeeds)
		succession_begin(&srv->succession);
	srv->succeeds = true;
}

void
server_activate(struct tf_server *srv)
{
	if (srv->activated)
		return;
	srv->activated = true;
	srv->activation_bad = activation_take(&srv->activation,
	    srv->activation_why, sizeof(srv->activation_why)) == -1;
}

/* The file's name without directory and ending. */
static int
name_after(struct tf_server *srv, const char *path)
{
	const char *base = strrchr(path, '/');
	char name[64];

	strlcpy(name, base == NULL ? path : base + 1, sizeof(name));
	name[strcspn(name, ".")] = '\0';
	return tf_server_set(srv, "name", name);
}

const char *
server_name(struct tf_server *srv)
{
	if (srv->settings.name == NULL && name_after(srv,
	    srv->module != NULL ? srv->module :
	    program_invocation_short_name) == -1)
		return NULL;
	return srv->settings.name;
}

int
server_setup(struct tf_server *srv)
{
	tf_setup_fn *setup = srv->setup;

	if (srv->module != NULL) {
		setup = module_load(srv->module, srv->module_fd, srv->error,
		    sizeof(srv->error));
		fd_close(&srv->module_fd);
		if (setup == NULL)
			return -1;
	}
	srv->error[0] = srv->declared.why[0] = '\0';
	if (setup(srv) == 0 && srv->declared.why[0] == '\0')
		return 0;
	if (srv->declared.why[0] != '\0')
		return tf_server_refuse(srv, "%s", srv->declared.why);
	if (srv->error[0] == '\0')
		tf_server_refuse(srv, "setup() failed");
	return -1;
}
