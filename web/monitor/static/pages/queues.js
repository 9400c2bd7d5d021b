// Queues: what waits where, how it moves, who takes it; and what is in one.

import { get } from "../api.js";
import { el, icon, redraw, say } from "../dom.js";
import { duration, number, t } from "../format.js";
import { fill, rowTable } from "../row_table.js";
import { drawSeries } from "../sparkline.js";
import { queueDetail } from "./queue_detail.js";
import { consumersOf, isAlone, oldestOf, paceOf } from "./queue_words.js";
import { askWhy } from "./task_why.js";
import { canvas } from "./trends.js";

const LOOK_EVERY_S = 2;

export const queues = {
  path: "queues",
  word: "queues",
  icon: "i-layers",
  open(root, shell) {
    let all = null;
    let shown = { queue: "", from: 0, ...asked(shell.query) };
    const choose = (name) => {
      shown = { queue: name, from: 0 };
      shell.setQuery({ queue: name }, { replace: false });
      show();
      look();
      detail.reveal();
    };
    const own = rowTable({ label: t("queues"), columns: columns(), key: (one) => one.name, choose });
    const others = rowTable({ label: t("queue_others"), columns: columns(), key: (one) => one.name, choose });
    const detail = queueDetail(shell, {
      close() {
        const before = shown.queue;
        shown = { queue: "", from: 0 };
        shell.setQuery({}, { replace: false });
        show();
        own.focus(before);
        others.focus(before);
      },
      page(from) {
        shown = { ...shown, from };
        shell.setQuery({ queue: shown.queue, from: from || "" });
        look();
      },
      changed: () => look(),
    });
    shell.buttons.append(el("button", { type: "button", onclick: () => askWhy(shell, "") }, icon("g-wait"), t("task_why")));
    const empty = el("p", { class: "empty", role: "status" }, t("queue_looking"));
    const ownPanel = el("section", { class: "panel", "aria-label": t("queues") }, empty, own.node);
    const othersPanel = el("section", { class: "panel", "aria-label": t("queue_others") }, el("p", { class: "sub" }, t("queue_others")), others.node);
    root.append(el("div", { class: "split" }, el("div", { class: "split-main" }, ownPanel, othersPanel), detail.node));
    root.addEventListener("keydown", (event) => event.key === "Escape" && shown.queue && detail.close(), { signal: shell.signal });

    const show = () => {
      const now = Date.now() / 1000;
      const mine = (all || []).filter((one) => one.this_app);
      const foreign = (all || []).filter((one) => !one.this_app);
      const most = Math.max(1, ...(all || []).map((one) => one.depth));
      for (const one of all || []) one.most = most;
      own.draw(mine, now, shown.queue);
      others.draw(foreign, now, shown.queue);
      own.node.hidden = !mine.length;
      othersPanel.hidden = !foreign.length;
      empty.hidden = mine.length > 0;
      say(empty, t(all ? "queue_none" : "queue_looking"));
      drawSummary(shell.summary, all && mine);
      const queue = (all || []).find((one) => one.name === shown.queue);
      detail.draw(queue, mine.filter((one) => one !== queue), now);
    };
    const look = shell.every(LOOK_EVERY_S, async (signal) => {
      const { queue, from } = shown;
      const asking = [get("queues", {}, signal)];
      // Why it can't be looked into is told once; the figures are shown in any case.
      if (queue) asking.push(detail.look(queue, from, signal));
      [{ queues: all }] = await Promise.all(asking);
      show();
    });
    return {
      draw: show,
      query(query) {
        shown = { queue: "", from: 0, ...asked(query) };
        show();
        look();
      },
    };
  },
};

function asked(query) {
  return { queue: query.queue || "", from: Math.max(0, Number.parseInt(query.from, 10) || 0) };
}

function columns() {
  return [
    { word: t("queue"), kind: "name", fill: (cell, one) => say(cell, one.name) },
    { word: t("waiting"), kind: "depth", fill: fillDepth },
    { word: t("queue_trend"), kind: "roomy", fill: fillTrend },
    { word: t("queue_pace"), kind: "num", fill: (cell, one) => say(cell, paceOf(one) || "–") },
    { word: t("queue_empty_in"), kind: "num roomy", fill: (cell, one) => say(cell, one.drained_in_s ? duration(one.drained_in_s) : "–") },
    { word: t("queue_delivered"), kind: "num", fill: (cell, one) => say(cell, number(one.unacked)) },
    { word: t("queue_oldest"), kind: "num roomy", fill: (cell, one, now) => say(cell, oldestOf(one, now) || "–") },
    { word: t("queue_consumers"), kind: "consumers", fill: fillConsumers },
  ];
}

/** Depths as bars on one scale, with the number. */
function fillDepth(cell, one) {
  if (!cell.firstElementChild) cell.append(el("div", { class: "depth-bar" }, el("div", { class: "bar", "aria-hidden": "true" }, el("i")), el("span", { class: "num" })));
  const [bar, count] = cell.firstElementChild.children;
  bar.firstElementChild.style.width = `${(one.depth / one.most) * 100}%`;
  bar.firstElementChild.className = isAlone(one) ? "warn" : "";
  say(count, number(one.depth));
}

function fillTrend(cell, one) {
  if (!cell.firstElementChild) cell.append(canvas(t("queue_trend")));
  drawSeries(cell.firstElementChild, one.trend.last_10_min);
}

function fillConsumers(cell, one) {
  const words = consumersOf(one);
  fill(cell, [isAlone(one), words, one.did_you_mean].join("\n"), () => {
    if (!isAlone(one)) return [el("span", { class: "cut", title: words }, words)];
    const near = one.did_you_mean ? el("span", { class: "sub" }, t("queue_did_you_mean", { near: one.did_you_mean })) : null;
    return [el("span", { class: "two" }, el("span", { class: "state warn chip" }, icon("g-warn", "warn"), words), near || "")];
  });
}

function drawSummary(parent, mine) {
  const alone = (mine || []).filter(isAlone).length;
  const waiting = (mine || []).reduce((sum, one) => sum + one.depth, 0);
  let told = ["", "", ""];
  if (alone) told = ["g-warn", "warn", t("queue_alone_count", { n: alone })];
  else if (mine?.length && waiting) told = ["g-wait", "off", t("queue_tasks_wait", { n: number(waiting) })];
  else if (mine?.length) told = ["g-ok", "ok", t("queue_nothing_waits")];
  const [glyph, tone, words] = told;
  redraw(parent, told.join(), () => (words ? [icon(glyph, tone), words] : []));
}
