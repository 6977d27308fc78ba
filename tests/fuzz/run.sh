#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the fuzz targets under libFuzzer: "make fuzz", in a build directory.
#
#	FUZZ_TARGETS	which ones; all
#	FUZZ_SECONDS	of CPU time, each; 60
#	FUZZ_JOBS	how many at a time; 1
#	FUZZ_FAST	not empty: with arenas as they are in earnest
#
# Builds in fuzz/build there with clang.  New inputs stay in fuzz/corpus, what
# ended a target in fuzz/crash: it belongs into tests/fuzz/regress/TARGET.
set -eu
src=$(cd "${TF_SOURCE:?}" && pwd)
top=$(cd "${TF_BUILD:?}" && pwd)/fuzz
build=$top/build
flags="-fsanitize=address,undefined -fno-sanitize-recover=all"
flags="$flags -fno-omit-frame-pointer"
[ -z "${FUZZ_FAST:-}" ] || {
	build=$top/build-fast
	flags="$flags -DARENA_FAST"
}

die() {
	echo "$0: $*" >&2
	exit 1
}

build_all() {
	command -v clang >/dev/null || die "clang is missing: package clang"
	mkdir -p "$build"
	echo "int LLVMFuzzerTestOneInput(const char *p, long n);
	    int LLVMFuzzerTestOneInput(const char *p, long n)
	    { return !p && n; }" >"$top/try.c"
	# shellcheck disable=SC2086
	clang -fsanitize=fuzzer $flags -o "$top/try" "$top/try.c" ||
	    die "libFuzzer is missing: package libclang-rt-14-dev"
	[ -f "$build/Makefile" ] || (cd "$build" && "$src/configure" -q \
	    CC=clang CFLAGS="-O1 -g -fsanitize=fuzzer-no-link $flags") ||
	    die "cannot configure"
	for t in $FUZZ_TARGETS; do
		echo "tests/fuzz/replay_$(echo "$t" | tr - _)-fuzz_$t.o"
	done | xargs make -s -C "$build" libcore.la libunit.la libidl.la \
	    libtop.la libadmin.la libtools.la
	for t in $FUZZ_TARGETS; do
		# shellcheck disable=SC2086
		(cd "$build" && ./libtool --silent --tag=CC --mode=link clang \
		    -fsanitize=fuzzer $flags -o "fuzz-$t" \
		    tests/fuzz/replay_*-fuzz_"$t".o libunit.la libidl.la \
		    libadmin.la libtop.la libtools.la libcore.la \
		    -lcheck)
	done
}

# CPU seconds of a process that runs.
seconds() {
	ps -o cputimes= -p "$1" || echo 0
}

# run TARGET: one line of what came of it.
run() {
	log=$top/$1.log
	crash=$top/crash/$1
	mkdir -p "$top/corpus/$1" "$crash"
	set -- "$1" "$top/corpus/$1"
	for dir in corpus regress; do
		[ ! -d "$src/tests/fuzz/$dir/$1" ] ||
		    set -- "$@" "$src/tests/fuzz/$dir/$1"
	done
	t=$1
	shift
	"$build/fuzz-$t" -print_final_stats=1 -timeout=20 \
	    -artifact_prefix="$crash/" "$@" >"$log" 2>&1 &
	pid=$!
	cpu=0
	while kill -0 $pid 2>/dev/null; do
		now=$(seconds $pid)
		[ "$now" -lt "$cpu" ] || cpu=$now
		[ "$cpu" -lt "$FUZZ_SECONDS" ] || kill -USR1 $pid 2>/dev/null ||
		    :
		sleep 1
	done
	wait $pid && rc=0 || rc=$?
	awk -v t="$t" -v cpu="$cpu" -v rc=$rc '
		/ cov: / {
			for (i = 1; i < NF; i++)
				v[$i] = $(i + 1)
		}
		/^stat::number_of_executed_units/ { n = $2 }
		/Test unit written to/ { file = $NF }
		END {
			printf "%s: %d runs in %d s, %d/s, cov %d, ft %d, " \
			    "corpus %s%s%s\n", t, n, cpu, n / (cpu ? cpu : 1),
			    v["cov:"], v["ft:"], v["corp:"],
			    rc ? ", FAILED" : "", file ? ": " file : ""
		}' "$log"
	return $rc
}

if [ $# -gt 0 ]; then
	run "$1"
	exit
fi
: "${FUZZ_SECONDS:=60}" "${FUZZ_JOBS:=1}"
: "${FUZZ_TARGETS:=$(cd "$src/tests/fuzz" && echo fuzz_*.c |
    sed 's/fuzz_//g; s/\.c//g')}"
export FUZZ_SECONDS
build_all
echo "$FUZZ_TARGETS" | xargs -n 1 -P "$FUZZ_JOBS" sh "$0"
