// Queues and their messages in words, as the window says them.

import { duration, instant, number, size, t } from "../format.js";

const STANDS = 0.5; // Messages a minute; less is standing still.

/** It holds messages, and nobody consumes it. */
export function isAlone(queue) {
  return queue.depth > 0 && queue.consumers === 0;
}

export function consumersOf(queue) {
  if (queue.nodes === null) return t("queue_not_known");
  return queue.nodes.join(", ") || t("queue_nobody");
}

/** "+12/min"; nothing where it stands. */
export function paceOf(queue) {
  const growth = queue.growth_per_minute;
  if (growth === null || Math.abs(growth) < STANDS) return "";
  return t("queue_per_minute", { count: `${growth < 0 ? "−" : "+"}${number(Math.round(Math.abs(growth)))}` });
}

/** How long the message that is next has waited. */
export function oldestOf(queue, now) {
  if (queue.oldest_at === null) return "";
  const age = duration(now - queue.oldest_at);
  return queue.oldest_is_exact ? age : `≥ ${age}`;
}

/** [caption, words] of what is known of a queue; `read_at` is when it was told. */
export function factsOf(queue, now) {
  const priorities = Object.entries(queue.by_priority).map(([priority, n]) => t("queue_priority_count", { priority, n: number(n) }));
  const left = queue.redelivered_in_s === null ? 0 : queue.redelivered_in_s - (now - queue.read_at);
  const back = left > 0 ? t("queue_back_in", { time: duration(left) }) : t("queue_back");
  const held = [queue.unacked ? number(queue.unacked) : "", queue.unacked && queue.redelivered_in_s !== null ? back : ""];
  const pace = paceOf(queue);
  const soon = queue.drained_in_s ? duration(queue.drained_in_s) : "";
  return [
    [t("queue_consumers"), consumersOf(queue)],
    [t("queue_priorities"), priorities.join(", ")],
    [t("queue_unacked"), held.filter(Boolean).join(" · ")],
    [t("queue_oldest_waited"), oldestOf(queue, now)],
    [t("queue_pace"), pace && soon ? t("queue_pace_and_end", { pace, time: soon }) : pace],
    [t("queue_whose"), queue.this_app ? "" : t("queue_foreign")],
  ].filter(([, words]) => words);
}

/** What is special about a message. */
export function notesOf(message) {
  const dot = message.name.lastIndexOf(".");
  return [
    dot > 0 ? message.name.slice(0, dot) : "",
    message.priority ? t("queue_priority", { n: message.priority }) : "",
    message.retries ? t("queue_retry", { n: message.retries }) : "",
    message.redelivered ? t("queue_redelivered") : "",
    message.eta !== null ? t("queue_not_before", { time: instant(message.eta) }) : "",
    message.expires_at !== null ? t("queue_expires", { time: instant(message.expires_at) }) : "",
    size(message.size_bytes),
  ].filter(Boolean).join(" · ");
}

const NOTHING = new Set(["", "()", "[]", "{}", "None"]);

/** What it is called with. */
export function callOf(one) {
  return [one.args, one.kwargs].map((part) => part.trim()).filter((part) => !NOTHING.has(part)).join(" ");
}
