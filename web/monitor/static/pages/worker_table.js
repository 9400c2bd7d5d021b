// The table of workers: one of them is chosen, and told of below it.

import { el, keyed, redraw, say } from "../dom.js";
import { duration, number, size, t } from "../format.js";
import { finding, owner, serviceState } from "../states.js";

const SLOTS_DRAWN = 12;

/** `choose(line, byKey)` is called when another one is wanted. */
export function workerTable(choose) {
  const headings = [["worker"], ["state"], ["busy"], ["queues"], ["worker_done", "num"], ["memory", "num"], ["up", "num"]];
  const body = el("tbody");
  const head = el("tr", {}, ...headings.map(([word, kind]) => el("th", { scope: "col", class: kind }, t(word))));
  const table = el("table", { class: "workers", "aria-label": t("workers") }, el("thead", {}, head), body);
  let lines = [];
  body.addEventListener("click", (event) => {
    const line = lines.find((one) => one.key === event.target.closest("tr")?.dataset.key);
    if (line) choose(line, false);
  });
  body.addEventListener("keydown", (event) => {
    const at = lines.findIndex((one) => one.key === event.target.closest("tr")?.dataset.key);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: lines.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    if (!lines[to]) return;
    body.children[to].querySelector("button").focus();
    choose(lines[to], true);
  });
  return {
    node: el("div", { class: "scroll" }, table),
    draw(all, chosen, now) {
      lines = all;
      keyed(body, lines, (line) => line.key, makeRow, (tr, line) => updateRow(tr, line, line.key === chosen?.key, now));
    },
  };
}

function makeRow() {
  const name = el("button", { type: "button", class: "name" });
  const below = el("span", { class: "mono dim" });
  return el(
    "tr",
    {},
    el("td", {}, el("span", { class: "two" }, name, below)),
    el("td"),
    el("td", { class: "nowrap" }),
    el("td", { class: "wrap" }),
    el("td", { class: "num" }),
    el("td", { class: "num" }),
    el("td", { class: "num" }),
  );
}

function updateRow(tr, line, chosen, now) {
  const [first, state, busy, queues, done, memory, up] = tr.children;
  const [name, below] = first.firstElementChild.children;
  tr.classList.toggle("chosen", chosen);
  say(name, line.node);
  name.tabIndex = chosen ? 0 : -1;
  if (chosen) name.setAttribute("aria-current", "true");
  else name.removeAttribute("aria-current");
  say(below, [line.pid ? t("pid", { pid: line.pid }) : "", line.pool].filter(Boolean).join(" · "));
  redraw(state, JSON.stringify([line.marks, line.note]), () => [
    el("span", { class: "states" }, ...marks(line.marks)),
    line.note ? el("span", { class: "sub" }, line.note) : evidence(line),
  ].filter(Boolean));
  redraw(busy, [line.busy, line.slots].join(), () => slots(line));
  say(queues, line.queues.join(", ") || "–");
  say(done, line.done === null ? "–" : number(line.done));
  say(memory, line.rss === null ? "–" : size(line.rss));
  say(up, line.since === null ? "–" : duration(now - line.since));
}

export function marks(list) {
  return list.map((mark) => (mark.finding ? finding(mark.finding, mark.verdicts) : mark.owner ? owner(mark.owner) : serviceState(mark.service)));
}

/** What speaks for its findings, in one line; all of it is in the details. */
function evidence(line) {
  const told = line.marks.flatMap((mark) => (mark.verdicts || []).filter((one) => one.finding === mark.finding && one.confidence !== "unknown"));
  const seen = [...new Set(told.map((one) => one.evidence))].filter(Boolean).join(" ");
  return seen ? el("span", { class: "evidence cut dim", title: seen }, seen) : null;
}

function slots({ busy, slots: count }) {
  if (busy === null) return ["–"];
  if (count === null) return [number(busy)];
  const words = t("busy_of", { active: busy, slots: count });
  if (count > SLOTS_DRAWN) return [words];
  const squares = Array.from({ length: count }, (_, at) => el("i", { class: at < busy ? "on" : null }));
  return [el("span", { class: "slots", "aria-hidden": "true" }, ...squares), words];
}
