#!/bin/sh -e
# SPDX-License-Identifier: Apache-2.0
# Builds the codec benchmark from this tree and Apache's C++ library, and runs
# it: how many times faster than Apache's fastest C++ we decode and encode.
# Exits 77, and says why, where Apache's tools are missing.
#
#	codec.sh [-b BUILD-DIRECTORY] [-i] [ROUNDS]
#
# -i counts instructions, by callgrind, instead of measuring time.  CC, CXX, OPT
# (-O2, for both sides) and GEN, our compiler, are taken from the environment.
# Where in a program a function is changes its time, by half even, so the same
# objects are linked in $LAYOUTS orders and figures are medians over these.
# The footer is of a file in $TF_CORPUS, and left out without.

root=$(cd "$(dirname "$0")/../.." && pwd)
bench=$root/tests/bench
cc=${CC:-cc}
cxx=${CXX:-c++}
opt=${OPT:--O2}
layouts=${LAYOUTS:-5}
gen=${GEN:-$root/build/thriftfork-gen}
build=
count=

usage() {
	echo "usage: codec.sh [-b BUILD-DIRECTORY] [-i] [ROUNDS]" >&2
	exit 2
}

skip() {
	echo "codec.sh: skipped: $1" >&2
	exit 77
}

has_header() {
	echo "#include <$1>" | $cxx -std=c++17 -E -x c++ - >/dev/null 2>&1
}

while getopts b:i o; do
	case $o in
	b) build=$OPTARG ;;
	i) count=1 ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -le 1 ] || usage

command -v "${cxx%% *}" >/dev/null || skip "no C++ compiler: $cxx"
command -v thrift >/dev/null ||
    skip "no Apache Thrift compiler (Debian: thrift-compiler)"
has_header boost/version.hpp || skip "no Boost headers (Debian: libboost-dev)"
has_header thrift/protocol/TCompactProtocol.h ||
    skip "no Apache Thrift C++ library (Debian: libthrift-dev)"

if [ -n "$build" ]; then
	mkdir -p "$build"
	rm -f "$build/figures"
else
	build=$(mktemp -d)
	trap 'rm -rf "$build"' EXIT
	trap 'exit 1' HUP INT TERM
fi

[ -z "$count" ] || command -v valgrind >/dev/null || skip "no valgrind"
parquet=$root/tests/examples/parquet/parquet.thrift
for idl in "$bench/codec.thrift" "$parquet"; do
	"$gen" -o "$build" "$idl"
	thrift -nowarn --gen cpp:templates -out "$build" "$idl"
done
objects=
for f in "$bench/codec_apache.cc" "$build/codec_types.cpp" \
    "$build/parquet_types.cpp"; do
	$cxx -std=c++17 $opt -I"$build" -I"$bench" -c "$f" \
	    -o "$build/$(basename "$f").o"
	objects="$objects $(basename "$f").o"
done
for f in "$bench/codec.c" "$bench/codec_ours.c" "$bench/codec_rows.c" \
    "$build/codec.tf.c" "$build/parquet.tf.c" "$root"/src/wire/*.c \
    "$root/src/base/arena.c" "$root/src/base/buf.c" "$root/src/base/bug.c"; do
	$cc -std=c11 -D_GNU_SOURCE $opt -I"$root/include" -I"$root/src" \
	    -I"$build" -c "$f" -o "$build/$(basename "$f").o"
	objects="$objects $(basename "$f").o"
done

# linked OBJECT...: the program, from objects in that order.
linked() {
	(cd "$build" && $cxx -o codec "$@" -lthrift -lpthread)
}

rotated() {
	first=$1
	shift
	echo "$@" "$first"
}

# Medians over the lines of a row, in the order of the rows.
medians() {
	awk '
	function median(values, n, at, i, k, x) {
		n = split(values, at, " ")
		for (i = 2; i <= n; i++) {
			x = at[i]
			for (k = i; k > 1 && at[k - 1] > x; k--)
				at[k] = at[k - 1]
			at[k] = x
		}
		return at[int((n + 1) / 2)]
	}
	/ nanoseconds / { head = $0; next }
	{
		row = substr($0, 1, 47)
		if (!seen[row]++)
			rows[++n] = row
		for (i = 0; i < 6; i++)
			of[row, i] = of[row, i] " " $(NF - 5 + i)
	}
	END {
		print head
		for (k = 1; k <= n; k++) {
			printf "%s", rows[k]
			for (i = 0; i < 6; i++)
				printf i % 3 == 2 ? " %6.2f" : " %9d",
				    median(of[rows[k], i])
			print ""
		}
	}'
}

# shellcheck disable=SC2086
[ -n "$count" ] || {
	while [ "$layouts" -gt 0 ]; do
		linked $objects
		"$build/codec" "$@" >>"$build/figures"
		objects=$(rotated $objects)
		layouts=$((layouts - 1))
	done
	medians <"$build/figures"
	exit
}
# shellcheck disable=SC2086
linked $objects

# counted PROTOCOL ROW SIDE decode|encode: how many instructions it takes, of so
# many that what a side does but once, to set itself up, is next to nothing
counted() {
	times=100
	valgrind --tool=callgrind --callgrind-out-file=/dev/null \
	    --collect-atstart=no --toggle-collect=codec_counted \
	    "$build/codec" -n "$times" "$@" 2>&1 >/dev/null |
	    awk -v times="$times" '/Collected *:/ {
		printf "%d\n", $NF / times + 0.5 }'
}

printf '%-8s %-31s %9s %9s %6s %9s %9s %6s\n' protocol instructions \
    decode Apache ratio encode Apache ratio
"$build/codec" 1 | sed 1d | cut -c 1-40 | while read -r proto row; do
	figures=
	for what in decode encode; do
		ours=$(counted "$proto" "$row" thriftfork $what)
		theirs=$(counted "$proto" "$row" apache $what)
		figures="$figures $(echo "$ours $theirs" | awk '
			{ printf "%9d %9d %6.2f", $1, $2, $2 / $1 }')"
	done
	printf '%-8s %-31s%s\n' "$proto" "$row" "$figures"
done
