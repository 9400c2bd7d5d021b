// One worker: what it is, what was seen of it, three lines over time, and its tabs.

import { copyButton } from "../copying.js";
import { el, icon, keyed, redraw, say } from "../dom.js";
import { duration, number, t } from "../format.js";
import { menu } from "../menu.js";
import { actionsOn } from "./worker_actions.js";
import { CurvesOf } from "./worker_curves.js";
import { processesPanel } from "./worker_processes.js";
import { queuesPanel, settingsPanel, tasksPanel, waitingPanel } from "./worker_panels.js";
import { marksOf } from "./worker_lines.js";
import { marks } from "./worker_table.js";

const TABS = { processes: processesPanel, queues: queuesPanel, tasks: tasksPanel, waiting: waitingPanel, settings: settingsPanel };

/** Tabs that need all that a worker tells. */
export const WHOLE = new Set(["tasks", "waiting", "settings"]);

/** `wants`: { told(), tab(name) }. */
export function workerDetail(shell, wants) {
  return new WorkerDetail(shell, wants);
}

class WorkerDetail {
  constructor(shell, wants) {
    this.shell = shell;
    this.line = null;
    this.known = null; // what it answered
    this.failure = "";
    this.actions = actionsOn(shell, wants.told);
    this.curves = new CurvesOf();
    this.title = el("h2");
    this.state = el("span", { class: "states" });
    this.note = el("span", { class: "sub", role: "status" });
    this.buttons = el("div", { class: "buttons" });
    this.command = el("code", { class: "mono" });
    this.facts = el("dl", { class: "about" });
    this.seen = el("ul", { class: "seen", "aria-label": t("worker_seen") });
    this.tabs = tabList(Object.keys(TABS), wants.tab);
    this.panel = el("div", { class: "tab-panel", role: "tabpanel", tabindex: "0", id: "worker-tab" });
    this.shownTab = "";
    this.node = el(
      "section",
      { class: "panel worker", "aria-label": t("worker_about") },
      el("div", { class: "panel-head" }, el("div", { class: "titles" }, this.title, this.state, this.note), this.buttons),
      el("div", { class: "command" }, this.command, copyButton(t("worker_copy_command"), () => this.command.textContent)),
      this.seen,
      this.curves.node,
      this.facts,
      this.tabs.node,
      this.panel,
    );
  }

  lacks() {
    return !this.known || !this.known.registered;
  }

  /** What it answered: all of it, or what changes. */
  take(line, node, now) {
    this.failure = "";
    if (node.done === undefined) node.done = node.answered ? Object.values(node.totals).reduce((sum, one) => sum + one, 0) : null;
    const same = this.known && this.known.node === node.node && this.known.pid === node.pid;
    this.known = same ? { ...this.known, ...node } : node;
    this.knownOf = line.key;
    this.curves.note(line.key, this.known, now);
  }

  fail(line, error) {
    this.failure = error.message;
  }

  draw(line, tab, now) {
    if (this.line?.key !== line.key) {
      this.failure = "";
      this.shownTab = "";
    }
    this.line = line;
    const known = this.knownOf === line.key ? this.known : null;
    const node = known || { node: line.node, pid: line.pid, answered: null, processes: [], queues: line.queues, pool: line.pool };
    say(this.title, line.node);
    redraw(this.state, JSON.stringify(line.marks), () => marks(line.marks));
    say(this.note, this.failure || noteOf(known));
    const command = known?.command || line.row?.command || "";
    say(this.command, command);
    this.command.parentElement.hidden = !command;
    keyed(this.seen, evidenceOf(line.row), (one) => one.key, makeSeen, updateSeen);
    this.curves.draw(line.key, now);
    this.drawFacts(line, known, now);
    this.drawButtons(line, known);
    this.tabs.choose(tab);
    if (this.shownTab !== tab) {
      this.shownTab = tab;
      this.shown = (TABS[tab] || processesPanel)(this.shell, this.actions);
      this.panel.replaceChildren(this.shown.node);
      this.panel.setAttribute("aria-label", t(`worker_tab_${tab}`));
    }
    this.shown.draw(node, now, whyUntold(line, known));
  }

  drawFacts(line, known, now) {
    const row = line.row;
    const scale = known?.autoscale;
    const facts = [
      ["worker_pool", known?.pool || line.pool],
      ["worker_slots", known?.concurrency ?? line.slots],
      ["worker_autoscale", scale ? t("worker_least_to_most", scale) : ""],
      ["worker_prefetch", known?.prefetch],
      ["queues", line.queues.join(", ")],
      ["worker_done", known?.done === null || known?.done === undefined ? "" : number(known.done)],
      ["worker_waits", known?.answered ? number((known.reserved_count ?? known.reserved.length) + (known.scheduled_count ?? known.scheduled.length)) : ""],
      ["worker_clock", known?.clock ? number(known.clock) : ""],
      ["up", line.since ? duration(now - line.since) : ""],
      ["worker_app", row?.app],
      ["worker_folder", row?.cwd],
      ["worker_python", row?.python],
      ["worker_broker", row?.broker],
      ["worker_user", row?.username],
      ["worker_keeper", row?.keeper ? t("worker_keeper_is", row.keeper) : ""],
    ].filter(([, value]) => value !== "" && value !== null && value !== undefined);
    keyed(this.facts, facts, ([word]) => word, () => el("div", {}, el("dt"), el("dd")), (node, [word, value]) => {
      say(node.children[0], t(word));
      say(node.children[1], String(value));
    });
  }

  drawButtons(line, known) {
    if (this.shell.settings.read_only) return;
    const offer = [line.key, line.service, Boolean(line.pid), line.marks[0].service, whyUntold(line, known), this.shell.settings.language].join();
    redraw(this.buttons, offer, () => {
      const about = () => this.known && this.knownOf === this.line.key ? this.known : { node: line.node, pid: line.pid, answered: false, processes: [], queues: line.queues, owner: line.service ? "ours" : line.row?.owner || null };
      const untold = whyUntold(line, known);
      const start = el("button", { type: "button", onclick: ({ currentTarget }) => this.actions.start(line.service, currentTarget) }, icon("i-play"), t("start"));
      const log = el("a", { class: "button", href: this.shell.href("services", { service: line.service }), "data-path": "services" }, icon("i-list"), t("worker_log"));
      const restart = el("button", { type: "button", onclick: ({ currentTarget }) => this.actions.restart(line.service, currentTarget) }, icon("i-restart"), t("restart"));
      const stop = el("button", { type: "button", disabled: !line.pid, onclick: () => this.actions.stop(about()) }, icon("i-stop"), t("worker_stop"));
      const more = menu(t("more", { name: line.node }), [
        { icon: "i-play", word: t("worker_events_on"), choose: (button) => this.actions.events(about(), true, button) },
        { icon: "i-stop", word: t("worker_events_off"), choose: (button) => this.actions.events(about(), false, button) },
      ]);
      more.classList.add("beside");
      more.firstElementChild.disabled = Boolean(untold);
      const own = line.service && !line.part_of;
      if (own && !line.pid) return [log, ["stopped", "failed"].includes(line.marks[0].service) ? start : null].filter(Boolean);
      return [own ? log : null, own ? restart : null, stop, more].filter(Boolean);
    });
  }
}

function noteOf(known) {
  if (!known) return "";
  if (!known.answered) return t("worker_silent");
  return known.shares_its_name ? t("worker_namesake") : "";
}

/** Why it can't be told anything; "" when it can. */
function whyUntold(line, known) {
  if (!line.pid) return t("worker_untold_stopped");
  if (!known || !known.answered) return t("worker_untold_silent");
  return known.shares_its_name ? t("worker_untold_namesake") : "";
}

/** All that was seen, each with what it speaks for; what could not be measured is told too. */
export function evidenceOf(row) {
  if (!row) return [];
  const verdicts = row.verdicts.map((one) => one.evidence);
  const why = row.why.slice(0, row.why.length - verdicts.length);
  return [
    ...why.map((words, at) => ({ key: `why ${at}`, mark: at ? null : marksOf({ ...row, findings: [] })[0], words })),
    ...row.verdicts.map((one, at) => ({ key: `verdict ${at}`, mark: { finding: one.finding, verdicts: [one] }, unknown: one.confidence === "unknown", words: one.evidence })),
  ];
}

export function makeSeen() {
  return el("li", {}, el("span", { class: "states" }), el("span", { class: "sub" }));
}

export function updateSeen(node, { mark, words, unknown }) {
  redraw(node.children[0], JSON.stringify([mark, unknown]), () => (mark ? [...marks([mark]), unknown ? el("span", { class: "sub" }, t("worker_not_known")) : ""] : []));
  say(node.children[1], words);
}

/** Tabs as the ARIA practices have them: one is in the tab order, the arrow keys go through them. */
function tabList(names, chosen) {
  const buttons = names.map((name) => el("button", { type: "button", role: "tab", "aria-controls": "worker-tab", onclick: () => chosen(name) }, t(`worker_tab_${name}`)));
  const node = el("div", { class: "tabs", role: "tablist", "aria-label": t("worker_about") }, ...buttons);
  node.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(event.target);
    const to = { ArrowRight: (at + 1) % names.length, ArrowLeft: (at + names.length - 1) % names.length, Home: 0, End: names.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    buttons[to].focus();
    chosen(names[to]);
  });
  return {
    node,
    choose(name) {
      buttons.forEach((button, at) => {
        const mine = names[at] === name;
        button.setAttribute("aria-selected", String(mine));
        button.tabIndex = mine ? 0 : -1;
      });
    },
  };
}
