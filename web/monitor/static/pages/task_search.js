// The search box: it completes, and shows a mistake at its place.

import { el, icon, redraw } from "../dom.js";
import { t } from "../format.js";
import { complete, put } from "./task_completion.js";

const TYPED_MS = 250;

/** `known()` gives what completes; `searched(words)` is told once somebody stops typing. */
export class SearchBox {
  constructor(known, searched) {
    this.known = known;
    this.searched = searched;
    this.told = "";
    this.at = -1;
    this.field = el("input", {
      type: "search", id: "task-search", role: "combobox", autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: "4000",
      placeholder: t("task_search_hint"), "aria-label": t("task_search"), "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "task-offered", "aria-describedby": "task-wrong",
    });
    this.mirror = el("div", { class: "mirror", "aria-hidden": "true" });
    this.list = el("ul", { id: "task-offered", role: "listbox", class: "offered", hidden: true, "aria-label": t("task_completions") });
    this.wrong = el("p", { id: "task-wrong", class: "task-wrong", role: "status" });
    this.node = el("div", { class: "search" }, el("div", { class: "search-box" }, icon("i-search"), this.mirror, this.field, this.list), this.wrong);
    this.field.addEventListener("input", () => this.#typed());
    this.field.addEventListener("scroll", () => (this.mirror.scrollLeft = this.field.scrollLeft));
    this.field.addEventListener("blur", () => this.#close());
    this.field.addEventListener("keydown", (event) => this.#key(event));
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the field keeps the focus
      const option = event.target.closest("li");
      if (option) this.#take(option.textContent);
    });
  }

  show(words) {
    if (this.field.value.trim() !== words.trim()) this.field.value = words;
    clearTimeout(this.timer);
    this.told = words;
  }

  /** `problem` is what the engine said of the search; null: it can be read. */
  showWrong(problem) {
    const at = problem ? placeOf(problem, this.told) : -1;
    redraw(this.wrong, problem ? problem.message + problem.words : "", () => (problem ? [problem.message, " ", el("span", { class: "sub" }, problem.answer.message || problem.answer.next_step || "")] : []));
    this.field.setAttribute("aria-invalid", String(Boolean(problem)));
    redraw(this.mirror, problem ? `${this.told} ${at}` : "", () => {
      if (at < 0) return [];
      const end = Math.max(at + 1, at + (/^\S*/.exec(this.told.slice(at))?.[0].length || 1));
      return [this.told.slice(0, at), el("span", { class: "wrong-at" }, this.told.slice(at, end) || " "), this.told.slice(end)];
    });
    this.mirror.scrollLeft = this.field.scrollLeft;
  }

  #typed() {
    this.#offer();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#tell(), TYPED_MS);
    this.mirror.replaceChildren();
    delete this.mirror.signature;
  }

  #tell() {
    clearTimeout(this.timer);
    if (this.field.value === this.told) return;
    this.told = this.field.value;
    this.searched(this.told);
  }

  #key(event) {
    const open = !this.list.hidden;
    const count = this.list.children.length;
    if (event.key === "ArrowDown" && open) this.#choose((this.at + 1) % count);
    else if (event.key === "ArrowUp" && open) this.#choose((this.at + count - 1) % count);
    else if ((event.key === "Enter" || event.key === "Tab") && open && this.at >= 0) this.#take(this.list.children[this.at].textContent);
    else if (event.key === "Enter") {
      this.#close();
      this.#tell();
    } else if (event.key === "Escape" && open) this.#close();
    else if (event.key === "Escape" && this.field.value) {
      this.field.value = "";
      this.#typed();
      this.#tell();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #offer() {
    this.found = complete(this.field.value, this.field.selectionStart ?? this.field.value.length, this.known());
    const offered = this.found.offered;
    this.list.replaceChildren(...offered.map((one, n) => el("li", { role: "option", id: `task-offered-${n}`, "aria-selected": "false" }, one)));
    this.#choose(-1);
    this.list.hidden = !offered.length;
    this.field.setAttribute("aria-expanded", String(!this.list.hidden));
  }

  #choose(at) {
    this.at = at;
    [...this.list.children].forEach((option, n) => option.setAttribute("aria-selected", String(n === at)));
    if (at >= 0) this.field.setAttribute("aria-activedescendant", `task-offered-${at}`);
    else this.field.removeAttribute("aria-activedescendant");
  }

  #take(choice) {
    const [words, cursor] = put(this.found, this.field.value, choice);
    this.field.value = words;
    this.field.setSelectionRange(cursor, cursor);
    this.#typed();
  }

  #close() {
    this.list.hidden = true;
    this.field.setAttribute("aria-expanded", "false");
    this.#choose(-1);
  }
}

/** Where the mistake is: the problem has the part of the query around it, and a mark below. */
function placeOf(problem, words) {
  const [part, mark] = problem.answer.log || [];
  if (part === undefined || mark === undefined) return -1;
  const from = Math.max(0, words.indexOf(part));
  return Math.min(from + mark.length - 1, words.length);
}
