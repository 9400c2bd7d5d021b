// Workers that do not tell of their tasks: what they run is missing in the table.

import { send } from "../api.js";
import { banner, updateBanner } from "../banners.js";
import { el } from "../dom.js";
import { t } from "../format.js";

export class SilentWorkers {
  constructor(shell) {
    this.shell = shell;
    this.nodes = [];
    const turnOn = () => el("button", { type: "button", onclick: ({ target }) => this.#turnOn(target) }, t("task_events_on"));
    this.node = banner("warning", ...(shell.settings.read_only ? [] : [turnOn()]));
    this.node.setAttribute("role", "status");
    this.node.hidden = true;
  }

  /** `nodes`: their names. */
  draw(nodes) {
    this.nodes = nodes;
    this.node.hidden = !nodes.length;
    const n = nodes.length;
    updateBanner(this.node, { severity: "warning", title: t("task_n_silent", { n }), words: t("task_silent_text", { n }) });
  }

  async #turnOn(button) {
    button.disabled = true;
    for (const node of this.nodes) {
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
