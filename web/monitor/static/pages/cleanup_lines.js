// What the page Cleanup lists: the plan, the person's check marks and the progress, put together.

import { t } from "../format.js";
import { sameProcess } from "./worker_lines.js";

const ENDED = new Set(["stopped", "left"]);
const WAITED_FOR = new Set(["asked", "finishing"]);

/** The person's check marks. A new look does not change them: each belongs to a process, which is
 * its pid and its create time. */
export class Choices {
  constructor() {
    this.made = new Map();
  }

  choose(line, checked) {
    this.made.set(line.pid, { pid: line.pid, create_time: line.create_time, checked });
  }

  /** What the person chose, or else what the plan does by itself. */
  of(row) {
    const made = this.made.get(row.pid);
    return made && sameProcess(made, row) ? made.checked : row.selected;
  }
}

export function isCleaning(progress) {
  return Boolean(progress) && progress.ended_at === null;
}

/** What can be stopped, in the plan's order; then what is being stopped beside it. */
export function cleanupLines(plan, progress, choices) {
  const items = isCleaning(progress) ? [...progress.items] : [];
  const made = (plan?.plan || []).filter((row) => row.can_be_stopped).map((row) => {
    const at = items.findIndex((item) => sameProcess(item, row));
    return lineOf(row, choices.of(row), at < 0 ? null : items.splice(at, 1)[0]);
  });
  const others = items.map((item) => ({ key: keyOf(item), pid: item.pid, create_time: item.create_time, name: item.name, checked: false, row: null, item, tasks: item.tasks, waits: WAITED_FOR.has(item.step) }));
  return [...made, ...others];
}

export function leftAlone(plan) {
  return (plan?.plan || []).filter((row) => !row.can_be_stopped);
}

export function hasEnded(item) {
  return ENDED.has(item.step);
}

/** The checked lines, counted. */
export function summary(lines) {
  const rows = lines.filter((line) => line.checked && line.row).map((line) => line.row);
  const sum = (value) => rows.reduce((all, row) => all + (value(row) || 0), 0);
  return {
    processes: rows.length,
    frees: sum((row) => row.worker.rss_bytes),
    running: sum((row) => row.tasks?.length),
    reserved: sum((row) => row.reserved),
    unknown: rows.filter((row) => row.tasks === null).length,
  };
}

export function picks(lines) {
  return lines.map(({ pid, create_time }) => ({ pid, create_time }));
}

/** What a person knows a process by. */
export function nameOf(worker) {
  return worker.node || worker.app || worker.command || t("pid", { pid: worker.pid });
}

/** What an end by force does to a task, in a word or two. */
export function fate(task) {
  return t(task.acknowledged === null ? "cleanup_may_be_lost" : task.acknowledged ? "cleanup_would_be_lost" : "cleanup_runs_again");
}

/** As it was called: nothing where there are no arguments. */
export function given({ args, kwargs }) {
  return [args, kwargs].filter((part) => part && !["()", "[]", "{}"].includes(part)).join(" ");
}

function keyOf({ pid, create_time }) {
  return `${pid} ${Math.round(create_time)}`;
}

function lineOf(row, checked, item) {
  const told = item && !hasEnded(item) && item.tasks.length;
  return { key: keyOf(row), pid: row.pid, create_time: row.create_time, name: nameOf(row.worker), checked, row, item, tasks: told ? item.tasks : row.tasks, waits: Boolean(item) && WAITED_FOR.has(item.step) };
}
