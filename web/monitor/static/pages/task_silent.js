// Workers that do not tell of their tasks: what they run is missing in the table.

import { send } from "../api.js";
import { el, icon, redraw } from "../dom.js";
import { t } from "../format.js";

export class SilentWorkers {
  constructor(shell) {
    this.shell = shell;
    this.node = el("div", { class: "banner warn", role: "status", hidden: true });
  }

  /** `nodes`: their names. */
  draw(nodes) {
    this.node.hidden = !nodes.length;
    redraw(this.node, nodes.join("\n"), () => [
      icon("g-warn", "warn"),
      el("div", {}, el("strong", {}, t("task_n_silent", { n: nodes.length })), el("span", { class: "sub" }, t("task_silent_text", { n: nodes.length }))),
      this.shell.settings.read_only ? "" : el("button", { type: "button", onclick: ({ target }) => this.#turnOn(nodes, target) }, t("task_events_on")),
    ]);
  }

  async #turnOn(nodes, button) {
    button.disabled = true;
    for (const node of nodes) {
      try {
        const said = await send("workers/events", { node, on: true });
        this.shell.tell(said.words, node, "info", `events of ${node}`);
      } catch (error) {
        this.shell.tellError(error);
      }
    }
    button.disabled = false;
  }
}
