/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From news to messages.  The time that a stop may take is asked for piece by
 * piece, as long as the master's loop turns: who hangs gets no more of it.
 */
#include "server/manager.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/notify.h"

#define TICK_NS		(5 * NS_PER_S)	/* at most, between signs of life */
#define MORE_US		UINT64_C(15000000)	/* asked for with each */

static bool stopping;
static bool left;		/* to another process, as by an upgrade */

void
manager_begin(bool in_background)
{
	stopping = left = false;
	if (notify_init(true) == -1)
		log_warn("NOTIFY_SOCKET");
	if (in_background)
		notify("MAINPID=%ld", (long)getpid());
}

void
manager_end(void)
{
	notify_export();
}

void
manager_leave(pid_t pid)
{
	notify("MAINPID=%ld", (long)pid);
	left = true;
}

static void
ask_for_time(void)
{
	notify("EXTEND_TIMEOUT_USEC=%" PRIu64, MORE_US);
}

/* In one message: nobody sees the one without the other. */
static void
tell(const char *event, unsigned workers, unsigned generation,
    const char *remark)
{
	notify("%sSTATUS=%u worker%s, generation %u%s", event, workers,
	    workers == 1 ? "" : "s", generation, remark);
}

void
manager_news(void *arg, enum master_news news, unsigned workers,
    unsigned generation)
{
	(void)arg;
	if (left)
		return;
	switch (news) {
	case MASTER_SERVES:
	case MASTER_RELOADED:
		tell("READY=1\n", workers, generation, "");
		break;
	case MASTER_RELOADS:
		notify_reloading();
		tell("", workers, generation, ", reloading");
		break;
	case MASTER_NOT_RELOADED:
		tell("READY=1\n", workers, generation,
		    ", the last reload failed");
		break;
	case MASTER_SCALED:
		tell("", workers, generation, "");
		break;
	case MASTER_STOPS:
		stopping = true;
		tell("STOPPING=1\n", workers, generation, ", stopping");
		ask_for_time();
		break;
	}
}

uint64_t
manager_tick_ns(void)
{
	uint64_t half = notify_watchdog_ns() / 2;

	if (!notify_has_manager())
		return 0;
	return half != 0 && half < TICK_NS ? half : TICK_NS;
}

void
manager_tick(void *arg)
{
	(void)arg;
	if (left)
		return;
	if (notify_watchdog_ns() != 0)
		notify("WATCHDOG=1");
	if (stopping)
		ask_for_time();
}
