// Two runs side by side, and in what they differ.

import { get } from "../api.js";
import { ask } from "../dialog.js";
import { el, icon, say } from "../dom.js";
import { t } from "../format.js";
import { taskWord } from "../states.js";
import { block, clock, DASH, oneLine, quoted, revoked, span, splitName, waited } from "./task_phrases.js";
import { traceback } from "./traceback.js";

const OFFERED_MAX = 30;
const LONG_MAX = 4000;

const SHORT = [
  ["task_id", (task) => oneLine(task.id, 200), true],
  ["task", (task) => oneLine(task.name, 200)],
  ["state", (task) => [taskWord(task.state), task.state === "REVOKED" ? revoked(task) : ""].filter(Boolean).join(" ")],
  ["worker", (task) => oneLine(task.worker, 200)],
  ["queue", (task) => oneLine(task.queue, 200)],
  ["task_received", (task) => (task.received_at ? clock(task.received_at, true) : ""), true],
  ["task_wait", (task) => time(waited(task))],
  ["task_runtime", (task) => time(task.runtime_s)],
  ["task_retries", (task) => String(task.retries)],
];
const LONG = [["arguments", "args"], ["task_named_arguments", "kwargs"], ["task_result", "result"], ["task_exception", "exception"], ["task_traceback", "traceback"]];

/** One task, and another run of the same name to choose (or `other`). */
export function compare(shell, one, other) {
  const tasks = [one, other];
  const chooser = el("select", { "aria-label": t("task_other_run"), id: "compare-other" });
  const grid = el("table", { class: "compare" });
  const summary = el("p", { class: "sub", role: "status" });
  const ends = new AbortController();
  const signal = AbortSignal.any([ends.signal, shell.signal]);
  const draw = () => {
    if (!tasks[1]) return;
    const rows = differences(tasks[0], tasks[1]);
    const count = rows.filter((row) => row.differs).length;
    say(summary, count ? t("task_differences", { n: count }) : t("task_no_difference"));
    grid.replaceChildren(...rows.map(tableRow));
  };
  // A row of the table has no traceback: the whole of it is asked for.
  const whole = async (side, id) => {
    try {
      const { task } = await get(`tasks/${encodeURIComponent(id)}`, {}, signal);
      if (tasks[side]?.id === id) tasks[side] = task;
      draw();
    } catch (error) {
      if (error.name !== "AbortError") say(summary, error.message);
    }
  };
  const choose = (task) => {
    tasks[1] = task;
    draw();
    whole(1, task.id);
  };
  const find = async () => {
    try {
      const page = await get("tasks", { search: `name:${quoted(one.name)}`, limit: OFFERED_MAX + 1, count: "false" }, signal);
      const offered = page.tasks.filter((task) => task.id !== one.id).slice(0, OFFERED_MAX);
      chooser.replaceChildren(...offered.map((task) => el("option", { value: task.id }, run(task))));
      chooser.addEventListener("change", () => choose(offered.find((task) => task.id === chooser.value)));
      if (offered.length) choose(offered[0]);
      else say(summary, t("task_no_other_run"));
    } catch (error) {
      if (error.name !== "AbortError") say(summary, error.message);
    }
  };
  whole(0, one.id);
  if (other) choose(other);
  else find();
  const name = splitName(one.name)[0];
  const body = [el("div", { class: "wide" }, other ? null : el("label", { class: "task-field" }, el("span", {}, t("task_other_run")), chooser), el("div", { class: "compare-scroll", tabindex: "0", "aria-label": t("task_compare_name", { name }) }, grid), summary)];
  return ask({ title: t("task_compare_name", { name }), no: t("task_close_word"), body }).then(() => ends.abort());
}

/** [{ title, one, other, differs, long }]: what is known of both; texts that neither has are left
 * out. Ids and instants always differ, and are not marked. */
export function differences(one, other) {
  const rows = SHORT.map(([word, of, always]) => ({ title: t(word), one: of(one) || DASH, other: of(other) || DASH, differs: !always && of(one) !== of(other) }));
  for (const [word, key] of LONG) {
    const [mine, theirs] = [one[key] || "", other[key] || ""];
    if (mine || theirs) rows.push({ title: t(word), one: block(mine, LONG_MAX), other: block(theirs, LONG_MAX), differs: mine !== theirs, long: true });
  }
  return rows;
}

function tableRow(row) {
  const cell = (words) => el("td", {}, row.long ? el("pre", { class: "mono" }, ...traceback(words)) : words);
  const mark = row.differs ? [icon("g-differs", "warn"), el("span", { class: "sr" }, t("task_differs"))] : [];
  return el("tr", { class: row.differs ? "differs" : null }, el("th", { scope: "row" }, el("span", { class: "state" }, ...mark, row.title)), cell(row.one), cell(row.other));
}

/** One run in the list: when, how it ended, how long it took. */
function run(task) {
  const at = task.received_at || task.sent_at || task.seen_at;
  return [at ? clock(at) : DASH, taskWord(task.state), time(task.runtime_s) || DASH].join(" · ");
}

function time(seconds) {
  return seconds === null ? "" : span(seconds);
}
