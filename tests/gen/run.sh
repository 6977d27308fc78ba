#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Tests of thriftfork-gen: what it accepts compiles, what it refuses gets the
# expected message, what is hostile ends soon.  Prints TAP, exits 1 on failure.
#
#	GEN	the program			CC, CXX	compilers
#	INC	directory of thriftfork.h	UPDATE	write expectations anew
set -u
cd "$(dirname "$0")" || exit 1
GEN=${GEN:-thriftfork-gen}
CC=${CC:-cc}
CXX=${CXX:-c++}
INC=$(cd "${INC:-../../include}" && pwd) || exit 1
UPDATE=${UPDATE:-}
CWARN="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wcast-qual
    -Wwrite-strings -Werror"
CXXWARN="-Wall -Wextra -Wpedantic -Werror"
"$GEN" --version >/dev/null || exit 1
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 1' HUP INT TERM
n=0
failed=0

ok() {
	n=$((n + 1))
	echo "ok $n - $1"
}

not_ok() {
	n=$((n + 1))
	failed=$((failed + 1))
	echo "not ok $n - $1"
	[ ! -s "$T/log" ] || sed 's/^/# /' "$T/log" | head -20
}

skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

# check NAME COMMAND...: the command succeeds
check() {
	name=$1
	shift
	if "$@" >"$T/log" 2>&1; then
		ok "$name"
	else
		not_ok "$name"
	fi
}

compile_c() {
	$CC -std=c11 $CWARN -I"$INC" -I"$T/out" -c "$1" -o "$1.o"
}

compile_cxx() {
	echo "#include \"$1\"" >"$T/one.cc"
	$CXX -std=c++17 $CXXWARN -I"$INC" -I"$T/out" -fsyntax-only "$T/one.cc"
}

# What the C files call in the library, so that they link without it.
cat >"$T/stub.c" <<'END'
#include <thriftfork.h>
#include <stdlib.h>
#include <string.h>
int
tf_client_call(struct tf_client *c, const struct tf_method *m, const void *a,
    void **r)
{
	return (void)c, (void)m, (void)a, (void)r, -1;
}
int
tf_later_reply(struct tf_later t, const struct tf_method *m, const void *r)
{
	return (void)t, (void)m, (void)r, -1;
}
struct tf_flight *
tf_async_start(struct tf_async *c, const struct tf_method *m, const void *a,
    tf_flight_fn *fn, void *arg)
{
	return (void)c, (void)m, (void)a, (void)fn, (void)arg, NULL;
}
int
tf_flight_finish(struct tf_flight *f, const struct tf_method *m,
    const void **r)
{
	return (void)f, (void)m, (void)r, -1;
}
/* Room for one more, full of what was there before; never freed. */
void *
tf_grow(struct tf_arena *a, const void *v, uint32_t n, uint32_t *cap,
    size_t size)
{
	char *p = malloc((n + 1) * size);

	memset(p, 0xa5, (n + 1) * size);
	if (n > 0)
		memcpy(p, v, n * size);
	*cap = n + 1;
	return (void)a, p;
}
END
$CC -I"$INC" -c "$T/stub.c" -o "$T/stub.o" || exit 1

#
# Everything in ok/ compiles, as C and as C++, apart and together.
#
files=$(find ok -name '*.thrift' | LC_ALL=C sort)
mkdir "$T/out"
check "all of ok/ is accepted" "$GEN" -I ok -o "$T/out" $files
for f in $files; do
	base=${f#ok/}
	base=${base%.thrift}
	check "$base: C11" compile_c "$T/out/$base.tf.c"
	check "$base: C++17" compile_cxx "$T/out/$base.tf.h"
	[ -f "ok/$base.c" ] || continue
	check "$base: what a program sees compiles" $CC -std=c11 $CWARN \
	    -I"$INC" -I"$T/out" "ok/$base.c" "$T/out/$base.tf.c" "$T/stub.o" \
	    -o "$T/program"
	check "$base: what a program sees is right" "$T/program"
	[ -f "ok/$base.cc" ] || continue
	check "$base: what a C++ program sees compiles" $CXX -std=c++20 \
	    $CXXWARN -Wno-missing-field-initializers -I"$INC" -I"$T/out" \
	    "ok/$base.cc" "$T/out/$base.tf.c.o" "$T/stub.o" -o "$T/program"
	check "$base: what a C++ program sees is right" "$T/program"
done
for f in $files; do
	base=${f#ok/}
	echo "#include \"${base%.thrift}.tf.h\""
done >"$T/out/everything.h"
check "all headers in one C++ program" compile_cxx "$T/out/everything.h"
echo '#include "everything.h"' >"$T/out/everything.c"
check "all headers in one C program" compile_c "$T/out/everything.c"
check "all of ok/ links together" $CC -r -nostdlib -o "$T/all.o" \
    $(find "$T/out" -name '*.tf.c.o')
check "two files of one name in one program" $CC -std=c11 $CWARN -I"$INC" \
    -I"$T/out" twins.c "$T/out/twins.tf.c.o" "$T/out/a/common.tf.c.o" \
    "$T/out/b/common.tf.c.o" "$T/out/c/common.tf.c.o" \
    "$T/out/c/through.tf.c.o" -o "$T/program"
check "each has its own type" "$T/program"

#
# Output is the same each time, and what has not changed is not touched.
#
cp -R "$T/out" "$T/before"
find "$T/out" -name '*.tf.[ch]' -exec touch -d '2001-01-01' {} +
check "ok/ once more" "$GEN" -I ok -o "$T/out" $files
check "the same text each time" diff -r "$T/before" "$T/out"
check "unchanged files keep their time" test -z \
    "$(find "$T/out" -name '*.tf.[ch]' -newermt '2001-01-02')"
mkdir "$T/single"
for f in $files; do
	"$GEN" -I ok -o "$T/single" "$f" 2>/dev/null
done
rm -f "$T"/before/*.o "$T"/before/*/*.o "$T"/before/everything.*
check "a file alone gives what it gives among others" \
    diff -r "$T/before" "$T/single"

for base in calc defaults flags unions; do
	for suffix in h c; do
		got=$T/out/$base.tf.$suffix
		sed '1s/thriftfork-gen [^ ]*/thriftfork-gen VERSION/' "$got" \
		    >"$T/got"
		[ -z "$UPDATE" ] || cp "$T/got" "golden/$base.tf.$suffix"
		check "$base.tf.$suffix is as expected" \
		    diff -u "golden/$base.tf.$suffix" "$T/got"
	done
done

#
# bad/ is refused with the expected messages.
#
for f in bad/*.thrift; do
	base=${f%.thrift}
	[ -f "$base.err" ] || continue
	strict=
	! grep -q '^# strict' "$f" || strict=--strict
	rm -rf "$T/bad"
	"$GEN" $strict -I bad -o "$T/bad" "$f" >"$T/got" 2>&1
	rc=$?
	[ -z "$UPDATE" ] || [ ! -f "$base.err" ] || [ $rc -ne 1 ] || cp "$T/got" "$base.err"
	diff -u "$base.err" "$T/got" >"$T/log"
	if [ $? -eq 0 ] && [ $rc -eq 1 ] && [ ! -e "$T/bad" ]; then
		ok "$base: the expected messages"
	else
		not_ok "$base: the expected messages (exit status $rc)"
	fi
done
"$GEN" -o "$T/bad" bad/strict.thrift >"$T/log" 2>&1
if [ $? -eq 0 ] && [ "$(grep -c warning: "$T/log")" -gt 15 ]; then
	ok "without --strict they are warnings"
else
	not_ok "without --strict they are warnings"
fi

#
# The command line.
#
: >"$T/log"
status() {
	want=$1
	name=$2
	shift 2
	"$GEN" "$@" >"$T/log" 2>&1
	rc=$?
	if [ $rc -eq "$want" ]; then
		ok "$name"
	else
		not_ok "$name: exit status $rc"
	fi
}
status 2 "no file: usage"
status 2 "unknown option: usage" --nonsense ok/calc.thrift
status 0 "--help" --help
status 0 "--version" --version
status 1 "no such file" -o "$T" nothing.thrift
cp "$T/log" "$T/got"
check "no such file: the program says so" grep -qxF \
    "${GEN##*/}: nothing.thrift: No such file or directory" "$T/got"
status 1 "a directory that cannot be" -o /dev/null/x ok/calc.thrift
status 1 "two files for one header" -o "$T" ok/diamond.thrift
status 0 "--depend" -I ok -o "$T/out" --depend "$T/dep" ok/diamond.thrift
for f in ok/diamond.thrift ok/extends.thrift ok/shared_base.thrift \
    ok/a/common.thrift ok/a/../b/common.thrift; do
	check "--depend names $f" grep -qF "  $f" "$T/dep"
done
check "--depend names the output" grep -qF "$T/out/diamond.tf.h" "$T/dep"
# Paths as make reads them: it finds all that it is told to.
odd="$T/odd \$(x) #1"
mkdir -p "$odd/in \$(y) #2"
echo 'struct A { 1: i32 a }' >"$odd/in \$(y) #2/a b#\$(z).thrift"
status 0 "--depend in odd places" -I "$odd" -o "$odd" --depend "$T/odd.mk" \
    "$odd/in \$(y) #2/a b#\$(z).thrift"
printf '%%.tf.h %%.tf.c:\n\tfalse\n' >>"$T/odd.mk"
check "make finds the output and what it depends on" make -q -f "$T/odd.mk"
find "$odd" -name '*.tf.h' -exec touch -d '2001-01-01' {} +
# The one that runs this has flags that make it say more.
check "make sees that it is old" \
    test "$(MAKEFLAGS= MAKELEVEL= make -n -f "$T/odd.mk")" = false
status 0 "--skeleton" -o "$T/skel" --skeleton ok/extends.thrift
status 1 "--skeleton overwrites nothing" -o "$T/skel" --skeleton \
    ok/extends.thrift
status 1 "--skeleton beside another Makefile" -o "$T/skel" --skeleton \
    ok/calc.thrift
check "writes nothing there" test ! -e "$T/skel/calc.c"
check "the skeleton's IDL" "$GEN" -o "$T/skel" ok/extends.thrift \
    ok/shared_base.thrift
check "the skeleton compiles" $CC -std=c11 $CWARN -I"$INC" -I"$T/skel" -DMAIN \
    -c "$T/skel/extends.c" -o "$T/skel/extends.o"
mkdir -p "$T/my skel" "$T/my idl" "$T/fake"
echo 'service B { void ping() }' >"$T/my idl/b#2.thrift"
echo 'include "b#2.thrift" service A { void ping() }' >"$T/my idl/a 1.thrift"
status 0 "--skeleton of names with blanks" -I "$T/my idl" -o "$T/my skel" \
    --skeleton "$T/my idl/a 1.thrift"
printf '#!/bin/sh\n' >"$T/fake/pkg-config"
printf '#!/bin/sh\nshift\nexec %s "$@"\n' "$(command -v "$GEN")" \
    >"$T/fake/thriftfork"
chmod +x "$T/fake/pkg-config" "$T/fake/thriftfork"
check "its Makefile" env PATH="$T/fake:$PATH" CPATH="$INC" \
    make -C "$T/my skel" CC="$CC" LDFLAGS=-Wl,--unresolved-symbols=ignore-all
check "makes the module" test -f "$T/my skel/a 1.so"
check "and has nothing left to do" env PATH="$T/fake:$PATH" CPATH="$INC" \
    make -q -C "$T/my skel"
check "and clears it away" env PATH="$T/fake:$PATH" make -C "$T/my skel" clean
check "all of it" test "$(ls "$T/my skel")" = "Makefile
a 1.c"
# Its names are none of the header's, and each is there once.
mkdir "$T/same"
cat >"$T/same/same.thrift" <<'END'
namespace c foo
typedef i64 Bar
service A { void a() }
service D extends A { void Base(), void BASE() }
service s_t { void b(), void B() }
service Foo { i64 bar(), void handler() }
service TF { void fail(), void handler() }
END
status 0 "--skeleton of names that are alike" -o "$T/same" --skeleton \
    "$T/same/same.thrift"
check "its IDL" "$GEN" -o "$T/same" "$T/same/same.thrift"
check "it compiles" $CC -std=c11 $CWARN -I"$INC" -I"$T/same" \
    -c "$T/same/same.c" -o "$T/same/same.o"

#
# Hostile input: no crash, and an end within a second.
#
repeat() {
	awk -v s="$1" -v n="$2" 'BEGIN { while (n-- > 0) printf "%s", s }'
}
count() {
	awk -v f="$1" -v n="$2" 'BEGIN { for (i = 1; i <= n; i++) {
	    s = f; gsub(/%/, i, s); gsub(/@/, i - 1, s); printf "%s\n", s } }'
}
mkdir "$T/hostile"
cd "$T/hostile" || exit 1
{ echo 'struct A { 1: '; repeat 'list<' 100000; } >deep_type.thrift
{ echo 'const list<i32> x = '; repeat '[' 100000; } >deep_value.thrift
{ echo 'const i32 x = '; repeat '{' 100000; } >deep_map.thrift
repeat '{' 200000 >braces.thrift
repeat '(' 200000 >parens.thrift
repeat 'struct A { 1: i32 a xsd_attrs {' 20000 >xsd.thrift
repeat '/* ' 100000 >comment.thrift
{ echo 'struct A { }'; repeat '/** ' 1; } >doc.thrift
{ echo 'const string s = "'; repeat 'x' 100000; } >string.thrift
{ printf 'const string s = "'; repeat 'x' 100000; echo '"'; } >long.thrift
{ printf 'struct '; repeat 'A' 5000; printf ' { 1: i32 '; repeat 'b' 5000
    echo ' }'; } >names.thrift
head -c 100000 /dev/zero >zeros.thrift
head -c 100000 "$OLDPWD/run.sh" >script.thrift
printf 'struct A { 1: i32 a\000 }' >nul.thrift
{ count 'typedef T% T@' 20000; echo 'typedef T0 T20000'; } >typedefs.thrift
{ echo 'typedef i32 T0'; count 'typedef map<T@, T@> T%' 60
    echo 'struct S { 1: T60 x }'; } >types2.thrift
{ count 'struct S@ { 1: S% a, 2: S% b }' 60; echo 'struct S60 { 1: i32 x }'
    } >structs2.thrift
{ count 'struct S@ { 1: S% a }' 20000; echo 'struct S20000 { }'; } >chain.thrift
{ count 'struct S@ { 1: S% a }' 20000; echo 'struct S20000 { 1: S0 a }'
    } >circle.thrift
{ echo 'struct S0 { 1: i32 x = 5 }'
    count 'struct S% { 1: list<S@> x = [{}, {}] }' 60; } >defaults2.thrift
{ echo 'struct S { 1: optional S n }'; echo 'const S C0 = {}'
    count 'const S C% = {"n": C@}' 5000; } >consts.thrift
{ echo 'struct S {'; count '%: optional string f%' 500; echo '}'
    } >fields.thrift
{ echo 'struct S {'; count '%: optional string f%' 30000; echo '}'
    } >fields2.thrift
{ echo 'enum E {'; count 'V%,' 30000; echo '}'; } >enum.thrift
count 'struct A { }' 20000 >same.thrift
for i in 0 1 2 3 4 5 6 7 8 9; do
	echo "include \"circle_$(((i + 1) % 10)).thrift\"" >"circle_$i.thrift"
done
echo 'include "self.thrift"' >self.thrift
for f in *.thrift; do
	start=$(date +%s%N)
	timeout 10 "$GEN" -o "$T/hostile_out" "$f" >"$T/log" 2>&1
	rc=$?
	ms=$((($(date +%s%N) - start) / 1000000))
	if [ $rc -gt 1 ]; then
		not_ok "hostile/$f: exit status $rc"
	elif [ $ms -gt "${MAX_MS:-1000}" ]; then
		not_ok "hostile/$f: took $ms ms"
	elif [ "$(wc -c <"$T/log")" -gt 100000 ]; then
		not_ok "hostile/$f: too many words"
	else
		ok "hostile/$f: exit status $rc"
	fi
done
for base in long fields names; do
	cp "$T/hostile_out/$base.tf.c" "$T/hostile_out/$base.tf.h" "$T/out"
	check "hostile/$base: C11" compile_c "$T/out/$base.tf.c"
done
cd "$OLDPWD" || exit 1

#
# Apache's compiler accepts what we accept.
#
if ! command -v thrift >"$T/log" 2>&1; then
	skip "ok/ is accepted by Apache's compiler" "no thrift compiler"
else
	for f in $files; do
		if grep -q '^# apache: ' "$f" &&
		    thrift --version | grep -q 'version 0\.1[0-7]\.'; then
			skip "$f: Apache's compiler" "needs a later one"
			continue
		fi
		check "$f: Apache's compiler" thrift -o "$T" -I ok \
		    --gen cpp "$f"
	done
fi

echo "1..$n"
[ $failed -eq 0 ]
