// The panel with all of one task: its life, what it was given, what came of it, and its family.

import { get } from "../api.js";
import { el, icon, redraw, say } from "../dom.js";
import { t } from "../format.js";
import { menu } from "../menu.js";
import { taskState } from "../states.js";
import { familyTree } from "./task_family.js";
import { block, clock, given, oneLine, splitName, WAITS } from "./task_phrases.js";
import { steps } from "./task_timeline.js";
import { traceback } from "./traceback.js";

const LOG_LINES_MAX = 200;
const AGAIN_S = 1.5;

/** `on`: { close(), open(id), copy(words, what), act(verb, tasks), why(id), menu(task) }. */
export class TaskDetail {
  constructor(shell, on) {
    this.shell = shell;
    this.on = on;
    this.id = "";
    this.title = el("h2", { tabindex: "-1" });
    this.module = el("p", { class: "sub" });
    this.idWords = el("span", { class: "mono cut" });
    this.chip = el("span");
    this.note = el("span", { class: "sub" });
    this.whyButton = el("button", { type: "button", class: "link", onclick: () => on.why(this.id) });
    this.parts = el("div", { class: "detail-parts" });
    this.foot = el("div", { class: "detail-foot" });
    this.node = el("aside", { class: "task-detail panel", id: "task-detail", hidden: true, "aria-label": t("task_details") },
      el("div", { class: "detail-head" }, el("div", { class: "detail-title" }, this.title, el("button", { type: "button", class: "bare", "aria-label": t("task_close"), title: t("task_close"), onclick: () => on.close() }, icon("i-close"))),
        this.module,
        el("div", { class: "detail-id" }, this.idWords, copyButton(t("task_copy_id"), () => on.copy(this.id, t("task_id")))),
        el("div", { class: "detail-state" }, this.chip, this.note),
        this.whyButton),
      this.parts, this.foot);
    this.node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      on.close();
    });
    this.look = shell.every(AGAIN_S, (signal) => this.#look(signal));
  }

  /** This task, as far as the table knows it; the rest is asked for. */
  show(id, task) {
    if (id !== this.id) {
      this.id = id;
      this.detail = null;
      this.failed = "";
      this.parts.scrollTop = 0;
      this.task = task || null;
      this.mark = undefined;
    } else if (task && (!this.task || task.seen_at > this.task.seen_at)) this.task = { ...this.task, ...task };
    this.node.hidden = false;
    this.#draw();
    this.look();
  }

  hide() {
    this.id = "";
    this.node.hidden = true;
  }

  /** The history has changed. */
  notice(mark) {
    this.newMark = mark;
  }

  async #look(signal) {
    if (!this.id || (this.detail && this.mark === this.newMark)) return;
    const id = this.id;
    const mark = this.newMark;
    let detail;
    try {
      detail = await get(`tasks/${encodeURIComponent(id)}`, {}, signal);
    } catch (error) {
      if (id !== this.id || error.name === "AbortError") throw error;
      this.failed = [error.message, error.words].filter(Boolean).join(" ");
      this.#draw();
      return;
    }
    if (id !== this.id) return;
    this.mark = mark;
    this.failed = "";
    this.detail = detail;
    this.task = detail.task;
    this.#draw();
  }

  // --- what it shows ------------------------------------------------------------------------------

  #draw() {
    const task = this.task;
    const [name, module] = task ? splitName(task.name) : [oneLine(this.id, 60), ""];
    say(this.title, name);
    this.title.title = task?.name || "";
    say(this.module, module);
    this.module.hidden = !module;
    say(this.idWords, oneLine(this.id, 200));
    redraw(this.chip, task?.state || "", () => (task ? [taskState(task.state, true)] : []));
    say(this.note, this.failed || (task ? note(task) : ""));
    const runs = task?.state === "STARTED";
    this.whyButton.hidden = !task || !(runs || WAITS.has(task.state));
    say(this.whyButton, t(runs ? "task_why_runs" : "task_why"));
    const signature = JSON.stringify([this.task, this.detail]);
    redraw(this.parts, signature, () => (task ? this.#parts(task) : []));
    redraw(this.foot, `${this.id} ${task?.state}`, () => (task ? this.#buttons(task) : []));
  }

  #parts(task) {
    const detail = this.detail;
    const parts = [part(t("task_timeline"), timeline(task))];
    if (task.doubt) parts.push(part(t("task_in_doubt"), el("p", { class: "warn-words" }, detail?.doubt_words || "")));
    const called = given(task);
    if (called.length) parts.push(this.#block(t("arguments"), called.join("\n")));
    else if (task.args || task.kwargs) parts.push(part(t("arguments"), el("p", { class: "sub" }, t("task_none"))));
    if (task.state === "SUCCESS" && task.result) parts.push(this.#block(t("task_result"), task.result));
    parts.push(...this.#failure(task));
    if (detail?.run_again.why_not) parts.push(part(t("task_again"), el("p", { class: "sub" }, detail.run_again.why_not)));
    if (detail?.family.length > 1) {
      parts.push(part(t("task_workflow"), familyTree(detail.family, task.id, this.on.open), el("span", { class: "sub" }, t("task_n", { n: detail.family.length }))));
    }
    if (detail?.log.length) parts.push(this.#block(t("task_log"), detail.log.slice(-LOG_LINES_MAX).join("\n")));
    parts.push(facts(task));
    return parts;
  }

  /** Its own traceback, else the one of its last try that failed. */
  #failure(task) {
    if (task.traceback) return [this.#block(t("task_traceback"), task.traceback, true)];
    if (task.exception && task.state !== "SUCCESS") return [this.#block(t("task_exception"), task.exception, true)];
    const attempts = task.attempts || [];
    const last = attempts.findLastIndex((one) => one.traceback);
    return last < 0 ? [] : [this.#block(t("task_traceback_of", { n: last + 1 }), attempts[last].traceback, true)];
  }

  #block(title, words, fault = false) {
    const shown = block(words);
    const pre = el("pre", { class: "mono", tabindex: "0", "aria-label": title }, ...(fault ? traceback(shown) : [shown]));
    return part(title, pre, copyButton(t("task_copy_what", { what: title }), () => this.on.copy(words, title)));
  }

  #buttons(task) {
    const more = menu(t("task_more"), this.on.menu(task));
    if (this.shell.settings.read_only) return [more];
    const again = el("button", { type: "button", onclick: () => this.on.act("retry", [task]) }, icon("i-restart"), t("task_again"));
    const runs = task.state === "STARTED";
    const stop = runs || WAITS.has(task.state) ? el("button", { type: "button", class: "danger", onclick: () => this.on.act(runs ? "terminate" : "revoke", [task]) }, t(runs ? "task_terminate" : "task_revoke")) : null;
    return [again, stop, more].filter(Boolean);
  }
}

function copyButton(words, copy) {
  return el("button", { type: "button", class: "bare small", "aria-label": words, title: words, onclick: copy }, icon("i-copy"));
}

function part(title, content, beside = null) {
  return el("section", { class: "part", "aria-label": title }, el("div", { class: "part-head" }, el("h3", {}, title), beside), content);
}

function timeline(task) {
  const rows = steps(task).map((one) =>
    el("li", {}, icon(one.glyph, one.tone), el("span", { class: "step" }, el("span", {}, one.title), one.detail ? el("span", { class: "sub" }, one.detail) : null), el("span", { class: "sub when" }, one.when)),
  );
  return el("ol", { class: "timeline" }, ...rows);
}

function facts(task) {
  const worker = task.worker && task.worker_pid ? t("task_on", { node: task.worker, pid: task.worker_pid }) : task.worker;
  const known = [
    [t("worker"), worker],
    [t("queue"), task.queue],
    [t("task_not_before_word"), task.eta && clock(task.eta, true)],
    [t("task_expires_word"), task.expires_at && clock(task.expires_at, true)],
    [t("task_root"), task.root_id !== task.id && task.root_id],
    [t("task_parent"), task.parent_id],
  ].filter(([, words]) => words);
  return el("dl", { class: "task-facts" }, ...known.flatMap(([caption, words]) => [el("dt", {}, caption), el("dd", { title: words }, oneLine(words, 200))]));
}

/** What is out of the ordinary about how it went. */
function note(task) {
  const again = task.starts - task.retries - 1;
  return [task.retries ? t("task_after_retries", { n: task.retries }) : "", again > 0 ? t("task_delivered_times", { n: again }) : ""].filter(Boolean).join(" · ");
}
