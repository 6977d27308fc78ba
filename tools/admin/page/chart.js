/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three charts over one axis of time: calls a second; how long they took, as a
 * map of how many calls a second lie in which step of latency; and how long
 * they had to wait before, for a thread or for the event loop.
 */
import {COLOURS, begin, colours, line, perSecond, pieces, place, ramp, rounded}
    from "./draw.js";
import * as text from "./text.js";

const LEFT = 58, RIGHT = 6;		/* what stands beside a chart */
const HEAD = 22, FOOT = 20;		/* above a chart; below the last */
const EDGE = 6;				/* below the others */
const LEAST_STEPS = 8;			/* of latency are shown */
const NEAR = 3;				/* so wide is a piece of a line */

export class Charts {
	constructor(root) {
		this.root = root;
		this.rate = root.querySelector(".rate");
		this.heat = root.querySelector(".heat");
		this.delay = root.querySelector(".delay");
		this.tip = root.querySelector(".tip");
		this.view = null;
		this.cursor = null;		/* at_ms of a point */
		this.pointed = null;		/* where the pointer is */
		root.addEventListener("pointermove", e => this.point(e));
		root.addEventListener("pointerdown", e => this.point(e));
		root.addEventListener("pointerleave", () => this.leave());
		root.addEventListener("blur", () => this.leave());
		root.addEventListener("keydown", e => this.key(e));
		new ResizeObserver(() => this.draw()).observe(root);
	}

	/* points, ends of steps, marks {at_ms, kind, label}, end and span */
	show(view) {
		this.view = view;
		this.draw();
	}

	x(ms) {
		const {end, span} = this.view;
		return LEFT + (ms - end + span) / span *
		    (this.rate.clientWidth - LEFT - RIGHT);
	}

	draw() {
		if (!this.view)
			return;
		const {points, end, span} = this.view;
		this.colour = colours();
		this.shown = points.filter(p => p.at_ms > end - span);
		this.drawRate();
		this.drawHeat();
		this.drawDelay();
		this.tell();
	}

	clip(g, top, height) {
		g.save();
		g.beginPath();
		g.rect(LEFT, top, this.rate.clientWidth - LEFT - RIGHT,
		    height);
		g.clip();
	}

	drawRate() {
		const {g, width, height} = begin(this.rate);
		const bottom = height - EDGE;
		const most = rounded(Math.max(1, ...this.shown.map(p =>
		    perSecond(p, p.calls))));
		const y = n => bottom - n / most * (bottom - HEAD);
		this.drawRules(g, width, "calls/s", [0, most / 2, most].map(
		    n => [y(n), text.rate(n)]));
		this.clip(g, 0, height);
		for (const piece of pieces(this.shown))
			this.drawArea(g, piece, y);
		g.fillStyle = this.colour("bad");
		for (const p of this.shown)
			if (p.errors)
				this.drawBar(g, p, Math.min(bottom - 3,
				    y(perSecond(p, p.errors))), bottom);
		this.drawMarks(g, HEAD, bottom, true);
		g.restore();
	}

	/* Lines across, each [y, label], and of what they are. */
	drawRules(g, width, title, rules) {
		g.textAlign = "right";
		g.textBaseline = "middle";
		g.strokeStyle = this.colour("grid");
		g.fillStyle = this.colour("dim");
		for (const [at, label] of rules) {
			const y = Math.round(at) + .5;
			line(g, LEFT, y, width - RIGHT, y);
			g.fillText(label, LEFT - 8, y);
		}
		g.textAlign = "left";
		g.fillText(title, 0, 6);
	}

	drawArea(g, piece, y) {
		const path = new Path2D();
		const first = piece[0], last = piece[piece.length - 1];
		path.moveTo(this.x(first.at_ms - first.ms),
		    y(perSecond(first, first.calls)));
		for (const p of piece) {
			const at = y(perSecond(p, p.calls));
			path.lineTo(this.x(p.at_ms - p.ms), at);
			path.lineTo(this.x(p.at_ms), at);
		}
		const area = new Path2D(path);
		area.lineTo(this.x(last.at_ms), y(0));
		area.lineTo(this.x(first.at_ms - first.ms), y(0));
		g.fillStyle = this.colour("area");
		g.fill(area);
		g.strokeStyle = this.colour("accent");
		g.lineWidth = 1.5;
		g.stroke(path);
		g.lineWidth = 1;
	}

	drawBar(g, p, top, bottom) {
		const from = this.x(p.at_ms - p.ms);
		g.fillRect(from, top, Math.max(2, this.x(p.at_ms) - from),
		    bottom - top);
	}

	/* Reloads and deaths, and the point in time that is looked at. */
	drawMarks(g, top, bottom, labelled) {
		let free = -Infinity;
		g.textBaseline = "alphabetic";
		g.textAlign = "left";
		for (const mark of this.view.marks) {
			const x = Math.round(this.x(mark.at_ms)) + .5;
			if (x < LEFT)
				continue;
			g.strokeStyle = g.fillStyle = this.colour(
			    mark.kind === "death" ? "bad" : "reload");
			g.setLineDash(mark.kind === "death" ? [] : [3, 3]);
			line(g, x, top, x, bottom);
			g.setLineDash([]);
			const room = g.measureText(mark.label).width;
			const at = Math.min(x - 2,
			    this.rate.clientWidth - RIGHT - room);
			if (labelled && at > free) {
				g.fillText(mark.label, at, top - 5);
				free = at + room + 8;
			}
		}
		const p = this.current();
		if (p) {
			const x = Math.round(this.x(p.at_ms - p.ms / 2)) + .5;
			g.strokeStyle = this.colour("ink");
			line(g, x, top, x, bottom);
		}
	}

	/* The steps that anything lies in, in all that is known. */
	steps() {
		const {points, ends} = this.view;
		let low = ends.length, high = 0;
		for (const p of points)
			if (p.times.length) {
				low = Math.min(low, p.first);
				high = Math.max(high,
				    p.first + p.times.length);
			}
		return this.widened(low, high);
	}

	/* The same of delays. */
	delays() {
		const {points, ends} = this.view;
		const at = points.flatMap(p => [p.wait_p99_ns, p.lag_p99_ns])
		    .filter(ns => ns > 0).map(ns => place(ends, ns));
		return this.widened(Math.floor(Math.min(ends.length, ...at)),
		    Math.min(ends.length, Math.ceil(Math.max(0, ...at))));
	}

	widened(low, high) {
		const {ends} = this.view;
		if (low >= high)
			[low, high] = [0, 2 * LEAST_STEPS];
		while (high - low < LEAST_STEPS) {
			low = Math.max(0, low - 1);
			high = Math.min(ends.length, high + 1);
		}
		return [low, high];
	}

	/* An axis of times, on which one at ns is as high as that says. */
	drawTimes(g, width, bottom, title, [low, high]) {
		const {ends} = this.view;
		const y = at => bottom - (at - low) / (high - low) *
		    (bottom - HEAD);
		this.drawRules(g, width, title, this.times(y, HEAD, bottom));
		this.clip(g, HEAD, bottom - HEAD);
		return {y, at: ns => y(place(ends, ns))};
	}

	drawHeat() {
		const {g, width, height} = begin(this.heat);
		const bottom = height - EDGE;
		const [low, high] = this.steps();
		const {y, at} = this.drawTimes(g, width, bottom,
		    "time of a call", [low, high]);
		this.step = at => at < HEAD || at >= bottom ? -1 :
		    low + (bottom - at) / (bottom - HEAD) * (high - low);
		this.drawCells(g, y);
		this.drawLine(g, p => p.p50_ns, at, "p50", []);
		this.drawLine(g, p => p.p99_ns, at, "p99", [4, 3]);
		this.drawMarks(g, HEAD, bottom, false);
		g.restore();
	}

	drawDelay() {
		const {g, width, height} = begin(this.delay);
		const bottom = height - FOOT;
		const {at} = this.drawTimes(g, width, bottom,
		    "wait for a thread and loop lag, p99", this.delays());
		this.drawLine(g, p => p.lag_p99_ns, at, "lag", [4, 3]);
		this.drawLine(g, p => p.wait_p99_ns, at, "wait", []);
		this.drawMarks(g, HEAD, bottom, false);
		g.restore();
		this.drawClock(g, bottom);
	}

	/* Round times with room between them. */
	times(y, top, bottom) {
		const {ends} = this.view;
		const rules = [];
		for (let power = 1000; power < 1e11; power *= 10)
			rules.push(power);
		const fits = list => list.map(ns => [y(place(ends, ns)),
		    text.time(ns).replace(/\.0+(?=\D|$)/, "")]).filter(
		    ([at]) => at >= top - 1 && at <= bottom + 1);
		const coarse = fits(rules);
		const fine = fits(rules.flatMap(ns => [ns, 2 * ns, 5 * ns]));
		const near = fine.some(([at], i) => i > 0 &&
		    fine[i - 1][0] - at < 18);
		return near ? coarse : fine;
	}

	drawCells(g, y) {
		const palette = ramp(this.colour);
		let most = 1;
		for (const p of this.shown)
			for (const n of p.times)
				most = Math.max(most, perSecond(p, n));
		const shade = n => palette[Math.max(0, Math.min(COLOURS - 1,
		    Math.round(Math.log(n) / Math.log(Math.max(most, 2)) *
		    (COLOURS - 1))))];
		for (const p of this.shown) {
			const from = Math.round(this.x(p.at_ms - p.ms));
			const to = Math.round(this.x(p.at_ms));
			p.times.forEach((n, i) => {
				if (n === 0)
					return;
				const up = Math.round(y(p.first + i + 1));
				g.fillStyle = shade(perSecond(p, n));
				g.fillRect(from, up, Math.max(1, to - from),
				    Math.round(y(p.first + i)) - up);
			});
		}
		this.drawScale(palette, most);
	}

	drawScale(palette, most) {
		const canvas = document.getElementById("scale");
		const g = canvas.getContext("2d");
		palette.forEach((c, i) => {
			g.fillStyle = c;
			g.fillRect(i / COLOURS * canvas.width, 0,
			    canvas.width / COLOURS + 1, canvas.height);
		});
		document.getElementById("most").textContent = text.rate(most);
	}

	/* Of a piece, those too near to be told apart; the same next time. */
	groups(piece) {
		const ms = NEAR * this.view.span /
		    (this.rate.clientWidth - LEFT - RIGHT);
		const groups = new Map();
		for (const p of piece) {
			const key = Math.floor(p.at_ms / ms);
			groups.set(key, [...groups.get(key) || [], p]);
		}
		return groups.values();
	}

	/*
	 * The largest of those that are near each other; with a rim, to be seen
	 * on cells of any colour.
	 */
	drawLine(g, value, y, colour, dashes) {
		const path = new Path2D();
		for (const piece of pieces(this.shown)) {
			let down = false;
			for (const group of this.groups(piece)) {
				const last = group[group.length - 1];
				const x = this.x((last.at_ms + group[0].at_ms -
				    group[0].ms) / 2);
				const ns = Math.max(...group.map(value));
				if (ns > 0 && !down)
					path.moveTo(x, y(ns));
				if (ns > 0)
					path.lineTo(x, y(ns));
				down = ns > 0;
			}
		}
		g.lineJoin = g.lineCap = "round";	/* a lone one, too */
		g.strokeStyle = this.colour("panel");
		g.lineWidth = 3.5;
		g.stroke(path);
		g.setLineDash(dashes);
		g.strokeStyle = this.colour(colour);
		g.lineWidth = 1.5;
		g.stroke(path);
		g.setLineDash([]);
		g.lineWidth = 1;
	}

	drawClock(g, bottom) {
		const {end, span} = this.view;
		const room = (this.rate.clientWidth - LEFT - RIGHT) / span;
		const every = [15000, 30000, 60000, 120000, 300000].find(ms =>
		    ms * room >= (ms < 60000 ? 64 : 48)) || 300000;
		g.textAlign = "center";
		g.textBaseline = "top";
		g.fillStyle = this.colour("dim");
		for (let at = Math.ceil((end - span) / every) * every;
		    at <= end; at += every) {
			const label = text.clock(at, every < 60000);
			const half = g.measureText(label).width / 2;
			const x = this.x(at);
			if (x - half >= LEFT - 30 &&
			    x + half <= this.rate.clientWidth)
				g.fillText(label, x, bottom + 6);
		}
	}

	/* ---- the point in time that is looked at */

	current() {
		return this.cursor === null ? null :
		    this.shown.find(p => p.at_ms === this.cursor) || null;
	}

	point(e) {
		if (!this.view || !this.shown.length)
			return;
		const box = this.root.getBoundingClientRect();
		const x = e.clientX - box.left;
		const p = this.shown.find(p => this.x(p.at_ms) >= x) ||
		    this.shown[this.shown.length - 1];
		this.pointed = e.clientY -
		    this.heat.getBoundingClientRect().top;
		this.cursor = p.at_ms;
		this.draw();
	}

	leave() {
		this.cursor = this.pointed = null;
		this.draw();
	}

	key(e) {
		const moves = {ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1,
		    ArrowUp: 1, PageUp: 30, PageDown: -30, Home: -Infinity,
		    End: Infinity};
		if (e.key === "Escape")
			return this.leave();
		if (!(e.key in moves) || !this.view || !this.shown.length)
			return;
		e.preventDefault();
		const last = this.shown.length - 1;
		const now = this.shown.indexOf(this.current());
		const to = (now === -1 ? last : now) + moves[e.key];
		this.pointed = null;
		this.cursor = this.shown[Math.max(0, Math.min(last, to))].at_ms;
		this.draw();
	}

	/* What is in the cell under the pointer. */
	cell(p) {
		const {ends} = this.view;
		const i = this.pointed === null ? -1 :
		    Math.floor(this.step(this.pointed));
		if (i < 0 || i >= ends.length)
			return [];
		const n = p.times[i - p.first] || 0;
		return [`${i === 0 ? "0" : text.time(ends[i - 1])} to ` +
		    `${text.time(ends[i])}: ${text.rate(perSecond(p, n))}/s`];
	}

	lines(p) {
		return [text.clock(p.at_ms) + (p.ms > 1500 ?
		    `, mean of ${text.span(p.ms)}` : ""),
		    `${text.rate(perSecond(p, p.calls))} calls/s`,
		    `${text.rate(perSecond(p, p.errors))} errors/s`,
		    `p50 ${text.time(p.p50_ns)}`,
		    `p99 ${text.time(p.p99_ns)}`,
		    `p99.9 ${text.time(p.p999_ns)}`,
		    `longest ${text.time(p.max_ns)}`,
		    `wait p99 ${text.time(p.wait_p99_ns)}`,
		    `loop lag p99 ${text.time(p.lag_p99_ns)}`,
		    `${text.count(p.in_flight)} in flight`,
		    `${text.count(p.connections)} connections`];
	}

	/* Beside the point for who sees it, and in words for who does not. */
	tell() {
		const p = this.current();
		const told = p || this.shown[this.shown.length - 1];
		this.tip.hidden = !p;
		if (p) {
			const x = this.x(p.at_ms - p.ms / 2);
			this.tip.textContent =
			    [...this.lines(p), ...this.cell(p)].join("\n");
			const width = this.tip.offsetWidth;
			this.tip.style.left = (x + 14 + width <
			    this.root.clientWidth ? x + 14 :
			    Math.max(0, x - 14 - width)) + "px";
		}
		if (!told)
			return;
		const at = this.shown.indexOf(told);
		this.root.setAttribute("aria-valuemax", this.shown.length - 1);
		this.root.setAttribute("aria-valuenow", at);
		this.root.setAttribute("aria-valuetext",
		    this.lines(told).join(", "));
	}
}
