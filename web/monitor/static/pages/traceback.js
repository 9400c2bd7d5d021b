// Weight for tracebacks: where it happened, and what; the rest steps back.

import { el } from "../dom.js";

const FRAME = /^(\s*File ")([^"]*)(", line )(\d+)(?:(, in )(.*))?/;
const ERROR = /^(?!Traceback|File|During|The above)[A-Za-z_][\w.]*(?=:|$)/;
const NOT_OURS = ["site-packages", "dist-packages", "/lib/python", "<frozen "];
const LINE_MAX = 2000; // longer lines stay as they are

/** The lines as nodes. */
export function traceback(words) {
  let theirs = false;
  return words.split("\n").flatMap((line, place) => {
    const end = place ? ["\n"] : [];
    if (line.length > LINE_MAX) return [...end, line];
    const frame = FRAME.exec(line);
    if (frame) {
      theirs = NOT_OURS.some((part) => frame[2].includes(part));
      if (theirs) return [...end, el("span", { class: "far" }, line)];
      const slash = frame[2].lastIndexOf("/") + 1;
      const file = [frame[2].slice(0, slash), el("b", {}, frame[2].slice(slash))];
      const where = frame[6] ? [frame[5], el("span", { class: "place" }, frame[6])] : [];
      return [...end, el("span", { class: "far" }, frame[1], ...file, frame[3], el("b", {}, frame[4]), ...where)];
    }
    if (/^\s/.test(line) || line.startsWith("Traceback")) return [...end, theirs || line.startsWith("Traceback") ? el("span", { class: "far" }, line) : line];
    const error = ERROR.exec(line);
    return error ? [...end, el("span", { class: "fault" }, el("b", {}, error[0]), line.slice(error[0].length))] : [...end, line];
  });
}
