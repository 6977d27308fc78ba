/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in the tables: of methods, of what the service itself measures,
 * of workers, of connections that were closed, and of all counters.
 */
import {Table} from "./table.js";
import * as text from "./text.js";

const by = id => document.getElementById(id);

/* What rates are of: an earlier status and its age, and the methods' time. */
const since = {status: null, ms: 0, methodsMs: 0};

/* Null: not known yet. */
function rateOf(now, old) {
	return since.status && old !== undefined ?
	    (now - old) * 1000 / since.ms : null;
}

function number(title, value, more) {
	return {title, sort: value, text: row => text.count(value(row)),
	    ...more};
}

const methodRate = key => m => since.methodsMs ?
    m[key] * 1000 / since.methodsMs : 0;

function methodColumn(title, key, write, more) {
	return {title, sort: methodRate(key),
	    text: m => write(methodRate(key)(m)), ...more};
}

function timeColumn(title, key, more) {
	return {title, sort: m => m[key], text: m => text.time(m[key]),
	    ...more};
}

const methods = new Table(by("methods"), [
	{title: "Method", left: true, name: true,
	    sort: m => m.service + "." + m.method,
	    text: m => m.service ? [[m.service, "of"], [".", "dot"],
	    [m.method, ""]] :
	    [[m.method, ""], [" (what found no room, or nobody serves)",
	    "of"]]},
	methodColumn("Calls/s", "calls", text.rate),
	methodColumn("Exceptions/s", "exceptions", text.rate, {wide: true,
	    hint: "answered with an exception that the IDL declares"}),
	methodColumn("Errors/s", "errors", text.rate, {
	    hint: "answered with any other error, or ended with their process",
	    state: m => m.errors ? "bad" : ""}),
	timeColumn("p50", "p50_ns"),
	timeColumn("p99", "p99_ns"),
	timeColumn("p99.9", "p999_ns", {wide: true}),
	timeColumn("Longest", "max_ns", {wide: true}),
	timeColumn("Wait p99", "wait_p99_ns", {wide: true,
	    hint: "until a thread took the call; no part of the others"}),
	methodColumn("In/s", "bytes_in", text.bytes, {wide: true}),
	methodColumn("Out/s", "bytes_out", text.bytes, {wide: true}),
	number("Calls", m => m.total.calls, {wide: true,
	    hint: "since the server began"}),
	number("Errors", m => m.total.errors, {wide: true,
	    hint: "since the server began"}),
], m => JSON.stringify([m.service, m.method]), 1, "No calls so far.");

/* A value in the unit that the service has given. */
function measured(h, value) {
	return h.unit === "ns" ? text.time(value) : h.unit === "bytes" ?
	    text.bytes(value) : `${text.count(value)} ${h.unit}`.trim();
}

function valueColumn(title, key, more) {
	return {title, sort: h => h[key], text: h => h.count ?
	    measured(h, h[key]) : "–", ...more};
}

const own = new Table(by("own"), [
	{title: "Name", left: true, name: true, sort: h => h.name,
	    text: h => h.name},
	number("Values", h => h.count),
	{title: "Values/s", wide: true, sort: h => h.rate || 0,
	    text: h => h.rate === null ? "–" : text.rate(h.rate)},
	valueColumn("p50", "p50"),
	valueColumn("p99", "p99"),
	valueColumn("p99.9", "p999", {wide: true}),
	valueColumn("Largest", "max", {wide: true}),
], h => h.name, 0, "None.");

function doing(lane) {
	const calls = [lane.call, ...lane.thread_calls || []].filter(Boolean);
	if (calls.length === 0)
		return lane.busy_ms > 0 ? "busy" : "";
	const longest = calls.reduce((a, b) =>
	    b.running_ms > a.running_ms ? b : a);
	const more = calls.length > 1 ? ` and ${calls.length - 1} more` : "";
	return `${longest.method} for ${longest.peer || "?"}` +
	    (longest.running_ms >= 100 ?
	    `, ${text.time(longest.running_ms * 1e6)}` : "") + more;
}

const STATES = {ready: "good", starting: "warn", canary: "warn"};
const workers = new Table(by("workers"), [
	number("Slot", w => w.slot, {left: true, text: w => String(w.slot)}),
	number("PID", w => w.pid, {wide: true,
	    text: w => w.pid ? String(w.pid) : "–"}),
	{title: "State", left: true, sort: w => w.state,
	    text: w => [[w.state, "badge", STATES[w.state] || "none"]]},
	number("Generation", w => w.generation, {wide: true}),
	number("Up", w => w.uptime_ms, {wide: true,
	    text: w => text.span(w.uptime_ms)}),
	number("Restarts", w => w.restarts, {wide: true,
	    hint: "processes that its slot has had before"}),
	number("Connections", w => w.connections),
	number("In flight", w => w.in_flight),
	number("Memory", w => w.memory, {wide: true,
	    hint: "its own: neither files nor what the server shares",
	    text: w => w.memory ? text.bytes(w.memory) : "–"}),
	{title: "Calls/s", sort: w => w.rate || 0,
	    text: w => w.rate === null ? "–" : text.rate(w.rate)},
	{title: "Now in", left: true, wide: true, name: true,
	    sort: w => w.doing, text: w => w.doing},
], w => `${w.slot} ${w.pid}`, 0, "No workers.");

const changeColumn = {title: "Change/s", sort: c => c.rate || 0,
    text: c => c.rate === null ? "–" : c.rate < 0 ?
    "−" + text.rate(-c.rate) : text.rate(c.rate)};

const closed = new Table(by("closed"), [
	{title: "Reason", left: true, name: true, sort: c => c.reason,
	    text: c => c.reason},
	number("Connections", c => c.value),
	changeColumn,
], c => c.name, 1, "None so far.");

const counters = new Table(by("counters"), [
	{title: "Counter", left: true, sort: c => c.name,
	    text: c => c.own ? [[c.name, ""], [" of the service", "of"]] :
	    c.name},
	number("Value", c => c.value),
	changeColumn,
], c => `${c.own} ${c.name}`, 0, "None.");

/* A row for each process, and for each slot that should have one. */
function workerRows(status) {
	const old = new Map(since.status ? since.status.lanes.map(l =>
	    [`${l.lane} ${l.pid}`, l.calls]) : []);
	const rows = status.lanes.filter(l => l.slot >= 0 && l.pid > 0).map(l =>
	    {
		const slot = status.slots[l.slot] || {};
		const has = slot.lane === l.lane;
		return {slot: l.slot, pid: l.pid, generation: l.generation,
		    state: has ? slot.state : l.generation <
		    status.master.generation ? "leaving" : "starting",
		    uptime_ms: l.uptime_ms, restarts: has ? slot.restarts : 0,
		    connections: l.connections, in_flight: l.in_flight,
		    rate: rateOf(l.calls, old.get(`${l.lane} ${l.pid}`)),
		    memory: l.counters.memory_own, doing: doing(l)};
	});
	for (const s of status.slots)
		if (s.pid === 0 && s.state !== "parked")
			rows.push({slot: s.slot, pid: 0, state: s.state,
			    generation: s.generation, uptime_ms: 0,
			    restarts: s.restarts, connections: 0,
			    in_flight: 0, rate: null, memory: 0, doing: ""});
	return rows.sort((a, b) => a.slot - b.slot || a.pid - b.pid);
}

const COUNTERS = [status => status.own, status => status.counters,
    status => status.master.counters];

function counterRows(status) {
	return COUNTERS.flatMap((of, i) => Object.entries(of(status) || {})
	    .map(([name, value]) => ({name, value, own: i === 0,
	    rate: rateOf(value, since.status &&
	    (of(since.status) || {})[name])})));
}

function ownRows(status) {
	const old = since.status && since.status.own_histograms || {};
	return Object.entries(status.own_histograms || {}).map(([name, h]) =>
	    ({name, ...h, rate: rateOf(h.count, old[name]?.count)}));
}

/* Those with a reason, and those that nobody has closed. */
function closedRows(rows) {
	return rows.filter(c => !c.own && c.value > 0).flatMap(c =>
	    c.name.startsWith("closed_") ?
	    [{...c, reason: text.words(c.name.slice(7))}] :
	    c.name === "connections_lost" ?
	    [{...c, reason: "its process died"}] : []);
}

/* Of the last of the statuses that were seen, and of methods of late. */
export function showTables(seen, late, lateMs) {
	const first = seen[0], last = seen[seen.length - 1];
	const status = last.status;
	const same = first.at < last.at && first.status.master.started_at_s ===
	    status.master.started_at_s;
	since.status = same ? first.status : null;
	since.ms = last.at - first.at;
	since.methodsMs = lateMs;
	methods.update(late);
	own.update(ownRows(status));
	by("own-panel").hidden = own.rows.length === 0;
	workers.update(workerRows(status));
	const rows = counterRows(status);
	counters.update(rows);
	closed.update(closedRows(rows));
}
