/* SPDX-License-Identifier: Apache-2.0 */
/* A client of the calculator: client ADDR */
#include <err.h>
#include <stdio.h>

#include "calc.tf.h"

int
main(int argc, char **argv)
{
	const struct calc_work w = { .num1 = 15, .num2 = 0, .op = CALC_OP_DIV };
	const struct tf_list_str tags = {
		.v = (struct tf_str[]){ TF_STR("math"), TF_STR("home") },
		.n = 2
	};
	const struct calc_invalid_operation *ouch;
	struct tf_list_calc_entry log;
	struct tf_client *c;
	int32_t r;

	c = tf_client_new(argc > 1 ? argv[1] : "tcp://localhost:9090");

	if (calc_calculator_calculate(c, 1, &w, &tags, &r, &ouch) == 0)
		printf("%d\n", r);
	else if (ouch != NULL)
		printf("%s: %s\n", calc_op_name(ouch->what), ouch->why.s);
	else
		errx(1, "%s", tf_client_error(c));

	if (calc_calculator_history(c, 0, &log) == -1)
		errx(1, "%s", tf_client_error(c));
	for (uint32_t i = 0; i < log.n; i++)
		printf("%d: %d %s\n", log.v[i].logid, log.v[i].result,
		    log.v[i].work.has_comment ? log.v[i].work.comment.s : "");

	tf_client_free(c);
	return 0;
}
