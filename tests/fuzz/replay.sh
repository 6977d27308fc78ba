#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Replays the corpora and all that was once a crash, for every fuzz target.
# Prints TAP.
set -u
fuzz=${TF_SOURCE:?}/tests/fuzz
n=0
bad=0

# replay TARGET WHAT FILE...
replay() {
	target=$1
	what=$2
	shift 2
	n=$((n + 1))
	if out=$("${TF_BUILD:?}/replay-$target" "$@" 2>&1); then
		echo "ok $n - $target: $what"
	else
		bad=1
		echo "$out" | tail -40 | sed 's/^/# /'
		echo "not ok $n - $target: $what"
	fi
}

for target in async binary client compact dialect header http idl json move \
    proxy scan segment serve tjson zstream; do
	for dir in corpus regress; do
		[ ! -d "$fuzz/$dir/$target" ] ||
		    replay "$target" "$dir" "$fuzz/$dir/$target"
	done
done
replay idl "what the compiler is tested with" "$fuzz"/../gen/*/*.thrift
echo "1..$n"
exit $bad
