// Things done on the engine, and what is said when they do not work.

import { t } from "./format.js";

let told = () => {};

/** `tell(title, words)` is called when an action failed. */
export function onFailure(tell) {
  told = tell;
}

/** POST an action; the state itself comes back with the next snapshot. */
export async function act(path, button) {
  button.disabled = true;
  try {
    const response = await fetch(`/api/${path}?lang=${document.documentElement.lang}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: "{}",
    });
    if (!response.ok) fail(await response.json());
  } catch {
    told(t("failed_action"), t("no_answer"));
  } finally {
    button.disabled = false;
  }
}

function fail(answer) {
  const problem = answer.failed?.[0]?.problem || answer;
  if (answer.existing?.length) told(t("failed_action"), t("existing_workers"));
  else told(problem.title || t("failed_action"), [problem.message, problem.next_step].filter(Boolean).join(" "));
}

/** Ask in the dialog; `key` names its words. */
export function confirmed(key) {
  const dialog = document.getElementById("dialog");
  document.getElementById("dialog-title").textContent = t(`${key}_title`);
  document.getElementById("dialog-text").textContent = t(`${key}_text`);
  document.getElementById("dialog-do").textContent = t(`${key}_do`);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
