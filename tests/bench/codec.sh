#!/bin/sh -e
# SPDX-License-Identifier: Apache-2.0
# Builds the codec benchmark from this tree and Apache's C++ library, and runs
# it: how many times faster than Apache's fastest C++ we decode and encode.
# Exits 77, and says why, where Apache's tools are missing.
#
#	codec.sh [-b BUILD-DIRECTORY] [ROUNDS]
#
# CC, CXX and OPT (-O2, for both sides) are taken from the environment.

root=$(cd "$(dirname "$0")/../.." && pwd)
bench=$root/tests/bench
cc=${CC:-cc}
cxx=${CXX:-c++}
opt=${OPT:--O2}
build=

usage() {
	echo "usage: codec.sh [-b BUILD-DIRECTORY] [ROUNDS]" >&2
	exit 2
}

skip() {
	echo "codec.sh: skipped: $1" >&2
	exit 77
}

has_header() {
	echo "#include <$1>" | $cxx -std=c++17 -E -x c++ - >/dev/null 2>&1
}

while getopts b: o; do
	case $o in
	b) build=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -le 1 ] || usage

command -v "$cxx" >/dev/null || skip "no C++ compiler: $cxx"
command -v thrift >/dev/null ||
    skip "no Apache Thrift compiler (Debian: thrift-compiler)"
has_header boost/version.hpp || skip "no Boost headers (Debian: libboost-dev)"
has_header thrift/protocol/TCompactProtocol.h ||
    skip "no Apache Thrift C++ library (Debian: libthrift-dev)"

if [ -n "$build" ]; then
	mkdir -p "$build"
else
	build=$(mktemp -d)
	trap 'rm -rf "$build"' EXIT
	trap 'exit 1' HUP INT TERM
fi

objects=
thrift --gen cpp:templates -out "$build" "$bench/codec.thrift"
for f in "$bench/codec_apache.cc" "$build/codec_types.cpp"; do
	$cxx -std=c++17 $opt -I"$build" -I"$bench" -c "$f" \
	    -o "$build/$(basename "$f").o"
	objects="$objects $(basename "$f").o"
done
for f in "$bench/codec.c" "$bench/codec_ours.c" "$root"/src/wire/*.c \
    "$root/src/base/arena.c" "$root/src/base/buf.c" "$root/src/base/bug.c"; do
	$cc -std=c11 -D_GNU_SOURCE $opt -I"$root/include" -I"$root/src" \
	    -c "$f" -o "$build/$(basename "$f").o"
	objects="$objects $(basename "$f").o"
done
(cd "$build" && $cxx -o codec $objects -lthrift -lpthread)
"$build/codec" "$@"
