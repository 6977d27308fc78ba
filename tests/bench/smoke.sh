#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The benchmarks still build from the few sources that they name, both sides of
# the codec's agree on the bytes, and the race has its rows and can be asked for
# help; how fast anybody is is not asked here.

here=$(cd "$(dirname "$0")" && pwd)
echo 1..3
out=$(OPT=-O0 "$here/codec.sh" 1 2>&1)
status=$?
if [ $status -eq 77 ]; then
	echo "ok 1 codec # SKIP $out"
elif [ $status -eq 0 ] &&
    [ "$(echo "$out" | grep -c '^\(compact\|binary\) .*[0-9]$')" -ge 12 ]
then
	echo "ok 1 codec"
else
	echo "$out" | sed 's/^/# /'
	echo "not ok 1 codec"
fi

out=$("$here/run" -b "$TF_BUILD" -r 1 -t 0.1 --alone 2>&1)
status=$?
if ! taskset -c 1 true 2>/dev/null; then
	echo "ok 2 race # SKIP there is no second processor"
elif [ $status -eq 0 ] &&
    [ "$(echo "$out" | grep -c '^  \(bare\|thriftfork\) .* [0-9]')" -eq 15 ]
then
	echo "ok 2 race"
else
	echo "$out" | sed 's/^/# /'
	echo "not ok 2 race"
fi

if out=$("$here/run" --help 2>&1); then
	echo "ok 3 help"
else
	echo "$out" | sed 's/^/# /'
	echo "not ok 3 help"
fi
