// Cleanup: what is left over, why, what stopping it means, and how that goes.

import { get } from "../api.js";
import { el, icon, keyed, redraw, say } from "../dom.js";
import { duration, t } from "../format.js";
import { live } from "../live.js";
import { askForce, askStop, force, runAgain, showLog, stop } from "./cleanup_actions.js";
import { cleanupFoot } from "./cleanup_foot.js";
import { Choices, cleanupLines, isCleaning, leftAlone, nameOf } from "./cleanup_lines.js";
import { aftermath } from "./cleanup_result.js";
import { cleanupTable, leftRow } from "./cleanup_table.js";

const LOOK_EVERY_S = 10; // A look costs 30 to 200 ms of the engine's time.
const CHANGED_S = 1; // After a change among the workers a look may follow this soon.
const SHARED_S = 2.5; // An answer may be another page's, so much older than the change: look anew.
const LEFT_SHORT = 3;

export const cleanup = {
  path: "cleanup",
  word: "cleanup",
  icon: "i-cleanup",
  badge: (status) => status.leftovers.length,
  open(root, shell) {
    const view = new CleanupView(root, shell);
    return { draw: (status, now) => view.draw(status, now), query: (query) => view.wish(query) };
  },
};

class CleanupView {
  constructor(root, shell) {
    this.shell = shell;
    this.acts = !shell.settings.read_only;
    this.choices = new Choices();
    this.plan = null;
    this.checkedAt = 0;
    this.seen = ""; // which workers there are
    this.wasCleaning = false;
    this.sent = false;
    this.lines = [];
    this.wanted = shell.query.process || "";
    this.allLeft = false;
    this.table = cleanupTable({ check: (lines, checked) => this.check(lines, checked), open: (line) => this.open(line), force: (lines) => this.force(lines) }, this.acts);
    this.foot = this.acts ? cleanupFoot({ stop: () => this.stop(), force: () => this.forceWaiting() }) : null;
    this.aftermath = aftermath({ runAgain: (ids, button) => this.runAgain(ids, button) }, this.acts);
    this.panel = el("section", { class: "panel", "aria-label": t("cleanup") }, this.table.node);
    this.empty = el("div", { class: "panel" }, el("p", { class: "empty" }));
    this.left = this.makeLeft();
    root.append(this.aftermath.node, this.panel, this.empty, this.left.node);
    if (this.foot) root.append(this.foot.node);
    this.makeButtons();
    this.again = shell.every(LOOK_EVERY_S, (signal) => this.look(signal));
  }

  makeButtons() {
    if (!this.acts) this.shell.buttons.append(el("span", { class: "state off chip", title: t("read_only_why") }, icon("g-info"), t("read_only")));
    const log = el("button", { type: "button", onclick: () => showLog().catch(this.shell.tellError) }, icon("i-list"), t("cleanup_history"));
    this.check_again = el("button", { type: "button", onclick: () => this.lookNow() }, icon("i-restart"), t("cleanup_check_again"));
    this.shell.buttons.append(log, this.check_again);
  }

  makeLeft() {
    const list = el("ul", { class: "left-alone" });
    const more = el("button", { type: "button", class: "small", onclick: () => { this.allLeft = !this.allLeft; this.redraw(); } });
    const head = el("div", { class: "panel-head" }, el("div", {}, el("h2", {}, t("cleanup_left_alone")), el("span", { class: "sub" }, t("cleanup_left_note"))), more);
    return { node: el("section", { class: "panel", "aria-label": t("cleanup_left_alone") }, head, list), list, more };
  }

  // --- the plan ---

  async look(signal) {
    // While it goes on, the rows are those that were decided about.
    if (!live.fresh || live.status.stack.problem || (this.wasCleaning && this.plan)) return;
    const plan = await get("cleanup", {}, signal);
    if (this.wasCleaning && this.plan) return;
    this.plan = plan;
    this.checkedAt = Date.now() / 1000;
    this.redraw();
  }

  lookWhenChanged(status, now) {
    const cleaning = isCleaning(status.cleanup);
    const ended = this.wasCleaning && !cleaning;
    this.wasCleaning = cleaning;
    const seen = status.workers.map((row) => `${row.pid} ${row.create_time}`).join();
    const changed = seen !== this.seen && now - this.checkedAt > CHANGED_S;
    if (!ended && !changed) return;
    this.seen = seen;
    this.lookNow();
  }

  lookNow() {
    clearTimeout(this.later);
    this.later = setTimeout(() => this.again(), SHARED_S * 1000);
    this.again?.();
  }

  redraw() {
    // An answer may come when another page is shown: the heading is that page's then.
    if (live.status && !this.shell.signal.aborted) this.draw(live.status, Date.now() / 1000);
  }

  wish(query) {
    this.wanted = query.process || "";
    this.redraw();
  }

  // --- what is known now ---

  draw(status, now) {
    this.lookWhenChanged(status, now);
    const cleaning = isCleaning(status.cleanup);
    this.lines = cleanupLines(this.plan, status.cleanup, this.choices);
    const opened = this.lines.find((line) => String(line.pid) === this.wanted)?.key;
    const none = !this.lines.length;
    this.panel.hidden = none;
    this.empty.hidden = !none;
    this.table.draw(this.lines, opened, { now, frozen: cleaning || this.sent });
    this.aftermath.draw(status, this.plan?.stranded, now);
    this.drawLeft();
    this.drawSentence(status, now);
    this.check_again.disabled = cleaning;
    if (!this.foot) return;
    this.foot.node.hidden = none;
    // What was sent and has not begun yet can't be sent again, nor forced.
    this.foot.draw(this.lines, status.cleanup, now, live.fresh && (cleaning || !this.sent));
  }

  drawSentence(status, now) {
    const parent = this.shell.summary;
    const show = (glyph, tone, words) => redraw(parent, glyph + words, () => [icon(glyph, tone), words]);
    if (isCleaning(status.cleanup)) return show("g-busy", "run", t("cleanup_going_on"));
    const paragraph = this.empty.firstElementChild;
    if (!this.plan) {
      say(paragraph, t("cleanup_looking"));
      return show("g-wait", "off", t("cleanup_looking"));
    }
    const ago = Math.floor(Math.max(0, now - this.checkedAt));
    const time = duration(ago);
    say(paragraph, ago ? t("cleanup_empty", { time }) : t("cleanup_empty_now"));
    const checked = ago ? t("cleanup_checked", { time }) : t("cleanup_checked_now");
    const found = this.lines.filter((line) => line.row?.selected).length;
    if (found) show("g-warn", "warn", `${t("cleanup_found", { n: found })} · ${checked}`);
    else show("g-ok", "ok", `${t("cleanup_found_none")} · ${checked}`);
  }

  drawLeft() {
    const rows = leftAlone(this.plan);
    this.left.node.hidden = !rows.length;
    this.left.more.hidden = rows.length <= LEFT_SHORT;
    this.left.more.setAttribute("aria-expanded", String(this.allLeft));
    say(this.left.more, this.allLeft ? t("cleanup_show_fewer") : t("cleanup_show_more", { n: Math.max(0, rows.length - LEFT_SHORT) }));
    keyed(this.left.list, this.allLeft ? rows : rows.slice(0, LEFT_SHORT), (row) => `${row.pid} ${row.create_time} ${row.node}`, () => el("li", {}, el("span", { class: "states" }), el("span", { class: "wrap" }), el("span", { class: "sub" }), el("span", { class: "sub wrap" })), (node, row) => {
      const { glyph, where } = leftRow(row);
      redraw(node.children[0], JSON.stringify([row.owner, row.worker.findings]), () => [glyph]);
      say(node.children[1], nameOf(row.worker));
      say(node.children[2], where);
      say(node.children[3], row.why);
    });
  }

  // --- what the person does ---

  check(lines, checked) {
    for (const line of lines) this.choices.choose(line, checked);
    this.redraw();
  }

  open(line) {
    this.wanted = line && String(line.pid) !== this.wanted ? String(line.pid) : "";
    this.shell.setQuery({ process: this.wanted });
    this.redraw();
  }

  async stop() {
    const chosen = this.lines.filter((line) => line.checked);
    if (!chosen.length || this.sent || !(await askStop(chosen))) return;
    await this.carryOut(() => stop(chosen));
  }

  forceWaiting() {
    const waiting = this.lines.filter((line) => line.waits);
    return this.force(waiting.length ? waiting : this.lines.filter((line) => line.checked));
  }

  async force(lines) {
    if (!lines.length || !(await askForce(lines))) return;
    // A cleanup that waits for them is told; its own answer is still to come.
    if (lines.every((line) => line.waits)) await force(lines).catch(this.shell.tellError);
    else await this.carryOut(() => force(lines));
  }

  async carryOut(act) {
    this.sent = true;
    this.redraw();
    try {
      await act();
    } catch (error) {
      this.shell.tellError(error);
    }
    this.sent = false;
    this.lookNow();
    this.redraw();
  }

  async runAgain(ids, button) {
    button.disabled = true;
    try {
      const { sent, failed } = await runAgain(ids);
      if (sent.length) this.shell.tell(t("cleanup_sent_again", { n: sent.length }), sent.map((task) => task.name).join(", "), "info", "run again");
      for (const one of failed) this.shell.tell(one.error.title, one.error.message);
    } catch (error) {
      this.shell.tellError(error);
    }
    button.disabled = false;
  }
}
