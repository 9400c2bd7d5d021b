// All that is known of one process: evidence, what it runs, what stopping and forcing it mean.

import { copyButton } from "../copying.js";
import { el, icon, redraw } from "../dom.js";
import { duration, instant, t } from "../format.js";
import { fate, given } from "./cleanup_lines.js";
import { evidenceOf, makeSeen, updateSeen } from "./worker_detail.js";

const STARTERS = { terminal: "cleanup_by_terminal", multi: "cleanup_by_multi", script: "cleanup_by_script", unknown: "cleanup_by_unknown" };

/** Built again only when something has changed; times of running tasks are as of then. */
export function fillDetail(parent, line, now) {
  const signature = JSON.stringify([line.row, line.item, line.tasks, Math.floor(now / 10)]);
  redraw(parent, signature, () => parts(line, now));
}

function parts(line, now) {
  const row = line.row;
  const worker = row?.worker;
  const made = [];
  if (worker) {
    const seen = evidenceOf(worker).map((one) => {
      const node = makeSeen();
      updateSeen(node, one);
      return node;
    });
    made.push(section(t("worker_seen"), el("ul", { class: "seen" }, ...seen)));
  }
  if (line.tasks === null) made.push(section(t("cleanup_runs"), el("p", { class: "sub" }, t("cleanup_unasked"))));
  else if (line.tasks?.length) made.push(section(t("cleanup_runs"), el("ul", { class: "held" }, ...line.tasks.map((task) => heldTask(task, now)))));
  if (row?.outcome) made.push(section(t("cleanup_when_stopped"), el("p", { class: "sub" }, row.outcome)));
  if (row?.outcome_of_force) made.push(section(t("cleanup_when_forced"), el("p", { class: "sub" }, row.outcome_of_force)));
  if (worker) made.push(about(worker, now));
  return made;
}

function section(heading, ...content) {
  return el("section", {}, el("h3", {}, heading), ...content);
}

/** A task with its arguments, and what an end by force would do to it. */
function heldTask(task, now) {
  const runs = task.started_at ? t("cleanup_running_for", { time: duration(now - task.started_at) }) : "";
  const tone = task.acknowledged === false ? "run" : "bad";
  return el(
    "li",
    {},
    icon("g-busy", "run"),
    el("div", {}, el("b", {}, task.name), " ", el("span", { class: "mono dim" }, given(task)), el("div", { class: "sub" }, runs, " ", el("span", { class: `toned ${tone}` }, t("cleanup_by_force", { fate: fate(task) })))),
  );
}

function about(worker, now) {
  const starter = STARTERS[worker.started_by];
  const facts = [
    ["cleanup_keeper", worker.keeper ? t("worker_keeper_is", worker.keeper) : ""],
    ["worker_command", worker.command, true],
    ["worker_folder", worker.cwd, true],
    ["worker_python", worker.python],
    ["worker_app", worker.app],
    ["queues", worker.queues.join(", ")],
    ["cleanup_started_by", starter ? t(starter) : worker.started_by === "celery-tray" ? "Celery Tray" : worker.started_by],
    ["cleanup_started_at", worker.create_time ? t("cleanup_ago", { time: instant(worker.create_time), age: duration(now - worker.create_time) }) : ""],
    ["worker_user", worker.username],
    ["worker_broker", worker.broker],
  ].filter(([, value]) => value);
  return el("dl", { class: "about" }, ...facts.map(([word, value, copies]) => el("div", {}, el("dt", {}, t(word)), el("dd", {}, value, copies ? copyButton(`${t("copy")}: ${t(word)}`, () => value) : null))));
}
