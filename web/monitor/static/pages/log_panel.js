// The log of one service: its last lines, those that come, and those before; searched.

import { get } from "../api.js";
import { el, redraw, say } from "../dom.js";
import { number, t } from "../format.js";
import { logView } from "./log_view.js";
import { title } from "./service_cards.js";

const LOOK_EVERY_S = 1.5;
const TYPING_MS = 250;
const FIRST_LINES = 400;
const NEWS_LINES = 1000;
const ENGINE = "*engine";
const LEVELS = ["", "info", "warning", "error"];

/** `on` are { choose(service), changed(query) }. */
export function logPanel(shell, on) {
  let service = "";
  let end = null; // Place behind the last line; null: nothing is shown yet.
  let start = 0;
  let typing = 0;
  const parts = makeParts();
  const view = logView({ older: () => showOlder(), following: () => drawCount() });
  const node = el("section", { class: "panel log-panel", "aria-label": t("log") }, parts.bar, parts.wrong, view.node);
  const fields = () => ({ grep: parts.filter.value, regex: parts.regex.checked ? "1" : "", level: parts.level.value });
  const path = () => `services/${encodeURIComponent(service)}/log`;

  const anew = () => {
    end = null;
    look();
  };
  const take = (part, place) => {
    if (place === "older") view.prepend(part.lines, part.more);
    else if (place === "news") view.append(part.lines, part.cut);
    else view.replace(part.lines, part.more, emptiness(parts));
    if (place !== "news") start = part.start;
    if (place !== "older") end = part.end;
    drawCount();
  };
  const drawCount = () => say(parts.count, [t(view.following ? "log_live" : "log_held"), t("log_count", { n: view.count, count: number(view.count) })].join(" · "));
  const ask = async (query, signal) => {
    try {
      const part = await get(path(), { ...fields(), ...query }, signal);
      wrong("");
      return part;
    } catch (error) {
      if (error.status !== 422) throw error;
      wrong(error.message);
      return null;
    }
  };
  const wrong = (words) => {
    say(parts.wrong, words);
    parts.filter.setAttribute("aria-invalid", String(Boolean(words)));
  };
  const look = shell.every(LOOK_EVERY_S, async (signal) => {
    if (!service || view.full) return;
    const first = end === null;
    const part = await ask(first ? { lines: FIRST_LINES } : { after: String(end), lines: NEWS_LINES }, signal);
    if (part && !signal.aborted) take(part, first ? "first" : "news");
  });
  const showOlder = async () => {
    const part = await ask({ before: String(start), lines: FIRST_LINES }, shell.signal).catch(shell.tellError);
    if (part) take(part, "older");
  };
  const changed = () => {
    on.changed(fields());
    anew();
  };
  const listen = (input, kind, act) => input.addEventListener(kind, act);
  listen(parts.filter, "input", () => {
    clearTimeout(typing);
    typing = setTimeout(changed, TYPING_MS);
  });
  listen(parts.filter, "keydown", (event) => {
    if (event.key !== "Escape" || !parts.filter.value) return;
    parts.filter.value = "";
    changed();
  });
  for (const input of [parts.regex, parts.level]) listen(input, "change", changed);
  listen(parts.wrap, "change", () => view.wrap(parts.wrap.checked));
  listen(parts.which, "change", () => on.choose(parts.which.value));
  setFields(parts, shell.query);

  return {
    node,
    get shown() {
      return service;
    },
    query: fields,
    /** Show the log of this service from now on. */
    follow(name, query = null) {
      if (query) setFields(parts, query);
      if (name === service && !query) return;
      service = name;
      parts.which.value = name;
      anew();
    },
    /** The logs that there are. */
    offer(services) {
      const names = [...services.map((one) => [one.name, title(one)]), [ENGINE, t("log_engine")]];
      redraw(parts.which, names.join(), () => names.map(([name, words]) => el("option", { value: name }, words)));
      if (parts.which.value !== service) parts.which.value = service;
    },
  };
}

function emptiness(parts) {
  const filtered = parts.filter.value || parts.level.value;
  const words = parts.filter.value || (parts.level.value && t(`log_level_${parts.level.value}`));
  return filtered ? t("log_no_match", { words }) : t("log_none");
}

function setFields(parts, query) {
  parts.filter.value = query.grep || "";
  parts.regex.checked = query.regex === "1";
  parts.level.value = LEVELS.includes(query.level) ? query.level : "";
}

function makeParts() {
  const parts = {
    which: el("select", { "aria-label": t("log_which") }),
    filter: el("input", { type: "search", placeholder: t("log_filter"), "aria-label": t("log_filter"), "aria-describedby": "log-wrong", autocomplete: "off", spellcheck: "false", maxlength: "1000" }),
    regex: el("input", { type: "checkbox" }),
    level: el("select", { "aria-label": t("log_level") }, ...LEVELS.map((level) => el("option", { value: level }, t(level ? `log_level_${level}` : "log_level_all")))),
    wrap: el("input", { type: "checkbox" }),
    count: el("span", { class: "sub" }),
    wrong: el("p", { class: "wrong", id: "log-wrong", role: "alert" }),
  };
  const { which, filter, regex, level, wrap, count } = parts;
  const checked = (input, word) => el("label", { class: "check" }, input, word);
  parts.bar = el("div", { class: "log-bar" }, el("h2", {}, t("log")), which, filter, level, checked(regex, t("log_regex")), checked(wrap, t("log_wrap")), count);
  return parts;
}
