// The details of one service: its error, where it is, and what can be done.

import { send } from "../api.js";
import { ask } from "../dialog.js";
import { el, icon, keyed, redraw, say } from "../dom.js";
import { duration, number, t } from "../format.js";
import { serviceState } from "../states.js";
import { act, actionsOf, ICONS, title } from "./service_cards.js";

export function serviceDetail(shell) {
  const parts = {
    name: el("h2"),
    state: el("span", { role: "status" }),
    note: el("span", { class: "sub" }),
    buttons: el("div", { class: "buttons" }),
    error: el("div", { class: "error", role: "status" }),
    facts: el("dl", { class: "facts" }),
  };
  const head = el("div", { class: "detail-head" }, parts.name, parts.state, parts.note, parts.buttons);
  const node = el("section", { class: "panel detail service-detail", hidden: true }, head, parts.error, parts.facts);
  return {
    node,
    draw(service, status, now) {
      node.hidden = !service;
      if (!service) return;
      node.setAttribute("aria-label", title(service));
      say(parts.name, title(service));
      redraw(parts.state, service.state, () => [serviceState(service.state)]);
      say(parts.note, service.note || service.detail || "");
      drawButtons(parts.buttons, service, status, shell);
      redraw(parts.error, JSON.stringify(service.error), () => (service.error ? errorOf(service.error) : []));
      keyed(parts.facts, factsOf(service, now), ([caption]) => caption, () => el("div", {}, el("dt"), el("dd")), (row, [caption, words]) => {
        say(row.firstElementChild, caption);
        say(row.lastElementChild, words);
      });
    },
  };
}

function factsOf(service, now) {
  const external = service.state === "external";
  const process = service.pid === null ? "" : [t("pid", { pid: service.pid }), service.processes ? t("service_processes", { n: service.processes }) : ""].filter(Boolean).join(" · ");
  return [
    [t("service_address"), service.url],
    [t("worker"), service.node],
    [t("service_process"), process],
    [t("service_uptime"), service.pid === null || service.started_at === null ? "" : duration(now - service.started_at)],
    [t("service_restarts"), service.restarts ? number(service.restarts) : ""],
    [t("service_log_file"), external ? "" : service.log_path],
    [t("state_external"), external ? t("external_why") : ""],
  ].filter(([, words]) => words);
}

function errorOf(error) {
  return [
    el("b", {}, error.title),
    [error.message, error.next_step].filter(Boolean).join(" "),
    error.log.length ? el("pre", { class: "mono", tabindex: "0", "aria-label": t("show_log") }, error.log.join("\n")) : "",
  ];
}

function drawButtons(parent, service, status, shell) {
  const actions = shell.settings.read_only ? actionsOf(service).filter((one) => one.href) : actionsOf(service);
  const force = service.state === "stopping" && !shell.settings.read_only;
  redraw(parent, [service.name, service.state, service.url, document.documentElement.lang].join(), () => [
    ...actions.map(({ verb, href }) => {
      if (href) return el("a", { class: "button", href, target: "_blank", rel: "noopener noreferrer" }, icon(ICONS.open), t("open"));
      return el("button", { type: "button", onclick: ({ currentTarget }) => act(service, verb, currentTarget, shell) }, icon(ICONS[verb]), t(verb));
    }),
    force ? el("button", { type: "button", class: "danger", onclick: () => askForce(parent.service, parent.status, shell) }, t("service_force")) : "",
  ]);
  parent.service = service;
  parent.status = status;
}

/** End it now, after showing which tasks that ends. */
async function askForce(service, status, shell) {
  const running = status.active.filter((task) => task.state === "STARTED" && service.node && task.worker === service.node);
  const yes = await ask({
    title: running.length ? t("service_force_count", { n: running.length }) : t("service_force_title"),
    text: t(running.length ? "service_force_text" : "service_force_none"),
    yes: t("service_force_do"),
    body: running.length ? [el("ul", { class: "concerned" }, ...running.slice(0, 20).map((task) => el("li", {}, task.name)))] : [],
  });
  if (yes) await send(`services/${encodeURIComponent(service.name)}/stop`, { force: true }).catch(shell.tellError);
}
