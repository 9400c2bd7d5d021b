// The tasks of one root as a tree: chains, groups and chords as they called each other.

import { el, icon } from "../dom.js";
import { t } from "../format.js";
import { taskGlyph, taskWord } from "../states.js";
import { oneLine, splitName } from "./task_phrases.js";

const ROWS_MAX = 40;
const DEPTH_MAX = 6; // deeper ones stand in the same column: the panel is narrow

/** [{ task, depth }]: parents before their children, children in the order of their start. Tasks
 * whose parent is not among them, or that claim to be their own ancestor, stand at the top. */
export function branches(family) {
  const byId = new Map(family.map((task) => [task.id, task]));
  const children = new Map();
  const tops = [];
  for (const task of byId.values()) {
    const parent = byId.has(task.parent_id) && task.parent_id !== task.id ? task.parent_id : null;
    if (parent === null) tops.push(task);
    else children.set(parent, [...(children.get(parent) || []), task]);
  }
  const made = [];
  const done = new Set();
  const walk = (first) => {
    const waiting = first.sort(byBegin).map((task) => ({ task, depth: 0 })).reverse();
    while (waiting.length) {
      const branch = waiting.pop();
      if (done.has(branch.task.id)) continue;
      done.add(branch.task.id);
      made.push(branch);
      const below = (children.get(branch.task.id) || []).sort(byBegin);
      waiting.push(...below.map((task) => ({ task, depth: branch.depth + 1 })).reverse());
    }
  };
  walk(tops);
  for (const task of byId.values()) if (!done.has(task.id)) walk([task]); // they go round in a circle
  return made;
}

function byBegin(one, other) {
  return begun(one) - begun(other);
}

function begun(task) {
  return task.sent_at || task.received_at || task.started_at || task.seen_at || Infinity;
}

/** The tree around the task of this id; `open(id)` is told which one is wanted. */
export function familyTree(family, id, open) {
  const all = branches(family);
  const place = Math.max(0, all.findIndex((one) => one.task.id === id));
  const from = Math.max(0, Math.min(place - ROWS_MAX / 2, all.length - ROWS_MAX));
  const rows = all.slice(from, from + ROWS_MAX);
  const ran = rows.map((one) => one.task).filter((task) => task.started_at);
  const first = Math.min(...ran.map((task) => task.started_at));
  const last = Math.max(...ran.map((task) => task.finished_at || task.seen_at), first + 0.001);
  const list = rows.map(({ task, depth }) => {
    const [glyph, tone] = taskGlyph(task.state);
    const [name] = splitName(task.name);
    const button = el("button", { type: "button", class: task.id === id ? "here" : null, "aria-current": task.id === id ? "true" : null, title: oneLine(task.name, 200), onclick: () => open(task.id) },
      icon(glyph, tone), el("span", { class: "sr" }, taskWord(task.state)), el("span", { class: "cut" }, task.name ? name : oneLine(task.id, 8)), bar(task, tone, first, last));
    button.style.paddingLeft = `${6 + Math.min(depth, DEPTH_MAX) * 14}px`;
    return el("li", {}, button);
  });
  const left = all.length - rows.length;
  return el("ul", { class: "family" }, ...list, left ? el("li", { class: "sub" }, t("task_and_more", { n: left })) : null);
}

/** When it ran, within the whole. */
function bar(task, tone, first, last) {
  const node = el("span", { class: `when ${tone}`, "aria-hidden": "true" });
  if (!task.started_at) return node;
  const piece = el("i");
  const share = (at) => Math.max(0, Math.min(100, (100 * (at - first)) / (last - first)));
  piece.style.left = `${Math.min(95, share(task.started_at))}%`;
  piece.style.width = `${Math.max(5, share(task.finished_at || last) - share(task.started_at))}%`;
  node.append(piece);
  return node;
}
