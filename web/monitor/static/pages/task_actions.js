// What a person does with tasks: looked at first, asked about where it destroys, then done and told
// as it really went.

import { address, get, send } from "../api.js";
import { ask } from "../dialog.js";
import { el, icon } from "../dom.js";
import { number, t } from "../format.js";
import { compare } from "./task_compare.js";
import { oneLine } from "./task_phrases.js";
import { runTask } from "./task_run.js";
import { askWhy } from "./task_why.js";

const LISTED_MAX = 200;
const SUBJECT = "tasks";

/** The words of a question before each verb: KEY_title, KEY_do and KEY_text. */
const QUESTIONS = { revoke: "task_ask_revoke", terminate: "task_ask_terminate", retry: "task_ask_retry" };

export class TaskActions {
  /** `selection()` is all that match: { search, states }; `show(id)` opens a task. */
  constructor(shell, selection, show) {
    this.shell = shell;
    this.selection = selection;
    this.show = show;
  }

  // --- on tasks of the history --------------------------------------------------------------------

  act = (verb, tasks) => this.#act(verb, { ids: tasks.map((task) => task.id) });

  actOnAll = (verb) => this.#act(verb, this.selection());

  async #act(verb, chosen) {
    try {
      const plan = await send(`tasks/${verb}`, { ...chosen, dry_run: true });
      await this.#decide(verb, chosen, plan);
    } catch (error) {
      this.shell.tellError(error);
    }
  }

  async #decide(verb, chosen, plan) {
    if (!plan.done) {
      const [one] = plan.outcomes;
      // Its real arguments are not known: a person fills them in.
      if (plan.outcomes.length === 1 && (one.args || one.kwargs)) return this.repair(one);
      return this.#tell(plan);
    }
    // What was looked at is what is done, even if more tasks match by then.
    const whole = plan.done + plan.failed === plan.outcomes.length;
    const meant = whole ? { ids: plan.outcomes.filter((one) => one.done).map((one) => one.id) } : chosen;
    let signal = "TERM";
    if (verb !== "retry" || plan.done > 1 || plan.failed || plan.outcomes[0].alive) {
      const key = QUESTIONS[verb];
      const chooser = verb === "terminate" ? signals() : null;
      const body = [chooser && el("label", { class: "task-field" }, el("span", {}, t("task_signal")), chooser), outcomes(plan.outcomes)].filter(Boolean);
      const text = [plan.words, t(`${key}_text`)].filter(Boolean).join(" ");
      const yes = await ask({ title: t(`${key}_title`, { n: plan.done }), text, yes: t(`${key}_do`, { n: plan.done }), danger: verb !== "retry", body });
      if (!yes) return;
      signal = chooser?.value || signal;
    }
    const body = verb === "terminate" ? { ...meant, signal } : meant;
    const report = await send(`tasks/${verb}`, body);
    this.#tell(report, report.done ? this.#wayBack(verb, meant, report) : null);
  }

  /** What was revoked is sent again, what was sent again is revoked; null: there is none. */
  #wayBack(verb, meant, report) {
    const sent = report.outcomes.map((one) => one.new_id).filter(Boolean);
    if (verb === "revoke") return () => this.#undo({ ...meant, undo: true });
    return verb === "retry" && sent.length === report.done ? () => this.#undo({ ids: sent }) : null;
  }

  async #undo(body) {
    try {
      this.#tell(await send("tasks/revoke", body));
    } catch (error) {
      this.shell.tellError(error);
    }
  }

  /** What really happened, with a way back where there is one. */
  #tell(report, undo = null) {
    const said = new Set(report.outcomes.filter((one) => !one.done || report.done === 1).map((one) => one.words));
    const detail = said.size === 1 ? [...said][0] : "";
    const title = report.words || detail;
    const fresh = report.outcomes.map((one) => one.new_id).filter(Boolean);
    const offered = [];
    if (undo) offered.push([t("task_undo"), undo]);
    if (fresh.length === 1) offered.push([t("task_show_it"), () => this.show(fresh[0])]);
    if (report.failed && report.outcomes.length > 1) offered.push([t("task_show_details"), () => ask({ title, text: t("task_each"), no: t("task_close_word"), body: [outcomes(report.outcomes)] })]);
    const well = report.done && !report.failed;
    this.shell.tell(title, detail === title ? "" : detail, well ? "info" : "warning", SUBJECT, offered);
  }

  // --- by hand, why, compared, copied -------------------------------------------------------------

  repair = (outcome) => this.#run({ name: outcome.name || "", args: outcome.args || "", kwargs: outcome.kwargs || "", again: outcome.id, why: outcome.words });

  run = () => this.#run({});

  async #run(given) {
    const report = await runTask(this.shell, given);
    if (report) this.#tell(report);
  }

  why = (id) => askWhy(this.shell, id);

  compare = (one, other = null) => compare(this.shell, one, other);

  copy = async (words, what) => {
    try {
      await navigator.clipboard.writeText(words);
      this.shell.tell(t("task_copied", { what }), "", "info", SUBJECT);
    } catch {
      // The browser may forbid it: then it is shown, to be selected.
      await ask({ title: what, no: t("task_close_word"), body: [el("pre", { class: "mono", tabindex: "0" }, words)] });
    }
  };

  // --- menus --------------------------------------------------------------------------------------

  /** What can be done with one task besides its buttons. */
  menuOf = (task) => [
    { icon: "i-info", word: t("task_why"), choose: () => this.why(task.id) },
    { icon: "i-copy", word: t("task_copy_code"), choose: () => this.#copyCode(task.id) },
    { icon: "i-list", word: t("task_compare"), choose: () => this.compare(task) },
    ...exports({ ids: [task.id] }),
  ];

  async #copyCode(id) {
    try {
      const { code } = await get(`tasks/${encodeURIComponent(id)}`, {}, this.shell.signal);
      await this.copy(code, t("task_code"));
    } catch (error) {
      this.shell.tellError(error);
    }
  }

  /** What can be done with all that match, and how the table looks. */
  menuOfPage = (columns) => {
    const changes = this.shell.settings.read_only ? [] : [
      { icon: "i-play", word: t("task_run"), choose: this.run },
      { icon: "i-restart", word: t("task_all_retry"), choose: () => this.actOnAll("retry") },
      { icon: "i-stop", word: t("task_all_revoke"), choose: () => this.actOnAll("revoke") },
      { icon: "i-close", word: t("task_all_terminate"), choose: () => this.actOnAll("terminate") },
    ];
    return [...changes, { icon: "i-info", word: t("task_why"), choose: () => this.why("") }, { icon: "i-grid", word: t("task_columns"), choose: columns }];
  };
}

/** Downloads of these as CSV and as JSON. */
export function exports(chosen) {
  const formats = { csv: "task_export_csv", json: "task_export_json" };
  return Object.entries(formats).map(([format, word]) => ({ icon: "i-download", word: t(word), href: address("tasks/export", { ...chosen, format }), download: true }));
}

function signals() {
  return el("select", { id: "task-signal" }, el("option", { value: "TERM" }, t("task_signal_term")), el("option", { value: "KILL" }, t("task_signal_kill")));
}

/** What would happen, or happened, to each task; those that it fails for first. */
function outcomes(all) {
  const ordered = [...all].sort((one, other) => Number(one.done) - Number(other.done));
  const rows = ordered.slice(0, LISTED_MAX).map((one) =>
    el("li", {}, icon(one.done ? "g-ok" : "g-warn", one.done ? "ok" : "warn"), el("span", {}, oneLine(one.name || one.id, 200), " ", el("span", { class: "mono dim" }, oneLine(one.id, 8)), el("span", { class: "sub" }, one.words))),
  );
  const left = all.length - rows.length;
  return el("ul", { class: "outcomes", tabindex: "0", "aria-label": t("task_each") }, ...rows, left > 0 ? el("li", { class: "sub" }, t("task_and_more", { n: number(left) })) : null);
}
