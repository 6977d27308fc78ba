/* SPDX-License-Identifier: Apache-2.0 */
/* From the addresses in the settings to sockets that are bound. */
#include "base/log.h"
#include "server/run.h"
#include "shm/segment.h"

static int
open_listener(struct run *run, const struct addr *a)
{
	struct tf_server *srv = run->srv;
	const char *text;
	char why[256];

	if (run->nlisteners == MASTER_MAX_LISTENERS)
		return tf_server_refuse(srv, "more than %d addresses to "
		    "listen on", MASTER_MAX_LISTENERS);
	if (listener_open(&run->listeners[run->nlisteners], a, run->slots,
	    why, sizeof(why)) == -1)
		return tf_server_refuse(srv, "listen %s", why);
	text = run->listeners[run->nlisteners++].text;
	segment_add_listen(srv->segment, text);
	log_info("listening on %s", text);
	return 0;
}

static int
each_address(struct run *run, int (*fn)(struct run *, const struct addr *))
{
	struct tf_server *srv = run->srv;
	struct addr addrs[8];
	char why[256];
	int n;

	if (settings_complete(&srv->settings, why, sizeof(why)) == -1)
		return tf_server_refuse(srv, "%s", why);
	for (unsigned i = 0; i < srv->settings.nlisten; i++) {
		n = addr_parse(srv->settings.listen[i], addrs, 8, why,
		    sizeof(why));
		if (n == -1)
			return tf_server_refuse(srv, "listen %s: %s",
			    srv->settings.listen[i], why);
		for (int j = 0; j < n; j++)
			if (fn(run, &addrs[j]) == -1)
				return -1;
	}
	return 0;
}

int
run_open_listeners(struct run *run)
{
	return each_address(run, open_listener);
}

static int
understood(struct run *run, const struct addr *a)
{
	(void)run;
	(void)a;
	return 0;
}

int
run_check_listeners(struct run *run)
{
	return each_address(run, understood);
}

void
run_close_listeners(struct run *run)
{
	while (run->nlisteners > 0)
		listener_close(&run->listeners[--run->nlisteners]);
}
