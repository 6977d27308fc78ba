#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each public header compiles by itself, as C11 and as C++17, with no warning
# and without the extensions that the library itself asks for.

. "$(dirname "$0")/tap.subr"

WARN="-Wall -Wextra -Wpedantic -Werror"

# alone ROOT HEADER: what the compilers say of a file that has only this.
alone()
{
	printf '#include <%s>\nextern int nothing_else;\n' "$2" >"$tmp/alone.c"
	$CC -std=c11 $WARN -I"$1" -fsyntax-only "$tmp/alone.c" 2>&1 ||
	    echo "$2: not as C"
	$CXX -x c++ -std=c++17 $WARN -I"$1" -fsyntax-only "$tmp/alone.c" 2>&1 ||
	    echo "$2: not as C++"
}

for header in $(cd "$TF_SOURCE/include" && find . -name '*.h' | sort |
    sed 's|^\./||'); do
	alone "$TF_SOURCE/include" "$header" >"$tmp/found"
	clean "<$header> compiles alone" "$tmp/found"
done

mkdir "$tmp/include"
echo 'extern size_t needs_another(void);' >"$tmp/include/another.h"
echo 'extern int no_word_of_cxx(int class);' >"$tmp/include/class.h"
alone "$tmp/include" another.h >"$tmp/found"
planted "a header that needs another" "$tmp/found" 'not as C$' 'not as C++'
alone "$tmp/include" class.h >"$tmp/found"
planted "a header that is not C++" "$tmp/found" 'not as C++'

finish
