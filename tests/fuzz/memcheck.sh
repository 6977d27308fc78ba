#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The codecs as they are shipped, under valgrind: with a sanitizer every
# allocation of an arena is apart, and strings are copied byte by byte; what
# copies wider than it must is only in an optimized build.  Prints TAP.
set -u
fuzz=${TF_SOURCE:?}/tests/fuzz
n=0
bad=0

# checked NAME PROGRAM ARGUMENT...
checked() {
	name=$1
	shift
	n=$((n + 1))
	if out=$("$TF_RELEASE/libtool" --mode=execute valgrind -q \
	    --error-exitcode=9 "$TF_RELEASE/$@" 2>&1); then
		echo "ok $n - $name"
	else
		bad=1
		echo "$out" | tail -40 | sed 's/^/# /'
		echo "not ok $n - $name"
	fi
}

command -v valgrind >/dev/null || {
	echo "1..0 # SKIP no valgrind"
	exit 0
}
[ -x "${TF_RELEASE:-}/property" ] || {
	echo "1..0 # SKIP TF_RELEASE, an optimized build with its property" \
	    "and replay-*, is not set"
	exit 0
}
for target in binary compact; do
	for dir in corpus regress; do
		[ ! -d "$fuzz/$dir/$target" ] || checked "$target: $dir" \
		    "replay-$target" "$fuzz/$dir/$target"
	done
done
checked "properties of values" property 5 "$(date +%s)"
echo "1..$n"
exit $bad
