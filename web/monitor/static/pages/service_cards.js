// The cards of services, with what can be done to each.

import { send } from "../api.js";
import { confirmed } from "../dialog.js";
import { el, icon, keyed, redraw, say } from "../dom.js";
import { duration, percent, size, t } from "../format.js";
import { menu as menuButton } from "../menu.js";
import { serviceState } from "../states.js";
import { canvas, draw, forget, note } from "./trends.js";

const UP = new Set(["running", "starting", "stopping"]);
const NAMED = new Set(["redis", "monitor", "web", "beat", "flower"]);
const ASK_FIRST = new Set(["redis", "monitor"]);

/** What a person calls a service. */
export function title(service) {
  return NAMED.has(service.kind) ? t(service.kind) : service.name;
}

export function drawServices(parent, services, shell, now) {
  for (const one of services) if (UP.has(one.state)) note(one.name, one.cpu_percent, now);
  forget(new Set(services.map((one) => one.name)));
  keyed(parent, services, (one) => one.name, makeCard, (card, one) => updateCard(card, one, shell, now));
}

function makeCard() {
  const card = el("article", { class: "card" });
  card.parts = {
    name: el("h3"),
    state: el("span", { role: "status" }),
    address: el("div", { class: "address" }),
    middle: el("div"),
    foot: el("div", { class: "foot-row" }),
    menu: el("span"),
  };
  const { name, state, address, middle, foot, menu } = card.parts;
  card.append(el("div", { class: "card-top" }, name, state, menu), address, middle, foot);
  return card;
}

function updateCard(card, service, shell, now) {
  const { name, state, address, middle, foot, menu } = card.parts;
  const named = title(service);
  say(name, named);
  redraw(state, service.state, () => [serviceState(service.state)]);
  redraw(address, [service.url, service.detail, service.note, service.state, service.restarts].join("\n"), () => [addressOf(service)]);
  const error = service.error;
  const kind = error ? "error" : UP.has(service.state) ? "trend" : service.state;
  redraw(middle, error ? JSON.stringify(error) : kind + named, () => middleOf(service, kind));
  if (kind === "trend") draw(middle.firstElementChild, service.name, now);
  const actions = shell.settings.read_only ? [] : actionsOf(service);
  const offer = [service.state, named, ...actions.map((one) => one.verb)].join();
  const starts = actions.length === 1 && actions[0].verb === "start";
  redraw(menu, offer, () => (actions.length && !starts ? [menuOf(service, actions, named, shell)] : []));
  redraw(foot, offer, () => (starts ? [startButton(service, named, shell)] : figuresOf(service)));
  const figures = foot.querySelector(".figures");
  if (figures) updateFigures(figures, service, now);
}

/** Whether it has a page of its own to open; this one is open already. */
export function opens(service) {
  return /^https?:\/\//.test(service.url) && service.state === "running" && service.kind !== "monitor";
}

function addressOf(service) {
  if (service.note) return service.note;
  if (service.state === "stopped") return t("not_started");
  const restarts = service.restarts ? ` · ${t("restarts", { n: service.restarts })}` : "";
  const shown = service.url.replace(/^https?:\/\//, "").replace(/\/$/, "");
  const words = service.detail || shown || service.node;
  if (opens(service)) {
    return el("span", {}, el("a", { href: service.url, target: "_blank", rel: "noopener noreferrer" }, words), restarts);
  }
  return words + restarts;
}

function middleOf(service, kind) {
  if (kind === "error") {
    const { title: head, message, next_step: next, log } = service.error;
    return [
      el(
        "div",
        { class: "error" },
        el("b", {}, head),
        [message, next].filter(Boolean).join(" "),
        log.length ? el("details", {}, el("summary", {}, t("show_log")), el("pre", { class: "mono" }, log.join("\n"))) : null,
      ),
    ];
  }
  if (kind === "trend") return [canvas(`${title(service)}: ${t("cpu_trend")}`)];
  if (kind === "external") return [el("p", { class: "note" }, t("external_why"))];
  return [];
}

export function actionsOf(service) {
  const open = opens(service);
  const verbs = {
    stopped: ["start"],
    failed: ["start"],
    backoff: ["restart", "stop"],
    running: ["restart", "stop"],
    starting: ["stop"],
  }[service.state];
  const found = (verbs || []).map((verb) => ({ verb }));
  return open ? [{ verb: "open", href: service.url }, ...found] : found;
}

/** Have it done, after a question where more than itself depends on it. */
export async function act(service, verb, button, shell) {
  if (verb === "stop" && ASK_FIRST.has(service.kind) && !(await confirmed(`stop_${service.kind}`))) return;
  button.disabled = true;
  await send(`services/${encodeURIComponent(service.name)}/${verb}`).catch(shell.tellError);
  button.disabled = false;
}

function startButton(service, named, shell) {
  const attributes = { type: "button", "aria-label": `${t("start")}: ${named}` };
  return el("button", { ...attributes, onclick: ({ currentTarget }) => act(service, "start", currentTarget, shell) }, icon("i-play"), t("start"));
}

function figuresOf(service) {
  if (!UP.has(service.state)) return [];
  const figures = el("span", { class: "figures" }, el("span"), " ", el("b"), " \u00a0", el("span"), " ", el("b"));
  return [figures, el("span", { class: "right" })];
}

function updateFigures(figures, service, now) {
  const [cpu, cpuValue, memory, memoryValue] = figures.children;
  say(cpu, t("cpu"));
  say(cpuValue, service.cpu_percent === null ? "–" : percent(service.cpu_percent));
  say(memory, t("memory"));
  say(memoryValue, service.rss_bytes === null ? "–" : size(service.rss_bytes));
  say(figures.nextElementSibling, service.started_at === null ? "" : duration(now - service.started_at));
}

export const ICONS = { open: "i-open", start: "i-play", restart: "i-restart", stop: "i-stop" };

function menuOf(service, actions, named, shell) {
  const items = actions.map(({ verb, href }) => ({ icon: ICONS[verb], word: t(verb), href, choose: (button) => act(service, verb, button, shell) }));
  return menuButton(t("more", { name: named }), items);
}
