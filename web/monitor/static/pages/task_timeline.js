// The life of a task as steps: sent, received, started, tried again, ended. Pure.

import { t } from "../format.js";
import { taskGlyph, taskWord } from "../states.js";
import { clock, oneLine, revoked, span } from "./task_phrases.js";

const DETAIL_MAX = 160;
const STEPS_MAX = 24; // of a task that was tried more often, the middle is left out

/** [{ glyph, tone, title, detail, when }], the oldest first: the first step's instant, of the
 * others how long after it. */
export function steps(task) {
  const made = [];
  let begun = null;
  const add = (state, title, at, detail) => {
    if (at === null && !detail) return; // nothing is known of it: it did not happen
    let when = "";
    if (at !== null) {
      when = begun === null ? clock(at, true) : `+${span(at - begun)}`;
      begun ??= at;
    }
    const [glyph, tone] = taskGlyph(state);
    made.push({ glyph, tone, title, detail: oneLine(detail, DETAIL_MAX), when });
  };
  const start = (one, before, number) => {
    if (one.started_at === null) return;
    const process = one.worker_pid ? t("task_process", { pid: one.worker_pid }) : "";
    const title = number === 1 ? t("task_begun") : t("task_begun_again");
    add("STARTED", title, one.started_at, joined(waitedFor(before, one.started_at), oneLine(one.worker, 200), process));
  };
  const attempts = task.attempts || [];
  add("PENDING", t("task_sent"), task.sent_at, terms(task));
  const received = attempts[0]?.received_at ?? task.received_at;
  add("RECEIVED", t("task_received"), received, joined(task.queue && t("task_of_queue", { name: oneLine(task.queue, 200) }), waitedFor(task.sent_at, received)));
  let before = received;
  attempts.forEach((attempt, place) => {
    start(attempt, before, place + 1);
    if (attempt.state === "RETRY") add("RETRY", t("task_retry_n", { n: place + 1 }), attempt.ended_at, attempt.exception);
    else if (attempt.ended_at === null) add("RETRY", t("task_delivered_again"), null, t("task_not_finished"));
    else add(attempt.state, taskWord(attempt.state), attempt.ended_at, attempt.exception);
    before = attempt.ended_at ?? attempt.started_at;
  });
  const last = attempts.at(-1);
  if (!(last && task.started_at !== null && task.started_at === last.started_at)) start(task, before, attempts.length + 1);
  if (task.state === "RETRY") {
    if (last?.state !== "RETRY") add("RETRY", taskWord("RETRY"), task.finished_at, task.exception);
  } else if (task.finished_at !== null) {
    const took = task.runtime_s === null ? "" : t("task_ran", { time: span(task.runtime_s) });
    const why = task.state === "REVOKED" ? revoked(task) : "";
    add(task.state, taskWord(task.state), task.finished_at, joined(why, task.state === "SUCCESS" ? task.result : task.exception, took));
  } else if (task.state === "REVOKED") add("REVOKED", taskWord("REVOKED"), null, revoked(task));
  if (made.length <= STEPS_MAX) return made;
  const gap = { glyph: "g-wait", tone: "off", title: t("task_more_steps", { n: made.length - STEPS_MAX }), detail: "", when: "" };
  return [...made.slice(0, STEPS_MAX / 2), gap, ...made.slice(-STEPS_MAX / 2)];
}

function terms(task) {
  const triedAgain = (task.attempts || []).some((one) => one.state === "RETRY"); // brings its own
  return joined(task.eta && !triedAgain && t("task_not_before", { time: clock(task.eta, true) }), task.expires_at && t("task_expires", { time: clock(task.expires_at, true) }));
}

function waitedFor(since, until) {
  return since === null || until === null ? "" : t("task_waited", { time: span(until - since) });
}

function joined(...parts) {
  return parts.filter(Boolean).join(" · ");
}
