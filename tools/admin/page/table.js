/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables that are sorted by a click on a title.  Rows keep their elements from
 * one second to the next, so that a selection or the focus stays where it is.
 * What is shown becomes text, never markup.
 *
 * A column has
 *	title		what stands above it; "hint" says more
 *	text(row)	what is shown, or a list of [text, class, state]
 *	sort(row)	what it is sorted by: a number or a text
 *	left, wide, name	stands left; not for small screens; may wrap
 *	state(row)	"bad" or ""
 */

function make(tag, parent, text) {
	const e = document.createElement(tag);
	if (text !== undefined)
		e.textContent = text;
	parent.append(e);
	return e;
}

/* Only what has changed is touched. */
function fill(cell, content) {
	const parts = Array.isArray(content) ? content : [[content, ""]];
	const key = JSON.stringify(parts);
	if (cell.shown === key)
		return;
	cell.shown = key;
	cell.replaceChildren(...parts.map(([text, name, state]) => {
		if (!name)
			return document.createTextNode(text);
		const e = document.createElement("span");
		e.className = name;
		e.textContent = text;
		e.dataset.state = state || "";
		return e;
	}));
}

function compare(a, b) {
	return typeof a === "string" ? a.localeCompare(b, "en") : a - b;
}

export class Table {
	/* Rows are told apart by key(row). */
	constructor(element, columns, key, sorted, empty) {
		this.columns = columns;
		this.key = key;
		this.by = columns[sorted];
		this.down = !this.by.left;
		this.rows = [];
		this.elements = new Map();
		this.titles = make("tr", make("thead", element));
		this.body = make("tbody", element);
		this.empty = document.createElement("tr");
		this.empty.className = "empty";
		make("td", this.empty, empty).colSpan = columns.length;
		for (const c of columns)
			this.addTitle(c);
		this.update([]);
	}

	addTitle(column) {
		const th = make("th", this.titles);
		const button = make("button", th, column.title);
		th.scope = "col";
		th.className = this.classOf(column);
		button.type = "button";
		if (column.hint)
			button.title = column.hint;
		button.addEventListener("click", () => {
			this.down = this.by === column ? !this.down :
			    !column.left;
			this.by = column;
			this.update(this.rows);
		});
	}

	classOf(column) {
		return [column.left && "left", column.wide && "wide",
		    column.name && "name"].filter(Boolean).join(" ");
	}

	element(row) {
		const key = this.key(row);
		let tr = this.elements.get(key);
		if (tr)
			return tr;
		tr = document.createElement("tr");
		this.columns.forEach((c, i) => {
			const cell = make(i === 0 ? "th" : "td", tr);
			if (i === 0)
				cell.scope = "row";
			cell.className = this.classOf(c);
		});
		this.elements.set(key, tr);
		return tr;
	}

	show(row) {
		const tr = this.element(row);
		this.columns.forEach((c, i) => {
			const cell = tr.children[i];
			fill(cell, c.text(row));
			cell.dataset.state = c.state ? c.state(row) : "";
			if (!c.left)
				cell.classList.toggle("zero",
				    c.sort(row) === 0);
		});
		return tr;
	}

	update(rows) {
		const sign = this.down ? -1 : 1;
		this.rows = rows;
		const shown = rows.map((row, i) => [row, i]).sort(
		    ([a, i], [b, j]) =>
		    sign * compare(this.by.sort(a), this.by.sort(b)) || i - j)
		    .map(([row]) => this.show(row));
		if (shown.length === 0)
			shown.push(this.empty);
		const keys = new Set(rows.map(this.key));
		for (const key of this.elements.keys())
			if (!keys.has(key))
				this.elements.delete(key);
		shown.forEach((tr, i) => {
			if (this.body.children[i] !== tr)
				this.body.insertBefore(tr,
				    this.body.children[i] || null);
		});
		while (this.body.children.length > shown.length)
			this.body.lastElementChild.remove();
		[...this.titles.children].forEach((th, i) => {
			if (this.columns[i] !== this.by)
				th.removeAttribute("aria-sort");
			else
				th.setAttribute("aria-sort", this.down ?
				    "descending" : "ascending");
		});
	}
}
