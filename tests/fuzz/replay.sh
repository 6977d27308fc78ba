#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Replays the corpora and all that was once a crash, for every fuzz target.
# Prints TAP.
set -u
fuzz=${TF_SOURCE:?}/tests/fuzz
n=0
bad=0
for target in binary compact idl json scan segment; do
	program=${TF_BUILD:?}/replay-$target
	[ -x "$program" ] || continue
	for dir in corpus regress; do
		[ -d "$fuzz/$dir/$target" ] || continue
		n=$((n + 1))
		if out=$("$program" "$fuzz/$dir/$target" 2>&1); then
			echo "ok $n - $target: $dir"
		else
			bad=1
			echo "$out" | tail -40 | sed 's/^/# /'
			echo "not ok $n - $target: $dir"
		fi
	done
done
echo "1..$n"
exit $bad
