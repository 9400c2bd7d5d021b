// A table of things whose rows can be chosen, by mouse and by keyboard.

import { el, keyed, redraw } from "./dom.js";

/** `columns` are { word, kind, fill(cell, item, now) }; `kind` are classes of heading and cells.
 * `choose(key)` is called for a row that is clicked or on which Enter is pressed; without it rows
 * are only read. Returns { node, draw(items, now, chosen), focus(key) }. */
export function rowTable({ label, columns, key, choose = null }) {
  const head = el("tr", {}, ...columns.map((one) => el("th", { scope: "col", class: one.kind || null }, one.word)));
  const body = el("tbody");
  const table = el("table", { "aria-label": label, class: choose ? "rows" : null }, el("thead", {}, head), body);
  const node = el("div", { class: "scroll" }, table);
  if (choose) listen(body, choose);

  return {
    node,
    draw(items, now, chosen = "") {
      keyed(body, items, key, () => makeRow(columns), (row, item) => {
        columns.forEach((one, at) => one.fill(row.children[at], item, now));
        if (!choose) return;
        const mine = key(item) === chosen;
        if ((row.getAttribute("aria-current") === "true") !== mine) mark(row, mine);
      });
      if (choose) oneInTabOrder(body);
    },
    focus(name) {
      const row = rowOf(body, name);
      if (row) move(body, row);
    },
  };
}

/** Fill a cell with what `children()` gives, when `signature` differs from last time. */
export function fill(cell, signature, children) {
  redraw(cell, String(signature), children);
}

function makeRow(columns) {
  return el("tr", {}, ...columns.map((one, at) => el(at ? "td" : "th", { scope: at ? null : "row", class: one.kind || null })));
}

function mark(row, mine) {
  if (mine) row.setAttribute("aria-current", "true");
  else row.removeAttribute("aria-current");
}

function rowOf(body, name) {
  return [...body.children].find((row) => row.dataset.key === String(name));
}

/** One row is reached with Tab, the others from it with the arrow keys. */
function oneInTabOrder(body) {
  const rows = [...body.children];
  const kept = rows.find((row) => row.tabIndex === 0) || rows.find((row) => row.hasAttribute("aria-current")) || rows[0];
  for (const row of rows) {
    const wanted = row === kept ? "0" : "-1";
    if (row.getAttribute("tabindex") !== wanted) row.setAttribute("tabindex", wanted);
  }
}

function move(body, row) {
  for (const one of body.children) one.setAttribute("tabindex", one === row ? "0" : "-1");
  row.focus();
}

function listen(body, choose) {
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (!row || event.target.closest("button, a, input, select")) return;
    move(body, row);
    choose(row.dataset.key);
  });
  body.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr");
    if (event.target !== row) return;
    const rows = [...body.children];
    const at = rows.indexOf(row);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) move(body, rows[Math.min(Math.max(to, 0), rows.length - 1)]);
    else if (event.key === "Enter" || event.key === " ") choose(row.dataset.key);
    else return;
    event.preventDefault();
  });
}
