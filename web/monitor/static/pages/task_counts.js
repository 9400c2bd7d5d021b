// How many tasks there are of what is looked for, and how many end in a minute.

import { get } from "../api.js";

const PACE_S = 3;
const COUNTED = ["STARTED", "RETRY", "FAILURE"];
const RATE_OVER_S = 60;
const RATE_LEAST_S = 5; // before this a rate would be a guess

/** Of all tasks the history tells with each page; of those that a search finds it is asked. */
export class TaskCounts {
  constructor(shell, feed, changed) {
    this.feed = feed;
    this.changed = changed;
    this.found = {};
    this.total = null;
    this.look = shell.every(PACE_S, (signal) => this.#look(signal));
  }

  get byState() {
    return this.feed.search?.search.trim() ? this.found : this.feed.byState;
  }

  async #look(signal) {
    const { search = "", states = [] } = this.feed.search || {};
    const words = search.trim();
    const wanted = JSON.stringify([words, states]);
    if (wanted !== this.wanted) {
      this.found = {};
      this.total = null;
    }
    if (!(words || states.length) || this.feed.problem || !this.feed.loaded || (wanted === this.wanted && this.mark === this.feed.mark)) return;
    this.wanted = wanted;
    const mark = this.feed.mark;
    const count = async (of) => (await get("tasks", { search, states: of, limit: 1 }, signal)).total;
    this.total = await count(states);
    if (words) for (const state of COUNTED) this.found[state] = await count([state]);
    this.mark = mark;
    this.changed();
  }
}

/** Tasks that end in a minute, from the counts of the status. */
export class Rate {
  #samples = [];

  take(status, now) {
    const done = status.tasks.succeeded + status.tasks.failed;
    const last = this.#samples.at(-1);
    if (last && done < last[1]) this.#samples = []; // an engine that began to count anew
    if (!last || now - last[0] >= 1) this.#samples.push([now, done]);
    while (this.#samples.length > 2 && now - this.#samples[1][0] >= RATE_OVER_S) this.#samples.shift();
  }

  /** null while too little was seen. */
  get perMinute() {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || last[0] - first[0] < RATE_LEAST_S) return null;
    return Math.round(((last[1] - first[1]) / (last[0] - first[0])) * 60);
  }
}
