// A chart of one or two lines over time, to be looked at rather than read.
//
// What it shows is said in words, too; lines differ by their stroke and not by colour alone; the
// pointer or the arrow keys read off single values.

import { el, redraw, say } from "../dom.js";
import { t } from "../format.js";
import { clock } from "./task_phrases.js";

const NS = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [300, 84];
const STEPS = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

/** The upper end of a scale from 0 that holds `most`: a number that is easily halved. */
export function niceTop(most) {
  if (!(most > 0) || !Number.isFinite(most)) return 1;
  const unit = 10 ** Math.floor(Math.log10(most));
  return (STEPS.find((step) => step * unit >= most * 0.999) || 10) * unit;
}

export class Chart {
  /** `words(value)` says a value with its unit. */
  constructor(title, words) {
    this.words = words;
    this.lines = [];
    this.instants = [];
    this.at = -1;
    this.heading = el("h3", {}, title);
    this.latest = el("span", { class: "latest" });
    this.svg = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "chart-lines", "aria-hidden": "true" });
    this.top = el("span", { class: "chart-top" });
    this.from = el("span");
    this.to = el("span");
    this.plot = el("div", { class: "chart-plot", tabindex: "0", role: "img" }, this.svg, this.top);
    this.node = el("figure", { class: "chart panel" }, el("figcaption", {}, this.heading, this.latest), this.plot, el("div", { class: "chart-foot", "aria-hidden": "true" }, this.from, this.to));
    this.title = title;
    this.plot.addEventListener("pointermove", (event) => {
      const box = this.plot.getBoundingClientRect();
      this.#read(Math.round(((event.clientX - box.left) / box.width) * (this.instants.length - 1)));
    });
    this.plot.addEventListener("pointerleave", () => this.#read(-1));
    this.plot.addEventListener("blur", () => this.#read(-1));
    this.plot.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Lines are { name, tone, values }; null values are gaps. */
  show(instants, lines) {
    this.instants = instants;
    this.lines = lines;
    const most = Math.max(0, ...lines.flatMap((line) => line.values.filter((value) => value !== null)));
    this.scale = niceTop(most);
    redraw(this.svg, JSON.stringify([instants.length, lines]), () => this.#paint());
    const any = lines.some((line) => line.values.some((value) => value !== null));
    say(this.top, any ? this.words(this.scale) : t("figure_nothing"));
    say(this.from, instants.length ? clock(instants[0]) : "");
    say(this.to, instants.length ? clock(instants.at(-1)) : "");
    this.plot.setAttribute("aria-label", `${this.title}: ${this.#summary()}`);
    this.#read(this.at);
  }

  #summary() {
    const said = this.lines.flatMap((line) => {
      const known = line.values.filter((value) => value !== null);
      return known.length ? [t("figure_between", { name: line.name, least: this.words(Math.min(...known)), most: this.words(Math.max(...known)), last: this.words(known.at(-1)) })] : [];
    });
    return said.join("; ") || t("figure_nothing");
  }

  #paint() {
    const step = WIDTH / Math.max(1, this.instants.length - 1);
    const grid = [0.5, 1].map((share) => svg("line", { class: "grid", x1: 0, x2: WIDTH, y1: HEIGHT * (1 - share) + 1, y2: HEIGHT * (1 - share) + 1 }));
    const drawn = this.lines.map((line, number) => {
      let path = "";
      let pen = "M";
      line.values.forEach((value, at) => {
        if (value === null) pen = "M";
        else {
          path += `${pen}${(at * step).toFixed(1)} ${(HEIGHT - 1 - (value / this.scale) * (HEIGHT - 3)).toFixed(1)}`;
          pen = "L";
        }
      });
      return svg("path", { class: `${line.tone} ${number ? "second" : ""}`, d: path });
    });
    this.cursor = svg("line", { class: "cursor", y1: 0, y2: HEIGHT, visibility: "hidden" });
    return [...grid, ...drawn, this.cursor];
  }

  #key(event) {
    const last = this.instants.length - 1;
    const from = this.at < 0 ? last + 1 : this.at;
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#read(Math.max(0, Math.min(to, last)));
  }

  /** Read off the values of one instant; -1: the newest. */
  #read(at) {
    this.at = Math.min(at, this.instants.length - 1);
    const values = this.lines.map((line) => [line, this.at < 0 ? line.values.findLast((value) => value !== null) : line.values[this.at]]);
    const said = values.filter(([, value]) => value !== null && value !== undefined).map(([line, value]) => `${line.name} ${this.words(value)}`);
    const when = this.at < 0 ? "" : clock(this.instants[this.at]);
    redraw(this.latest, when + said.join(), () => [when && el("span", { class: "sub" }, `${when} `), said.join(" · ")].filter(Boolean));
    this.latest.setAttribute("aria-live", this.at < 0 ? "off" : "polite");
    if (!this.cursor) return;
    this.cursor.setAttribute("visibility", this.at < 0 ? "hidden" : "visible");
    const x = String((this.at * WIDTH) / Math.max(1, this.instants.length - 1));
    this.cursor.setAttribute("x1", x);
    this.cursor.setAttribute("x2", x);
  }
}

function svg(tag, attributes) {
  const node = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
