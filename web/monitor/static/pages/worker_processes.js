// The processes of one worker: what each runs, for how long, and how long that usually takes.

import { el, icon, keyed, redraw, say } from "../dom.js";
import { percent, runtime, size, t } from "../format.js";
import { mark } from "../states.js";

const SLOW = 4; // A task that runs so many times its usual time is slow.
const RESIZABLE = new Set(["prefork", "gevent", "eventlet"]);

export function processesPanel(shell, actions) {
  const body = el("tbody");
  const headings = [["worker_process"], ["state"], ["task"], ["cpu", "num"], ["memory", "num"], ["time", "num"], ["worker_usually", "num"]];
  const cells = headings.map(([word, kind]) => el("th", { scope: "col", class: kind }, t(word)));
  const acts = !shell.settings.read_only;
  if (acts) cells.push(el("th", {}, el("span", { class: "sr" }, t("worker_hangs"))));
  const table = el("table", { class: "processes", "aria-label": t("worker_tab_processes") }, el("thead", {}, el("tr", {}, ...cells)), body);
  const foot = acts ? poolFoot(actions) : null;
  let now = 0;
  let node = null;
  return {
    node: el("div", {}, el("div", { class: "scroll" }, table), foot?.node),
    draw(given, at, untold) {
      node = given;
      now = at;
      const keys = new Map();
      const found = node.processes.filter((one) => one.pid).map((one) => ({ ...one, key: unique(keys, one.task && !one.main ? `${one.pid} ${one.task.id}` : `${one.pid}`) }));
      keyed(body, found, (one) => one.key, () => makeRow(actions, acts, () => node), (tr, one) => updateRow(tr, one, now, node, (id) => shell.href("tasks", { task: id })));
      foot?.draw(node, untold);
    },
  };
}

/** Threads and greenlets share one process, and may run one task twice. */
function unique(keys, key) {
  const count = (keys.get(key) || 0) + 1;
  keys.set(key, count);
  return count > 1 ? `${key} ${count}` : key;
}

function makeRow(actions, acts, node) {
  const row = el("tr", {}, el("td", { class: "mono" }), el("td"), el("td", { class: "wrap" }), ...["num", "num", "num", "num dim"].map((kind) => el("td", { class: kind })));
  if (acts) {
    const dump = el("button", { type: "button", class: "small", onclick: () => actions.dump(node(), row.pid, dump) }, t("worker_hangs"));
    row.append(el("td", { class: "num" }, dump));
  }
  return row;
}

function updateRow(tr, one, now, node, href) {
  const [pid, state, task, cpu, memory, time, usually, act] = tr.children;
  const began = one.task?.started_at ?? null;
  const runs = began === null ? null : Math.max(0, now - began);
  const usual = one.task?.usual_s ?? null;
  const slow = runs !== null && usual > 0 && runs > SLOW * usual;
  tr.pid = one.pid;
  pid.classList.toggle("child", !one.main);
  say(pid, String(one.pid));
  redraw(state, [Boolean(one.task), slow, one.main].join(), () => [stateOf(one, slow)]);
  redraw(task, one.task ? one.task.id : String(one.main), () => taskOf(one, href));
  say(cpu, one.cpu_percent === null ? "–" : percent(one.cpu_percent));
  say(memory, one.rss_bytes === null ? "–" : size(one.rss_bytes));
  say(time, runs === null ? "–" : runtime(runs));
  say(usually, usual === null ? "–" : runtime(usual));
  if (!act) return;
  const button = act.firstElementChild;
  button.hidden = !node.children_known;
  button.setAttribute("aria-label", `${t("worker_hangs")} ${t("pid", { pid: one.pid })}`);
}

function stateOf(one, slow) {
  if (one.task) return slow ? mark("g-warn", "warn", t("worker_slow"), true) : mark("g-busy", "run", t("task_started"), true);
  const node = one.main ? mark("g-ok", "ok", t("worker_main")) : mark("g-idle", "off", t("worker_idle"));
  node.classList.add("calm");
  return node;
}

function taskOf(one, href) {
  if (!one.task) return [el("span", { class: "dim" }, one.main ? t("worker_main_does") : "–")];
  const dot = one.task.name.lastIndexOf(".");
  return [el("a", { href: href(one.task.id), "data-path": "tasks", title: one.task.id }, one.task.name.slice(dot + 1)), " ", el("span", { class: "module" }, dot > 0 ? one.task.name.slice(0, dot) : "")];
}

/** One more, one less, or the bounds of a pool that scales itself; and fresh processes. */
function poolFoot(actions) {
  let node = null;
  const act = (word, verb, fields) => el("button", { type: "button", onclick: ({ currentTarget }) => actions.tell(node, verb, fields(), currentTarget) }, t(word));
  const grow = act("worker_grow", "grow", () => ({ n: 1 }));
  const shrink = act("worker_shrink", "shrink", () => ({ n: 1 }));
  const restart = act("worker_restart_pool", "restart-pool", () => ({}));
  restart.prepend(icon("i-restart"));
  const [least, most] = ["worker_least", "worker_most"].map((word) => el("input", { class: "text number", type: "number", min: "0", max: "1000", required: true, "aria-label": t(word), title: t(word) }));
  const scale = el("form", { class: "inline" }, least, "–", most, el("button", { type: "submit" }, t("worker_bounds")));
  scale.addEventListener("submit", (event) => {
    event.preventDefault();
    actions.tell(node, "autoscale", { least: Number(least.value), most: Number(most.value) }, scale.querySelector("button"));
  });
  const why = el("span", { class: "sub" });
  return {
    node: el("div", { class: "panel-foot" }, grow, shrink, scale, restart, why),
    draw(given, untold) {
      node = given;
      const scales = Boolean(node.autoscale);
      grow.hidden = shrink.hidden = scales;
      scale.hidden = !scales;
      if (scales && !scale.contains(document.activeElement)) {
        least.value = node.autoscale.least;
        most.value = node.autoscale.most;
      }
      const oneSize = RESIZABLE.has(node.pool) ? "" : t("worker_one_size", { pool: node.pool || "–" });
      const few = (node.concurrency ?? 2) < 2 ? t("worker_one_stays") : "";
      allow(grow, untold || oneSize);
      allow(shrink, untold || oneSize || few);
      allow(scale.querySelector("button"), untold);
      allow(restart, untold || (node.pool_restarts ? "" : t("worker_no_pool_restarts")));
      say(why, untold || (scales ? "" : oneSize));
    },
  };
}

/** A button that can't be pressed says why. */
export function allow(button, whyNot) {
  if (button.whyNot === whyNot) return;
  button.whyNot = whyNot;
  button.disabled = Boolean(whyNot);
  button.title = whyNot;
}
