/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A service of which every call is answered later, by another thread, though
 * its handlers know nothing of it: what answers at once in a test answers later
 * in the same test.
 */
#ifndef TESTS_INTEROP_LATER_H
#define TESTS_INTEROP_LATER_H

#include <thriftfork.h>

/* To be served in place of the given one, which is for the same handlers. */
const struct tf_service *later_service(const struct tf_service *);

#endif
