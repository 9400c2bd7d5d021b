// How much goes through, how long it takes, what fails, over minutes to days.

import { get } from "../api.js";
import { el, redraw, say } from "../dom.js";
import { number, t } from "../format.js";
import { Chart } from "./chart.js";
import { clock, DASH, oneLine, quoted, span as spoken } from "./task_phrases.js";

const SPANS = { "15m": [900, "figure_15m"], "1h": [3600, "figure_1h"], "6h": [21_600, "figure_6h"], "1d": [86_400, "figure_1d"], "7d": [604_800, "figure_7d"] };
const USUAL = "15m";
const POINTS = 60;
const REST_S = 3;
const PLACE = /^[\w.-]+:\d+$/; // the query language reads a place such as fetch.py:88

// [word, words of a row, what it is sorted by]; the first column begins as text.
const NAMES = [
  ["task", (one) => oneLine(one.name, 200), (one) => one.name],
  ["figure_runs", (one) => number(one.count), (one) => one.count],
  ["figure_per_minute", (one) => rate(one.per_minute), (one) => one.per_minute],
  ["task_failed", (one) => (one.failed ? percent(one.failed, one.succeeded + one.failed) : DASH), (one) => one.failed_share],
  ["figure_retried", (one) => (one.retried ? number(one.retried) : DASH), (one) => one.retried],
  ["figure_median", (one) => time(one.runtime_p50_s), (one) => one.runtime_p50_s ?? -1],
  ["figure_95", (one) => time(one.runtime_p95_s), (one) => one.runtime_p95_s ?? -1],
  ["figure_99", (one) => time(one.runtime_p99_s), (one) => one.runtime_p99_s ?? -1],
  ["figure_wait", (one) => time(one.wait_p95_s), (one) => one.wait_p95_s ?? -1],
];
const FAILURES = [
  ["figure_failure", failureWords, (one) => one.count],
  ["figure_of", (one) => one.names.map((name) => oneLine(name, 200)).join(", "), (one) => one.names.join()],
  ["figure_first", (one) => clock(one.first_at), (one) => one.first_at],
  ["figure_last", (one) => clock(one.last_at), (one) => one.last_at],
  ["figure_succeeded_since", (one) => (one.succeeded_since ? number(one.succeeded_since) : DASH), (one) => one.succeeded_since],
];

/** Asks while it is seen; `lookFor(words)` is told of a row that was chosen. */
export class TaskFigures {
  constructor(shell, lookFor, spanChosen) {
    this.shown = "";
    this.span = USUAL;
    this.segments = Object.entries(SPANS).map(([key, [, word]]) => el("button", { type: "button", "data-span": key, onclick: () => { this.show(this.shown, key); spanChosen(key === USUAL ? "" : key); } }, t(word)));
    this.sentence = el("p", { class: "sub", role: "status" });
    this.throughput = new Chart(t("figure_throughput"), perMinute);
    this.failures = new Chart(t("figure_failures"), perMinute);
    this.runtime = new Chart(t("task_runtime"), spoken);
    this.wait = new Chart(t("figure_wait"), spoken);
    this.queued = new Chart(t("figure_queued"), (value) => number(Math.round(value)));
    this.throughput.node.classList.add("broad");
    this.names = new FiguresTable(t("figure_by_name"), NAMES, 1, (one) => lookFor(`name:${quoted(one.name)}`));
    this.groups = new FiguresTable(t("figure_by_place"), FAILURES, 0, (one) => lookFor(failureQuery(one)));
    const charts = [this.throughput, this.failures, this.runtime, this.wait, this.queued].map((chart) => chart.node);
    this.node = el("div", { class: "figures-view", hidden: true },
      el("div", { class: "figures-head" }, this.sentence, el("div", { class: "segments", role: "group", "aria-label": t("figure_span") }, ...this.segments)),
      el("div", { class: "charts" }, ...charts), this.names.node, this.groups.node);
    this.look = shell.every(REST_S, (signal) => this.#look(signal));
  }

  show(shown, span) {
    const key = span in SPANS ? span : USUAL;
    const anew = (shown && !this.shown) || key !== this.span;
    this.shown = shown;
    this.span = key;
    this.node.hidden = !shown;
    for (const one of this.segments) one.setAttribute("aria-pressed", String(one.dataset.span === key));
    if (anew && shown) {
      this.restUntil = 0;
      this.look();
    }
  }

  async #look(signal) {
    if (!this.shown || Date.now() < (this.restUntil || 0)) return;
    const begun = Date.now();
    const report = await get("figures", { since: this.span, points: POINTS }, signal);
    // A point of the chart moves on no sooner than its part of the span is over.
    this.restUntil = Date.now() + Math.max(10 * (Date.now() - begun), Math.min((SPANS[this.span][0] / POINTS / 3) * 1000, 60_000));
    this.#draw(report);
  }

  #draw({ names, failures, points }) {
    const instants = points.map((point) => point.at);
    const line = (name, tone, key) => ({ name: t(name), tone, values: points.map((point) => point[key]) });
    this.throughput.show(instants, [line("figure_finished", "run", "finished_per_minute")]);
    this.failures.show(instants, [line("figure_failed", "bad", "failed_per_minute")]);
    this.runtime.show(instants, [line("figure_median_word", "run", "runtime_p50_s"), line("figure_95", "rev", "runtime_p95_s")]);
    this.wait.show(instants, [line("figure_wait_word", "warn", "wait_p95_s")]);
    this.queued.show(instants, [line("figure_messages", "off", "depth")]);
    this.names.show(names);
    this.groups.show(failures);
    const done = names.reduce((sum, one) => sum + one.succeeded + one.failed, 0);
    const failed = names.reduce((sum, one) => sum + one.failed, 0);
    const share = (100 * failed) / done;
    say(this.sentence, done ? `${t("figure_ended", { n: done })} · ${t("figure_of_them_failed", { count: number(failed), share: share < 10 ? share.toFixed(1) : share.toFixed(0) })}` : t("figure_none_ended"));
  }
}

/** A table whose rows look for their tasks, and whose headings sort. */
class FiguresTable {
  constructor(title, columns, sorted, choose) {
    this.columns = columns;
    this.sorted = sorted;
    this.descending = true;
    this.choose = choose;
    this.rows = [];
    this.table = el("table");
    this.node = el("section", { class: "panel", "aria-label": title }, el("h2", {}, title), el("div", { class: "scroll" }, this.table));
  }

  show(rows) {
    this.rows = rows;
    this.node.hidden = !rows.length;
    const [, , key] = this.columns[this.sorted];
    const sign = this.descending ? -1 : 1;
    const ordered = [...rows].sort((one, other) => sign * (key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : 0));
    redraw(this.table, JSON.stringify([ordered, this.sorted, this.descending]), () => [el("thead", {}, el("tr", {}, ...this.columns.map(([word], at) => this.#heading(word, at)))), el("tbody", {}, ...ordered.map((one) => this.#row(one)))]);
  }

  #heading(word, at) {
    const mine = at === this.sorted;
    const sort = () => {
      this.descending = mine ? !this.descending : at > 0;
      this.sorted = at;
      this.show(this.rows);
    };
    return el("th", { scope: "col", class: at && word !== "figure_of" ? "num" : null, "aria-sort": mine ? (this.descending ? "descending" : "ascending") : null }, el("button", { type: "button", class: "sort", onclick: sort }, t(word), mine ? (this.descending ? " ↓" : " ↑") : ""));
  }

  #row(one) {
    const cells = this.columns.map(([word, words], at) => {
      const said = words(one);
      if (!at) return el("td", {}, el("button", { type: "button", class: "link", title: said, onclick: () => this.choose(one) }, said));
      return el("td", { class: `${word === "figure_of" ? "cut" : "num"} ${word === "task_failed" && one.failed ? "loud" : ""}`, title: word === "figure_of" ? said : null }, said);
    });
    return el("tr", {}, ...cells);
  }
}

/** "312 × TimeoutError in fetch.py:88". */
function failureWords(group) {
  const values = { n: number(group.count), exception: oneLine(group.exception, 200), place: oneLine(group.place, 200) };
  return group.place ? t("figure_failed_in", values) : t("figure_failed_so", values);
}

function failureQuery(group) {
  const place = PLACE.test(group.place) ? ` error:${group.place}` : "";
  const name = group.names.length === 1 ? ` name:${quoted(group.names[0])}` : "";
  return `state:failure error:${quoted(group.exception)}${place}${name}`;
}

function rate(value) {
  return value >= 10 ? number(Math.round(value)) : value.toFixed(1);
}

function perMinute(value) {
  return t("task_per_minute", { n: rate(value) });
}

function percent(part, whole) {
  return whole ? `${((100 * part) / whole).toFixed(1)} %` : DASH;
}

function time(seconds) {
  return seconds === null ? DASH : spoken(seconds);
}
