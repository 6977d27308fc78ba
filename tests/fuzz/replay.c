/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over files, or over all files of directories, without a
 * fuzzer: for compilers that have none, and for crashes that were mended.
 * Speaks TAP: one line per argument.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes;
	long len;

	if (f == NULL)
		return -1;
	if (fseek(f, 0, SEEK_END) == -1 || (len = ftell(f)) == -1 ||
	    fseek(f, 0, SEEK_SET) == -1 ||
	    (bytes = malloc(len > 0 ? (size_t)len : 1)) == NULL) {
		fclose(f);
		return -1;
	}
	if (fread(bytes, 1, (size_t)len, f) != (size_t)len)
		len = -1;
	fclose(f);
	if (len >= 0)
		LLVMFuzzerTestOneInput(bytes, (size_t)len);
	free(bytes);
	return len >= 0 ? 1 : -1;
}

/* The number of files that were run, or -1. */
static int
replay(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	char name[4096];
	int n = 0;

	if (dir == NULL)
		return replay_file(path);
	while (n >= 0 && (e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(name, sizeof(name), "%s/%s", path,
		    e->d_name) >= sizeof(name) || replay_file(name) == -1)
			n = -1;
		else
			n++;
	}
	closedir(dir);
	return n;
}

int
main(int argc, char **argv)
{
	int rc = 0, n;

	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		n = replay(argv[i]);
		printf("%s %d - %s: %d inputs\n", n > 0 ? "ok" : "not ok", i,
		    argv[i], n);
		if (n <= 0)
			rc = 1;
	}
	return rc;
}
