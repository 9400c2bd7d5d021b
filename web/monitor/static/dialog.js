// The one dialog: a question before something is done.

import { t } from "./format.js";

/** Ask; resolves to true for yes. `body` are nodes between the words and the buttons; the dialog
 * can't be said yes to while a field in them is invalid. Without `yes` there is nothing to say yes
 * to. */
export function ask({ title, text = "", yes = "", no = t("cancel"), danger = true, body = [] }) {
  const dialog = document.getElementById("dialog");
  const answer = document.getElementById("dialog-do");
  document.getElementById("dialog-title").textContent = title;
  document.getElementById("dialog-text").textContent = text;
  document.getElementById("dialog-body").replaceChildren(...body);
  answer.textContent = yes;
  answer.hidden = !yes;
  dialog.querySelector("[data-word=cancel]").textContent = no;
  answer.className = danger ? "danger" : "primary";
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** The question whose words are KEY_title, KEY_text and KEY_do. */
export function confirmed(key) {
  return ask({ title: t(`${key}_title`), text: t(`${key}_text`), yes: t(`${key}_do`) });
}
