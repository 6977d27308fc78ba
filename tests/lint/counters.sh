#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A counter that nobody counts is a lie: each name of counters.def is used
# where its kind is written, and is told in tf_stat(3).

. "$(dirname "$0")/tap.subr"

# ids KIND DEF: "ID name" of each counter of that kind.
ids()
{
	sed -n "s/^$1(\([A-Z_0-9]*\), *\"\([a-z_0-9]*\)\".*/\1 \2/p" "$2"
}

# unused PREFIX DEF-KIND DEF FILE...: ids that stand in none of the files.
unused()
{
	prefix=$1 kind=$2 def=$3
	shift 3
	ids "$kind" "$def" | while read -r id name; do
		cat "$@" | grep -q "\\b${prefix}_$id\\b" ||
		    echo "$name: ${prefix}_$id is counted nowhere"
	done
}

def=$TF_SOURCE/src/shm/counters.def
src=$TF_SOURCE/src

for kind in SERVER WORKER MASTER METHOD WORKER_HIST METHOD_HIST; do
	ids $kind "$def"
done >"$tmp/ids"
[ "$(wc -l <"$tmp/ids")" = \
    "$(grep -c '^[A-Z_]*([A-Z_0-9]*, "' "$def")" ] &&
    grep -q '^CALLS_BEGUN calls_begun$' "$tmp/ids" &&
    tap_case ok "the table can be read" ||
    tap_case "not ok" "the table can be read"

# Calls begun and ended are counted by what serve calls in lane.h.
unused COUNTER WORKER "$def" "$src"/serve/*.[ch] "$src"/shm/lane.[ch] \
    >"$tmp/found"
clean "the worker counts what is the worker's" "$tmp/found"
unused MASTER MASTER "$def" "$src"/shm/segment*.[ch] "$src"/proc/*.[ch] \
    >"$tmp/found"
unused SERVER SERVER "$def" "$src"/shm/segment*.[ch] "$src"/proc/*.[ch] \
    >>"$tmp/found"
clean "the master counts what is the master's" "$tmp/found"
# Outcomes are counted relative to the first; lane.c asserts their order.
unused METHOD METHOD "$def" "$src/shm/lane.h" "$src/shm/lane.c" >"$tmp/found"
clean "calls count what is the method's" "$tmp/found"
for kind in WORKER_HIST METHOD_HIST; do
	unused $kind $kind "$def" "$src"/shm/lane.[ch]
done >"$tmp/found"
clean "and all histograms" "$tmp/found"

sed -n '/^\.Sh COUNTERS/,/^\.Sh [^C]/s/^\.It Li \([a-z_]*\).*/\1/p' \
    "$TF_SOURCE/man/tf_stat.3" >"$tmp/have"
cut -d' ' -f2 "$tmp/ids" | diff - "$tmp/have" | grep '^[<>]' >"$tmp/found"
clean "tf_stat.3 has each counter, in order" "$tmp/found"

cat >"$tmp/bad.def" <<'END'
WORKER(READS, "reads", COUNTER, "calls",
    "counted")
WORKER(NOBODYS, "nobodys", COUNTER, "calls",
    "not counted")
END
unused COUNTER WORKER "$tmp/bad.def" "$src"/serve/*.[ch] >"$tmp/found"
planted "a counter that nobody counts" "$tmp/found" '^nobodys:'
grep '^reads:' "$tmp/found" >"$tmp/wrong"
clean "and that one alone" "$tmp/wrong"

finish
