#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# options.def and signals.def against what users read: --help and thriftfork(1)
# have every setting in the table's order, with its letter and default, and
# nothing else; the page has every signal, and says of those that do nothing
# yet that they do nothing.

. "$(dirname "$0")/tap.subr"

page=$TF_SOURCE/man/thriftfork.1


# "key|letter|default" of each option.
$CC -E -P -x c -I"$TF_SOURCE/src" - >"$tmp/cpp" <<'END'
#define OPTION(member, key, letter, type, preset, min, max, help)	\
	@@ key | letter | preset @@
#include "server/options.def"
END
tr '\n' ' ' <"$tmp/cpp" | sed 's/@@ *@@/@@/g; s/@@/\
/g' | sed -n "s/^ *\"\([^\"]*\)\" *| *\(.*[^ ]\) *| *\"\([^\"]*\)\" *$/\1|\2|\3/p" |
    sed "s/|0|/||/; s/|'\(.\)'|/|\1|/" >"$tmp/options"

# "name|meaning" of each signal.
$CC -E -P -x c -I"$TF_SOURCE/src" - >"$tmp/cpp" <<'END'
#define SIGNAL(name, meaning, help)	@@ name | meaning @@
#include "proc/signals.def"
END
tr '\n' ' ' <"$tmp/cpp" | sed 's/@@ *@@/@@/g; s/@@/\
/g' | sed -n 's/^ *\([A-Z0-9]*\) *| *\([A-Z]*\) *$/\1|\2/p' >"$tmp/signals"

# The tables are not empty, or all that follows says nothing.
[ "$(grep -c '^workers|w|auto$' "$tmp/options")" = 1 ] &&
    [ "$(grep -c '^TERM|STOP$' "$tmp/signals")" = 1 ] &&
    [ "$(wc -l <"$tmp/options")" = \
    "$(grep -c '^OPTION(' "$TF_SOURCE/src/server/options.def")" ] &&
    [ "$(wc -l <"$tmp/signals")" = \
    "$(grep -c '^SIGNAL(' "$TF_SOURCE/src/proc/signals.def")" ] &&
    tap_case ok "the tables can be read" ||
    tap_case "not ok" "the tables can be read"

# Of --help: lines with a key in its column.
help_options()
{
	awk 'on && substr($0, 7, 1) ~ /[a-z]/ {
		letter = substr($0, 3, 2)
		sub(/-/, "", letter)
		gsub(/ /, "", letter)
		n = split(substr($0, 7, 37), word, / +/)
		printf "%s|%s|%s\n", word[1], letter, (n > 1 ? word[2] : "")
	}
	/^Settings/ { on = 1 }'
}

# Of a page: .It Cm KEY [Ns = Ns Cm DEFAULT] [Pq Fl LETTER] in SETTINGS.
page_options()
{
	awk '/^\.Sh / { on = $2 == "SETTINGS" }
	on && /^\.It / {
		key = $2 == "Cm" ? $3 : $0
		letter = preset = ""
		for (i = 4; i <= NF; i++) {
			if ($i == "=" && $(i + 2) == "Cm")
				preset = $(i + 3)
			if ($i == "Fl")
				letter = $(i + 1)
		}
		printf "%s|%s|%s\n", key, letter, preset
	}' "$1"
}

# Of a page: "NAME|LATER" where an item says that it is ignored and logged.
page_signals()
{
	awk 'function flush() {
		if (name != "")
			printf "%s|%s\n", name, (later ? "LATER" : "else")
		name = ""
		later = 0
	}
	/^\.Sh / { flush(); on = $2 == "SIGNALS" }
	on && /^\.It Dv SIG/ { flush(); name = substr($3, 4) }
	on && /^\.El/ { flush() }
	tolower($0) ~ /logged and ignored/ { later = 1 }' "$1"
}

differ()
{
	diff "$1" "$2" | grep '^[<>]'
}

"$TF_BUILD/thriftfork" run --help >"$tmp/help-text" 2>&1
help_options <"$tmp/help-text" >"$tmp/help"
sed 's/|[^|]*$//' "$tmp/options" >"$tmp/want"
sed 's/|[^|]*$//' "$tmp/help" >"$tmp/have"
differ "$tmp/want" "$tmp/have" >"$tmp/found"
clean "run --help has each setting, in order" "$tmp/found"

# The key without a default has help where others have that: compare the rest.
grep -v '|$' "$tmp/options" >"$tmp/want"
cut -d'|' -f1 "$tmp/want" >"$tmp/keys"
awk -F'|' 'NR == FNR { want[$1] = 1; next } $1 in want' "$tmp/keys" \
    "$tmp/help" >"$tmp/have"
differ "$tmp/want" "$tmp/have" >"$tmp/found"
clean "run --help has the same defaults" "$tmp/found"

page_options "$page" >"$tmp/have"
differ "$tmp/options" "$tmp/have" >"$tmp/found"
clean "thriftfork.1 has each setting, in order, with its default" "$tmp/found"

sed 's/|LATER$/|later/; s/|[A-Z]*$/|else/; s/|later$/|LATER/' \
    "$tmp/signals" >"$tmp/want"
page_signals "$page" >"$tmp/have"
differ "$tmp/want" "$tmp/have" >"$tmp/found"
clean "thriftfork.1 has each signal, in order" "$tmp/found"

# Pages that are wrong.
sed 's/^\.It Cm backlog Ns = Ns Cm [0-9]*/.It Cm backlog Ns = Ns Cm 7/' \
    "$page" >"$tmp/page"
page_options "$tmp/page" | differ "$tmp/options" - >"$tmp/found"
planted "a wrong default" "$tmp/found" '> backlog||7$'
sed 's/^\.It Cm max-depth/.It Cm max-width/' "$page" >"$tmp/page"
page_options "$tmp/page" | differ "$tmp/options" - >"$tmp/found"
planted "a setting too few and one too many" "$tmp/found" '< max-depth|' \
    '> max-width|'
grep -v '^\.It Dv SIGHUP' "$page" >"$tmp/page"
page_signals "$tmp/page" | differ "$tmp/want" - >"$tmp/found"
planted "a signal too few" "$tmp/found" '< HUP|else'
sed 's/^      backlog  */&9/' "$tmp/help-text" | help_options >"$tmp/have"
differ "$tmp/options" "$tmp/have" >"$tmp/found"
planted "a wrong default in --help" "$tmp/found" '> backlog||91024'

finish
