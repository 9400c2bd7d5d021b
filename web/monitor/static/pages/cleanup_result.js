// What is left to know after cleanups: how the last one ended, what is stranded, what was lost.

import { el, icon, keyed, redraw, say } from "../dom.js";
import { t } from "../format.js";
import { severity } from "../states.js";
import { given } from "./cleanup_lines.js";

const RESULT_KEPT_S = 600;
const LEFT_MAX = 3;
const LOST_MAX = 5;

/** `wants`: { runAgain(ids) }. */
export function aftermath(wants, acts) {
  const node = el("div", { class: "aftermath", "aria-live": "polite" });
  let putAway = 0;
  let open = false;
  const draw = (status, stranded, now) => {
    const parts = [];
    const last = status.cleanup;
    if (last?.ended_at && now - last.ended_at < RESULT_KEPT_S && last.started_at !== putAway) {
      parts.push({ ...resultWords(last), key: `result ${last.started_at}`, close: () => (putAway = last.started_at) });
    }
    const left = status.stranded || stranded;
    if (left?.count) parts.push({ key: "stranded", severity: "warning", title: t("cleanup_stranded", { n: left.count }), words: left.why });
    const lost = status.lost.filter((task) => !task.again_id);
    if (lost.length) parts.push({ key: "lost", severity: "critical", title: t("cleanup_lost", { n: lost.length }), words: t("cleanup_lost_why", { n: lost.length }), lost });
    node.hidden = !parts.length;
    keyed(node, parts, (one) => one.key, make, update);
  };
  const make = (part) => {
    const [glyph, tone] = severity(part.severity);
    const words = el("div", {}, el("span", { class: "sr" }), el("strong"), el("span", { class: "sub lines" }));
    const banner = el("div", { class: `banner ${tone}` }, icon(glyph, tone), words);
    if (part.close) banner.append(el("button", { type: "button", class: "bare", "aria-label": t("dismiss"), onclick: () => { part.close(); banner.remove(); } }, icon("i-close")));
    if (part.lost) words.append(el("ul", { class: "lost" }), el("div", { class: "buttons" }));
    return banner;
  };
  const update = (banner, part) => {
    const [kind, title, words, list, buttons] = banner.children[1].children;
    say(kind, `${t(`severity_${part.severity}`)}: `);
    say(title, part.title);
    say(words, part.words);
    if (part.lost) drawLost(list, buttons, part.lost);
  };
  const drawLost = (list, buttons, lost) => {
    keyed(list, open ? lost : lost.slice(0, LOST_MAX), (task) => task.id, (task) => lostRow(task, wants, acts), () => {});
    const known = lost.filter((task) => task.arguments_known);
    redraw(buttons, [known.map((task) => task.id), lost.length, open].join(), () => [
      acts && known.length > 1 ? el("button", { type: "button", onclick: ({ currentTarget }) => wants.runAgain(known.map((task) => task.id), currentTarget) }, icon("i-restart"), t("cleanup_run_all_again")) : "",
      lost.length > LOST_MAX ? el("button", { type: "button", "aria-expanded": String(open), onclick: () => { open = !open; drawLost(list, buttons, lost); } }, open ? t("cleanup_show_fewer") : t("cleanup_show_more", { n: lost.length - LOST_MAX })) : "",
    ]);
  };
  return { node, draw };
}

function lostRow(task, wants, acts) {
  const again = el("button", { type: "button", class: "small", "aria-label": t("cleanup_run_task_again", { task: task.name }), onclick: () => wants.runAgain([task.id], again) }, t("cleanup_run_again"));
  return el("li", {}, el("span", { class: "what", title: task.id }, task.name), el("span", { class: "mono dim wrap" }, given(task)), task.arguments_known ? (acts ? again : "") : el("span", { class: "sub" }, t("cleanup_arguments_unknown")));
}

/** How a cleanup that has ended went, and how grave that is. */
function resultWords(progress) {
  const stopped = progress.items.filter((item) => item.step === "stopped");
  const left = progress.items.filter((item) => item.step !== "stopped");
  const title = [stopped.length ? t("cleanup_n_stopped", { n: stopped.length }) : "", left.length ? t("cleanup_n_left", { n: left.length }) : ""].filter(Boolean).join(" · ");
  const lines = left.slice(0, LEFT_MAX).map((item) => (item.note ? t("cleanup_left_why", item) : t("cleanup_left_goes_on", item)));
  if (left.length > LEFT_MAX) lines.push(t("cleanup_and_more", { n: left.length - LEFT_MAX }));
  if (progress.rescued.length) lines.push(t("cleanup_rescued", { n: progress.rescued.length }));
  lines.push(progress.lost.length ? t("cleanup_died", { n: progress.lost.length }) : t("cleanup_no_task_lost"));
  return { severity: left.length || progress.lost.length ? "warning" : "info", title: title || t("cleanup_looked"), words: lines.join("\n") };
}
