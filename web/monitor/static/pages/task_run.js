// A task by hand: which, with what arguments, where to. What the engine refuses is said in the form.

import { get, send } from "../api.js";
import { ask } from "../dialog.js";
import { el, say } from "../dom.js";
import { t } from "../format.js";
import { oneLine } from "./task_phrases.js";

/** Ask for a task and send it; resolves to the report, or null when nothing was sent. `again` is the
 * id of the task that this one repeats, `why` tells why a person has to repair its arguments. */
export async function runTask(shell, { name = "", args = "", kwargs = "", queue = "", again = "", why = "" }) {
  const form = new Form(name, args || "[]", kwargs || "{}", queue);
  form.load(shell);
  for (;;) {
    const yes = await ask({ title: t(again ? "task_run_again" : "task_run_title"), text: why, yes: t("task_run_do"), danger: false, body: [form.node] });
    if (!yes) return null;
    try {
      return await send("tasks/run", { ...form.values, again });
    } catch (error) {
      form.refuse([error.message, error.words].filter(Boolean).join(" "));
    }
  }
}

class Form {
  constructor(name, args, kwargs, queue) {
    this.known = new Map();
    this.name = el("input", { type: "text", id: "run-name", required: true, list: "run-names", autocomplete: "off", spellcheck: "false", value: name });
    this.names = el("datalist", { id: "run-names" });
    this.signature = el("p", { class: "mono sub", id: "run-signature" });
    this.doc = el("p", { class: "sub clamp" });
    this.args = json("run-args", args);
    this.kwargs = json("run-kwargs", kwargs);
    this.queue = el("input", { type: "text", id: "run-queue", autocomplete: "off", spellcheck: "false", value: queue });
    this.countdown = el("input", { type: "number", id: "run-countdown", min: "0", step: "any" });
    this.problem = el("p", { class: "task-wrong", role: "alert" });
    this.node = el("div", { class: "wide run-form" },
      field(t("task"), this.name), this.names, this.signature, this.doc,
      field(t("task_args_json"), this.args), field(t("task_kwargs_json"), this.kwargs),
      el("div", { class: "two-fields" }, field(t("queue"), this.queue), field(t("task_countdown"), this.countdown)),
      this.problem);
    this.name.addEventListener("input", () => this.#show());
    this.args.addEventListener("input", () => this.#check());
    this.kwargs.addEventListener("input", () => this.#check());
    this.#show();
  }

  get values() {
    const seconds = this.countdown.value;
    return { name: this.name.value.trim(), args: this.args.value, kwargs: this.kwargs.value, queue: this.queue.value.trim(), countdown_s: seconds === "" ? null : Number(seconds) };
  }

  async load(shell) {
    try {
      const { registered } = await get("task-names", {}, shell.signal);
      this.known = new Map(registered.map((one) => [one.name, one]));
      this.names.replaceChildren(...registered.map((one) => el("option", { value: one.name })));
      this.#show();
    } catch (error) {
      if (error.name !== "AbortError") this.refuse([error.message, error.words].filter(Boolean).join(" "));
    }
  }

  refuse(words) {
    say(this.problem, words);
  }

  #show() {
    const task = this.known.get(this.name.value.trim());
    say(this.signature, task ? `${task.name}${task.signature || ""}` : "");
    say(this.doc, task?.doc ? oneLine(task.doc) : "");
    this.queue.placeholder = task?.queue || t("task_queue_usual");
    this.#check();
  }

  /** Say what can't be read, where it is typed; the engine checks the rest. */
  #check() {
    const wrong = [mistake(this.args, Array.isArray, t("task_list_expected")), mistake(this.kwargs, (value) => value !== null && typeof value === "object" && !Array.isArray(value), t("task_object_expected"))];
    this.refuse(wrong.find(Boolean) || "");
  }
}

function field(caption, input) {
  return el("label", { class: "task-field" }, el("span", {}, caption), input);
}

function json(id, words) {
  const area = el("textarea", { id, rows: "3", class: "mono", spellcheck: "false", autocomplete: "off" });
  area.value = words;
  return area;
}

function mistake(area, fits, expected) {
  let words = "";
  try {
    if (!fits(JSON.parse(area.value))) words = expected;
  } catch (error) {
    words = t("task_no_json", { reason: error.message });
  }
  area.setCustomValidity(words);
  area.setAttribute("aria-invalid", String(Boolean(words)));
  return words;
}
