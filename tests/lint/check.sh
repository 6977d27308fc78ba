#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tools/check judges again what measures time and failed; a test in whose log
# a program did what is never right is not among those, or what came once
# would be lost.

. "$(dirname "$0")/tap.subr"

# timed TEST...: which of these are judged again, one per line; make may have
# more to say.
timed()
{
	make -s --no-print-directory -C "$TF_BUILD" timed TIMED_TESTS="$*" |
	    grep "^$tmp/"
}

[ -f "$TF_BUILD/Makefile" ] || {
	tap_skip "what is judged again" "no build with a Makefile"
	finish
}

# log NAME TEXT: a log of a test that failed.
log()
{
	printf 'ok 1 - %s\n# %s\nnot ok 2 - %s\n' "$1" "$2" "$1" \
	    >"$tmp/$1.log"
}

log late "3 seconds are more than 2"
log asan "==7==ERROR: AddressSanitizer: heap-use-after-free on 0x60200"
log leak "==7==ERROR: LeakSanitizer: detected memory leaks"
log race "WARNING: ThreadSanitizer: data race (pid=7)"
log ubsan "src/wire/read.c:7:2: runtime error: signed integer overflow"
log bug "bug: src/io/loop.c:7: n > 0"
log left "worker 1 pid 7 exited with 23"
log killed "(after this point) Received signal 11 (Segmentation fault)"

timed "$tmp/late.py" "$tmp/late" "$tmp/nobody" >"$tmp/found"
printf '%s\n' "$tmp/late.py" "$tmp/late" "$tmp/nobody" |
    diff - "$tmp/found" >"$tmp/wrong"
clean "what was late, or never ran, is judged again" "$tmp/wrong"

for ill in asan leak race ubsan bug left killed; do
	timed "$tmp/$ill.py" "$tmp/$ill"
done >"$tmp/found"
clean "what is ill is not" "$tmp/found"

finish
