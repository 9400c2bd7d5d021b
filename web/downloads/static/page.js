// The page: one list, kept true by the feed.
import { ask } from "/static/api.js";
import { Feed } from "/static/feed.js";
import { changeLanguage, clock, language, sentences, size, word } from "/static/format.js";
import { preview } from "/static/preview.js";
import { make, Row } from "/static/row.js";

const PAGE = 100;
const WORKER_AFTER_MS = 1500;
const WORKER_AGAIN_MS = 5000;
const FILTERS = {
  all: [], active: ["PENDING", "STARTED", "RETRY"], done: ["SUCCESS"], failed: ["FAILURE"],
  stopped: ["PAUSED", "REVOKED"],
};
const byId = (id) => document.getElementById(id);
const rows = new Map(); // id -> Row, newest first in the list
const view = { filter: "all", search: "", more: false };
const notices = { broker: null, worker: null };

function take(value) {
  const row = rows.get(value.id);
  if (value.deleted) {
    if (row?.element.contains(document.activeElement)) byId("search").focus();
    row?.element.remove();
    rows.delete(value.id);
  } else if (row && value.change < row.value.change) {
    return; // an answer that was overtaken by an event
  } else if (row) {
    const before = row.shown;
    row.take(value);
    if (before !== row.shown && ["SUCCESS", "FAILURE"].includes(value.state)) {
      say(word("ended", { name: row.label, state: word(row.shown) }));
    }
    fit(row);
  } else {
    const fresh = new Row(value, { complain, preview });
    rows.set(value.id, fresh);
    const created = value.created_at;
    // The list is short where new ones come: at its beginning.
    const next = [...byId("list").children].find((li) => rows.get(li.dataset.id)?.value.created_at <= created);
    fresh.element.dataset.id = value.id;
    byId("list").insertBefore(fresh.element, next ?? null);
    fit(fresh);
  }
  later();
}

function fit(row) {
  const states = FILTERS[view.filter];
  const text = `${row.value.url} ${row.label}`.toLowerCase();
  const words = view.search.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (!states.length || states.includes(row.value.state)) && words.every((one) => text.includes(one));
  row.element.hidden = !fits;
}

let summing = false;
function later() { // many changes, one summary
  if (summing) return;
  summing = true;
  requestAnimationFrame(() => { summing = false; summarise(); });
}

function summarise() {
  const states = [...rows.values()].map((row) => row.shown);
  const active = states.filter((state) => FILTERS.active.includes(state)).length;
  if (reachable) {
    byId("status").textContent = word("summary", { done: states.filter((s) => s === "SUCCESS").length, active });
  }
  const filtered = view.filter !== "all" || view.search !== "";
  const none = ![...rows.values()].some((row) => !row.element.hidden);
  byId("tools").hidden = rows.size === 0 && !filtered;
  byId("empty").hidden = !none;
  byId("empty-words").textContent = word(filtered ? "emptyFiltered" : "empty");
  byId("empty-action").textContent = word(filtered ? "clearFilter" : "example");
  byId("empty-action").dataset.filtered = filtered ? "yes" : "";
  byId("older").hidden = !view.more;
  if (active > 0 && !states.includes("STARTED")) checkWorkerSoon(WORKER_AFTER_MS);
  else notice("worker", null);
}

let workerTimer = null;
function checkWorkerSoon(after) {
  workerTimer ??= setTimeout(async () => {
    const states = [...rows.values()].map((row) => row.value.state);
    let again = false;
    if (states.includes("PENDING") && !states.includes("STARTED") && !document.hidden) {
      try {
        const answer = await ask("/api/worker");
        notice("worker", answer.ok ? null : answer);
        again = true;
      } catch { /* the feed says when the server or Redis is gone */ }
    }
    workerTimer = null;
    if (again) checkWorkerSoon(WORKER_AGAIN_MS);
  }, after);
}

function notice(about, words) {
  notices[about] = words;
  const shown = notices.broker ?? notices.worker, element = byId("notice");
  const text = shown ? `${shown.title} ${shown.message} ${shown.next_step}` : "";
  if (element.dataset.text === text) return;
  element.dataset.text = text;
  element.replaceChildren();
  if (shown) element.append(make("strong", "", shown.title), make("span", "", sentences(shown.message, shown.next_step)));
  element.hidden = !shown;
}

let reachable = true;
function reach(now) {
  reachable = now;
  document.body.classList.toggle("stale", !now);
  if (now) later(); else byId("status").textContent = word("offline");
}

function say(words) { byId("said").textContent = words; }

function complain(error, more = []) {
  const all = [error.words ?? { title: word("offline"), message: "", next_step: "" }, ...more];
  byId("form-error").replaceChildren(...all.slice(0, 5).map((words) =>
    make("p", "", `${words.title}${word("colon")}${sentences(words.message, words.next_step)}`)));
  byId("form-error").hidden = false;
}

function query(before) {
  const parts = new URLSearchParams({ limit: PAGE });
  if (view.search) parts.set("q", view.search);
  if (FILTERS[view.filter].length) parts.set("state", FILTERS[view.filter].join());
  if (before) parts.set("before", before);
  return `/api/downloads?${parts}`;
}

async function load(before = null) {
  const asked = query(before);
  const { downloads, change } = await ask(asked);
  if (asked !== query(before)) return change; // the question has changed meanwhile
  view.more = downloads.length === PAGE;
  downloads.forEach(take);
  later();
  return change;
}

async function reload() {
  for (const row of rows.values()) row.value.change = 0; // another Redis counts anew
  const change = await load();
  const { downloads } = await ask("/api/downloads?limit=500");
  const known = new Set(downloads.map((value) => value.id));
  const oldest = downloads.length < 500 ? 0 : downloads.at(-1).created_at;
  for (const [id, row] of rows) {
    if (!known.has(id) && row.value.created_at >= oldest) take({ id, deleted: true });
  }
  notice("broker", null);
  return change;
}

function look() { // the filter or the search has changed
  rows.forEach(fit);
  later();
  load().catch(complain);
}

let cleaned = null;
async function showStore() {
  ({ cleaned } = await ask("/api/clean"));
  byId("store").hidden = false;
  tellStore();
  return cleaned?.at ?? 0;
}

function tellStore() {
  byId("store-words").textContent = cleaned
    ? sentences(
      word("store", { n: cleaned.kept_files, size: size(cleaned.kept_bytes) }),
      word("cleaned", { ...cleaned, at: clock(cleaned.at) }))
    : word("neverCleaned");
}

function translate() {
  document.documentElement.lang = language.now;
  document.title = word("title");
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", word(element.dataset.label));
  const search = byId("search");
  search.placeholder = word(search.dataset.placeholder);
  search.setAttribute("aria-label", search.placeholder);
  say("");
  rows.forEach((row) => row.render());
  tellStore();
  summarise();
}

async function submit() {
  const urls = byId("urls").value.split(/\s+/).filter(Boolean);
  byId("form-error").hidden = true;
  if (!urls.length) { byId("urls").focus(); return; }
  try {
    if (urls.length === 1) {
      const order = { url: urls[0] };
      if (byId("filename").value) order.filename = byId("filename").value;
      if (byId("sha256").value) order.sha256 = byId("sha256").value.trim();
      take(await ask("/api/downloads", "POST", order));
      byId("urls").value = byId("filename").value = byId("sha256").value = "";
      say(word("submitted", { n: 1 }));
      return;
    }
    const left = [];
    let added = 0;
    for (let start = 0; start < urls.length; start += 100) {
      const answer = await ask("/api/downloads", "POST", { urls: urls.slice(start, start + 100) });
      answer.downloads.forEach(take);
      added += answer.downloads.length;
      left.push(...answer.refused);
      byId("urls").value = [...left.map((one) => one.url), ...urls.slice(start + 100)].join("\n");
    }
    say(word("submitted", { n: added }));
    if (left.length) complain({ words: left[0].error }, left.slice(1).map((one) => one.error));
  } catch (error) { complain(error); } // what was refused stays, to be mended
}

const feed = new Feed({ change: take, reload, reachable: reach, broker: (words) => notice("broker", words) });

byId("form").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
byId("urls").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("form").requestSubmit();
});
byId("filter").addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-filter]");
  if (!chosen) return;
  view.filter = chosen.dataset.filter;
  for (const one of byId("filter").children) one.setAttribute("aria-pressed", String(one === chosen));
  look();
});
let typing;
byId("search").addEventListener("input", () => {
  view.search = byId("search").value.trim();
  rows.forEach(fit);
  later();
  clearTimeout(typing);
  typing = setTimeout(() => load().catch(complain), 250);
});
byId("empty-action").addEventListener("click", (event) => {
  if (event.target.dataset.filtered) {
    byId("search").value = view.search = "";
    byId("filter").querySelector("[data-filter=all]").click();
  } else {
    byId("urls").value = word("example");
    byId("urls").focus();
  }
});
byId("older").addEventListener("click", () => {
  const shown = [...rows.values()].filter((row) => !row.element.hidden);
  load(Math.min(...shown.map((row) => row.value.created_at))).catch(complain);
});
byId("clean").addEventListener("click", async () => {
  try {
    const before = await showStore();
    await ask("/api/clean", "POST");
    byId("store-words").textContent = word("cleanAsked");
    for (let turn = 0; turn < 40; turn += 1) {
      await new Promise((done) => setTimeout(done, 500));
      const answer = await ask("/api/clean");
      if ((answer.cleaned?.at ?? 0) > before) { await showStore(); say(byId("store-words").textContent); return; }
    }
    const worker = await ask("/api/worker");
    if (!worker.ok) complain({ words: worker });
    await showStore();
  } catch (error) { complain(error); }
});
byId("language").addEventListener("click", () => {
  changeLanguage();
  translate();
  feed.restart();
});
document.addEventListener("keydown", (event) => {
  const writes = /^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "");
  if (event.key === "/" && !writes && !byId("tools").hidden) { event.preventDefault(); byId("search").focus(); }
});
setInterval(() => { // times pass also when nothing changes
  if (!document.hidden) for (const row of rows.values()) if (["STARTED", "RETRY"].includes(row.value.state)) row.render();
}, 1000);

translate();
feed.start();
showStore().catch(() => {});
