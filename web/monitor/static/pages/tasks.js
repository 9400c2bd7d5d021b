// Every task: looked for, followed, understood, and acted on.

import { ask } from "../dialog.js";
import { el, icon, redraw, say } from "../dom.js";
import { number, t } from "../format.js";
import { live } from "../live.js";
import { menu } from "../menu.js";
import { exports, TaskActions } from "./task_actions.js";
import { ALWAYS, chooseColumns, chosenColumns, COLUMNS } from "./task_columns.js";
import { Rate, TaskCounts } from "./task_counts.js";
import { TaskDetail } from "./task_detail.js";
import { TaskFeed } from "./task_feed.js";
import { TaskFigures } from "./task_figures.js";
import { STATES, TaskFilter } from "./task_filter.js";
import { oneLine } from "./task_phrases.js";
import { SilentWorkers } from "./task_silent.js";
import { TaskTable } from "./task_table.js";

export const tasks = { path: "tasks", word: "tasks", icon: "i-list", open: (root, shell) => new TasksPage(root, shell) };

class TasksPage {
  constructor(root, shell) {
    this.shell = shell;
    this.rate = new Rate();
    this.feed = new TaskFeed(shell, () => this.redraw(), () => this.table.sight());
    this.table = new TaskTable(this.feed, {
      open: (task) => this.open(task.id, task),
      edge: (atTop) => this.feed.follow(atTop),
      order: (order, descending) => this.#narrow({ order, descending }),
      chosen: () => this.#drawChosen(),
      copy: (ids) => this.actions.copy(ids.join("\n"), t("task_id")),
    });
    this.filter = new TaskFilter(shell, () => this.#known(), () => this.#narrow({}));
    this.counts = new TaskCounts(shell, this.feed, () => this.redraw());
    this.actions = new TaskActions(shell, () => ({ search: this.filter.words, states: this.filter.states }), (id) => this.open(id));
    this.detail = new TaskDetail(shell, { close: () => this.close(), open: (id) => this.open(id), copy: this.actions.copy, act: this.actions.act, why: this.actions.why, menu: this.actions.menuOf });
    this.figures = new TaskFigures(shell, (words) => this.#lookFor(words), (span) => this.#address({ span }));
    this.#build(root);
    this.query(shell.query);
  }

  #build(root) {
    this.chosen = el("div", { class: "chosen-bar", role: "group", "aria-label": t("task_chosen"), hidden: true });
    this.pill = el("button", { type: "button", class: "task-pill", hidden: true, onclick: () => this.#follow(true) });
    this.empty = el("div", { class: "empty-state", hidden: true });
    this.card = el("section", { class: "panel task-card", "aria-label": t("tasks") }, this.pill, this.table.node, this.empty);
    this.list = el("div", { class: "task-list" }, this.card, this.detail.node);
    this.silent = new SilentWorkers(this.shell);
    root.append(this.silent.node, this.filter.node, this.chosen, this.list, this.figures.node);
    this.news = el("span", { class: "sr", role: "status" });
    root.append(this.news);
    this.hold = el("button", { type: "button", id: "task-hold", onclick: () => this.#follow(!this.feed.following) });
    this.mode = el("button", { type: "button", id: "task-mode", onclick: () => this.#show({ view: this.view ? "" : "figures" }) });
    this.more = el("span");
    this.shell.buttons.append(this.hold, this.mode, this.more);
    document.addEventListener("keydown", (event) => this.#key(event), { signal: this.shell.signal });
  }

  // --- the address --------------------------------------------------------------------------------

  /** Show what the address says. */
  query(query) {
    this.asked = query;
    this.view = query.view === "figures" ? "figures" : "";
    this.order = COLUMNS.some((one) => one.order === query.order) ? query.order : "received";
    this.descending = query.descending !== "0";
    this.filter.show(query.search || "", query.state || "");
    this.feed.show({ search: this.filter.words, states: this.filter.states, order: this.order, descending: this.descending });
    this.counts.look();
    this.figures.show(this.view, query.span || "");
    if (query.task && !this.view) {
      this.table.opened = this.table.current = query.task;
      this.detail.show(query.task, this.feed.row(this.feed.rowOf(query.task)));
    } else {
      this.table.opened = "";
      this.detail.hide();
    }
    this.redraw();
  }

  #address(changed, options) {
    const { order, descending } = this;
    const usual = order === "received" && descending;
    const query = { search: this.filter.words, state: this.filter.state, order: usual ? "" : order, descending: descending ? "" : "0", task: this.asked.task || "", view: this.view, span: this.asked.span || "", ...changed };
    this.asked = query;
    this.shell.setQuery(query, options);
    return query;
  }

  /** Another place of this page, that the back button comes back from. */
  #show(changed) {
    this.query(this.#address(changed, { replace: false }));
  }

  #narrow({ order = this.order, descending = this.descending }) {
    this.order = order;
    this.descending = descending;
    this.table.toTop();
    this.query(this.#address({}));
  }

  #lookFor(words) {
    this.filter.show(words, "");
    this.#show({ search: words, state: "", view: "", task: "" });
  }

  // --- what is told -------------------------------------------------------------------------------

  draw(status, now) {
    this.status = status;
    this.silent.draw(status.telemetry.silent);
    this.rate.take(status, now);
    this.feed.notice(status.stack.history_mark);
    this.detail.notice(status.stack.history_mark);
    if (!this.feed.loaded || this.view) return this.#drawHead();
    this.redraw();
  }

  redraw() {
    this.#drawHead();
    this.list.hidden = this.filter.node.hidden = Boolean(this.view);
    if (this.view) return;
    const task = this.detail.id && this.feed.row(this.feed.rowOf(this.detail.id));
    if (task && this.detail.task && task.state !== this.detail.task.state) this.detail.show(task.id, task);
    this.filter.box.showWrong(this.feed.problem);
    this.filter.showCounts(this.counts.byState);
    const empty = this.feed.loaded && !this.feed.count && !this.feed.problem;
    this.table.node.hidden = empty;
    this.empty.hidden = !empty;
    if (empty) this.#drawEmpty();
    else this.table.draw(Date.now() / 1000);
    const news = this.feed.news.size;
    const words = !news || this.feed.following ? "" : this.feed.moreNews ? t("task_more_news", { n: number(news) }) : t("task_news", { n: news });
    say(this.pill, words);
    this.pill.hidden = !words;
  }

  #drawHead() {
    const { following } = this.feed;
    const figures = Boolean(this.view);
    redraw(this.hold, String(following), () => (following ? [icon("i-pause"), t("task_hold")] : [icon("i-up"), t("task_follow")]));
    this.hold.hidden = figures;
    redraw(this.mode, this.view, () => (figures ? [icon("i-list"), t("task_table")] : [icon("i-chart"), t("task_figures")]));
    const chosen = this.actions.selection();
    redraw(this.more, JSON.stringify(chosen), () => [menu(t("task_page_more"), [...this.actions.menuOfPage(() => this.#chooseColumns()), ...exports(chosen)])]);
    const [glyph, tone, words] = this.#sentence();
    redraw(this.shell.summary, glyph + words, () => [icon(glyph, tone), words]);
  }

  #sentence() {
    if (!live.fresh && live.status) return ["g-warn", "warn", t("not_connected")];
    if (!this.feed.loaded) return ["g-wait", "off", t("task_looking")];
    const parts = [t("task_n_kept", { n: this.feed.kept })];
    if (this.rate.perMinute !== null) parts.unshift(t("task_per_minute", { n: number(this.rate.perMinute) }));
    if (this.filter.narrows && this.counts.total !== null) parts.push(t("task_n_match", { n: this.counts.total }));
    return this.feed.following ? ["g-busy", "run", [t("task_live"), ...parts].join(" · ")] : ["g-stop", "off", [t("task_held"), ...parts].join(" · ")];
  }

  #drawEmpty() {
    const words = this.filter.words.trim();
    const why = words ? t("task_nothing_matches", { words: oneLine(words, 200) }) : this.filter.narrows ? t("task_none_in_state") : t("task_no_tasks");
    const clear = this.filter.narrows;
    const run = !clear && !this.shell.settings.read_only;
    redraw(this.empty, why, () => [el("p", {}, why), clear ? el("button", { type: "button", onclick: () => this.#lookFor("") }, t("task_clear")) : run ? el("button", { type: "button", onclick: this.actions.run }, t("task_run")) : ""]);
  }

  #drawChosen() {
    const chosen = [...this.table.chosen.values()];
    this.chosen.hidden = !chosen.length;
    const button = (key, action, danger = false) => el("button", { type: "button", class: danger ? "danger" : null, onclick: action }, t(key));
    redraw(this.chosen, chosen.map((task) => task.id).join(), () => [
      el("span", { role: "status" }, t("task_n_chosen", { n: chosen.length })),
      ...(this.shell.settings.read_only ? [] : [
        button("task_again", () => this.actions.act("retry", chosen)),
        button("task_revoke", () => this.actions.act("revoke", chosen), true),
        button("task_terminate", () => this.actions.act("terminate", chosen), true),
      ]),
      button("task_copy_ids", () => this.actions.copy(chosen.map((task) => task.id).join("\n"), t("task_id"))),
      chosen.length === 2 ? button("task_compare_these", () => this.actions.compare(...chosen)) : "",
      button("task_clear_choice", () => this.table.clear()),
      chosen.length <= EXPORTED_BY_ID ? menu(t("task_export"), exports({ ids: chosen.map((task) => task.id) })) : "",
    ]);
  }

  // --- follow, details, columns -------------------------------------------------------------------

  #follow(follow) {
    this.feed.follow(follow);
    if (follow) this.table.toTop();
    say(this.news, t(follow ? "task_live" : "task_held"));
    this.redraw();
  }

  open(id, task) {
    const anew = this.table.opened !== id;
    const push = !this.table.opened;
    this.table.opened = this.table.current = id;
    if (this.view) return this.#show({ view: "", task: id });
    if (anew) this.#address({ task: id }, { replace: !push });
    this.detail.show(id, task || this.feed.row(this.feed.rowOf(id)));
    this.table.draw(Date.now() / 1000);
  }

  close() {
    this.table.opened = "";
    this.detail.hide();
    this.#address({ task: "" });
    this.table.draw(Date.now() / 1000);
    this.table.node.focus({ preventScroll: true });
  }

  async #chooseColumns() {
    const now = new Set(chosenColumns());
    const boxes = COLUMNS.map((one) => el("input", { type: "checkbox", value: one.key, checked: now.has(one.key), disabled: ALWAYS.has(one.key) }));
    const body = [el("div", { class: "column-choice" }, ...COLUMNS.map((one, at) => el("label", {}, boxes[at], t(one.word))))];
    if (!(await ask({ title: t("task_columns"), text: t("task_columns_text"), yes: t("task_columns_do"), danger: false, body }))) return;
    chooseColumns(boxes.filter((box) => box.checked).map((box) => box.value));
    this.table.draw(Date.now() / 1000);
  }

  #known() {
    const seen = this.feed.pages.flatMap((page) => page.tasks || []);
    const { active = [], workers = [], queues = [] } = this.status || {};
    const sorted = (words) => [...new Set(words)].filter(Boolean).sort();
    return {
      names: sorted([...seen, ...active].map((task) => task.name)),
      workers: sorted([...workers.map((one) => one.node), ...seen.map((task) => task.worker)]),
      queues: queues.map((queue) => queue.name),
      states: ["pending", "received", ...Object.values(STATES).flat().map((state) => state.toLowerCase()), "revoked", "rejected"],
    };
  }

  #key(event) {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || document.getElementById("dialog").open) return;
    event.preventDefault();
    if (this.view) this.#show({ view: "" });
    this.filter.box.field.focus();
    this.filter.box.field.select();
  }
}

const EXPORTED_BY_ID = 100; // an address has an end
