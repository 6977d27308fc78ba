/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How figures are written: three digits and a unit, so that one sees at a
 * glance which of two is larger.
 */

const GAP = "\u00a0";			/* between a number and its unit */
const grouped = new Intl.NumberFormat("en-US", {maximumFractionDigits: 0});

function threeDigits(x) {
	return x.toFixed(x >= 99.95 ? 0 : x >= 9.995 ? 1 : 2);
}

/* In the largest of these units of which there is one; each [size, name]. */
function scaled(x, units) {
	let unit = units[0];
	for (const next of units)
		if (x >= 0.9995 * next[0])
			unit = next;
	return threeDigits(x / unit[0]) + GAP + unit[1];
}

const LARGE = [[1e6, "M"], [1e9, "G"], [1e12, "T"], [1e15, "P"], [1e18, "E"]];

export function count(n) {
	return n < 999999.5 ? grouped.format(n) : scaled(n, LARGE);
}

/* Per second, where there may be less than one. */
export function rate(n) {
	return n === 0 || n >= 9.95 ? count(n) : n < 0.05 ? "<0.1" :
	    n.toFixed(1);
}

const TIMES = [[1, "ns"], [1e3, "µs"], [1e6, "ms"], [1e9, "s"]];

/* How long calls took; 0 is that of no call. */
export function time(ns) {
	return ns ? scaled(ns, TIMES) : "–";
}

const SIZES = [[1, "B"], [1e3, "kB"], [1e6, "MB"], [1e9, "GB"], [1e12, "TB"],
    [1e15, "PB"], [1e18, "EB"]];

export function bytes(n) {
	return n < 1e3 ? Math.round(n) + GAP + "B" : scaled(n, SIZES);
}

const SPANS = [[86400, "d", 3600, "h"], [3600, "h", 60, "min"],
    [60, "min", 1, "s"]];

/* How long something has lasted, in its two largest units. */
export function span(ms) {
	const s = Math.max(0, Math.floor(ms / 1000));
	for (const [size, name, part, of] of SPANS)
		if (s >= size) {
			const rest = Math.floor(s % size / part);
			return Math.floor(s / size) + GAP + name +
			    (rest ? GAP + rest + GAP + of : "");
		}
	return s + GAP + "s";
}

const seconds = new Intl.DateTimeFormat("en-GB", {timeStyle: "medium"});
const minutes = new Intl.DateTimeFormat("en-GB", {timeStyle: "short"});
const days = new Intl.DateTimeFormat("en-GB",
    {month: "short", day: "numeric"});

/* Times of day are those of whoever looks. */
export function clock(ms, withSeconds = true) {
	return (withSeconds ? seconds : minutes).format(ms);
}

export function date(ms, now) {
	const day = days.format(ms);
	return (day === days.format(now) ? "" : day + ", ") + clock(ms);
}

/* The name of a counter, without what stands for spaces. */
export function words(name) {
	return name.replaceAll("_", " ");
}
