#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manual pages against mandoc, the library and the headers: pages are well
# formed; each exported function is documented and declared, and nothing else
# is; prototypes in SYNOPSIS are those of the headers; examples compile.

. "$(dirname "$0")/tap.subr"

man=$tmp/pages
mkdir "$man"
cp "$TF_SOURCE"/man/*.[1-9] "$man"
${AWK:-awk} -f "$TF_SOURCE/man/counters.awk" \
    "$TF_SOURCE/src/shm/counters.def" \
    "$TF_SOURCE/man/thriftfork-counters.7.in" >"$man/thriftfork-counters.7"
library=$TF_BUILD/.libs/libthriftfork.so

# exports LIBRARY: "type name" of each symbol, the version's own left out.
exports()
{
	nm -D --defined-only "$1" | sed -n 's/@.*//; s/^[0-9a-f]* //p' |
	    grep -v '^A THRIFTFORK_' | sort -u
}

# documented PAGE...: functions with an entry in SYNOPSIS.
documented()
{
	awk '/^\.Sh / { on = $2 == "SYNOPSIS" }
	on && /^\.F[no] / { print $2 }' "$@" | grep -v '^TF_' | sort
}

# named PAGE...: what stands in NAME.
named()
{
	awk '/^\.Sh / { on = $2 == "NAME" }
	on && /^\.Nm / { print $2 }' "$@" | sort
}

# declared: functions of the public headers.
declared()
{
	echo '#include <thriftfork.h>' >"$tmp/all.c"
	(cd "$TF_SOURCE/include" && ls thriftfork/*.h) |
	    sed 's/.*/#include <&>/' >>"$tmp/all.c"
	$CC -E -P -I"$TF_SOURCE/include" "$tmp/all.c" |
	    grep -v '^typedef' | tr -c 'a-z0-9_(' '\n' |
	    sed -n 's/^.*\(tf_[a-z0-9_]*\)($/\1/p; s/^\(tf_[a-z0-9_]*\)(.*/\1/p' |
	    sort -u
}

# Of a page's SYNOPSIS, C: what .Ft, .Fn, .Fo, .Fa and .Fc say.
cat >"$tmp/synopsis.awk" <<'END'
# The arguments of a macro line; quotes hold them together.
function words(line, word,	n) {
	n = 0
	while (match(line, /"[^"]*"|[^ ]+/)) {
		word[++n] = substr(line, RSTART, RLENGTH)
		line = substr(line, RSTART + RLENGTH)
		gsub(/"/, "", word[n])
	}
	return n
}
/^\.Sh / { on = $2 == "SYNOPSIS" }
!on { next }
/^\.In / { printf "#include <%s>\n", $2 }
/^\.Ft / {
	words($0, word)
	type = word[2]
}
/^\.Fn / {
	n = words($0, word)
	if (word[2] ~ /^TF_/)
		next
	printf "%s %s(", type, word[2]
	for (i = 3; i <= n; i++)
		printf "%s%s", word[i], i < n ? ", " : ""
	print ");"
}
/^\.Fo / {
	printf "%s %s(", type, $2
	comma = ""
}
/^\.Fa / {
	words($0, word)
	printf "%s%s", comma, word[2]
	comma = ", "
}
/^\.Fc/ { print ");" }
END

# compiles FILE WHAT: compilers' words about it, after its name.
compiles()
{
	$CC -std=c11 -Wall -Wextra -Wpedantic -Wshadow \
	    -Wstrict-prototypes -Wmissing-prototypes -Werror \
	    -I"$TF_SOURCE/include" -I"$TF_BUILD/tests/examples/calc" \
	    -fsyntax-only "$1" >"$tmp/says" 2>&1 ||
	    sed "s|^|$2: |" "$tmp/says"
}

# prototypes PAGE
prototypes()
{
	awk -f "$tmp/synopsis.awk" "$1" >"$tmp/synopsis.c"
	compiles "$tmp/synopsis.c" "$(basename "$1")"
}

# examples PAGE: displays that begin with #include, one file each.
examples()
{
	rm -f "$tmp"/example*.c
	awk -v out="$tmp/example" '
	/^\.Bd -literal/ { first = 1; next }
	/^\.Ed/ { file = ""; first = 0 }
	first && /^#include/ { n++; file = out n ".c" }
	{ first = 0 }
	file != "" {
		sub(/^\\&/, "")
		gsub(/\\e/, "\\")
		print >file
	}' "$1"
	for example in "$tmp"/example*.c; do
		[ -e "$example" ] && compiles "$example" "$(basename "$1")"
	done
}

# dangling DIR: references to pages of this project that are in no page's NAME.
dangling()
{
	for page in "$1"/*.[1-9]; do
		awk -v section="${page##*.}" '
		/^\.Sh / { on = $2 == "NAME" }
		on && /^\.Nm / { print $2 "(" section ")" }' "$page"
	done | sort -u >"$tmp/names"
	awk '/^\.Xr (thriftfork|tf_)/ {
		print $2 "(" $3 "): no such page, named by " FILENAME
	}' "$1"/*.[1-9] | sort -u | awk -v names="$tmp/names" '
	BEGIN { while ((getline name <names) > 0) known[name] = 1 }
	{ name = $1; sub(/:$/, "", name) }
	!(name in known)'
}

# unknown PAGE: functions, structs and files that it tells of and that the
# tree does not have.
unknown()
{
	(cd "$TF_SOURCE" && cat src/*/*.[ch] tools/*/*.[ch]) >"$tmp/source"
	awk '/^\.Fn / { print $2 }' "$1" | sort -u | while read -r name; do
		grep -qE "^((static )?.*[ *])?$name\(|^#define $name\(" \
		    "$tmp/source" || echo "$name(): no such function"
	done
	sed -n 's/^\.Vt "\([a-z]* [a-z_]*\)".*/\1/p' "$1" | sort -u |
	while read -r name; do
		grep -q "^$name {" "$tmp/source" || echo "$name: no such type"
	done
	awk '/^\.(It )?Pa / { print $NF == "," || $NF == "." ? $(NF - 1) : $NF }
	/^\.Pq Pa / { print $3 }' "$1" | sort -u | while read -r path; do
		case $path in
		*/*)	[ -e "$TF_SOURCE/$path" ] ||
			    echo "$path: no such file" ;;
		esac
	done
}

# misnamed PAGE: a setting (.Cm), a counter (.Li), or a column of top or status
# (in capitals, of the first list) that there is not.
misnamed()
{
	(cd "$TF_SOURCE" && cat src/server/options.def src/shm/counters.def \
	    tools/top/columns.def src/shm/stat_text*.c) >"$tmp/real"
	{
		awk '/^\.(It )?(Cm|Li) [a-z]/ {
			sub(/^\.(It )?(Cm|Li) /, "")
			sub(/ [^a-z,].*/, "")
			gsub(/ ,/, "")
			gsub(/ /, "\n")
			print
		}' "$1"
		awk '/^\.Sh / { on = /LOOK AT FIRST/ }
		on && !/^\.S/ { print }' "$1" | grep -oE '[A-Z][A-Z0-9]{3,}%?'
	} | grep -E '^[A-Za-z0-9_%-]*$' | sort -u | while read -r name; do
		grep -qF "\"$name\"" "$tmp/real" ||
		    echo "$name: there is no such name"
	done
}

if command -v mandoc >/dev/null; then
	mandoc -Tlint -Wwarning "$man"/*.[1-9] >"$tmp/found" 2>&1
	clean "pages are well formed" "$tmp/found"
	printf '.Dd x\n.Sh BAD\n.Nx\n.El\n' >"$tmp/bad.1"
	mandoc -Tlint -Wwarning "$tmp/bad.1" >"$tmp/found" 2>&1
	planted "a page that is not" "$tmp/found" 'bad.1:'
else
	tap_skip "pages are well formed" "there is no mandoc"
fi

documented "$man"/*.3 >"$tmp/documented"
uniq -d "$tmp/documented" | sed 's/$/: documented twice/' >"$tmp/found"
clean "each function has one entry" "$tmp/found"
named "$man"/*.3 | comm -13 - "$tmp/documented" >"$tmp/found"
clean "each function stands in NAME" "$tmp/found"
declared >"$tmp/declared"
comm -3 "$tmp/documented" "$tmp/declared" >"$tmp/found"
clean "pages document what headers declare, and nothing else" "$tmp/found"
printf '%s\n' tf_no_such_function >"$tmp/one"
sort - "$tmp/one" <"$tmp/documented" | sed '/^tf_main$/d' |
    comm -3 - "$tmp/declared" >"$tmp/found"
planted "one entry too many and one too few" "$tmp/found" \
    '^tf_no_such_function' '	tf_main$'

for page in "$man"/*.3; do
	prototypes "$page"
done >"$tmp/found"
clean "prototypes are those of the headers" "$tmp/found"
sed 's/size_t max_bytes/int max_bytes/' "$man/tf_arena.3" >"$tmp/wrong.3"
prototypes "$tmp/wrong.3" >"$tmp/found"
planted "a wrong prototype" "$tmp/found" 'tf_arena_new'

if [ -e "$TF_BUILD/tests/examples/calc/calc.tf.h" ]; then
	for page in "$man"/*.[37]; do
		examples "$page"
	done >"$tmp/found"
	clean "examples compile" "$tmp/found"
	sed 's/tf_arena_free(arena)/tf_arena_fre(arena)/' "$man/tf_arena.3" \
	    >"$tmp/wrong.3"
	examples "$tmp/wrong.3" >"$tmp/found"
	planted "an example that does not" "$tmp/found" 'tf_arena_fre'
else
	tap_skip "examples compile" "calc.tf.h is not built"
fi

dangling "$man" >"$tmp/found"
clean "references lead to pages" "$tmp/found"
mkdir "$tmp/man"
printf '.Sh NAME\n.Nm tf_a\n.Sh SEE ALSO\n.Xr tf_a 3\n.Xr tf_b 3 ,\n' \
    >"$tmp/man/tf_a.3"
dangling "$tmp/man" >"$tmp/found"
planted "a reference that leads nowhere" "$tmp/found" '^tf_b(3):'
grep '^tf_a(3)' "$tmp/found" >"$tmp/wrong"
clean "and that one alone" "$tmp/wrong"

unknown "$man/thriftfork-internals.7" >"$tmp/found"
clean "thriftfork-internals.7 tells of what there is" "$tmp/found"
printf '.Fn spawn_all\n.Pa src/proc/nothing.c ,\n.Vt "struct inherited"\n' \
    >"$tmp/bad.7"
unknown "$tmp/bad.7" >"$tmp/found"
planted "what there is not" "$tmp/found" '^spawn_all()' '^src/proc/nothing.c:' \
    '^struct inherited:'

misnamed "$man/thriftfork-performance.7" >"$tmp/found"
clean "thriftfork-performance.7 names what there is" "$tmp/found"
printf '.It Cm workers , worker\n.Li loop_lag , loop_leg\n%s\nBUSY, BOSY\n' \
    '.Sh WHAT TO LOOK AT FIRST' >"$tmp/bad.7"
misnamed "$tmp/bad.7" >"$tmp/found"
planted "wrong names" "$tmp/found" '^worker:' '^loop_leg:' '^BOSY:'
[ "$(wc -l <"$tmp/found")" = 3 ] && tap_case ok "and these alone" ||
    tap_case "not ok" "and these alone"

if [ -e "$library" ]; then
	exports "$library" >"$tmp/exports"
	grep -v '^[TA] ' "$tmp/exports" >"$tmp/found"
	clean "no data is exported" "$tmp/found"
	cut -d' ' -f2 "$tmp/exports" | grep -v '^tf_' >"$tmp/found"
	clean "all names begin with tf_" "$tmp/found"
	cut -d' ' -f2 "$tmp/exports" | comm -3 - "$tmp/declared" >"$tmp/found"
	clean "the library exports what headers declare, and nothing else" \
	    "$tmp/found"
	printf 'int tf_data = 1;\nvoid other(void);\nvoid\nother(void)\n{\n}\n' \
	    >"$tmp/bad.c"
	$CC -shared -fPIC -o "$tmp/bad.so" "$tmp/bad.c"
	exports "$tmp/bad.so" >"$tmp/found"
	planted "data, and a name of another kind" "$tmp/found" '^D tf_data$' \
	    '^T other$'
else
	tap_skip "exported names" "$library is not built"
fi

finish
