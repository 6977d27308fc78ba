/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main() that unit tests share: run the suite as the environment says
 * (CK_TAP_LOG_FILE_NAME=- writes TAP), and tell by the exit status.
 */
#ifndef TESTS_LIB_UNIT_H
#define TESTS_LIB_UNIT_H

#include <check.h>

#define UNIT_TIMEOUT	20		/* seconds for a test that hangs */

/* Of the elements of an array, as loop tests want it. */
#define COUNT(a)	((int)(sizeof(a) / sizeof((a)[0])))

static inline int
unit_main(Suite *s)
{
	SRunner *r = srunner_create(s);
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}

/* A test case in the suite, with time enough for a sanitizer. */
static inline TCase *
unit_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_set_timeout(t, UNIT_TIMEOUT);
	suite_add_tcase(s, t);
	return t;
}

#endif
