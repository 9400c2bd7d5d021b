// A message that waits: its task, arguments, what is special, and what can be done about it.

import { el, say } from "../dom.js";
import { t } from "../format.js";
import { callOf, notesOf } from "./queue_words.js";

const COPIED_MS = 2000;

/** `why(id)` shows why it does not run; `move(ids)` asks where to; null: it can't be moved. */
export function makeMessage(one, why, move) {
  const buttons = el("span", { class: "message-buttons" });
  if (one.id) {
    const copied = el("span", { class: "sub", role: "status" });
    buttons.append(small(t("task_why"), one, () => why(one.id)), small(t("queue_copy_id"), one, () => copy(one.id, copied)));
    if (move) buttons.append(small(t("queue_move"), one, () => move([one.id])));
    buttons.append(copied);
  }
  return el("li", {}, el("div", { class: "message-head" }, el("strong"), buttons), el("span", { class: "sub" }), el("span", { class: "mono call" }));
}

export function drawMessage(node, one) {
  const [head, notes, call] = node.children;
  const name = one.name.slice(one.name.lastIndexOf(".") + 1) || one.name || t("queue_no_task");
  say(head.firstElementChild, `${one.position + 1}. ${name}`);
  head.title = one.id;
  say(notes, notesOf(one));
  say(call, callOf(one) || (one.name ? "" : one.body));
}

function small(word, one, act) {
  return el("button", { type: "button", class: "small", "aria-label": `${word} ${one.position + 1}`, onclick: act }, word);
}

async function copy(id, copied) {
  try {
    await navigator.clipboard.writeText(id);
  } catch {
    say(copied, id); // The browser may forbid it; it can be selected then.
    return;
  }
  say(copied, t("queue_copied"));
  setTimeout(() => say(copied, ""), COPIED_MS);
}
