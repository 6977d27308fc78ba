/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints the footer of a Parquet file: a use of the codec without any service.
 * The file is mapped read-only, so that only its last pages are read, however
 * large it is; what is decoded does not point into it.
 *
 *	footer FILE.parquet
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "parquet.tf.h"

#define MAX_MEMORY	((size_t)1 << 30)	/* for a decoded footer */
#define TAIL		8	/* the footer's length and the magic */
#define SIGNATURE	28	/* after the footer of an encrypted file */

struct bytes {
	const uint8_t	*p;
	size_t		 len;
};

static int
usage(FILE *f, int status)
{
	fprintf(f, "usage: footer [--json] [--check] FILE.parquet\n"
	    "       footer [--json] [--check] --thrift FILE.tcompact\n");
	if (status == 0)
		fprintf(f, "\n"
		    "  --json    print JSON\n"
		    "  --check   encode it again, and say whether the bytes "
		    "are the same\n"
		    "  --thrift  the file is a footer and nothing else\n");
	return status;
}

static struct bytes
map_file(const char *path)
{
	struct stat st;
	void *p;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1 ||
	    fstat(fd, &st) == -1)
		err(1, "%s", path);
	if (!S_ISREG(st.st_mode))
		errx(1, "%s: not a regular file", path);
	if (st.st_size == 0)
		errx(1, "%s: empty", path);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		err(1, "%s", path);
	close(fd);
	return (struct bytes){ p, (size_t)st.st_size };
}

/* The footer within a whole file: "PAR1" ... footer, length, "PAR1". */
static struct bytes
find_footer(const char *path, struct bytes file)
{
	const uint8_t *tail;
	uint32_t len;

	if (file.len < 4 + TAIL)
		errx(1, "%s: too short for a Parquet file", path);
	tail = file.p + file.len - TAIL;
	if (memcmp(tail + 4, "PARE", 4) == 0)
		errx(1, "%s: the footer is encrypted", path);
	if (memcmp(file.p, "PAR1", 4) != 0 || memcmp(tail + 4, "PAR1", 4) != 0)
		errx(1, "%s: not a Parquet file", path);
	len = tail[0] | (uint32_t)tail[1] << 8 | (uint32_t)tail[2] << 16 |
	    (uint32_t)tail[3] << 24;
	if (len > file.len - 4 - TAIL)
		errx(1, "%s: a footer of %" PRIu32 " bytes in a file of %zu",
		    path, len, file.len);
	return (struct bytes){ tail - len, len };
}

/* The bytes that were decoded. */
static struct bytes
decode(const char *path, struct bytes b, struct tf_arena *arena,
    struct parquet_file_meta_data *meta)
{
	const char *why;
	ptrdiff_t n;
	size_t left;

	n = tf_decode(&parquet_file_meta_data_type, TF_COMPACT, b.p, b.len,
	    arena, meta, &why);
	if (n == -1)
		errx(1, "%s: the footer is broken: %s", path, why);
	left = b.len - (size_t)n;
	if (left > 0 &&
	    (meta->encryption_algorithm == NULL || left != SIGNATURE))
		errx(1, "%s: the footer is broken: %zu bytes too many", path,
		    left);
	return (struct bytes){ b.p, (size_t)n };
}

static struct tf_str
encode(const char *path, enum tf_protocol proto, struct tf_arena *arena,
    const struct parquet_file_meta_data *meta)
{
	struct tf_str out;
	const char *why;

	if (tf_encode(&parquet_file_meta_data_type, proto, meta, arena, &out,
	    &why) == -1)
		errx(1, "%s: %s", path, why);
	return out;
}

static int
check(const char *path, struct bytes b, struct tf_arena *arena,
    const struct parquet_file_meta_data *meta)
{
	struct tf_str again = encode(path, TF_COMPACT, arena, meta);
	size_t i = 0;

	while (i < b.len && i < again.len && b.p[i] == (uint8_t)again.s[i])
		i++;
	if (i < b.len || i < again.len) {
		printf("%s: %zu bytes, encoded again %zu, different from "
		    "byte %zu on\n", path, b.len, again.len, i);
		return 1;
	}
	printf("%s: %zu bytes, encoded again the same\n", path, b.len);
	return 0;
}

static int
show(const char *path, struct bytes b, bool json, bool checked)
{
	struct tf_arena *arena = tf_arena_new(MAX_MEMORY);
	struct parquet_file_meta_data meta;
	int status = 0;

	b = decode(path, b, arena, &meta);
	if (json)
		printf("%s\n", encode(path, TF_JSON, arena, &meta).s);
	else if (!checked)
		tf_dump(&parquet_file_meta_data_type, &meta, stdout);
	if (checked)
		status = check(path, b, arena, &meta);
	tf_arena_free(arena);
	if (fflush(stdout) == EOF)
		err(1, "standard output");
	return status;
}

int
main(int argc, char **argv)
{
	int json = 0, checked = 0, bare = 0, letter, status;
	const struct option longs[] = {
		{ "json", no_argument, &json, 1 },
		{ "check", no_argument, &checked, 1 },
		{ "thrift", no_argument, &bare, 1 },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	struct bytes file, footer;

	while ((letter = getopt_long(argc, argv, "h", longs, NULL)) != -1)
		if (letter != 0)
			return letter == 'h' ? usage(stdout, 0) :
			    usage(stderr, 2);
	if (argc - optind != 1)
		return usage(stderr, 2);
	file = map_file(argv[optind]);
	footer = bare ? file : find_footer(argv[optind], file);
	status = show(argv[optind], footer, json, checked);
	munmap((void *)(uintptr_t)file.p, file.len);
	return status;
}
