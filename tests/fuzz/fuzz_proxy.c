/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: PROXY headers.  What is read takes no more bytes than there
 * are, is told from no fewer, and does not depend on those behind it.
 */
#include <stdlib.h>
#include <string.h>

#include "wire/proxy.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	enum proxy_result rc, part = PROXY_MORE;
	struct proxy whole, x;
	size_t n;

	rc = proxy_read(&whole, bytes, len);
	for (n = 0; n <= len && part == PROXY_MORE; n++)
		part = proxy_read(&x, bytes, n);
	if (part != rc || (rc == PROXY_BAD && whole.why == NULL))
		abort();
	if (rc != PROXY_DONE)
		return 0;
	if (whole.size != n - 1 || whole.size > PROXY_MAX_BYTES ||
	    memcmp(&whole, &x, sizeof(x)) != 0 ||
	    strlen(whole.source.path) > PROXY_PATH ||
	    strlen(whole.destination.path) > PROXY_PATH)
		abort();
	return 0;
}
