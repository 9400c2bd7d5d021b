// The columns of the table of tasks: what each says, how wide it is, and what it sorts by.

import { el, redraw, say } from "../dom.js";
import { t } from "../format.js";
import { taskState } from "../states.js";
import { clock, DASH, given, oneLine, outcome, ran, shortNode, span, splitName, waited } from "./task_phrases.js";

const KEPT = "task_columns";
const TASK_MIN = 124;
/** Width of the box that chooses a row. */
export const CHOICE = 32;

// { key, word, width, num, order, descending: which way its first click sorts }
export const COLUMNS = [
  { key: "state", word: "state", width: 108, order: "state" },
  { key: "task", word: "task", width: 0, order: "name" },
  { key: "arguments", word: "arguments", width: 180 },
  { key: "result", word: "task_result", width: 180 },
  { key: "worker", word: "worker", width: 84, order: "worker" },
  { key: "queue", word: "queue", width: 92 },
  { key: "received", word: "task_received", width: 84, order: "received", descending: true },
  { key: "finished", word: "task_finished", width: 84 },
  { key: "wait", word: "task_wait", width: 84, num: true },
  { key: "runtime", word: "task_runtime", width: 84, num: true, order: "runtime", descending: true },
  { key: "retries", word: "task_retries", width: 70, num: true },
  { key: "id", word: "task_id", width: 150 },
];
export const ALWAYS = new Set(["state", "task"]);
const USUAL = ["state", "task", "worker", "received", "runtime"];
// Left out in this order where there is no room.
const EXPENDABLE = ["id", "queue", "finished", "retries", "result", "arguments", "wait", "worker", "received", "runtime"];

/** Keys of the columns that a person has chosen. */
export function chosenColumns() {
  let keys = [];
  try {
    keys = (localStorage.getItem(KEPT) || "").split(" ");
  } catch {
    // Storage may be forbidden: the usual ones then.
  }
  const known = COLUMNS.map((one) => one.key).filter((key) => keys.includes(key) || ALWAYS.has(key));
  return known.length > ALWAYS.size ? known : USUAL;
}

export function chooseColumns(keys) {
  try {
    localStorage.setItem(KEPT, keys.join(" "));
  } catch {
    // As above: they last as long as the page.
  }
}

/** Those of the chosen columns for which there is room. */
export function fitting(keys, width) {
  const shown = new Set(keys);
  const needed = () => COLUMNS.reduce((sum, one) => sum + (shown.has(one.key) ? one.width || TASK_MIN : 0), CHOICE);
  for (const key of EXPENDABLE) {
    if (needed() <= width) break;
    shown.delete(key);
  }
  return COLUMNS.filter((one) => shown.has(one.key));
}

/** Put what a column says of a task into its cell. */
export function fill(cell, column, task, now) {
  if (column.key === "state") return redraw(cell, task.state + task.doubt, () => [taskState(task.state), task.doubt ? el("span", { class: "doubt", title: t("task_in_doubt") }, "?") : null].filter(Boolean));
  if (column.key === "task") {
    cell.title = task.name;
    return redraw(cell, task.name, () => {
      const [name, module] = splitName(task.name);
      return [el("span", {}, name), " ", el("span", { class: "module" }, module)];
    });
  }
  const words = said(column.key, task, now);
  say(cell, words);
  if (["arguments", "result", "worker", "id"].includes(column.key)) cell.title = words === DASH ? "" : words;
}

function said(key, task, now) {
  switch (key) {
    case "arguments": return oneLine(given(task).join(" "));
    case "result": return oneLine(outcome(task));
    case "worker": return shortNode(task.worker) || DASH;
    case "queue": return oneLine(task.queue, 200) || DASH;
    case "received": {
      const at = task.received_at || task.sent_at;
      return at ? clock(at) : DASH;
    }
    case "finished": return task.finished_at ? clock(task.finished_at) : DASH;
    case "wait": return time(waited(task));
    case "runtime": return time(ran(task, now));
    case "retries": return task.retries ? String(task.retries) : DASH;
    default: return oneLine(task.id, 200);
  }
}

function time(seconds) {
  return seconds === null ? DASH : span(seconds);
}
