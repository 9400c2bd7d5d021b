// To the clipboard, with a word that it is there.

import { el, icon } from "./dom.js";
import { t } from "./format.js";

/** A small button that copies what `words()` gives then. `label` is its accessible name. */
export function copyButton(label, words) {
  const button = el("button", { type: "button", class: "bare small", "aria-label": label, title: label }, icon("i-copy"));
  const said = el("span", { class: "sub", role: "status" });
  button.addEventListener("click", () => copy(words(), said));
  return el("span", { class: "copying" }, button, said);
}

/** Copy; `said` tells for two seconds that it was done. */
export async function copy(words, said) {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    return; // The browser may forbid it; what is shown can still be selected.
  }
  said.textContent = t("copied");
  setTimeout(() => {
    said.textContent = "";
  }, 2000);
}
