// One download in the list. Built once and then only changed where it differs: focus, selection and
// a screen reader's place stay where they are. Everything foreign is set as text.
import { ask } from "/static/api.js";
import { duration, sentences, size, word } from "/static/format.js";
import { draw, glyph } from "/static/glyphs.js";

const ENDED = new Set(["SUCCESS", "FAILURE", "REVOKED"]);
const SURE_MS = 4000;
const STALLED_S = 5;

export function make(tag, className = "", text = undefined) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = text === "";
}

export class Row {
  // on: {complain(error), preview(value, opener)}
  constructor(value, on) {
    this.on = on;
    this.speed = 0;
    this.element = make("li");
    this.name = make("span", "name");
    this.url = make("span", "url sub");
    const state = make("div", "state");
    this.glyph = glyph();
    this.word = make("b");
    this.facts = make("span", "sub");
    state.append(this.glyph, this.word, this.facts);
    this.bar = make("progress");
    this.why = make("p", "why");
    this.why.append(make("strong"), " ", make("span"));
    this.actions = make("div", "actions");
    this.save = make("a", "button");
    this.buttons = {
      look: this.button((opener) => this.on.preview(this.value, opener)),
      pause: this.button(() => this.act("pause")),
      resume: this.button(() => this.act("resume")),
      retry: this.button(() => this.act("retry")),
      cancel: this.button(() => this.act("cancel")),
      remove: this.button(() => this.remove()),
    };
    this.actions.append(this.save, ...Object.values(this.buttons));
    this.element.append(this.name, this.url, this.actions, state, this.bar, this.why);
    this.take(value);
  }

  button(run) {
    const button = make("button");
    button.type = "button";
    button.addEventListener("click", async () => {
      button.setAttribute("aria-disabled", "true"); // a disabled one would lose the focus
      try { await run(button); } catch (error) { this.on.complain(error); } finally {
        button.removeAttribute("aria-disabled");
      }
    });
    return button;
  }

  act(verb) {
    return ask(`/api/downloads/${this.value.id}/${verb}`, "POST");
  }

  async remove() {
    if (!this.sure) { // the second press means it
      this.sure = setTimeout(() => { this.sure = null; this.render(); }, SURE_MS);
      this.render();
      return;
    }
    clearTimeout(this.sure);
    this.sure = null;
    await ask(`/api/downloads/${this.value.id}`, "DELETE");
  }

  take(value) {
    this.measure(value);
    this.value = value;
    this.render();
  }

  get shown() {
    const { state, file } = this.value;
    return state === "SUCCESS" && !file ? "GONE" : state;
  }

  get label() {
    if (this.value.file) return this.value.file.name;
    try {
      const parts = new URL(this.value.url);
      const last = parts.pathname.split("/").filter(Boolean).pop();
      return last ? decodeURIComponent(last) : parts.host;
    } catch { return this.value.url; }
  }

  measure(value) {
    const now = performance.now() / 1000, done = value.progress.done_bytes;
    if (value.state !== "STARTED" || !this.seen || done < this.seen.done || this.value.state !== "STARTED") {
      this.seen = { at: now, done, moved: now };
      this.speed = 0;
    } else if (now - this.seen.at >= 0.5) {
      const latest = (done - this.seen.done) / (now - this.seen.at);
      this.speed = this.speed ? 0.7 * this.speed + 0.3 * latest : latest;
      this.seen = { at: now, done, moved: done > this.seen.done ? now : this.seen.moved };
    }
  }

  render() {
    const { value, label, shown } = this, { file, error } = value;
    const state = value.state, ended = ENDED.has(state);
    this.element.dataset.state = shown;
    put(this.name, label);
    this.name.title = label;
    put(this.url, value.has_password ? `${value.url} · ${word("withPassword")}` : value.url);
    this.url.title = value.url;
    draw(this.glyph, shown);
    put(this.word, word(shown));
    put(this.facts, this.told().join(" · "));
    this.renderBar();

    put(this.why.firstChild, error?.title ?? "");
    put(this.why.lastChild, error ? sentences(error.message, error.next_step) : "");
    this.why.hidden = !error;

    this.save.hidden = !file;
    if (file) { this.save.href = file.href; this.save.download = file.name; }
    const shows = {
      look: Boolean(file?.preview),
      pause: ["PENDING", "STARTED", "RETRY"].includes(state),
      resume: state === "PAUSED",
      retry: ended && !file,
      cancel: !ended,
      remove: state !== "STARTED",
    };
    this.name_(this.save, word("save"));
    for (const [key, button] of Object.entries(this.buttons)) {
      button.hidden = !shows[key];
      this.name_(button, word(key === "retry" && shown === "GONE" ? "again" : key));
    }
    if (this.sure) this.name_(this.buttons.remove, word(file ? "removeFile" : "removeSure"));
    this.buttons.remove.classList.toggle("danger", Boolean(this.sure));
  }

  name_(element, words) {
    if (element.textContent !== words) element.textContent = words;
    element.setAttribute("aria-label", `${words}: ${this.label}`);
  }

  renderBar() {
    const { done_bytes: done, total_bytes: total } = this.value.progress;
    const runs = this.value.state === "STARTED", kept = this.value.state !== "SUCCESS" && done > 0 && total;
    this.bar.hidden = !(runs || (kept && this.value.state !== "REVOKED"));
    if (total) { this.bar.max = total; this.bar.value = Math.min(done, total); }
    else this.bar.removeAttribute("value");
    this.bar.setAttribute("aria-label", word("progress", { name: this.label }));
  }

  told() {
    const { value } = this, { done_bytes: done, total_bytes: total } = value.progress, told = [];
    if (value.file) told.push(size(value.file.size_bytes));
    const partly = ["STARTED", "PAUSED", "RETRY", "FAILURE", "PENDING"].includes(value.state);
    if (partly && done) told.push(total ? `${size(done)} / ${size(total)}` : size(done));
    if (value.state === "STARTED") {
      const still = performance.now() / 1000 - this.seen.moved > STALLED_S;
      if (still) told.push(word(done ? "stalled" : "connecting"));
      else if (this.speed > 0) {
        told.push(word("perSecond", { size: size(Math.round(this.speed)) }));
        if (total) told.push(word("left", { time: duration((total - done) / this.speed) }));
      } else if (!done) told.push(word("connecting"));
    }
    if (value.state === "RETRY" && value.retry_at) {
      const wait = value.retry_at - Date.now() / 1000;
      if (wait > 0) told.push(word("retryIn", { time: duration(wait) }));
    }
    if (value.attempt > 1 && !value.file) {
      told.push(word("attempt", { n: value.attempt, most: value.attempts_max }));
    }
    return told;
  }
}
