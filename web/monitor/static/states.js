// Every state as glyph, word and colour together: never colour alone.

import { el, icon } from "./dom.js";
import { has, t } from "./format.js";

const SERVICE = {
  stopped: ["g-idle", "off"],
  starting: ["g-spin", "run"],
  running: ["g-ok", "ok"],
  stopping: ["g-stop", "run"],
  backoff: ["g-retry", "warn"],
  failed: ["g-bad", "bad"],
  external: ["g-external", "ok"],
};
const FINDING = {
  duplicate: ["g-copy", "warn"],
  "stale-code": ["g-stale", "off"],
  unresponsive: ["g-warn", "warn"],
  crosstalk: ["g-warn", "warn"],
  surplus: ["g-copy", "warn"],
  "not-consuming": ["g-warn", "warn"],
  "old-configuration": ["g-stale", "off"],
  "two-beats": ["g-copy", "warn"],
};
const OWNER = {
  ours: ["g-ok", "ok"],
  external: ["g-external", "off"],
  orphan: ["g-warn", "warn"],
  remote: ["g-external", "off"],
};
const TASK = {
  PENDING: ["g-wait", "off", "task_pending"],
  RECEIVED: ["g-wait", "off", "task_received"],
  STARTED: ["g-busy", "run", "task_started"],
  SUCCESS: ["g-ok", "ok", "task_succeeded"],
  FAILURE: ["g-bad", "bad", "task_failed"],
  RETRY: ["g-retry", "warn", "task_retrying"],
  REVOKED: ["g-revoked", "rev", "task_revoked"],
  REJECTED: ["g-revoked", "rev", "task_rejected"],
};
const LOUD = new Set(["STARTED", "FAILURE", "RETRY"]);
const SEVERITY = { critical: ["g-bad", "bad"], warning: ["g-warn", "warn"], info: ["g-info", "run"] };

function shown([glyph, tone], word, chip) {
  const spin = glyph === "g-spin" ? "spin" : "";
  return el("span", { class: `state ${tone} ${chip ? "chip" : ""}` }, icon(glyph, spin), word);
}

/** A state of a page's own, in the same look. */
export function mark(glyph, tone, word, chip = false) {
  return shown([glyph, tone], word, chip);
}

export function serviceState(state) {
  return shown(serviceGlyph(state), t(`state_${state}`), false);
}

export function serviceGlyph(state) {
  return SERVICE[state] || ["g-idle", "off"];
}

export function owner(name) {
  return shown(OWNER[name] || OWNER.external, t(`owner_${name}`), name === "orphan");
}

/** What is wrong with a worker; one that is only likely says so, and its evidence is its title. */
export function finding(id, verdicts = []) {
  const key = `finding_${id.replaceAll("-", "_")}`;
  const word = has(key) ? t(key) : id;
  const mine = verdicts.filter((one) => one.finding === id && one.confidence !== "unknown");
  const sure = !mine.length || mine.some((one) => one.confidence === "certain");
  const node = shown(FINDING[id] || ["g-warn", "warn"], sure ? word : t("maybe", { finding: word }), true);
  node.title = mine.map((one) => one.evidence).join("\n");
  return node;
}

/** In long tables only what needs eyes has a chip; the rest is a glyph and grey words. */
export function taskState(state, chip = LOUD.has(state)) {
  const node = shown(taskGlyph(state), taskWord(state), chip);
  if (!chip) node.classList.add("calm");
  return node;
}

export function taskGlyph(state) {
  return TASK[state] || TASK.PENDING;
}

export function taskWord(state) {
  return t(taskGlyph(state)[2]);
}

export function severity(name) {
  return SEVERITY[name] || SEVERITY.warning;
}

export function limitState(within, word) {
  return shown(within ? ["g-ok", "ok"] : ["g-warn", "warn"], word, false);
}

/** The whole stack in one glyph. */
export function stackGlyph(state) {
  return { running: ["g-ok", "ok"], partial: ["g-warn", "warn"], failed: ["g-bad", "bad"] }[state] || ["g-idle", "off"];
}
