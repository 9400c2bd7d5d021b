// All services in a table, the details of the one that is chosen, and its log.

import { el, redraw, say } from "../dom.js";
import { duration, number, percent, size, t } from "../format.js";
import { rowTable, fill } from "../row_table.js";
import { serviceState } from "../states.js";
import { drawSummary } from "./overview.js";
import { logPanel } from "./log_panel.js";
import { opens, title } from "./service_cards.js";
import { serviceDetail } from "./service_detail.js";
import { canvas, draw as drawTrend, note } from "./trends.js";

const MEASURED = new Set(["running", "starting", "stopping"]);

export const services = {
  path: "services",
  word: "services",
  icon: "i-chip",
  open(root, shell) {
    let chosen = shell.query.service || "";
    let status = null;
    const choose = (name, { replace = false } = {}) => {
      chosen = name;
      shell.setQuery({ ...log.query(), service: name }, { replace });
      show();
      log.follow(name);
    };
    const table = rowTable({ label: t("services"), columns: columns(), key: (one) => one.name, choose });
    const detail = serviceDetail(shell);
    const log = logPanel(shell, { choose, changed: (query) => shell.setQuery({ ...query, service: chosen }) });
    const empty = el("p", { class: "empty" }, t("service_none"));
    root.append(el("section", { class: "panel", "aria-label": t("services") }, empty, table.node), detail.node, log.node);

    const show = (now = Date.now() / 1000) => {
      if (!status) return;
      for (const one of status.services) if (MEASURED.has(one.state)) note(one.name, one.cpu_percent, now);
      table.draw(status.services, now, chosen);
      empty.hidden = status.services.length > 0;
      table.node.hidden = !status.services.length;
      drawSummary(shell.summary, status);
      detail.draw(status.services.find((one) => one.name === chosen), status, now);
      log.offer(status.services);
    };
    return {
      draw(newStatus, now) {
        status = newStatus;
        if (!chosen && status.services.length) choose(mostUrgent(status.services), { replace: true });
        else if (!log.shown) log.follow(chosen);
        show(now);
      },
      query(query) {
        chosen = query.service || chosen;
        show();
        log.follow(chosen, query);
      },
    };
  },
};

/** One that failed, else the first. */
function mostUrgent(all) {
  return (all.find((one) => one.state === "failed") || all[0]).name;
}

function columns() {
  return [
    { word: t("service"), kind: "name", fill: (cell, one) => say(cell, title(one)) },
    { word: t("state"), fill: (cell, one) => fill(cell, one.state, () => [serviceState(one.state)]) },
    { word: t("service_address"), kind: "roomy", fill: fillAddress },
    { word: t("service_process"), kind: "num", fill: (cell, one) => say(cell, one.pid === null ? "–" : String(one.pid)) },
    { word: t("service_restarts"), kind: "num roomy", fill: (cell, one) => say(cell, number(one.restarts)) },
    { word: t("cpu"), kind: "cpu", fill: fillCpu },
    { word: t("memory"), kind: "num", fill: (cell, one) => say(cell, one.rss_bytes === null ? "–" : size(one.rss_bytes)) },
    { word: t("service_uptime"), kind: "num", fill: (cell, one, now) => say(cell, one.started_at === null || !MEASURED.has(one.state) ? "–" : duration(now - one.started_at)) },
  ];
}

function fillAddress(cell, one) {
  const words = one.note || one.detail || one.url.replace(/^https?:\/\//, "").replace(/\/$/, "") || one.node;
  const link = opens(one) && !one.note;
  fill(cell, `${link} ${words}`, () => [link ? el("a", { href: one.url, target: "_blank", rel: "noopener noreferrer" }, words) : el("span", { class: "cut", title: words }, words)]);
}

function fillCpu(cell, one, now) {
  const measured = MEASURED.has(one.state) && one.cpu_percent !== null;
  redraw(cell, measured, () => (measured ? [el("span", { class: "cpu-trend" }, canvas(`${title(one)}: ${t("cpu_trend")}`), el("span", { class: "num" }))] : ["–"]));
  if (!measured) return;
  const [trend, value] = cell.firstElementChild.children;
  drawTrend(trend, one.name, now);
  say(value, percent(one.cpu_percent));
}
