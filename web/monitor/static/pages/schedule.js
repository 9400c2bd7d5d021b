// Schedule: what beat sends and when, and tasks that wait for their time.

import { get, send } from "../api.js";
import { el, icon, redraw, say } from "../dom.js";
import { duration, instant, number, t } from "../format.js";
import { live } from "../live.js";
import { fill, rowTable } from "../row_table.js";
import { callOf } from "./queue_words.js";

const LOOK_EVERY_S = 5;
const WAITING_SHOWN = 200;
const STARTABLE = new Set(["stopped", "failed"]);

export const schedule = {
  path: "schedule",
  word: "schedule",
  icon: "i-clock",
  open(root, shell) {
    let known = null;
    const entries = rowTable({ label: t("schedule_entries"), columns: entryColumns(), key: (one) => one.name });
    const waiting = rowTable({ label: t("schedule_waiting"), columns: waitingColumns(), key: (one) => one.id });
    const parts = {
      problem: el("div", { class: "banner warn", role: "status", hidden: true }),
      empty: el("p", { class: "panel empty", role: "status" }),
      entries: el("section", { class: "panel", "aria-label": t("schedule_entries"), hidden: true }, el("div", { class: "panel-head" }, el("h2", {}, t("schedule_entries")), el("span", { class: "sub" })), entries.node),
      waiting: el("section", { class: "panel", "aria-label": t("schedule_waiting"), hidden: true }, el("div", { class: "panel-head" }, el("h2", {}, t("schedule_waiting")), el("span", { class: "sub" })), waiting.node, el("p", { class: "note" })),
    };
    root.append(parts.problem, parts.empty, parts.entries, parts.waiting);
    const start = startButton(shell, () => look());

    const show = () => {
      const now = Date.now() / 1000;
      drawProblem(parts.problem, known?.problem);
      parts.empty.hidden = Boolean(known && (known.entries.length || known.waiting.length));
      say(parts.empty, t(known ? "schedule_none" : "queue_looking"));
      parts.entries.hidden = !known?.entries.length;
      parts.waiting.hidden = !known?.waiting.length;
      if (!known) return;
      entries.draw(known.entries, now);
      waiting.draw(known.waiting.slice(0, WAITING_SHOWN), now);
      const told = known.told_at === null ? "" : t("schedule_told_at", { time: instant(known.told_at) });
      say(parts.entries.querySelector(".panel-head .sub"), told);
      say(parts.waiting.querySelector(".panel-head .sub"), number(known.waiting_total));
      const more = known.waiting_total - WAITING_SHOWN;
      say(parts.waiting.lastElementChild, more > 0 ? t("schedule_more", { n: number(more) }) : "");
      drawSummary(shell.summary, known);
      if (start) start.hidden = !(beatToStart() && known.entries.length && !known.beat_runs);
    };
    const look = shell.every(LOOK_EVERY_S, async (signal) => {
      known = await get("schedule", {}, signal);
      show();
    });
    return { draw: show };
  },
};

function beatToStart() {
  return live.status?.services.find((one) => one.kind === "beat" && STARTABLE.has(one.state));
}

function startButton(shell, done) {
  if (shell.settings.read_only) return null;
  const button = el("button", { type: "button", class: "primary", hidden: true }, icon("i-play"), t("schedule_start_beat"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    await send(`services/${encodeURIComponent(beatToStart().name)}/start`).catch(shell.tellError);
    button.disabled = false;
    done();
  });
  shell.buttons.append(button);
  return button;
}

function drawProblem(node, problem) {
  node.hidden = !problem;
  redraw(node, JSON.stringify(problem || null), () => (problem ? [icon("g-warn", "warn"), el("div", {}, el("strong", {}, problem.title), el("span", { class: "sub" }, `${problem.message} ${problem.next_step}`.trim()))] : []));
}

function drawSummary(parent, known) {
  let told = ["", "", ""];
  if (known.entries.length && known.beats > 1) {
    told = ["g-warn", "warn", t("schedule_beats", { n: known.beats })];
  } else if (known.entries.length && known.beat_runs) {
    told = ["g-ok", "ok", t("schedule_sends", { n: known.entries.length })];
  } else if (known.entries.length) {
    const late = known.entries.filter((one) => one.late_s !== null).length;
    const words = [t("schedule_no_beat"), late ? t("schedule_late_count", { n: late }) : ""];
    told = ["g-warn", "warn", words.filter(Boolean).join(" · ")];
  }
  const [glyph, tone, words] = told;
  redraw(parent, told.join(), () => (words ? [icon(glyph, tone), words] : []));
}

function dueIn(at, now) {
  const left = Math.round(at - now);
  return left > 0 ? t("schedule_in", { time: duration(left) }) : t("schedule_now");
}

function entryColumns() {
  return [
    { word: t("schedule_entry"), kind: "name", fill: (cell, one) => fill(cell, `${one.name} ${one.enabled}`, () => [one.name, one.enabled ? "" : el("span", { class: "state off chip" }, icon("g-idle"), t("schedule_off"))]) },
    { word: t("schedule_when"), fill: (cell, one) => say(cell, one.every_s === null ? one.schedule || "–" : t("schedule_every", { time: duration(one.every_s) })) },
    { word: t("schedule_next"), fill: fillNext },
    { word: t("schedule_last"), fill: (cell, one) => say(cell, one.last_run_at === null ? "–" : instant(one.last_run_at)) },
    { word: t("schedule_runs"), kind: "num roomy", fill: (cell, one) => say(cell, one.total_runs === null ? "–" : number(one.total_runs)) },
    { word: t("queue"), kind: "roomy", fill: (cell, one) => say(cell, one.queue || "–") },
    { word: t("task"), fill: (cell, one) => fillCall(cell, one.task, callOf(one)) },
  ];
}

function fillNext(cell, one, now) {
  const late = one.late_s !== null;
  const words = late ? t("schedule_late", { time: duration(one.late_s) }) : one.next_run_at === null ? "–" : dueIn(one.next_run_at, now);
  fill(cell, `${late} ${words}`, () => (late ? [el("span", { class: "state warn chip" }, icon("g-warn", "warn"), words)] : [words]));
}

function waitingColumns() {
  return [
    { word: t("task"), kind: "name", fill: (cell, one) => fillCall(cell, one.name, "") },
    { word: t("schedule_due"), fill: (cell, one, now) => {
      say(cell, dueIn(one.at, now));
      cell.title = instant(one.at);
    } },
    { word: t("schedule_held_by"), fill: (cell, one) => say(cell, one.worker || t("schedule_its_queue")) },
    { word: t("schedule_notes"), fill: (cell, one) => fill(cell, one.retry, () => (one.retry ? [el("span", { class: "state warn" }, icon("g-retry", "warn"), t("schedule_retry"))] : [])) },
    { word: t("arguments"), kind: "roomy", fill: (cell, one) => fillCall(cell, "", callOf(one)) },
  ];
}

function fillCall(cell, name, call) {
  fill(cell, `${name}\n${call}`, () => [name, " ", el("span", { class: "cut mono dim", title: call }, call)]);
}
