// Why isn't it running? The answer, what to do, and each step with its evidence.

import { get } from "../api.js";
import { ask } from "../dialog.js";
import { el, icon, say } from "../dom.js";
import { t } from "../format.js";

const LOOKS = { true: ["g-warn", "warn", "task_is_so"], false: ["g-idle", "off", "task_not_so"], null: ["g-wait", "off", "task_not_known"] };

/** Ask about this task; without an id a person types one. */
export function askWhy(shell, id) {
  const field = el("input", { type: "search", maxlength: "155", value: id, id: "why-id", placeholder: t("task_id_of"), "aria-label": t("task_id_of"), autocomplete: "off", spellcheck: "false" });
  const look = el("button", { type: "button", class: "primary" }, icon("i-search"), t("task_look"));
  const answer = el("p", { class: "answer" });
  const evidence = el("p", { class: "sub" });
  const fix = el("p", {});
  const reasons = el("ul", { class: "outcomes reasons" });
  const told = el("div", { class: "task-why", "aria-live": "polite", tabindex: "0", "aria-label": t("task_why") }, answer, evidence, fix, reasons);
  const ends = new AbortController();
  let asked = 0;
  const show = (words, why = "", then = "", rows = []) => {
    say(answer, words);
    say(evidence, why);
    say(fix, then && `→ ${then}`);
    reasons.replaceChildren(...rows.map(reason));
  };
  const run = async () => {
    const wanted = field.value.trim();
    if (!wanted) return field.focus();
    const mine = (asked += 1);
    show(t("task_looking"));
    try {
      const report = await get(`tasks/${encodeURIComponent(wanted)}/why`, {}, AbortSignal.any([ends.signal, shell.signal]));
      if (mine === asked) show(report.answer, report.evidence, report.fix, report.reasons);
    } catch (error) {
      if (mine === asked && error.name !== "AbortError") show(error.message, error.words);
    }
  };
  look.addEventListener("click", run);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // the dialog stays
    run();
  });
  if (id) run();
  const closed = ask({ title: t("task_why"), no: t("task_close_word"), body: [el("div", { class: "wide" }, el("div", { class: "asking" }, field, look), told)] });
  return closed.then(() => ends.abort());
}

function reason(one) {
  const [glyph, tone, word] = LOOKS[one.holds];
  return el("li", { class: one.holds ? "holds" : null }, icon(glyph, tone), el("span", {}, el("span", { class: "sr" }, `${t(word)}: `), one.words, one.evidence ? el("span", { class: "sub" }, one.evidence) : null));
}
