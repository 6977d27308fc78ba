/* SPDX-License-Identifier: Apache-2.0 */
/* What charts are drawn with: canvases, colours, scales, and points in a row. */

const GAP_MS = 1500;			/* more between two points is a gap */
export const COLOURS = 64;		/* of a ramp */

export function colours() {
	const style = getComputedStyle(document.documentElement);
	return name => style.getPropertyValue("--" + name).trim();
}

/* A canvas as large as it is shown, in units of CSS, and empty. */
export function begin(canvas) {
	const {clientWidth: width, clientHeight: height} = canvas;
	const ratio = window.devicePixelRatio || 1;
	const w = Math.round(width * ratio), h = Math.round(height * ratio);
	if (canvas.width !== w || canvas.height !== h) {
		canvas.width = w;
		canvas.height = h;
	}
	const g = canvas.getContext("2d");
	g.setTransform(ratio, 0, 0, ratio, 0, 0);
	g.clearRect(0, 0, width, height);
	g.font = "11px " + getComputedStyle(document.body).fontFamily;
	g.lineWidth = 1;
	return {g, width, height};
}

export function line(g, x1, y1, x2, y2) {
	g.beginPath();
	g.moveTo(x1, y1);
	g.lineTo(x2, y2);
	g.stroke();
}

/* A few times a power of ten, of which half is as round, and not less. */
export function rounded(x) {
	const power = 10 ** Math.floor(Math.log10(x));
	return [1, 2, 4, 6, 10].map(n => n * power).find(n => n >= x * 0.999);
}

/* "#rrggbb" in four places of a scale, and those between. */
export function ramp(colour) {
	const stops = [0, 1, 2, 3].map(i => colour("heat-" + i)).map(hex =>
	    [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16)));
	return Array.from({length: COLOURS}, (_, i) => {
		const at = i / (COLOURS - 1) * (stops.length - 1);
		const low = Math.min(Math.floor(at), stops.length - 2);
		const mixed = stops[low].map((c, k) =>
		    Math.round(c + (stops[low + 1][k] - c) * (at - low)));
		return `rgb(${mixed.join()})`;
	});
}

/* Pieces of points without a gap between them. */
export function* pieces(points) {
	let piece = [];
	for (const p of points) {
		const last = piece[piece.length - 1];
		if (last && p.at_ms - p.ms > last.at_ms + GAP_MS) {
			yield piece;
			piece = [];
		}
		piece.push(p);
	}
	if (piece.length)
		yield piece;
}

export function perSecond(p, n) {
	return n * 1000 / p.ms;
}

/* Where in the steps a time lies: 3.5 is the middle of the fourth. */
export function place(ends, ns) {
	let i = ends.findIndex(end => ns < end);
	if (i === -1)
		return ends.length;
	const low = i === 0 ? ends[0] / 1.5 : ends[i - 1];
	return i + Math.max(0, Math.log(ns / low) / Math.log(ends[i] / low));
}
