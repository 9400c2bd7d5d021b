// What a person can do about leftovers: each is asked about first, and told by its answer.

import { get, send } from "../api.js";
import { ask } from "../dialog.js";
import { el } from "../dom.js";
import { duration, instant, t } from "../format.js";
import { read, rows } from "../reading.js";
import { fate, given, picks } from "./cleanup_lines.js";

const WORST_FIRST = (task) => (task.acknowledged === true ? 0 : task.acknowledged === null ? 1 : 2);

/** Stop these warmly, after naming each; resolves to whether that was wanted. */
export function askStop(lines) {
  const list = lines.map((line) => ({ what: line.name, fate: t("pid", { pid: line.pid }), more: line.row.outcome }));
  return ask({ title: t("cleanup_stop_title", { n: lines.length }), text: "", yes: t("cleanup_stop_n", { n: lines.length }), danger: false, body: [rows(list)] });
}

export function stop(lines) {
  return send("cleanup", { picks: picks(lines) });
}

/** End these now, after showing the very tasks that this loses or runs again. */
export function askForce(lines) {
  return ask({ title: t("cleanup_force_title", { n: lines.length }), text: consequence(lines), yes: t("cleanup_force_do"), body: [rows(forceRows(lines))] });
}

/** A cleanup that waits for them already is told, else one begins that has no patience. */
export function force(lines) {
  const waiting = lines.every((line) => line.waits);
  return waiting ? send("cleanup/force", { picks: picks(lines) }) : send("cleanup", { picks: picks(lines), patience_s: 0, force: true });
}

export function runAgain(ids) {
  return send("cleanup/run-again", { ids });
}

/** What cleanups did, line by line, the newest first. */
export async function showLog() {
  const { entries } = await get("cleanup/log");
  const cells = entries.map((one) => [instant(one.at), t(`did_${one.what.replaceAll("-", "_")}`), one.pid || "–", one.words].map(String));
  const headings = ["cleanup_time", "cleanup_what", "cleanup_process", "cleanup_details"].map((word) => el("th", { scope: "col" }, t(word)));
  const table = el("table", { class: "history" }, el("thead", {}, el("tr", {}, ...headings)), el("tbody", {}, ...cells.map((row) => el("tr", {}, ...row.map((words) => el("td", {}, words))))));
  read({ title: t("cleanup_log"), body: [entries.length ? table : el("p", { class: "empty" }, t("cleanup_log_empty"))], copied: cells.map((row) => row.join("\t")).join("\n") });
}

/** Each task that an end by force concerns: those that it loses first. */
function forceRows(lines) {
  const now = Date.now() / 1000;
  const held = lines.flatMap((line) => (line.tasks || []).map((task) => ({ task, line }))).sort((a, b) => WORST_FIRST(a.task) - WORST_FIRST(b.task));
  const told = held.map(({ task, line }) => {
    const since = task.started_at ? duration(now - task.started_at) : "";
    return { what: task.name, fate: fate(task), more: [since, line.name, given(task)].filter(Boolean).join(" · ") };
  });
  const unasked = lines.filter((line) => line.tasks === null).map((line) => ({ what: line.name, fate: t("cleanup_not_known"), more: t("cleanup_unasked") }));
  return [...told, ...unasked];
}

function consequence(lines) {
  const tasks = lines.flatMap((line) => line.tasks || []);
  const unasked = lines.filter((line) => line.tasks === null).length;
  const lost = tasks.filter((task) => task.acknowledged === true).length;
  const unsure = tasks.filter((task) => task.acknowledged === null).length;
  const again = tasks.length - lost - unsure;
  const parts = [
    lost ? t("cleanup_force_lost", { n: lost }) : "",
    unsure ? t("cleanup_force_unsure", { n: unsure }) : "",
    again ? t("cleanup_force_again", { n: again }) : "",
    unasked ? t("cleanup_force_unasked", { n: unasked }) : "",
  ].filter(Boolean);
  return parts.length ? parts.join(" ") : t("cleanup_force_idle");
}
