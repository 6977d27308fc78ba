# SPDX-License-Identifier: Apache-2.0
# The manual page of what is counted, from src/shm/counters.def and a page in
# which a line "@KIND PATTERN..." stands for those of the list whose names one
# of the patterns matches as a whole, in the order of the list.  Each has to
# stand in the page once, or the page is not made.
#
#	awk -f man/counters.awk src/shm/counters.def man/thriftfork-counters.7.in

function fail(why)
{
	print "counters.awk: " why >"/dev/stderr"
	failed = 1
	exit 1
}

function ends(text, end)
{
	return length(text) >= length(end) &&
	    substr(text, length(text) - length(end) + 1) == end
}

# What thriftfork-admin makes of it, see tools/admin/expose.c.
function exposed(i,	of_method, name, end)
{
	of_method = kind[i] ~ /^METHOD/ ? "method_" : ""
	if (ends(entry[i], "_sum") &&
	    (hist[kind[i] "_HIST", substr(entry[i], 1,
	    length(entry[i]) - 4)]))
		return "thriftfork_" of_method substr(entry[i], 1,
		    length(entry[i]) - 4) base[unit[i]] "_sum"
	name = entry[i]
	if (unit[i] == "bytes")
		sub(/^bytes_/, "", name)
	end = base[unit[i]]
	if (!ends(name, end))
		name = name end
	if (type[i] == "counter" && !ends(name, "_total"))
		name = name "_total"
	return "thriftfork_" of_method name
}

function put(i)
{
	print ".It Li " entry[i]
	print toupper(substr(help[i], 1, 1)) substr(help[i], 2) "."
	print ".Bq " type[i] ", " unit[i] ", Li " exposed(i)
	shown[i]++
}

function put_all(which, patterns,	i, n, any, part, p)
{
	n = split(patterns, part, " ")
	print ".Bl -tag -width Ds"
	for (i = 1; i <= entries; i++) {
		if (kind[i] != which)
			continue
		for (p = 1; p <= n; p++)
			if (entry[i] ~ "^(" part[p] ")$") {
				put(i)
				any = 1
				break
			}
	}
	print ".El"
	if (!any)
		fail("nothing for: @" which " " patterns)
}

# An entry of the list, all of its lines.
function take(text,	field, n, i)
{
	i = ++entries
	kind[i] = substr(text, 1, index(text, "(") - 1)
	gsub(/"[ \t]*"/, "", text)		# pieces of one string
	n = split(text, field, "\"")
	if (n != 7)
		fail("not understood: " text)
	entry[i] = field[2]
	unit[i] = field[4]
	help[i] = field[6]
	type[i] = kind[i] ~ /_HIST$/ ? "histogram" : tolower(field[3])
	gsub(/[^a-z]/, "", type[i])
	if (kind[i] ~ /_HIST$/)
		hist[kind[i], entry[i]] = 1
}

BEGIN {
	base["ns"] = "_seconds"
	base["bytes"] = "_bytes"
}

FNR == NR {
	if (/^(SERVER|WORKER|MASTER|METHOD|WORKER_HIST|METHOD_HIST)\([A-Z]/)
		now = ""
	else if (now == "")
		next
	now = now $0
	if (/\)$/) {
		take(now)
		now = ""
	}
	next
}

/^@/ {
	put_all(substr($1, 2), substr($0, length($1) + 2))
	next
}
{ print }

END {
	if (failed)
		exit 1
	for (i = 1; i <= entries; i++)
		if (shown[i] != 1)
			fail(entry[i] " (" kind[i] ") stands in the page " \
			    shown[i] + 0 " times")
}
