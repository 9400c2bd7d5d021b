// What is said of a task, in few words. Pure.

import { duration, t } from "../format.js";

export const DASH = "–";
export const ENDED = new Set(["SUCCESS", "FAILURE", "REVOKED", "REJECTED"]);
export const WAITS = new Set(["PENDING", "RECEIVED", "RETRY"]);
const NOTHING = new Set(["", "()", "[]", "{}", "None"]);
const WHY = { terminated: "task_terminated", expired: "task_expired" };
const LINE_MAX = 400;
export const BLOCK_MAX = 20_000;

// What is invisible or turns text around is written out: the words say what they seem to say.
const ODD = /[^\S \u00a0\u3000\n\t]|[\0-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\u{e0000}-\u{e007f}]/gu;

function writtenOut(char) {
  const code = char.codePointAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

/** In one line; what is longer is told by an ellipsis. */
export function oneLine(words, most = LINE_MAX) {
  const cut = words.slice(0, most).replace(ODD, writtenOut).replace(/[\n\t]/g, " ");
  return words.length > most ? `${cut}…` : cut;
}

/** With its lines; a text without end is cut. */
export function block(words, most = BLOCK_MAX) {
  const cut = words.slice(0, most).replace(ODD, writtenOut);
  return words.length > most ? `${cut}\n${t("task_cut", { count: words.length - most })}` : cut;
}

/** "86 ms", "6.91 s", "41.2 s", then two units: "3 min 20 s". */
export function span(seconds) {
  if (!(seconds > 0)) return t("task_ms", { ms: 0 });
  if (seconds < 0.9995) {
    const ms = seconds * 1000;
    return t("task_ms", { ms: ms < 9.95 ? ms.toFixed(1) : Math.round(ms) });
  }
  if (seconds < 59.95) return t("seconds", { seconds: seconds < 9.995 ? seconds.toFixed(2) : seconds.toFixed(1) });
  if (seconds >= 3600) return duration(seconds);
  const whole = Math.floor(seconds);
  return `${t("minutes", { minutes: Math.floor(whole / 60) })} ${t("seconds", { seconds: whole % 60 })}`;
}

/** Today's instants as their time, others with the date. */
export function clock(epoch, fine = false) {
  const then = new Date(epoch * 1000);
  const two = (number) => String(number).padStart(2, "0");
  const time = `${two(then.getHours())}:${two(then.getMinutes())}`;
  if (then.toDateString() !== new Date().toDateString()) {
    return `${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())} ${time}`;
  }
  const ms = fine ? `.${String(then.getMilliseconds()).padStart(3, "0")}` : "";
  return `${time}:${two(then.getSeconds())}${ms}`;
}

/** Function and module of a task's name. */
export function splitName(name) {
  const dot = name.lastIndexOf(".");
  return [oneLine(name.slice(dot + 1), 200) || t("task_no_name"), oneLine(dot > 0 ? name.slice(0, dot) : "", 200)];
}

/** "w1" of "w1@host". */
export function shortNode(node) {
  return oneLine(node.split("@")[0] || node, 200);
}

/** What it was called with: by place, then by name. */
export function given(task) {
  return [task.args, task.kwargs].map((part) => part.trim()).filter((part) => !NOTHING.has(part));
}

/** What it gave, or why it did not. */
export function outcome(task) {
  if (task.state === "SUCCESS") return task.result;
  return task.state === "REVOKED" ? revoked(task) : task.exception;
}

export function revoked(task) {
  const word = WHY[task.revoked_why];
  return word ? t(word) : oneLine(task.revoked_why || "", 200);
}

/** From where it was sent (or received) until it began; null: unknown. */
export function waited(task) {
  const begun = task.attempts?.length ? task.attempts[0].started_at : task.started_at;
  const since = task.sent_at || task.received_at;
  return begun === null || since === null ? null : Math.max(0, begun - since);
}

/** How long it ran, or has run so far; null when it has not. */
export function ran(task, now) {
  if (task.runtime_s !== null) return task.runtime_s;
  if (task.started_at === null) return null;
  if (task.state === "STARTED") return Math.max(0, now - task.started_at);
  if (task.finished_at !== null && task.state === "FAILURE") return Math.max(0, task.finished_at - task.started_at);
  return null;
}

/** A value of the query language that is meant exactly. */
export function quoted(words) {
  return `"${words.replace(/[\\"]/g, "\\$&")}"`;
}
