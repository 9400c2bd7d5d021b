// Words, durations and sizes as a person reads them, in the language of the page.

let words = {};
let language = "en";

export function setWords(page) {
  words = page.words;
  language = page.language;
}

/** The words for a key; {placeholders} are filled from `values`, plurals by `values.n`, which is
 * written as a number of this language. */
export function t(key, values = {}) {
  let pattern = words[key];
  if (pattern === undefined) return key;
  if (typeof pattern === "object") pattern = String(values.n) === "1" ? pattern.one : pattern.many;
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => (name === "n" && typeof values.n === "number" ? number(values.n) : name in values ? String(values[name]) : whole));
}

export function has(key) {
  return key in words;
}

export function number(value) {
  return value.toLocaleString(language);
}

/** "2 h 14 min": two units at most. */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const days = Math.floor(whole / 86400);
  const hours = Math.floor(whole / 3600) % 24;
  const minutes = Math.floor(whole / 60) % 60;
  if (days) return t("days_hours", { days, hours });
  if (hours) return t("hours_minutes", { hours, minutes });
  if (minutes) return t("minutes", { minutes });
  return t("seconds", { seconds: whole });
}

/** Short times with a decimal: "0.3 s", "38 s". */
export function runtime(seconds) {
  const bounded = Math.max(0, seconds);
  return bounded < 10 ? t("seconds", { seconds: bounded.toFixed(1) }) : duration(bounded);
}

export function size(bytes) {
  let value = bytes;
  for (const unit of ["B", "KB", "MB", "GB"]) {
    if (value < 1024) return `${unit === "GB" && value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
    value /= 1024;
  }
  return `${value.toFixed(1)} TB`;
}

export function percent(value) {
  return value < 9.95 ? `${value.toFixed(1)}%` : `${Math.round(value)}%`;
}

export function clock(epoch) {
  return new Date(epoch * 1000).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
}

/** An instant: today's as its time with seconds, another day's with its date. */
export function instant(epoch) {
  const then = new Date(epoch * 1000);
  const today = then.toDateString() === new Date().toDateString();
  const time = then.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", second: today ? "2-digit" : undefined });
  return today ? time : `${then.toLocaleDateString(language)} ${time}`;
}
