// A dialog to read: nothing is decided in it.

import { copy } from "./copying.js";
import { el } from "./dom.js";
import { t } from "./format.js";

/** Show `body` (nodes) under a title and a note. `copied` is what "Copy" gives; "": no such button.
 * Escape and "Close" close it; the focus goes back to where it was. */
export function read({ title, note = "", body, copied = "" }) {
  const said = el("span", { class: "sub", role: "status" });
  const close = el("button", { type: "submit", autofocus: true }, t("close"));
  const buttons = [said, close];
  if (copied) {
    buttons.splice(1, 0, el("button", { type: "button", onclick: () => copy(copied, said) }, t("copy")));
  }
  const dialog = el(
    "dialog",
    { class: "reading", "aria-label": title },
    el("form", { method: "dialog" }, el("h2", {}, title), el("p", {}, note), el("div", { class: "reading-body", tabindex: "0" }, ...body), el("div", { class: "buttons" }, ...buttons)),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** Rows for a question or a reading: what, what becomes of it, and more about it. */
export function rows(list) {
  return el(
    "ul",
    { class: "told-rows" },
    ...list.map(({ what, fate = "", more = "" }) => el("li", {}, el("span", { class: "what" }, what), el("b", {}, fate), el("span", { class: "sub" }, more))),
  );
}
