// What the table is narrowed by: the search box, kept searches, and the states.

import { get, send } from "../api.js";
import { ask } from "../dialog.js";
import { el, icon, say } from "../dom.js";
import { t } from "../format.js";
import { taskWord } from "../states.js";
import { oneLine } from "./task_phrases.js";
import { SearchBox } from "./task_search.js";

export const STATES = { "": [], running: ["STARTED"], retrying: ["RETRY"], failed: ["FAILURE"], succeeded: ["SUCCESS"] };
const COUNT_MAX = 999; // larger numbers help nobody
const NAME_MAX = 60;

/** `changed()` is told when something else is looked for; `known()` completes the search. */
export class TaskFilter {
  constructor(shell, known, changed) {
    this.shell = shell;
    this.changed = changed;
    this.state = "";
    this.box = new SearchBox(known, () => changed());
    this.segments = Object.entries(STATES).map(([key, states]) =>
      el("button", { type: "button", "data-state": key, "aria-pressed": String(!key), onclick: () => this.#press(key) }, el("span", {}, states.length ? taskWord(states[0]) : t("task_all")), el("span", { class: "count" })),
    );
    this.kept = el("button", { type: "button", class: "bare", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": t("task_kept"), title: t("task_kept") }, icon("i-bookmark"));
    this.menu = el("div", { class: "menu kept", role: "menu", "aria-label": t("task_kept"), hidden: true });
    this.kept.addEventListener("click", () => this.#openKept());
    this.menu.addEventListener("keydown", (event) => this.#menuKey(event));
    this.outside = (event) => !this.menu.parentElement.contains(event.target) && this.#closeKept(false);
    this.node = el("div", { class: "task-filter" }, this.box.node, el("div", { class: "menu-button" }, this.kept, this.menu), el("div", { class: "segments", role: "group", "aria-label": t("state") }, ...this.segments));
  }

  get words() {
    return this.box.told;
  }

  get states() {
    return STATES[this.state];
  }

  get narrows() {
    return Boolean(this.words.trim() || this.state);
  }

  show(words, state) {
    this.box.show(words);
    this.state = state in STATES ? state : "";
    for (const one of this.segments) one.setAttribute("aria-pressed", String(one.dataset.state === this.state));
  }

  #press(key) {
    this.show(this.box.field.value, key);
    this.changed();
  }

  look(words) {
    this.show(words, "");
    this.changed();
  }

  /** How many are in a state, where that is known and few. */
  showCounts(counts) {
    for (const one of this.segments) {
      const [state] = STATES[one.dataset.state];
      const count = state ? counts[state] || 0 : 0;
      say(one.lastElementChild, count && count <= COUNT_MAX ? String(count) : "");
    }
  }

  // --- kept searches ------------------------------------------------------------------------------

  async #openKept() {
    if (!this.menu.hidden) return this.#closeKept(true);
    let filters;
    try {
      filters = (await get("filters", {}, this.shell.signal)).filters;
    } catch (error) {
      return this.shell.tellError(error);
    }
    const words = this.box.field.value.trim();
    const changes = !this.shell.settings.read_only;
    const item = (attributes, ...content) => el("button", { type: "button", role: "menuitem", tabindex: "-1", ...attributes }, ...content);
    const rows = filters.map(({ name, search }) =>
      el("div", { class: "kept-row", role: "none" },
        item({ title: search, onclick: () => { this.#closeKept(true); this.look(search); } }, oneLine(name, 80)),
        changes ? item({ class: "bare", "aria-label": t("task_let_go", { name }), title: t("task_let_go", { name }), onclick: () => this.#letGo(name) }, icon("i-close")) : null),
    );
    if (!rows.length) rows.push(el("p", { class: "sub", role: "none" }, t("task_none_kept")));
    if (changes) rows.push(item({ disabled: !words, onclick: () => this.#keep(words) }, icon("i-bookmark"), t("task_keep")));
    this.menu.replaceChildren(...rows);
    this.menu.hidden = false;
    this.kept.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", this.outside);
    this.#items()[0]?.focus();
  }

  #items() {
    return [...this.menu.querySelectorAll("button:not(:disabled)")];
  }

  #closeKept(focus) {
    this.menu.hidden = true;
    this.kept.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", this.outside);
    if (focus) this.kept.focus();
  }

  #menuKey(event) {
    const items = this.#items();
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at + items.length - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined && items.length) items[to % items.length].focus();
    else if (event.key === "Escape") this.#closeKept(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  async #keep(words) {
    this.#closeKept(true);
    const name = el("input", { type: "text", required: true, maxlength: NAME_MAX, id: "task-kept-name", value: oneLine(words, 40) });
    const body = [el("label", { class: "task-field" }, el("span", {}, t("task_its_name")), name)];
    if (!(await ask({ title: t("task_keep_title"), yes: t("task_keep_do"), danger: false, body }))) return;
    await send("filters", { name: name.value, search: words }).catch(this.shell.tellError);
  }

  async #letGo(name) {
    this.#closeKept(true);
    await send(`filters/${encodeURIComponent(name)}`, {}, "DELETE").catch(this.shell.tellError);
  }
}
