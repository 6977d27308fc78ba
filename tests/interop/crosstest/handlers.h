/* SPDX-License-Identifier: Apache-2.0 */
/* What the suite's server is expected to answer. */
#ifndef HANDLERS_H
#define HANDLERS_H

#include "ThriftTest.tf.h"

extern const struct thrift_test_thrift_test_handler thrift_test_handler;
extern const struct thrift_test_second_service_handler second_service_handler;

#endif
