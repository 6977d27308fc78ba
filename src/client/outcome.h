/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of a call, or of a setting, that failed. */
#ifndef CLIENT_OUTCOME_H
#define CLIENT_OUTCOME_H

#include <thriftfork/base.h>

struct outcome {
	int		 type;		/* of the server's answer, if that was
					   a TApplicationException; -1 */
	char		 error[768];	/* "": nothing has failed */
};

/* Sets the reason; -1. */
int	outcome_fail(struct outcome *, const char *fmt, ...) TF_PRINTF(2, 3);

#endif
