// The table of tasks: however many there are, only the rows within sight are in the document.
//
// The grid itself has the focus; which row the keys are about is told by aria-activedescendant, so
// that it stays where it is while rows come and go.

import { el, icon, keyed, redraw, say } from "../dom.js";
import { t } from "../format.js";
import { chosenColumns, fill, fitting } from "./task_columns.js";

const ROW = 32;
const AROUND = 6;

/** `on`: { open(task), edge(atTop), order(order, descending), chosen(), copy(ids) }. */
export class TaskTable {
  constructor(feed, on) {
    this.feed = feed;
    this.on = on;
    this.chosen = new Map(); // id -> task
    this.current = "";
    this.opened = "";
    this.anchor = -1;
    this.aimedAt = 0;
    this.atTop = true;
    this.head = el("tr");
    this.above = el("tbody", { "aria-hidden": "true" }, el("tr", {}, el("td", { class: "gap" })));
    this.body = el("tbody");
    this.below = el("tbody", { "aria-hidden": "true" }, el("tr", {}, el("td", { class: "gap" })));
    this.table = el("table", { role: "presentation" }, el("thead", { role: "rowgroup" }, this.head), this.above, this.body, this.below);
    this.body.setAttribute("role", "rowgroup");
    this.node = el("div", { class: "task-grid", role: "grid", tabindex: "0", id: "task-grid", "aria-multiselectable": "true", "aria-label": t("tasks") }, this.table);
    this.node.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.node.addEventListener("keydown", (event) => this.#key(event));
    this.body.addEventListener("click", (event) => this.#click(event));
    this.body.addEventListener("pointermove", () => (this.aimedAt = Date.now()), { passive: true });
    this.sized = new ResizeObserver(() => this.draw(Date.now() / 1000));
    this.sized.observe(this.node);
    feed.shell.signal.addEventListener("abort", () => this.sized.disconnect());
    this.columns = [];
  }

  /** { first, last, aimedAt } for the feed. */
  sight() {
    const first = Math.floor(this.node.scrollTop / ROW);
    const rows = Math.ceil((this.node.clientHeight || 600) / ROW);
    return { first, last: Math.min(first + rows, this.feed.count || rows), aimedAt: this.aimedAt };
  }

  toTop() {
    this.node.scrollTop = 0;
  }

  // --- drawing ------------------------------------------------------------------------------------

  draw(now) {
    this.#columns();
    const count = this.feed.count;
    const { first, last } = this.sight();
    const from = Math.max(0, Math.min(first, count) - AROUND);
    const to = Math.min(count, last + AROUND);
    this.#gap(this.above, from);
    this.#gap(this.below, count - to);
    this.node.setAttribute("aria-rowcount", this.feed.next ? "-1" : String(count + 1));
    const seen = new Set();
    const rows = [];
    for (let index = from; index < to; index++) {
      const task = this.feed.row(index);
      // A task that moved between two pages may be in both.
      const key = task && !seen.has(task.id) ? task.id : `at ${index}`;
      seen.add(key);
      rows.push({ index, task, key });
    }
    keyed(this.body, rows, (row) => row.key, () => this.#make(), (tr, row) => this.#update(tr, row, now));
    const active = this.body.querySelector(".current");
    if (active) this.node.setAttribute("aria-activedescendant", active.id);
    else this.node.removeAttribute("aria-activedescendant");
    this.feed.need(first, last);
  }

  #gap(body, rows) {
    const cell = body.firstElementChild.firstElementChild;
    body.hidden = rows <= 0;
    cell.style.height = `${Math.max(0, rows) * ROW}px`;
    cell.colSpan = this.columns.length + 1;
  }

  #columns() {
    const columns = fitting(chosenColumns(), this.node.clientWidth || 800);
    const { order, descending } = this.feed.search || {};
    const signature = JSON.stringify([columns.map((one) => one.key), order, descending]);
    if (signature === this.signature) return;
    this.signature = signature;
    this.columns = columns;
    this.body.replaceChildren();
    redraw(this.head, signature, () => [this.#headChoice(), ...columns.map((column) => this.#heading(column))]);
  }

  #headChoice() {
    this.all = el("input", { type: "checkbox", "aria-label": t("task_choose_shown") });
    this.all.addEventListener("change", () => this.#chooseShown(this.all.checked));
    return el("th", { scope: "col", class: "choice", role: "columnheader" }, this.all);
  }

  #heading(column) {
    const { order, descending } = this.feed.search || {};
    const mine = column.order && column.order === order;
    const sorted = mine ? (descending ? "descending" : "ascending") : null;
    const attributes = { scope: "col", role: "columnheader", class: column.num ? "num" : null, "aria-sort": sorted };
    const content = column.order
      ? el("button", { type: "button", class: "sort", onclick: () => this.on.order(column.order, mine ? !descending : Boolean(column.descending)) }, t(column.word), mine ? icon(descending ? "i-down" : "i-up") : null)
      : t(column.word);
    const heading = el("th", attributes, content);
    if (column.width) heading.style.width = `${column.width}px`;
    return heading;
  }

  #make() {
    const box = el("input", { type: "checkbox", tabindex: "-1" });
    const cells = this.columns.map((column) => el("td", { role: "gridcell", class: [column.num ? "num" : "", `c-${column.key}`].join(" ").trim() }));
    return el("tr", { role: "row" }, el("td", { class: "choice", role: "gridcell" }, box), ...cells);
  }

  #update(tr, { index, task, key }, now) {
    tr.index = index;
    tr.task = task;
    tr.id = `task-row-${index}`;
    tr.setAttribute("aria-rowindex", String(index + 2));
    const box = tr.firstElementChild.firstElementChild;
    const chosen = task ? this.chosen.has(task.id) : false;
    box.checked = chosen;
    box.disabled = !task;
    tr.setAttribute("aria-selected", String(chosen));
    tr.classList.toggle("current", Boolean(task) && task.id === this.current && key === task.id);
    tr.classList.toggle("open", Boolean(task) && task.id === this.opened);
    if (!task) {
      for (const cell of [...tr.children].slice(1)) say(cell, "");
      return;
    }
    if (chosen) this.chosen.set(task.id, task);
    box.setAttribute("aria-label", t("task_choose", { name: task.name || task.id }));
    this.columns.forEach((column, place) => fill(tr.children[place + 1], column, task, now));
  }

  // --- mouse --------------------------------------------------------------------------------------

  #click(event) {
    const tr = event.target.closest("tr");
    if (!tr?.task) return;
    const box = event.target.closest(".choice");
    this.current = tr.task.id;
    if (event.shiftKey) {
      event.preventDefault();
      this.#chooseTo(tr.index);
    } else if (box || event.ctrlKey || event.metaKey) {
      if (event.target.tagName !== "INPUT") event.preventDefault();
      this.#toggle(tr.task);
      this.anchor = tr.index;
    } else {
      this.anchor = tr.index;
      if (!String(getSelection())) this.on.open(tr.task);
    }
    this.draw(Date.now() / 1000);
  }

  // --- choosing several ---------------------------------------------------------------------------

  #toggle(task) {
    if (!this.chosen.delete(task.id)) this.chosen.set(task.id, task);
    this.on.chosen();
  }

  #chooseTo(index) {
    const from = this.anchor < 0 ? index : this.anchor;
    for (let at = Math.min(from, index); at <= Math.max(from, index); at++) {
      const task = this.feed.row(at);
      if (task) this.chosen.set(task.id, task);
    }
    this.on.chosen();
  }

  #chooseShown(all) {
    if (all) this.feed.pages.forEach((page) => page.tasks?.forEach((task) => this.chosen.set(task.id, task)));
    else this.chosen.clear();
    this.on.chosen();
    this.draw(Date.now() / 1000);
  }

  clear() {
    this.chosen.clear();
    if (this.all) this.all.checked = false;
    this.on.chosen();
    this.draw(Date.now() / 1000);
  }

  // --- keyboard -----------------------------------------------------------------------------------

  #key(event) {
    if (event.target !== this.node || event.altKey) return;
    const index = this.current ? this.feed.rowOf(this.current) : -1;
    const page = Math.max(1, Math.floor(this.node.clientHeight / ROW) - 2);
    const to = { ArrowDown: index + 1, ArrowUp: index - 1, PageDown: index + page, PageUp: index - page, Home: 0, End: this.feed.count - 1 }[event.key];
    const task = this.feed.row(index);
    if (to !== undefined) {
      if (event.shiftKey && index >= 0) this.anchor = this.anchor < 0 ? index : this.anchor;
      this.#moveTo(Math.max(0, Math.min(to, this.feed.count - 1)), event.shiftKey);
    } else if (event.key === "Enter" && task) this.on.open(task);
    else if (event.key === " " && task) {
      this.#toggle(task);
      this.anchor = index;
      this.draw(Date.now() / 1000);
    } else if ((event.ctrlKey || event.metaKey) && event.key === "c" && !String(getSelection()) && task) {
      this.on.copy(this.chosen.size ? [...this.chosen.keys()] : [task.id]);
    } else return;
    event.preventDefault();
  }

  #moveTo(index, choosing) {
    const task = this.feed.row(index);
    if (!task) return;
    this.current = task.id;
    if (choosing) this.#chooseTo(index);
    else this.anchor = index;
    const head = this.head.offsetHeight;
    const top = index * ROW;
    if (top < this.node.scrollTop) this.node.scrollTop = top;
    else if (top + ROW + head > this.node.scrollTop + this.node.clientHeight) this.node.scrollTop = top + ROW + head - this.node.clientHeight;
    if (this.opened) this.on.open(task);
    this.draw(Date.now() / 1000);
  }

  // --- scrolling ----------------------------------------------------------------------------------

  #scrolled() {
    const atTop = this.node.scrollTop < ROW / 2;
    if (atTop !== this.atTop) {
      this.atTop = atTop;
      this.on.edge(atTop);
    }
    this.draw(Date.now() / 1000);
  }
}
