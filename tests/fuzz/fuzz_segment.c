/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader on any bytes: whatever a segment holds, looking at all of it and
 * printing it reads nothing outside and comes to an end.
 */
#include <sys/mman.h>

#include <fcntl.h>
#include <unistd.h>

#include <thriftfork/stat.h>

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tf_stat_times times;
	static FILE *null;
	struct tf_stat_call call;
	struct tf_stat *st;
	int i, fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (null == NULL)
		null = fopen("/dev/null", "w");
	if (write(fd, data, size) == (ssize_t)size &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0 &&
	    (st = tf_stat_open_fd(fd, NULL)) != NULL) {
		tf_stat_print(st, null, true);
		tf_stat_print(st, null, false);
		for (i = -2; i < 9; i++) {
			tf_stat_value(st, i, i, i);
			tf_stat_quantile(st, i, i, i / 8.0);
			tf_stat_get_times(st, i, i, &times);
			tf_stat_get_call(st, (unsigned)i, &call);
			tf_stat_own_value(st, i, i);
		}
		tf_stat_close(st);
	}
	close(fd);
	return 0;
}
