/* SPDX-License-Identifier: Apache-2.0 */
/* Everything a service, a server or a client needs. */
#ifndef THRIFTFORK_H
#define THRIFTFORK_H

#include <thriftfork/base.h>
#include <thriftfork/type.h>
#include <thriftfork/service.h>
#include <thriftfork/loop.h>
#include <thriftfork/client.h>
#include <thriftfork/async.h>
#include <thriftfork/server.h>
#include <thriftfork/shared.h>

#endif
