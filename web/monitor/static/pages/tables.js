// Tables of running tasks, workers and queues.

import { el, keyed, redraw, say } from "../dom.js";
import { duration, number, runtime, size, t } from "../format.js";
import { finding, owner, taskState } from "../states.js";

const SLOTS_DRAWN = 16;

/** The body of a table under these headings, or null with `empty` words in its place. */
function bodyOf(parent, headings, count, empty) {
  const signature = count ? headings.map(([word]) => word).join() : empty;
  redraw(parent, signature, () => {
    if (!count) return [el("p", { class: "empty" }, empty)];
    const cells = headings.map(([word, kind]) => el("th", { scope: "col", class: kind }, word));
    return [el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, ...cells)), el("tbody")))];
  });
  return parent.querySelector("tbody");
}

function row(kinds) {
  return el("tr", {}, ...kinds.map((kind) => el("td", { class: kind || null })));
}

/** "shop.tasks.send" as the function's name, then its module. */
function taskName(name) {
  const dot = name.lastIndexOf(".");
  const module = dot > 0 ? name.slice(0, dot) : "";
  return [el("span", {}, name.slice(dot + 1) || "–"), " ", el("span", { class: "module" }, module)];
}

export function drawTasks(parent, note, tasks, now) {
  const headings = [[t("state")], [t("task")], [t("arguments")], [t("worker")], [t("time"), "num"]];
  const body = bodyOf(parent, headings, tasks.length, t("no_tasks"));
  say(note, tasks.length >= 200 ? t("more_tasks", { count: 200 }) : "");
  if (!body) return;
  keyed(body, tasks, (task) => task.id, () => row(["", "", "", "", "num"]), (tr, task) => {
    const [state, name, args, worker, time] = tr.children;
    redraw(state, task.state, () => [taskState(task.state)]);
    redraw(name, task.name, () => taskName(task.name));
    name.title = task.id;
    const given = [task.args, task.kwargs].filter((part) => part && part !== "()" && part !== "{}").join(" ");
    redraw(args, given, () => [el("span", { class: "cut mono dim", title: given }, given)]);
    say(worker, task.worker);
    const since = task.started_at ?? task.received_at;
    say(time, since === null ? "–" : runtime(now - since));
  });
}

export function drawWorkers(parent, workers, now) {
  const headings = [[t("worker")], [t("state")], [t("busy")], [t("queues")], [t("memory"), "num"], [t("up"), "num"]];
  const body = bodyOf(parent, headings, workers.length, t("no_workers"));
  if (!body) return;
  keyed(body, workers, (one) => `${one.pid} ${one.create_time} ${one.node}`, () => row(["", "", "", "", "num", "num"]), (tr, one) => {
    const [name, state, busy, queues, memory, up] = tr.children;
    redraw(name, [one.node, one.role, one.pid, one.pool].join(), () => [
      el("span", { class: "two" }, el("span", {}, one.node || roleOf(one)), el("span", { class: "mono dim" }, processOf(one))),
    ]);
    name.title = one.why.join("\n");
    const seen = evidenceOf(one);
    redraw(state, JSON.stringify([one.owner, one.findings, one.verdicts]), () => [
      el("span", { class: "states" }, owner(one.owner), ...one.findings.map((id) => finding(id, one.verdicts))),
      seen && el("span", { class: "evidence cut dim", title: seen }, seen),
    ].filter(Boolean));
    redraw(busy, [one.active, one.concurrency].join(), () => busyOf(one));
    say(queues, one.queues.join(", ") || "–");
    say(memory, one.rss_bytes === null ? "–" : size(one.rss_bytes));
    say(up, one.create_time ? duration(now - one.create_time) : "–");
  });
}

/** What speaks for its findings, in one line. */
function evidenceOf(one) {
  const told = (one.verdicts || []).filter((verdict) => verdict.confidence !== "unknown");
  return [...new Set(told.map((verdict) => verdict.evidence))].filter(Boolean).join(" ");
}

function roleOf(one) {
  return one.role === "worker" ? t("worker") : t(`role_${one.role}`);
}

function processOf(one) {
  return [t("pid", { pid: one.pid }), one.pool].filter(Boolean).join(" · ");
}

function busyOf(one) {
  if (one.role !== "worker" || !one.concurrency) return ["–"];
  const words = one.active === null ? t("busy_of", { active: "–", slots: one.concurrency }) : t("busy_of", { active: one.active, slots: one.concurrency });
  if (one.concurrency > SLOTS_DRAWN) return [words];
  const slots = Array.from({ length: one.concurrency }, (_, at) => el("i", { class: at < (one.active || 0) ? "on" : null }));
  return [el("span", { class: "slots", "aria-hidden": "true" }, ...slots), words];
}

export function drawQueues(parent, note, queues) {
  const headings = [[t("queue")], [""], [t("waiting"), "num"], [t("unacked"), "num"]];
  const body = bodyOf(parent, headings, queues.length, t("no_queues"));
  const most = Math.max(1, ...queues.map((queue) => queue.depth));
  say(note, queues.length ? t("waiting_total", { count: number(queues.reduce((sum, queue) => sum + queue.depth, 0)) }) : "");
  if (!body) return;
  keyed(body, queues, (queue) => queue.name, () => {
    const tr = row(["", "wide", "num", "num dim"]);
    tr.children[1].append(el("div", { class: "bar", "aria-hidden": "true" }, el("i")));
    return tr;
  }, (tr, queue) => {
    const [name, bar, depth, unacked] = tr.children;
    say(name, queue.name);
    bar.querySelector("i").style.width = `${(queue.depth / most) * 100}%`;
    say(depth, number(queue.depth));
    say(unacked, number(queue.unacked));
  });
}
