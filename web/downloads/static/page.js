// The page: one list, kept true by server-sent events. Everything foreign is set as text.
import { WORDS } from "/static/words.js";

const byId = (id) => document.getElementById(id);
const rows = new Map(); // id -> {element, value, seen: [time, bytes]}
let lang = remembered() ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh-CN" : "en");

function remembered() {
  const kept = localStorage.getItem("lang");
  return kept in WORDS ? kept : null;
}

function word(key, values = {}) {
  return WORDS[lang][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function size(bytes) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let n = bytes, unit = 0;
  while (n >= 1000 && unit < units.length - 1) { n /= 1000; unit += 1; }
  return `${unit ? n.toFixed(1) : n} ${units[unit]}`;
}

function time(seconds) {
  return seconds < 90
    ? word("seconds", { n: Math.max(1, Math.round(seconds)) })
    : word("minutes", { n: Math.round(seconds / 60) });
}

async function ask(path, options = {}) {
  const response = await fetch(path, {
    ...options,
    headers: { "content-type": "application/json", "accept-language": lang },
  });
  const body = await response.json();
  if (!response.ok) throw Object.assign(new Error(body.title), { words: body });
  return body;
}

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function action(label, run, about) {
  const button = make("button", "", label);
  button.type = "button";
  button.setAttribute("aria-label", `${label}: ${about}`);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try { await run(); } catch (error) { complain(error); } finally { button.disabled = false; }
  });
  return button;
}

function nameOf(value) {
  if (value.file) return value.file.name;
  try {
    const parts = new URL(value.url);
    const last = parts.pathname.split("/").filter(Boolean).pop();
    return last ? decodeURIComponent(last) : parts.host;
  } catch { return value.url; }
}

function render(row) {
  const value = row.value, name = nameOf(value), api = `/api/downloads/${value.id}`;
  const element = row.element;
  const focused = element.contains(document.activeElement)
    ? [...element.querySelectorAll("button, a")].indexOf(document.activeElement) : -1;
  element.dataset.state = value.state;
  element.replaceChildren(make("span", "name", name), make("span", "url sub", value.url));

  const actions = make("div", "actions");
  if (value.file) {
    const link = make("a", "button", word("open"));
    link.href = value.file.href;
    link.setAttribute("aria-label", `${word("open")}: ${name}`);
    actions.append(link);
  }
  const ended = ["SUCCESS", "FAILURE", "REVOKED"].includes(value.state);
  if (!ended) actions.append(action(word("cancel"), () => ask(`${api}/cancel`, { method: "POST", body: "{}" }), name));
  if (ended && !value.file) actions.append(action(word("retry"), () => ask(`${api}/retry`, { method: "POST", body: "{}" }), name));
  if (value.state !== "STARTED") actions.append(action(word("remove"), () => ask(api, { method: "DELETE", body: "{}" }), name));
  element.append(actions);

  const state = make("div", "state");
  state.append(make("b", "", word(value.state)));
  const { done_bytes: done, total_bytes: total } = value.progress;
  if (value.file) state.append(make("span", "sub", size(value.file.size_bytes)));
  if (value.state === "STARTED") {
    state.append(make("span", "sub", total ? `${size(done)} / ${size(total)}` : size(done)));
    if (row.speed > 0) {
      state.append(make("span", "sub", word("perSecond", { size: size(row.speed) })));
      if (total) state.append(make("span", "sub", word("left", { time: time((total - done) / row.speed) })));
    }
  }
  if (value.attempt > 1 && !value.file) state.append(make("span", "sub", word("attempt", { n: value.attempt })));
  element.append(state);

  if (value.state === "STARTED") {
    const bar = make("progress");
    bar.setAttribute("aria-label", word("progress", { name }));
    if (total) { bar.max = total; bar.value = done; }
    element.append(bar);
  }
  if (value.error) {
    const why = make("p", "why");
    why.append(make("strong", "", value.error.title), ` ${value.error.message} ${value.error.next_step}`);
    element.append(why);
  }
  if (focused >= 0) element.querySelectorAll("button, a")[focused]?.focus();
}

function take(value) {
  let row = rows.get(value.id);
  if (value.deleted) {
    row?.element.remove();
    rows.delete(value.id);
  } else {
    if (!row) {
      row = { element: make("li"), speed: 0, seen: null };
      rows.set(value.id, row);
      const newer = [...rows.values()].filter((r) => r.value && r.value.created_at > value.created_at);
      const after = newer.sort((a, b) => a.value.created_at - b.value.created_at)[0];
      after ? after.element.after(row.element) : byId("list").prepend(row.element);
    }
    measure(row, value);
    row.value = value;
    render(row);
  }
  summarise();
}

function measure(row, value) {
  const now = performance.now() / 1000, done = value.progress.done_bytes;
  if (value.state !== "STARTED" || !row.seen || done < row.seen[1]) {
    row.seen = [now, done];
    row.speed = 0;
  } else if (now - row.seen[0] >= 0.5) {
    const latest = (done - row.seen[1]) / (now - row.seen[0]);
    row.speed = row.speed ? 0.7 * row.speed + 0.3 * latest : latest;
    row.seen = [now, done];
  }
}

function summarise() {
  const states = [...rows.values()].map((row) => row.value.state);
  const done = states.filter((state) => state === "SUCCESS").length;
  const active = states.filter((state) => ["PENDING", "STARTED", "RETRY"].includes(state)).length;
  byId("status").textContent = word("summary", { done, active });
  byId("empty").hidden = rows.size > 0;
  if (active > 0 && !states.includes("STARTED")) setTimeout(checkWorker, 1500);
  else byId("notice").hidden = true;
}

let checking = false;
async function checkWorker() {
  const states = [...rows.values()].map((row) => row.value.state);
  if (checking || !states.includes("PENDING") || states.includes("STARTED")) return;
  checking = true;
  try {
    const answer = await ask("/api/worker");
    byId("notice").hidden = answer.ok;
    if (!answer.ok) {
      byId("notice").replaceChildren(make("strong", "", answer.title), `${answer.message} ${answer.next_step}`);
      setTimeout(checkWorker, 5000);
    }
  } catch { /* the events say when the server is gone */ } finally { checking = false; }
}

function complain(error) {
  const words = error.words ?? { title: word("offline"), message: "", next_step: "" };
  byId("form-error").textContent = `${words.title}. ${words.message} ${words.next_step}`;
  byId("form-error").hidden = false;
}

async function load() {
  const { downloads } = await ask("/api/downloads?limit=200");
  const known = new Set(downloads.map((value) => value.id));
  for (const id of [...rows.keys()]) if (!known.has(id)) take({ id, deleted: true });
  downloads.forEach(take);
  summarise();
}

function translate() {
  document.documentElement.lang = lang;
  document.title = word("title");
  byId("list").setAttribute("aria-label", word("list"));
  for (const element of document.querySelectorAll("[data-word]")) {
    element.textContent = word(element.dataset.word);
  }
  rows.forEach(render);
  summarise();
}

let events;
function listen() {
  events?.close();
  events = new EventSource(`/api/events?lang=${lang}`);
  events.addEventListener("open", () => load().catch(() => {}));
  events.addEventListener("download", (event) => take(JSON.parse(event.data)));
  events.addEventListener("error", () => { byId("status").textContent = word("offline"); });
}

byId("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("form-error").hidden = true;
  const left = [];
  for (const url of byId("urls").value.split(/\s+/).filter(Boolean)) {
    try {
      take(await ask("/api/downloads", { method: "POST", body: JSON.stringify({ url }) }));
    } catch (error) {
      left.push(url);
      complain(error);
    }
  }
  byId("urls").value = left.join("\n"); // what was refused stays, to be mended
});
byId("urls").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("form").requestSubmit();
});
byId("language").addEventListener("click", () => {
  lang = lang === "en" ? "zh-CN" : "en";
  localStorage.setItem("lang", lang);
  translate();
  listen();
});
translate();
listen();
