// What needs a look, above every page.

import { el, icon, keyed, say } from "./dom.js";
import { clock, t } from "./format.js";
import { severity } from "./states.js";

// Pages that tell of each process themselves, with what speaks for it.
const OF_PROCESSES = new Set(["workers", "cleanup"]);

const dismissed = new Set();
const told = [];
let count = 0;
let redraw = () => {};

export function onChange(draw) {
  redraw = draw;
}

/** Tell what went wrong (or, with `severity` "info", what was done) until it is dismissed. What is
 * told of the same `subject` later takes its place. `offers`: [words, action()] of each button. */
export function tell(title, words = "", severity = "critical", subject = "", offers = []) {
  const before = subject ? told.findIndex((one) => one.subject === subject) : -1;
  if (before >= 0) told.splice(before, 1);
  if (told.some((one) => one.severity === severity && one.title === title && one.words === words)) return;
  const id = `told ${(count += 1)}`;
  const close = () => {
    const at = told.findIndex((one) => one.id === id);
    if (at >= 0) told.splice(at, 1);
  };
  told.unshift({ id, subject, severity, title, words, offers, close });
  redraw();
}

/** Tell an error of api.js; one that only says that the page was left is not told. */
export function tellError(error) {
  if (error.name === "AbortError") return;
  tell(error.message, error.words || "");
}

/** `live` is { connected, status, fresh, seenAt }, `page` the path of the page that is shown. */
export function drawBanners(parent, live, page) {
  const { connected, status, fresh } = live;
  const stale = live.seenAt ? t("stale_since", { time: clock(live.seenAt) }) : "";
  const banners = [...told];
  if (!connected && status) banners.push({ id: "gone", severity: "warning", title: t("no_answer"), words: stale });
  const problem = status?.stack.problem;
  if (connected && problem) {
    const words = [problem.message, problem.next_step, fresh ? "" : stale];
    banners.push({ id: problem.code, severity: fresh ? "critical" : "warning", title: problem.title, words: words.filter(Boolean).join(" ") });
  }
  if (fresh) {
    for (const one of status.findings.filter((each) => !each.pids.length || !OF_PROCESSES.has(page))) {
      const id = `${one.id} ${one.pids.join()}`;
      if (!dismissed.has(id)) banners.push({ id, severity: one.severity, title: one.title, words: [one.detail, one.fix].filter(Boolean).join(" "), close: () => dismissed.add(id) });
    }
  }
  keyed(parent, banners, (one) => one.id, makeBanner, updateBanner);
}

/** An empty one, for `updateBanner`; `buttons` stand at its end. */
export function banner(kind, ...buttons) {
  const [glyph, tone] = severity(kind);
  return el("div", { class: `banner ${tone}` }, icon(glyph, tone), el("div", {}, el("span", { class: "sr" }), el("strong"), el("span", { class: "sub" })), ...buttons);
}

function makeBanner(one) {
  const node = banner(one.severity);
  for (const [word, action] of one.offers || []) {
    node.append(el("button", { type: "button", onclick: () => { one.close(); redraw(); action(); } }, word));
  }
  if (one.close) {
    node.append(el("button", { type: "button", class: "bare", "aria-label": t("dismiss"), onclick: () => { one.close(); redraw(); } }, icon("i-close")));
  }
  return node;
}

/** Its words: `title`, `words`, and which `severity`. */
export function updateBanner(node, one) {
  const [kind, head, words] = node.children[1].children;
  say(kind, `${t(`severity_${one.severity}`)}: `);
  say(head, one.title);
  say(words, one.words);
}
