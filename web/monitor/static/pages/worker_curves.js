// Tasks per minute, CPU and memory of one worker over the last two minutes.

import { el, say } from "../dom.js";
import { number, percent, size, t } from "../format.js";
import { canvas, draw, note } from "./trends.js";

const RATE_OVER_S = 15; // Shorter, and a count of tasks is all jumps.

export class CurvesOf {
  constructor() {
    this.counts = new Map(); // key -> [[instant, tasks begun so far]]
    this.parts = ["rate", "cpu", "memory"].map((kind) => {
      const word = { rate: t("worker_rate"), cpu: t("cpu"), memory: t("memory") }[kind];
      const value = el("b");
      const svg = canvas(word);
      return { kind, value, svg, node: el("div", {}, el("div", { class: "meter-top" }, el("span", { class: "sub" }, word), value), svg) };
    });
    this.node = el("div", { class: "curves" }, ...this.parts.map((part) => part.node));
    this.now = {};
  }

  /** Remember what it answered. */
  note(key, node, now) {
    const cpu = sum(node.processes.map((one) => one.cpu_percent));
    const memory = sum(node.processes.map((one) => one.rss_bytes));
    this.now[key] = { cpu, memory, rate: this.rate(key, node.done, now) };
    note(`${key} cpu`, cpu, now);
    note(`${key} memory`, memory === null ? null : memory / 2 ** 20, now);
    note(`${key} rate`, this.now[key].rate, now);
  }

  rate(key, done, now) {
    if (done === null || done === undefined) return null;
    const counts = this.counts.get(key) || [];
    this.counts.set(key, counts);
    counts.push([now, done]);
    while (counts[0][0] < now - RATE_OVER_S) counts.shift();
    const [then, before] = counts[0];
    return now > then ? Math.max(0, ((done - before) / (now - then)) * 60) : null;
  }

  draw(key, now) {
    const { cpu = null, memory = null, rate = null } = this.now[key] || {};
    const words = { rate: rate === null ? "–" : number(Math.round(rate)), cpu: cpu === null ? "–" : percent(cpu), memory: memory === null ? "–" : size(memory) };
    for (const part of this.parts) {
      say(part.value, words[part.kind]);
      draw(part.svg, `${key} ${part.kind}`, now);
    }
  }
}

function sum(values) {
  const known = values.filter((one) => one !== null);
  return known.length ? known.reduce((all, one) => all + one, 0) : null;
}
