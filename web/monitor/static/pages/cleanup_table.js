// The table of what can be cleaned up: check boxes, marks, evidence, and what becomes of tasks.

import { el, keyed, redraw, say } from "../dom.js";
import { duration, size, t } from "../format.js";
import { mark } from "../states.js";
import { fillDetail } from "./cleanup_detail.js";
import { hasEnded } from "./cleanup_lines.js";
import { marksOf } from "./worker_lines.js";
import { marks } from "./worker_table.js";

const STEPS = {
  asked: ["g-stop", "run"],
  finishing: ["g-busy", "run"],
  forcing: ["g-stop", "bad"],
  stopped: ["g-ok", "ok"],
  left: ["g-warn", "warn"],
};

/** `wants`: { check(lines, checked), open(line or null), force(lines) }. */
export function cleanupTable(wants, acts) {
  const all = el("input", { type: "checkbox", "aria-label": t("cleanup_check_all") });
  const headings = [["cleanup_process"], ["cleanup_class"], ["cleanup_why"], ["cleanup_age", "num"], ["memory", "num"], ["cleanup_tasks"]];
  const cells = headings.map(([word, kind]) => el("th", { scope: "col", role: "columnheader", class: kind }, t(word)));
  const head = el("tr", { role: "row" }, el("th", { role: "columnheader", class: "check" }, acts ? all : null), ...cells);
  const body = el("tbody", { role: "rowgroup" });
  const table = el("table", { class: "cleanup", role: "table", "aria-label": t("cleanup") }, el("thead", { role: "rowgroup" }, head), body);
  let lines = [];
  all.addEventListener("change", () => wants.check(lines, all.checked));
  const lineAt = (target) => lines.find((one) => one.key === target.closest("tr")?.dataset.key?.replace(/ detail$/, ""));
  body.addEventListener("click", (event) => {
    const line = lineAt(event.target);
    if (!line || event.target.closest("input, td.more") || String(getSelection())) return;
    if (event.target.closest("button.force")) wants.force([line]);
    else wants.open(line);
  });
  body.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr");
    if (event.key === "Escape") {
      if (body.querySelector("tr.more")) event.stopPropagation();
      body.querySelector("tr.opened button.name")?.focus();
      return wants.open(null);
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || row.classList.contains("more")) return;
    const rows = [...body.children].filter((one) => !one.classList.contains("more"));
    const to = rows[rows.indexOf(row) + step];
    if (!to) return;
    event.preventDefault();
    const kind = event.target.matches("input") ? "input" : "button.name";
    to.querySelector(kind)?.focus();
  });
  return {
    node: el("div", { class: "scroll" }, table),
    draw(listed, opened, { now, frozen }) {
      lines = listed;
      const checked = lines.filter((line) => line.checked).length;
      all.checked = Boolean(checked) && checked === lines.length;
      all.indeterminate = checked > 0 && checked < lines.length;
      all.disabled = frozen;
      const rows = lines.flatMap((line) => (line.key === opened ? [{ key: line.key, line }, { key: `${line.key} detail`, line, more: true }] : [{ key: line.key, line }]));
      const make = ({ more }) => (more ? makeMore() : makeRow(wants, acts, lineAt));
      keyed(body, rows, (one) => one.key, make, (tr, { line, more }) => (more ? fillDetail(tr.firstElementChild.firstElementChild, line, now) : updateRow(tr, line, line.key === opened, { now, frozen })));
    },
  };
}

function makeMore() {
  return el("tr", { class: "more", role: "row" }, el("td", { class: "more", role: "cell", colspan: "7" }, el("div", { class: "cleanup-detail" })));
}

function makeRow(wants, acts, lineAt) {
  const check = el("input", { type: "checkbox" });
  check.addEventListener("change", () => wants.check([lineAt(check)], check.checked));
  const name = el("button", { type: "button", class: "name" });
  const cell = (kind, ...children) => el("td", { class: kind, role: "cell" }, ...children);
  return el(
    "tr",
    { role: "row" },
    cell("check", acts ? check : null),
    cell("", el("span", { class: "two" }, name, el("span", { class: "sub" }))),
    cell(""),
    cell("wrap sub why"),
    cell("num sub age"),
    cell("num sub memory"),
    cell("wrap sub outcome", el("span"), acts ? el("button", { type: "button", class: "small danger force" }, t("cleanup_force_one")) : null),
  );
}

function updateRow(tr, line, opened, { now, frozen }) {
  const [first, process, state, why, age, memory, outcome] = tr.children;
  const [name, below] = process.firstElementChild.children;
  tr.classList.toggle("opened", opened);
  const check = first.firstElementChild;
  if (check) {
    check.checked = line.checked;
    check.disabled = frozen || !line.row;
    check.setAttribute("aria-label", `${t("cleanup_check")}: ${line.name}, ${t("pid", { pid: line.pid })}`);
  }
  say(name, line.name);
  name.setAttribute("aria-expanded", String(opened));
  say(below, processWords(line));
  redraw(state, JSON.stringify([line.item?.step, line.row?.worker.findings, line.row?.owner]), () => [el("span", { class: "states" }, ...lineMarks(line))]);
  say(why, line.row?.why || "");
  say(age, line.create_time ? duration(now - line.create_time) : "–");
  say(memory, line.row && line.row.worker.rss_bytes !== null ? size(line.row.worker.rss_bytes) : "–");
  say(outcome.firstElementChild, outcomeOf(line, now));
  const force = outcome.children[1];
  if (force) {
    force.hidden = !line.waits;
    force.setAttribute("aria-label", `${t("cleanup_force_one")} ${line.name}, ${t("pid", { pid: line.pid })}`);
  }
}

/** How far its cleaning is, then what it is. */
export function lineMarks(line) {
  const found = line.row ? marks(marksOf(line.row.worker)) : [];
  if (!line.item) return found;
  const [glyph, tone] = STEPS[line.item.step] || STEPS.asked;
  // While it is being stopped, how that goes matters more than all that is wrong with it.
  return [mark(glyph, tone, t(`step_${line.item.step}`), line.item.step !== "stopped"), ...found.slice(0, 1)];
}

export function processWords(line) {
  const words = t("pid", { pid: line.pid });
  return line.row ? `${words} · ${t("cleanup_processes", { n: 1 + line.row.worker.children.length })}` : words;
}

/** What happens to its tasks; while it is being stopped, how that goes. */
export function outcomeOf(line, now) {
  const item = line.item;
  if (!item) return line.row?.outcome || "";
  if (item.note || hasEnded(item)) return item.note;
  if (!item.tasks.length) return t("cleanup_takes_no_more");
  const began = item.tasks.map((task) => task.started_at).filter(Boolean);
  const one = item.tasks.length === 1 ? item.tasks[0].name : "";
  const words = one ? t("cleanup_finishing_task", { task: one.slice(one.lastIndexOf(".") + 1) }) : t("cleanup_finishing", { n: item.tasks.length });
  return began.length ? t("cleanup_so_far", { words, time: duration(now - Math.min(...began)) }) : words;
}

/** Where a worker is that is left alone. */
export function leftRow(row) {
  return { glyph: marks(marksOf(row.worker))[0].querySelector("svg"), where: row.owner === "remote" ? t("cleanup_elsewhere") : t("pid", { pid: row.pid }) };
}
