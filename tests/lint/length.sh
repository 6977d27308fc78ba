#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How long things may be: a function 70 lines, or 100 if it is a switch that
# serves as a table; a file 600 (700 of tests); a line 80 columns, a tab taken for 8.

. "$(dirname "$0")/tap.subr"

# What thriftfork-gen wrote is as long as its IDL asks for.
sources()
{
	(cd "$1" && find src include tools tests -name '*.[ch]' \
	    ! -name '*.tf.[ch]' | sort)
}

# A function's body lies between "{" and "}" in column 0.
cat >"$tmp/functions.awk" <<'END'
function report(	lines, limit)
{
	lines = FNR - start - 1
	limit = switched * 10 >= lines * 8 ? 100 : 70
	if (lines > limit)
		printf "%s:%d: %s() has %d lines\n", file, start, name, lines
}
/^[A-Za-z_].*\(/ {
	name = $0
	sub(/\(.*/, "", name)
	sub(/.*[ *\t]/, "", name)
}
/^\{$/ {
	start = FNR
	switched = from = 0
}
start && /^\tswitch \(/ { from = FNR }
start && from && /^\t\}/ {
	switched += FNR - from + 1
	from = 0
}
start && /^\}/ {
	report()
	start = 0
}
END

cat >"$tmp/lines.awk" <<'END'
{
	column = 0
	n = split($0, part, "\t")
	for (i = 1; i <= n; i++) {
		column += length(part[i])
		if (i < n)
			column += 8 - column % 8
	}
	if (column > 80)
		printf "%s:%d: %d columns\n", file, FNR, column
}
END

# each AWK ROOT
each()
{
	sources "$2" | while read -r file; do
		awk -v file="$file" -f "$tmp/$1.awk" "$2/$file"
	done
}

# files ROOT
files()
{
	sources "$1" | while read -r file; do
		n=$(wc -l <"$1/$file")
		limit=600
		# A test is read a case at a time.
		case $file in tests/*) limit=700 ;; esac
		[ "$n" -le $limit ] || echo "$file:1: $n lines"
	done
}

each functions "$TF_SOURCE" >"$tmp/found"
clean "functions of at most 70 lines" "$tmp/found"
files "$TF_SOURCE" >"$tmp/found"
clean "files of at most 600 lines" "$tmp/found"
each lines "$TF_SOURCE" >"$tmp/found"
clean "lines of at most 80 columns" "$tmp/found"

# body NAME LINES: a function; table NAME CASES: one that is a switch.
body()
{
	printf 'int\n%s(int x)\n{\n' "$1"
	awk -v n="$2" 'BEGIN { for (i = 0; i < n; i++) print "\tx++;" }'
	printf '}\n'
}
table()
{
	printf 'int\n%s(int x)\n{\n\tswitch (x) {\n' "$1"
	awk -v n="$2" 'BEGIN { for (i = 0; i < n; i++) print "\tcase 1:" }'
	printf '\t}\n\treturn 0;\n}\n'
}
bad=$tmp/bad
mkdir -p "$bad/src" "$bad/include" "$bad/tools" "$bad/tests"
body fits 70 >"$bad/src/a.c"
body too_long 71 >>"$bad/src/a.c"
table fits_too 97 >>"$bad/src/a.c"
table too_long_too 98 >>"$bad/src/a.c"
body endless 600 >"$bad/src/b.c"
awk 'BEGIN { printf "\t\t\t%056d\n\t\t\t%057d\n", 0, 0 }' >"$bad/src/c.c"
each functions "$bad" >"$tmp/found"
planted "long functions" "$tmp/found" ' too_long() has 71' \
    ' too_long_too() has 101'
grep fits "$tmp/found" >"$tmp/wrong"
clean "and not those that just fit" "$tmp/wrong"
files "$bad" >"$tmp/found"
planted "a long file" "$tmp/found" '^src/b.c:'
each lines "$bad" >"$tmp/found"
planted "a long line" "$tmp/found" '^src/c.c:2: 81 columns'
grep '^src/c.c:1:' "$tmp/found" >"$tmp/wrong"
clean "and not one that just fits" "$tmp/wrong"

finish
