// What may be typed next into the search box of the tasks. Pure.

// Fields of the query language, with what comes behind each.
const FIELDS = ["name:", "state:", "worker:", "queue:", "args:", "result:", "error:", "id:", "root:", "runtime>", "wait>", "retries>", "since:", "until:"];
const WORDS = ["NOT", "OR"];
const SPANS = ["10m", "1h", "24h", "7d"];
const OFFERED_MAX = 8;
const ENDS = " \t()";

/** { start, end, offered }: that part of `words` may become one of those offered. `known` has
 * names, workers, queues and states. */
export function complete(words, cursor, known) {
  let start = cursor;
  while (start && !ENDS.includes(words[start - 1])) start -= 1;
  let end = cursor;
  while (end < words.length && !ENDS.includes(words[end])) end += 1;
  const piece = words.slice(start, cursor).replace(/^-+/, "");
  start = cursor - piece.length;
  const [, name, value] = /^([^:]*):(.*)$/.exec(piece) || [];
  const found = name === undefined ? (piece ? fitting(piece, [...FIELDS, ...WORDS]) : []) : values(name.toLowerCase(), value.replace(/^"/, ""), known).map((one) => `${name}:${one}`);
  return { start, end, offered: found.filter((one) => one !== words.slice(start, end)).slice(0, OFFERED_MAX) };
}

/** [words, cursor] with one that was offered. */
export function put({ start, end }, words, choice) {
  const rest = words.slice(end);
  const behind = ":>".includes(choice.at(-1)) || rest.startsWith(" ") ? "" : " ";
  return [words.slice(0, start) + choice + behind + rest, start + choice.length + behind.length];
}

function values(name, value, known) {
  switch (name) {
    case "name": return containing(value, known.names).map(quoted);
    case "worker": return containing(value, known.workers).map(quoted);
    case "queue": return containing(value, known.queues).map(quoted);
    case "state": return fitting(value, known.states);
    case "since":
    case "until": return fitting(value, SPANS);
    default: return [];
  }
}

function fitting(piece, offered) {
  return offered.filter((one) => one.toLowerCase().startsWith(piece.toLowerCase()));
}

/** Those that begin so, then those that have it inside. */
function containing(piece, offered) {
  const first = fitting(piece, offered);
  return [...first, ...offered.filter((one) => one.toLowerCase().includes(piece.toLowerCase()) && !first.includes(one))];
}

function quoted(value) {
  return /^[\p{L}\p{N}._\-@/]*$/u.test(value) ? value : `"${value.replaceAll('"', " ")}"`;
}
