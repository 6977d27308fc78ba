/* SPDX-License-Identifier: Apache-2.0 */
/* Which trace a call belongs to: W3C Trace Context, in THeader and HTTP. */
#ifndef SERVE_ACCESS_TRACE_H
#define SERVE_ACCESS_TRACE_H

#include <thriftfork/base.h>

struct call_headers;

/* The 32 digits of the trace-id in "traceparent", or "". */
struct tf_str access_trace(const struct call_headers *);

#endif
