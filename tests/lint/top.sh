#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# thriftfork-top(1) against the program: each column and each key is told, in
# order, and nothing else is.

. "$(dirname "$0")/tap.subr"

# columns KIND DEF: titles.
columns()
{
	sed -n "s/^$1([A-Z0-9_]*, \"\([^\"]*\)\".*/\1/p" "$2"
}

# told SECTION PAGE: what stands in its lists, a line each.
told()
{
	awk -v section="$1" '/^\.Sh / { on = $2 == section }
	on && /^\.It / {
		sub(/^\.It /, "")
		n = split($0, part, section == "COLUMNS" ? " , " : "\n")
		for (i = 1; i <= n; i++)
			print part[i]
	}' "$2"
}

differ()
{
	diff "$1" "$2" | grep '^[<>]'
}

def=$TF_SOURCE/tools/top/columns.def
page=$TF_SOURCE/man/thriftfork-top.1

for kind in WORKER COUNTED METHOD; do
	columns $kind "$def"
done >"$tmp/want"
[ "$(wc -l <"$tmp/want")" = "$(grep -c '^[A-Z]*([A-Z0-9_]*, "' "$def")" ] &&
    [ "$(head -1 "$tmp/want")" = SLOT ] &&
    tap_case ok "the columns can be read" ||
    tap_case "not ok" "the columns can be read"
told COLUMNS "$page" >"$tmp/have"
differ "$tmp/want" "$tmp/have" >"$tmp/found"
clean "thriftfork-top.1 has each column" "$tmp/found"

sed -n 's/^	{ "\([^"]*\)", ".*/\1/p' "$TF_SOURCE/tools/top/keys.c" >"$tmp/want"
told KEYS "$page" >"$tmp/have"
differ "$tmp/want" "$tmp/have" >"$tmp/found"
clean "thriftfork-top.1 has each key" "$tmp/found"

sed 's/^\.It P50 , P99/.It P50 , P98/; /^\.It tab$/d' "$page" >"$tmp/page"
told COLUMNS "$tmp/page" >"$tmp/have"
told KEYS "$tmp/page" >>"$tmp/have"
told COLUMNS "$page" >"$tmp/want"
told KEYS "$page" >>"$tmp/want"
differ "$tmp/want" "$tmp/have" >"$tmp/found"
planted "a wrong column and a key too few" "$tmp/found" '< P99$' '> P98$' \
    '< tab$'

finish
