#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# embed.sh FILE...: writes them as the C that page.h declares.
set -eu

echo '/* Made by tools/admin/page/embed.sh. */'
echo '#include "page.h"'
for file; do
	name=$(basename "$file" | tr -c 'a-z0-9\n' _)
	printf '\nstatic const unsigned char %s[] = {\n' "$name"
	od -An -v -tx1 "$file" |
	    sed 's/ *\([0-9a-f][0-9a-f]\)/0x\1,/g; s/^/	/'
	echo '};'
done
printf '\nconst struct page pages[] = {\n'
for file; do
	base=$(basename "$file")
	name=$(echo "$base" | tr -c 'a-z0-9\n' _)
	[ "$base" != index.html ] || base=
	printf '	{ "/%s", %s, sizeof(%s) },\n' "$base" "$name" "$name"
done
printf '	{ NULL, NULL, 0 }\n};\n'
