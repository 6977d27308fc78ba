/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers of uuids.thrift. */
#include "uuids.tf.h"

static int
step(struct tf_call *call, struct tf_uuid last, struct tf_uuid *ret)
{
	(void)call;
	*ret = last;
	ret->b[15]++;
	return 0;
}

static int
same(struct tf_call *call, const struct uuids_some *v, struct uuids_some *ret)
{
	(void)call;
	*ret = *v;
	return 0;
}

static const struct uuids_uuids_handler handler = {
	.step = step,
	.same = same,
};

static int
setup(struct tf_server *srv)
{
	return uuids_uuids_serve(srv, &handler);
}

TF_MODULE(setup);
