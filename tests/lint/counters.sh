#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A counter that nobody counts is a lie: each name of counters.def is used
# where its kind is written, and is told in thriftfork-counters(7).

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

# page DEF [GROUPS]: the manual page of that list, or why there is none.
page()
{
	${AWK:-awk} -f "$TF_SOURCE/man/counters.awk" "$1" \
	    "${2:-$TF_SOURCE/man/thriftfork-counters.7.in}"
}

page "$def" | sed -n 's/^\.It Li \([a-z_]*\)$/\1/p' | sort >"$tmp/have"
cut -d' ' -f2 "$tmp/ids" | sort | diff - "$tmp/have" | grep '^[<>]' \
    >"$tmp/found"
clean "thriftfork-counters.7 has each counter" "$tmp/found"
sed '/^WORKER(READS,/i\
SERVER(NOBODYS, "nobodys", COUNTER, "times",\
    "in no group")' "$def" >"$tmp/more.def"
page "$tmp/more.def" 2>"$tmp/found" >/dev/null
planted "a counter that no group takes in" "$tmp/found" \
    'nobodys .* stands in the page 0 times'
sed '/^@WORKER reads /p' "$TF_SOURCE/man/thriftfork-counters.7.in" \
    >"$tmp/twice.in"
page "$def" "$tmp/twice.in" 2>"$tmp/found" >/dev/null
planted "one that two take in" "$tmp/found" \
    'reads .* stands in the page 2 times'

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
