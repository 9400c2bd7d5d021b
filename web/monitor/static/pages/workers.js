// Workers: all of the app in a table, and all of the one that is chosen below it.

import { Refusal, get, send } from "../api.js";
import { el, icon, redraw } from "../dom.js";
import { t } from "../format.js";
import { live } from "../live.js";
import { isOdd, workerLines } from "./worker_lines.js";
import { WHOLE, workerDetail } from "./worker_detail.js";
import { workerTable } from "./worker_table.js";

const LOOK_EVERY_S = 2; // A look asks the chosen worker seven questions.
const WHOLE_EVERY_MS = 6000; // Its tasks and settings seldom change.

export const workers = {
  path: "workers",
  word: "workers",
  icon: "i-workers",
  open(root, shell) {
    const view = new WorkersView(root, shell);
    return { draw: (status, now) => view.draw(status, now), query: (query) => view.wish(query) };
  },
};

class WorkersView {
  constructor(root, shell) {
    this.shell = shell;
    this.wanted = shell.query; // { worker, pid, tab }
    this.lines = [];
    this.chosen = null;
    this.wholeAt = 0;
    this.table = workerTable((line, byKey) => this.choose(line, byKey));
    this.detail = workerDetail(shell, {
      told: () => this.again(),
      tab: (name) => this.show({ ...this.wanted, tab: name === "processes" ? "" : name }),
    });
    this.panel = el("section", { class: "panel", "aria-label": t("workers") }, this.table.node);
    this.empty = el("div", { class: "panel", hidden: true }, el("p", { class: "empty" }, t("no_workers")));
    this.buttons = makeButtons(shell, this);
    root.append(this.panel, this.detail.node, this.empty);
    this.again = shell.every(LOOK_EVERY_S, (signal) => this.look(signal));
  }

  /** Another address: the back button, or a link. */
  wish(query) {
    this.wanted = query;
    this.redraw();
    this.again();
  }

  show(query) {
    this.wanted = query;
    this.shell.setQuery(query);
    this.redraw();
    this.again();
  }

  choose(line, byKey) {
    if (line.key === this.chosen?.key) return;
    this.wanted = { ...this.wanted, worker: line.node, pid: line.pid || "" };
    // With the arrow keys one passes by many; the back button should not go through them all.
    this.shell.setQuery(this.wanted, { replace: byKey });
    this.redraw();
    this.again();
  }

  redraw() {
    // An answer may come when another page is shown: the heading is that page's then.
    if (live.status && !this.shell.signal.aborted) this.draw(live.status, Date.now() / 1000);
  }

  async look(signal) {
    const line = this.chosen;
    if (!line?.pid || !live.fresh) return;
    const whole = WHOLE.has(this.wanted.tab) && (this.detail.lacks() || Date.now() - this.wholeAt > WHOLE_EVERY_MS);
    try {
      const node = await get(whole ? "workers/show" : "workers/load", { node: line.node, pid: line.pid }, signal);
      if (whole) this.wholeAt = Date.now();
      this.detail.take(line, node, Date.now() / 1000);
    } catch (error) {
      // A broker that is down is told by the services; what is known stays.
      if (!(error instanceof Refusal)) throw error;
      this.detail.fail(line, error);
    }
    this.redraw();
  }

  draw(status, now) {
    this.lines = workerLines(status, now);
    const before = this.chosen?.key;
    const { worker, pid } = this.wanted;
    const same = this.lines.filter((line) => line.node === worker || line.service === worker);
    this.chosen = same.find((line) => String(line.pid) === String(pid)) || same[0] || this.lines[0] || null;
    const none = !this.lines.length;
    this.panel.hidden = this.detail.node.hidden = none;
    this.empty.hidden = !none;
    this.table.draw(this.lines, this.chosen, now);
    if (this.chosen) this.detail.draw(this.chosen, this.wanted.tab || "processes", now);
    drawSummary(this.shell.summary, this.lines);
    drawButtons(this.buttons, status);
    if (this.chosen && this.chosen.key !== before) this.again?.();
  }
}

function drawSummary(parent, lines) {
  const running = lines.filter((line) => line.pid).length;
  const odd = lines.filter(isOdd).length;
  const words = [t("workers_running", { n: running }), odd ? t("workers_need_look", { n: odd }) : ""].filter(Boolean).join(" · ");
  const [glyph, tone] = odd ? ["g-warn", "warn"] : running ? ["g-ok", "ok"] : ["g-idle", "off"];
  redraw(parent, glyph + words, () => [icon(glyph, tone), words]);
}

function makeButtons(shell, view) {
  if (shell.settings.read_only) {
    shell.buttons.append(el("span", { class: "state off chip", title: t("read_only_why") }, icon("g-info"), t("read_only")));
    return null;
  }
  const all = async (verb, names, button) => {
    button.disabled = true;
    const done = await Promise.allSettled(names.map((name) => send(`services/${encodeURIComponent(name)}/${verb}`)));
    for (const one of done) if (one.status === "rejected") shell.tellError(one.reason);
    const ready = done.flatMap((one) => one.value?.ready || []);
    if (ready.length) shell.tell(t("workers_ready", { names: ready.join(", ") }), "", "info", "workers");
    button.disabled = false;
    view.again();
  };
  const start = el("button", { type: "button", class: "primary", onclick: () => all("start", start.names, start) }, icon("i-play"), t("workers_start"));
  const restart = el("button", { type: "button", onclick: () => all("restart", restart.names, restart) }, icon("i-restart"), t("workers_restart_all"));
  shell.buttons.append(start, restart);
  return { start, restart };
}

function drawButtons(buttons, status) {
  if (!buttons) return;
  const own = status.services.filter((one) => one.kind === "worker" && !one.of);
  buttons.start.names = own.filter((one) => one.enabled && ["stopped", "failed"].includes(one.state)).map((one) => one.name);
  buttons.restart.names = own.filter((one) => one.pid && one.state !== "stopping").map((one) => one.name);
  buttons.start.hidden = !buttons.start.names.length;
  buttons.restart.hidden = !buttons.restart.names.length;
}
