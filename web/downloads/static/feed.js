// Keeps the page true: server-sent events, resumed where they broke off; polling where they can't
// be had. While the tab is hidden nothing is open: a browser has few connections to one server.
import { ask } from "/static/api.js";
import { language } from "/static/format.js";

const POLL_MS = 2000;
const LISTEN_AGAIN_MS = 30000;
const FAILURES_MAX = 3;
const HIDDEN_MS = 10000;

export class Feed {
  // on: {change(value), reload() -> Promise<number>, reachable(bool), broker(words or null)}
  constructor(on) {
    this.on = on;
    this.last = null; // number of the last change seen
    this.failures = 0;
    document.addEventListener("visibilitychange", () => this.seen());
    window.addEventListener("online", () => this.start());
    window.addEventListener("offline", () => this.on.reachable(false));
  }

  async start() {
    this.stop();
    const turn = this.turn = Symbol("turn");
    try {
      if (this.last === null) this.last = await this.on.reload();
      if (turn === this.turn) this.listen();
    } catch (error) {
      if (turn !== this.turn) return;
      if (error.words) this.on.broker(error.words); else this.on.reachable(false);
      this.timer = setTimeout(() => this.start(), POLL_MS);
    }
  }

  stop() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
    this.turn = null;
  }

  restart() { // all words in another language
    this.last = null;
    return this.start();
  }

  seen() {
    clearTimeout(this.hidden);
    if (document.hidden) this.hidden = setTimeout(() => this.stop(), HIDDEN_MS);
    else if (!this.source) this.start();
  }

  listen() {
    const source = this.source = new EventSource(`/api/events?lang=${language.now}&after=${this.last}`);
    source.addEventListener("open", () => { this.failures = 0; this.on.reachable(true); });
    source.addEventListener("download", (event) => {
      this.note(event);
      this.on.change(JSON.parse(event.data));
    });
    source.addEventListener("ready", (event) => this.note(event));
    source.addEventListener("reset", () => this.restart());
    source.addEventListener("broker", (event) => {
      const words = JSON.parse(event.data);
      this.on.broker(words.ok ? null : words);
    });
    source.addEventListener("error", () => {
      if (source !== this.source) return;
      this.on.reachable(false);
      this.failures += 1;
      source.close();
      this.source = null;
      if (this.failures >= FAILURES_MAX) this.poll(Date.now() + LISTEN_AGAIN_MS);
      else this.timer = setTimeout(() => this.start(), 500 * this.failures);
    });
  }

  note(event) {
    if (event.lastEventId) this.last = Number(event.lastEventId);
  }

  async poll(until) {
    const turn = this.turn = Symbol("turn");
    let pause = POLL_MS;
    try {
      const answer = await ask(`/api/changes?after=${this.last ?? 0}`);
      if (turn !== this.turn) return;
      this.on.reachable(true);
      this.on.broker(null);
      if (answer.reset) this.last = await this.on.reload();
      else { answer.downloads.forEach(this.on.change); this.last = answer.change; }
    } catch (error) {
      if (turn !== this.turn) return;
      if (error.words) this.on.broker(error.words); else this.on.reachable(false);
      pause = POLL_MS;
    }
    if (Date.now() > until) { this.failures = 0; this.timer = setTimeout(() => this.start(), pause); }
    else this.timer = setTimeout(() => this.poll(until), pause);
  }
}
