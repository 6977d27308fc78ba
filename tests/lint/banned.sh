#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What does not stand in the tree: calls that cannot be used safely, notes to
# oneself, // comments, typedefs of structs, blanks at ends of lines, files
# that do not name their licence.

. "$(dirname "$0")/tap.subr"

CALLS='strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|system|popen'
NOTES='XX''X|TO''DO|FIX''ME|HA''CK'

# Text of all kinds; captured bytes are not text.
texts()
{
	(cd "$1" && find src include tools tests man -type f \
	    ! -path '*/corpus/*' ! -path '*/__pycache__/*' | sort)
}

sources()
{
	texts "$1" | grep '\.[ch]$'
}

# Code without comments and with empty strings.
cat >"$tmp/code.awk" <<'END'
{
	code = ""
	rest = $0
	for (;;) {
		if (within) {
			if ((at = index(rest, "*/")) == 0)
				break
			rest = substr(rest, at + 2)
			within = 0
			continue
		}
		if (!match(rest, /"|'|\/\*|\/\//)) {
			code = code rest
			break
		}
		code = code substr(rest, 1, RSTART - 1)
		sign = substr(rest, RSTART, RLENGTH)
		rest = substr(rest, RSTART)
		if (sign == "/*") {
			within = 1
			rest = substr(rest, 3)
		} else if (sign == "//") {
			printf "%s:%d: a // comment\n", file, FNR
			break
		} else if (sign == "\"") {
			if (!match(rest, /^"([^"\\]|\\.)*"/))
				break
			code = code "\"\""
			rest = substr(rest, RLENGTH + 1)
		} else {
			if (!match(rest, /^'([^'\\]|\\.)*'/))
				break
			code = code "0"
			rest = substr(rest, RLENGTH + 1)
		}
	}
	if (match(code, "(^|[^A-Za-z0-9_])(" calls ")[ \t]*\\(")) {
		name = substr(code, RSTART, RLENGTH)
		sub(/[ \t]*\($/, "", name)
		sub(/^[^A-Za-z0-9_]/, "", name)
		printf "%s:%d: %s()\n", file, FNR, name
	}
	if (code ~ /(^|[^A-Za-z0-9_])typedef[ \t]+struct/)
		printf "%s:%d: typedef struct\n", file, FNR
}
END

# What a source says that it should not.
code()
{
	sources "$1" | while read -r file; do
		awk -v file="$file" -v calls="$CALLS" -f "$tmp/code.awk" \
		    "$1/$file"
	done
}

notes()
{
	(cd "$1" && texts . | xargs grep -nIwE "$NOTES" /dev/null)
}

blanks()
{
	(cd "$1" && texts . | xargs grep -nI '[[:blank:]]$' /dev/null)
}

# What is generated belongs to whoever wrote the IDL, and names no licence.
# In the first line, or in the second where the first names an interpreter.
licences()
{
	texts "$1" | while read -r file; do
		case $file in
		*.tf.[ch]|*.pc.in)	continue ;;
		*.[ch]|*.cc|*.def|*.map|*.in|*.sh|*.subr|*.py|*.thrift|*.[1-9]) ;;
		*)	continue ;;
		esac
		sed -n '1p; 2p' "$1/$file" |
		    grep -q 'SPDX-License-Identifier: Apache-2\.0' ||
		    echo "$file:1: names no licence"
	done
}

code "$TF_SOURCE" >"$tmp/found"
clean "no unsafe calls, // comments or typedefs of structs" "$tmp/found"
notes "$TF_SOURCE" >"$tmp/found"
clean "no notes to oneself" "$tmp/found"
blanks "$TF_SOURCE" >"$tmp/found"
clean "no blanks at ends of lines" "$tmp/found"
licences "$TF_SOURCE" >"$tmp/found"
clean "each file names its licence" "$tmp/found"

bad=$tmp/bad
mkdir -p "$bad/src" "$bad/include" "$bad/tools" "$bad/tests" "$bad/man"
cat >"$bad/src/a.c" <<'END'
/* strcpy(a, b) in a comment, "tcp://x" too */
f("strcpy(a, b) // \" /* in a string", '"', "tcp://y"); /* of
system("x") several // lines */ g();
h(); strcpy (a, b);
system("ls");
k();	// a comment
typedef struct s *s;
tf_system(x); my.gets(y);
END
printf 'x; \n/* TO%s: later */\n' DO >"$bad/src/b.c"
code "$bad" >"$tmp/found"
planted "in code" "$tmp/found" '^src/a.c:4: strcpy()' \
    '^src/a.c:5: system()' '^src/a.c:6: a // comment' \
    '^src/a.c:7: typedef struct' '^src/a.c:8: gets()'
grep '^src/a.c:[123]:' "$tmp/found" >"$tmp/wrong"
clean "and not in comments and strings" "$tmp/wrong"
notes "$bad" >"$tmp/found"
planted "a note" "$tmp/found" '^\./*src/b.c:2:\|^src/b.c:2:'
blanks "$bad" >"$tmp/found"
planted "a blank" "$tmp/found" 'src/b.c:1:'
licences "$bad" >"$tmp/found"
planted "a file without licence" "$tmp/found" '^src/a.c:1:'

finish
