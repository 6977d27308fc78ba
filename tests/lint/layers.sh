#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The arrows between the rooms: who may include whom.  The table below is the
# architecture; thriftfork-internals(7) tells it in prose.

. "$(dirname "$0")/tap.subr"

cat >"$tmp/arrows" <<'END'
base	base
wire	base wire
io	base io
shm	base shm
proc	base io shm proc
serve	base wire io shm serve
client	base wire io client
server	base wire io shm proc serve client server
END

# Headers that a room does without: no system calls and no clock in wire, no
# children in serve and client.
cat >"$tmp/never" <<'END'
wire	unistd.h
wire	sys/socket.h
wire	time.h
wire	sys/time.h
wire	poll.h
wire	sys/epoll.h
wire	base/clock.h
wire	base/fd.h
serve	sys/wait.h
serve	spawn.h
client	sys/wait.h
client	spawn.h
END

# layers ROOT: a line for each include that breaks a rule.
layers()
{
	(cd "$1" && find include src tools -name '*.[ch]' | sort |
	while read -r file; do
		awk -v file="$file" -v root="$1" -v arrows="$tmp/arrows" \
		    -v never="$tmp/never" -f "$tmp/layers.awk" "$file"
	done)
}

cat >"$tmp/layers.awk" <<'END'
BEGIN {
	while ((getline line <arrows) > 0) {
		n = split(line, part, /[ \t]+/)
		for (i = 2; i <= n; i++)
			may[part[1], part[i]] = 1
	}
	while ((getline line <never) > 0) {
		split(line, part, /[ \t]+/)
		no[part[1], part[2]] = 1
	}
	shared["gen"] = shared["lib"] = "idl"
	shared["call"] = shared["bench"] = "lib"
	shared["top"] = shared["admin"] = "instance lib"
	n = split(file, part, "/")
	tree = part[1]
	room = n > 2 ? part[2] : ""
}

function complain(why)
{
	printf "%s:%d: %s: %s\n", file, FNR, why, $0
}

function exists(path,	got, line)
{
	got = (getline line <path) >= 0
	close(path)
	return got
}

function check_src(name, quoted,	to)
{
	to = name
	sub("/.*", "", to)
	if ((room, name) in no)
		complain(room " does without it")
	else if (quoted && name !~ "/")
		complain("an include without a room")
	else if (quoted && !((room, to) in may))
		complain(room " must not know " to)
}

function shares(rooms, name,	n, part, i)
{
	n = split(rooms, part, " ")
	for (i = 1; i <= n; i++)
		if (exists(root "/tools/" part[i] "/" name))
			return 1
	return 0
}

function check_tool(name, quoted)
{
	if (!quoted)
		return
	if (name ~ "/")
		complain("a tool uses the public headers only")
	else if (!exists(root "/tools/" room "/" name) &&
	    !(room in shared && shares(shared[room], name)))
		complain("neither its own nor of a room that it shares")
}

/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
	name = $0
	quoted = name ~ /include[ \t]*"/
	sub(/^[^<"]*[<"]/, "", name)
	sub(/[>"].*/, "", name)
	if (tree == "src")
		check_src(name, quoted)
	else if (tree == "tools")
		check_tool(name, quoted)
	else if (quoted)
		complain("a public header includes by <>")
}

tree == "src" && (room == "serve" || room == "client" || room == "wire") &&
/(^|[^A-Za-z0-9_])v?fork\(/ {
	complain(room " never forks")
}
END

layers "$TF_SOURCE" >"$tmp/found"
clean "includes follow the arrows of the house" "$tmp/found"

bad=$tmp/bad
for dir in include/thriftfork src/base src/wire src/proc src/serve \
    src/client tools/gen tools/thriftfork tools/idl tools/lib \
    tools/instance tools/top; do
	mkdir -p "$bad/$dir"
done
echo '#include "wire/wire.h"' >"$bad/include/thriftfork/x.h"
echo '#include "wire/wire.h"' >"$bad/src/base/x.c"
echo '#include <unistd.h>' >"$bad/src/wire/x.c"
printf '#include "serve/conn.h"\n#include "wire/wire.h"\n' >"$bad/src/proc/x.c"
printf '#include "proc/child.h"\n\tpid = fork();\n' >"$bad/src/serve/x.c"
printf '#include "shm/lane.h"\n#include "stream.h"\n' >"$bad/src/client/x.c"
printf '#include "idl.h"\n#include "base/buf.h"\n' >"$bad/tools/gen/x.c"
echo '#include "idl.h"' >"$bad/tools/thriftfork/x.c"
echo 'struct idl;' >"$bad/tools/idl/idl.h"
printf '#include "source.h"\n#include "idl.h"\n#include "cell.h"\n' \
    >"$bad/tools/top/x.c"
echo 'struct source;' >"$bad/tools/instance/source.h"
echo 'struct cell;' >"$bad/tools/lib/cell.h"
echo '#include "idl.h"' >"$bad/tools/lib/x.c"
echo '#include "cell.h"' >"$bad/tools/idl/y.c"
layers "$bad" >"$tmp/found"
planted "includes" "$tmp/found" '^include/thriftfork/x.h:1:' \
    '^src/base/x.c:1: base must not know wire' '^src/wire/x.c:1:' \
    '^src/proc/x.c:1: proc must not know serve' \
    '^src/proc/x.c:2: proc must not know wire' \
    '^src/serve/x.c:1: serve must not know proc' \
    '^src/serve/x.c:2: serve never forks' \
    '^src/client/x.c:1: client must not know shm' '^src/client/x.c:2:' \
    '^tools/gen/x.c:2:' '^tools/thriftfork/x.c:1:' '^tools/top/x.c:2:' \
    '^tools/idl/y.c:1:'
grep '^tools/gen/x.c:1:\|^tools/top/x.c:[13]:\|^tools/lib' "$tmp/found" \
    >"$tmp/wrong"
clean "lets tools use the rooms that they share" "$tmp/wrong"

finish
