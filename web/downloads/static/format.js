// Words, sizes and times in the reader's language.
import { WORDS } from "/static/words.js";

export const language = { now: remembered() ?? guessed() };

function remembered() {
  try {
    const kept = localStorage.getItem("lang");
    return kept in WORDS ? kept : null;
  } catch { return null; } // storage may be forbidden
}

function guessed() {
  const first = (navigator.languages?.[0] ?? navigator.language).toLowerCase();
  return /^zh\b/.test(first) && !/-(tw|hk|mo|hant)\b/.test(first) ? "zh-CN" : "en";
}

export function changeLanguage() {
  language.now = language.now === "en" ? "zh-CN" : "en";
  try { localStorage.setItem("lang", language.now); } catch { /* for this visit then */ }
}

export function word(key, values = {}) {
  let words = WORDS[language.now][key];
  if (typeof words === "object") words = values.n === 1 ? words.one : words.other;
  return words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function size(bytes) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let n = bytes, unit = 0;
  while (n >= 999.5 && unit < units.length - 1) { n /= 1000; unit += 1; }
  return `${unit ? n.toFixed(n < 99.95 ? 1 : 0) : n} ${units[unit]}`;
}

export function duration(seconds) {
  if (seconds < 90) return word("seconds", { n: Math.max(1, Math.round(seconds)) });
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return word("minutes", { n: minutes });
  return word("hours", { h: Math.floor(minutes / 60), n: minutes % 60 });
}

export function clock(instant) {
  const options = { hour: "2-digit", minute: "2-digit" };
  return new Date(instant * 1000).toLocaleTimeString(language.now, options);
}

// Sentences one after the other: Chinese has no space between them.
export function sentences(...all) {
  return all.filter(Boolean).join(language.now === "en" ? " " : "");
}
