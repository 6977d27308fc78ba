/* SPDX-License-Identifier: Apache-2.0 */
/* The service of tests/bench/run, ours. */
#include <time.h>

#include "race.tf.h"

static int
ping(struct tf_call *call)
{
	(void)call;
	return 0;
}

static int
nap(struct tf_call *call, int32_t ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	(void)call;
	nanosleep(&ts, NULL);
	return 0;
}

static int
echo_text(struct tf_call *call, struct tf_str v, struct tf_str *ret)
{
	(void)call;
	*ret = v;
	return 0;
}

static int
echo_item(struct tf_call *call, const struct codec_item *v,
    struct codec_item *ret)
{
	(void)call;
	*ret = *v;
	return 0;
}

static int
echo_batch(struct tf_call *call, const struct codec_batch *v,
    struct codec_batch *ret)
{
	(void)call;
	*ret = *v;
	return 0;
}

static const struct race_race_handler handlers = {
	.ping = ping, .nap = nap, .echo_text = echo_text,
	.echo_item = echo_item, .echo_batch = echo_batch
};

static int
setup(struct tf_server *srv)
{
	return race_race_serve(srv, &handlers);
}

TF_MODULE(setup);
