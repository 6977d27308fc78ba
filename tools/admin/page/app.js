/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status page.  Once a second it asks for what has been since the last
 * time (history.json) and for how things are (status.json), and shows it.
 * When there is no answer it says so, asks on, and goes on where it was.
 */
import {Charts} from "./chart.js";
import {perSecond} from "./draw.js";
import {showTables} from "./rows.js";
import * as text from "./text.js";

const POINTS = 600;			/* that the server keeps as well */
const PATIENCE_MS = 4000;		/* with one answer */
const STALE_MS = 5000;			/* without a new point */
const RATE_MS = 5000;			/* that rates of workers are of */
const reduced = matchMedia("(prefers-reduced-motion: reduce)");

const by = id => document.getElementById(id);

const state = {
	began: 0, last: 0,		/* of the history: which, and how far */
	points: [], ends: [], events: [], methods: [], methodsMs: 0,
	seen: [],			/* statuses of the last seconds */
	heard: 0,			/* when there was something new */
	lost: "",			/* why there is no contact */
	failures: 0, asking: false, timer: 0,
	paused: false, chosen: false,	/* by who looks: how much is shown */
};

/* ---- asking */

async function get(url) {
	const answer = await fetch(url, {cache: "no-store",
	    signal: AbortSignal.timeout(PATIENCE_MS)});
	if (answer.ok)
		return answer.json();
	const why = (await answer.text()).slice(0, 200).trim();
	throw new Error(`it answers ${answer.status}${why && ": " + why}`);
}

/* What was told of a time to come, by a clock that has been set back. */
function forget(began) {
	state.points = state.points.filter(p => p.at_ms < began);
	state.events = state.events.filter(e => e.at_ms < began);
}

/* Points go on after a restart of who remembers them; times only grow. */
function take(history) {
	if (history.began_ms !== state.began)
		forget(history.began_ms);
	const points = state.points;
	const end = points.length ? points[points.length - 1].at_ms : 0;
	points.push(...history.points.filter(p => p.at_ms > end));
	points.splice(0, Math.max(0, points.length - POINTS));
	if (history.points.length)
		state.heard = performance.now();
	state.began = history.began_ms;
	state.last = history.last;
	state.ends = history.ends_ns;
	state.methods = history.methods;
	state.methodsMs = history.methods_ms;
	const known = new Set(state.events.map(e => e.at_ms));
	state.events.push(...history.events.filter(e => !known.has(e.at_ms)));
	state.events.splice(0, Math.max(0, state.events.length - 32));
}

async function askHistory() {
	let history = await get(`history.json?since=${state.last}`);
	if (history.began_ms !== state.began && state.last !== 0)
		history = await get("history.json");
	take(history);
}

async function askStatus() {
	const status = await get("status.json");
	const at = performance.now(), seen = state.seen;
	seen.push({at, status});
	while (seen.length > 2 && at - seen[1].at >= RATE_MS)
		seen.shift();
}

function why(error) {
	return error.name === "TimeoutError" ? "no answer in time" :
	    error instanceof TypeError ? "nobody answers" : error.message;
}

async function ask() {
	if (state.asking)
		return;
	state.asking = true;
	clearTimeout(state.timer);
	const begun = performance.now();
	try {
		await Promise.all([askHistory(), askStatus()]);
		state.failures = 0;
		state.lost = begun - state.heard > STALE_MS &&
		    state.points.length ? "there are no new figures" : "";
	} catch (error) {
		state.failures++;
		state.lost = why(error);
	}
	state.asking = false;
	const wait = state.failures ? Math.min(5000, 1000 * state.failures) :
	    reduced.matches ? 5000 : 1000;
	again(Math.max(50, wait - (performance.now() - begun)));
	show();
}

/* Nobody looks at a page that is hidden; the server remembers for it. */
function again(ms) {
	clearTimeout(state.timer);
	if (!state.paused && !document.hidden)
		state.timer = setTimeout(ask, ms);
}

/* ---- showing */

function put(id, content) {
	const e = by(id);
	if (e.textContent !== content)
		e.textContent = content;
}

/* A number and, smaller, what it is of. */
function putTile(id, value, unit, bad) {
	const e = by(id);
	const small = document.createElement("small");
	small.textContent = unit;
	e.replaceChildren(value, small);
	e.dataset.state = bad ? "bad" : "";
}

function badge(id, content, is) {
	put(id, content);
	by(id).dataset.state = is;
}

function showHead(status) {
	const wanted = status.master.workers;
	const ready = status.slots.filter(s => s.state === "ready").length;
	put("name", status.name);
	document.title = `${status.name} · thriftfork`;
	badge("ready", `${ready} of ${wanted} workers ready` +
	    (status.master.stopping ? ", stopping" : ""), ready === 0 ? "bad" :
	    ready < wanted || status.master.stopping ? "warn" : "good");
	put("facts", [`listening on ${status.listen.split(" ").join(", ")}`,
	    `up ${text.span(status.master.uptime_ms)}`,
	    `generation ${status.master.generation}`,
	    `master ${status.master.pid}`].join("  ·  "));
	put("version", `thriftfork ${status.library}`);
}

/* Those that nobody has taken yet, or ever, the kernel has counted. */
function connectionsNote(status) {
	const of = status.master.counters || {};
	return [[status.counters.connections_accepted || 0, "accepted"],
	    [of.accept_queue || 0, "waiting"],
	    [of.accept_drops || 0, "turned away"]]
	    .filter(([n], i) => i === 0 || n > 0)
	    .map(([n, what]) => `${text.count(n)} ${what}`).join(", ");
}

function showTiles(p, status) {
	const s = n => perSecond(p, n);
	const total = state.methods.reduce((sum, m) => ({
	    calls: sum.calls + m.total.calls,
	    errors: sum.errors + m.total.errors}), {calls: 0, errors: 0});
	putTile("calls", text.rate(s(p.calls)), "/s");
	put("calls-sub", `${text.count(total.calls)} in all`);
	putTile("errors", text.rate(s(p.errors)), "/s", p.errors > 0);
	put("errors-sub", `${text.count(total.errors)} in all`);
	for (const [id, key] of [["p50", "p50_ns"], ["p99", "p99_ns"],
	    ["p999", "p999_ns"], ["wait", "wait_p99_ns"],
	    ["lag", "lag_p99_ns"]]) {
		const [value, unit] = text.time(p[key]).split("\u00a0");
		putTile(id, value, unit ? "\u00a0" + unit : "");
	}
	put("max-sub", `longest ${text.time(p.max_ns)}`);
	put("wait-sub", `longest ${text.time(p.wait_max_ns)}`);
	put("lag-sub", `longest ${text.time(p.lag_max_ns)}`);
	putTile("flight", text.count(p.in_flight), "");
	put("flight-sub", `${text.count(status.counters.calls_queued || 0)} ` +
	    "wait for a thread");
	putTile("conns", text.count(p.connections), "");
	put("conns-sub", connectionsNote(status));
	const [value, unit] = text.bytes(s(p.bytes_in + p.bytes_out))
	    .split("\u00a0");
	putTile("traffic", value, `\u00a0${unit}/s`);
	put("traffic-sub", `${text.bytes(s(p.bytes_in))} in, ` +
	    `${text.bytes(s(p.bytes_out))} out`);
}

/* Deaths are told by the segment, reloads by who remembers them. */
function happenings(status) {
	const deaths = status.deaths.map(d => ({at_ms: d.at_s * 1000,
	    kind: "death", label: "death", text: d.text}));
	const others = state.events.map(e => e.what === "reload" ?
	    {at_ms: e.at_ms, kind: "reload", label: `gen ${e.generation}`,
	    text: `Generation ${e.generation} serves.`} :
	    {at_ms: e.at_ms, kind: "new master", label: "master",
	    text: `Process ${e.pid} became the master.`});
	return [...deaths, ...others].sort((a, b) => b.at_ms - a.at_ms);
}

function showEvents(list, now) {
	const key = JSON.stringify(list) + text.clock(now, false);
	const element = by("events");
	put("events-note", state.began ? "reloads since " +
	    text.date(state.began, now) : "");
	if (element.shown === key)
		return;
	element.shown = key;
	element.replaceChildren(...list.map(e => {
		const li = document.createElement("li");
		const at = document.createElement("time");
		const kind = document.createElement("span");
		const what = document.createElement("span");
		at.dateTime = new Date(e.at_ms).toISOString();
		at.textContent = text.date(e.at_ms, now);
		kind.textContent = e.kind;
		kind.className = "badge";
		kind.dataset.state = e.kind === "death" ? "bad" : "none";
		what.textContent = e.text;
		li.append(at, kind, what);
		return li;
	}));
	if (list.length === 0)
		element.append(Object.assign(document.createElement("li"),
		    {textContent: "None so far.", className: "none"}));
}

function showContact() {
	const p = state.points[state.points.length - 1];
	badge("contact", state.lost ? "no contact" : state.paused ? "paused" :
	    "live", state.lost ? "bad" : state.paused ? "warn" : "good");
	by("lost").hidden = !state.lost;
	document.body.toggleAttribute("data-lost", Boolean(state.lost));
	if (state.lost)
		put("lost", `No contact${p ? ` since ${text.clock(p.at_ms)}` :
		    ""}: ${state.lost}.  What is shown is how things were ` +
		    "then; this page goes on by itself when it can.");
}

/* Until somebody has chosen: no more of the past than is known. */
function spanShown(now) {
	const choices = [...document.querySelectorAll("[name=span]")];
	const known = state.points.length ? now - state.points[0].at_ms : 0;
	if (!state.chosen)
		(choices.find(c => c.value * 1000 > known) ||
		    choices[choices.length - 1]).checked = true;
	return 1000 * choices.find(c => c.checked).value;
}

function show() {
	showContact();
	const last = state.seen[state.seen.length - 1];
	if (!last)
		return;
	const status = last.status;
	const p = state.points[state.points.length - 1];
	const now = p ? p.at_ms : state.began;
	const list = happenings(status);
	showHead(status);
	if (p)
		showTiles(p, status);
	showTables(state.seen, state.methods, state.methodsMs);
	put("methods-note", state.methodsMs ? "rates and times of the last " +
	    text.span(state.methodsMs) : "");
	put("workers-note", `rates of the last ${text.span(RATE_MS)}`);
	put("closed-note", `${text.count(status.counters.connections_closed ||
	    0)} in all`);
	put("events-sums", Object.entries(status.master.counters || {})
	    .filter(([name, n]) => /^(deaths|reloads|upgrades)/.test(name) &&
	    n > 0).map(([name, n]) =>
	    `${text.words(name)} ${text.count(n)}`).join("  ·  "));
	showEvents(list, now);
	charts.show({points: state.points, ends: state.ends,
	    marks: list.slice().reverse(), end: now, span: spanShown(now)});
}

/* ---- beginning */

const charts = new Charts(by("charts"));
by("pause").addEventListener("click", () => {
	state.paused = !state.paused;
	by("pause").setAttribute("aria-pressed", state.paused);
	put("pause", state.paused ? "Go on" : "Pause");
	showContact();
	again(0);
});
for (const radio of document.querySelectorAll("[name=span]"))
	radio.addEventListener("change", () => {
		state.chosen = true;
		show();
	});
document.addEventListener("visibilitychange", () => again(0));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change",
    () => charts.draw());
ask();
