// Lines as text, the newest last. Scrolling away from the end holds; at the end it follows again.

import { el, icon, say } from "../dom.js";
import { number, t } from "../format.js";

const KEPT = 3000; // Lines while it follows; the oldest leave.
const FULL = 6000; // Lines while it holds; then nothing more is asked for.
const NEAR_PX = 8;
const TONES = { warning: "warn", error: "bad", critical: "bad" };

/** `on` are { older(), following() }. */
export function logView(on) {
  const lines = el("div", { class: "lines" });
  const older = el("button", { type: "button", class: "small", hidden: true, onclick: on.older }, t("log_older"));
  const empty = el("p", { class: "empty", role: "status" });
  const box = el("div", { class: "log mono", role: "log", "aria-live": "off", tabindex: "0", "aria-label": t("log") }, older, empty, lines);
  const pill = el("button", { type: "button", class: "pill", hidden: true }, icon("i-down"), el("span"));
  let follows = true;
  let held = 0;

  const toEnd = () => {
    box.scrollTop = box.scrollHeight;
  };
  const set = (following) => {
    follows = following;
    if (follows) {
      held = 0;
      trim();
      toEnd();
    }
    drawPill();
    on.following();
  };
  const drawPill = () => {
    pill.hidden = follows;
    say(pill.lastElementChild, held ? t("log_new", { n: number(held) }) : t("log_follow"));
  };
  const trim = () => {
    while (lines.childElementCount > KEPT) lines.firstElementChild.remove();
  };
  box.addEventListener("scroll", () => {
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
    if (atEnd !== follows) set(atEnd);
  });
  pill.addEventListener("click", () => {
    set(true);
    box.focus();
  });

  return {
    node: el("div", { class: "log-holder" }, box, pill),
    get following() {
      return follows;
    },
    get count() {
      return lines.childElementCount;
    },
    get full() {
      return !follows && lines.childElementCount >= FULL;
    },
    replace(news, more, emptyWords) {
      lines.replaceChildren(...news.map(lineOf));
      older.hidden = !more;
      say(empty, emptyWords);
      empty.hidden = news.length > 0;
      set(true);
    },
    append(news, gap) {
      if (gap && lines.childElementCount) lines.append(el("div", { class: "gap" }, t("log_gap")));
      if (!news.length) return;
      empty.hidden = true;
      lines.append(...news.map(lineOf));
      if (follows) {
        trim();
        toEnd();
      } else {
        held += news.length;
        drawPill();
      }
    },
    prepend(earlier, more) {
      const before = box.scrollHeight;
      lines.prepend(...earlier.map(lineOf));
      older.hidden = !more;
      if (earlier.length) empty.hidden = true;
      box.scrollTop += box.scrollHeight - before;
    },
    wrap(on) {
      box.classList.toggle("wrapped", on);
      if (follows) toEnd();
    },
  };
}

function lineOf(line) {
  return el("div", { class: TONES[line.level] || null }, line.text || " ");
}
