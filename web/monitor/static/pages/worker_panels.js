// The tabs of one worker besides its processes: queues, tasks, what waits, settings.

import { el, keyed, say } from "../dom.js";
import { instant, number, t } from "../format.js";
import { menu } from "../menu.js";
import { allow } from "./worker_processes.js";

const ROWS_MAX = 200; // More is found with the field above; a thousand rows help nobody.

/** A table under these headings: [word, kind]; `make(kinds)` of a row, `update(tr, item)`. */
function listOf(label, headings, key, make, update, empty) {
  const body = el("tbody");
  const head = el("tr", {}, ...headings.map(([word, kind]) => el("th", { scope: "col", class: kind }, word ? t(word) : "")));
  const table = el("table", { "aria-label": label }, el("thead", {}, head), body);
  const none = el("p", { class: "empty" }, empty);
  const more = el("p", { class: "sub" });
  return {
    node: el("div", {}, el("div", { class: "scroll" }, table), none, more),
    draw(items) {
      table.hidden = !items.length;
      none.hidden = Boolean(items.length);
      say(more, items.length > ROWS_MAX ? t("more_tasks", { count: number(ROWS_MAX) }) : "");
      keyed(body, items.slice(0, ROWS_MAX), key, make, update);
    },
  };
}

/** The queues that it consumes now; one can be added, or taken from it. */
export function queuesPanel(shell, actions) {
  const acts = !shell.settings.read_only;
  let node = null;
  let why = "";
  const make = (queue) => {
    const cancel = el("button", { type: "button", class: "small", onclick: () => actions.cancelQueue(node, queue, cancel) }, t("worker_cancel_queue"));
    cancel.setAttribute("aria-label", `${t("worker_cancel_queue")}: ${queue}`);
    return el("tr", {}, el("td", { class: "wrap" }), acts ? el("td", { class: "num" }, cancel) : null);
  };
  const update = (tr, queue) => {
    say(tr.children[0], queue);
    if (acts) allow(tr.children[1].firstElementChild, why);
  };
  const list = listOf(t("queues"), acts ? [["queue"], [""]] : [["queue"]], (queue) => queue, make, update, t("worker_no_queues"));
  const name = el("input", { class: "text", required: true, maxlength: "1024", placeholder: t("worker_queue_name"), "aria-label": t("worker_queue_name"), autocomplete: "off" });
  const add = el("button", { type: "submit" }, t("worker_add_queue"));
  const form = el("form", { class: "panel-foot" }, name, add);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const queue = name.value.trim();
    if (!queue) return;
    name.value = "";
    actions.tell(node, "add-queue", { queue }, add);
  });
  return {
    node: el("div", {}, list.node, acts ? form : null),
    draw(given, _now, untold) {
      node = given;
      why = untold;
      list.draw([...new Set(node.queues)]);
      allow(add, untold);
    },
  };
}

/** What it would run, how often it may, and how often it did. */
export function tasksPanel(shell, actions) {
  const acts = !shell.settings.read_only;
  let node = null;
  let untold = "";
  const make = (task) => {
    const row = el("tr", {}, el("td", { class: "wrap" }, el("span"), " ", el("span", { class: "module" })), el("td"), el("td", { class: "num" }));
    row.task = task;
    if (!acts) return row;
    const limits = menu(t("more", { name: task.name }), [
      { icon: "i-chip", word: t("worker_limit_rate_ask"), choose: () => actions.limitRate(node, row.task) },
      { icon: "i-chip", word: t("worker_limit_time_ask"), choose: () => actions.limitTime(node, row.task) },
    ]);
    limits.classList.add("beside");
    row.append(el("td", { class: "num" }, limits));
    return row;
  };
  const update = (tr, task) => {
    const [name, rate, done, act] = tr.children;
    tr.task = task;
    say(name.children[0], task.name);
    say(name.children[1], task.signature || "");
    name.title = task.doc || "";
    say(rate, task.rate_limit || "–");
    say(done, node.totals?.[task.name] ? number(node.totals[task.name]) : "–");
    if (act) allow(act.querySelector("button"), untold);
  };
  const headings = [["task"], ["worker_rate_limit"], ["worker_done", "num"], ...(acts ? [[""]] : [])];
  const list = listOf(t("worker_tab_tasks"), headings, (task) => task.name, make, update, t("worker_not_told"));
  const filter = el("input", { class: "text", type: "search", placeholder: t("worker_find_task"), "aria-label": t("worker_find_task") });
  const drawList = () => {
    const wanted = filter.value.trim().toLowerCase();
    list.draw((node.registered || []).filter((task) => task.name.toLowerCase().includes(wanted)));
  };
  filter.addEventListener("input", drawList);
  return {
    node: el("div", {}, el("div", { class: "panel-foot" }, filter), list.node),
    draw(given, _now, why) {
      node = given;
      untold = why;
      drawList();
    },
  };
}

/** Tasks that it holds and has not begun. */
export function waitingPanel(shell) {
  const make = () => el("tr", {}, el("td", { class: "wrap" }, el("span"), " ", el("span", { class: "mono dim" })), el("td", { class: "mono" }, el("a", { "data-path": "tasks" })), el("td", { class: "nowrap" }));
  const update = (tr, task) => {
    say(tr.children[0].children[0], task.name);
    say(tr.children[0].children[1], task.args);
    const link = tr.children[1].firstElementChild;
    say(link, task.id);
    link.href = shell.href("tasks", { task: task.id });
    say(tr.children[2], task.at ? t("worker_until", { at: instant(task.at) }) : t("worker_free_process"));
  };
  const list = listOf(t("worker_tab_waiting"), [["task"], ["worker_id"], ["worker_waits_for"]], (task) => task.id, make, update, t("worker_nothing_waits"));
  return {
    node: list.node,
    draw(node) {
      const waiting = [...(node.scheduled || []), ...(node.reserved || [])];
      list.draw([...new Map(waiting.map((task) => [task.id, task])).values()]);
    },
  };
}

/** Its settings that are not the default's; secrets come masked from the engine. */
export function settingsPanel() {
  const make = () => el("tr", {}, el("td", { class: "mono" }), el("td", { class: "mono wrap" }));
  const update = (tr, [name, value]) => {
    say(tr.children[0], name);
    say(tr.children[1], value);
  };
  const list = listOf(t("worker_tab_settings"), [["worker_setting"], ["worker_value"]], ([name]) => name, make, update, t("worker_not_told"));
  return {
    node: list.node,
    draw(node) {
      list.draw(Object.entries(node.configuration || {}));
    },
  };
}
