#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The benchmarks still build from the few sources that they name, both sides of
# the codec's agree on the bytes, and the race has its rows and can be asked for
# help; how fast anybody is is not asked here.

here=$(cd "$(dirname "$0")" && pwd)
echo 1..4
out=$(OPT=-O0 LAYOUTS=2 "$here/codec.sh" 1 2>&1)
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

# raced NAME ROWS PATTERN OPTION...: so many lines of a racer and its figures;
# that others had the processor too is said as well, and is none of them.
raced() {
	name=$1 rows=$2 pattern=$3
	shift 3
	out=$("$here/run" -b "$TF_BUILD" -r 1 -t 0.1 "$@" 2>&1)
	status=$?
	if ! taskset -c 1 true 2>/dev/null; then
		echo "ok $name # SKIP there is no second processor"
	elif [ $status -eq 0 ] &&
	    [ "$(echo "$out" | grep -c "^  $pattern  *[0-9]")" -eq "$rows" ]
	then
		echo "ok $name"
	else
		echo "$out" | sed 's/^/# /'
		echo "not ok $name"
	fi
}

raced "2 race" 16 '\(bare\|thriftfork\)[a-z, ]*' --alone
raced "3 dialects" 10 '[a-zA-Z, ]*' --dialects ping

if out=$("$here/run" --help 2>&1); then
	echo "ok 4 help"
else
	echo "$out" | sed 's/^/# /'
	echo "not ok 4 help"
fi
