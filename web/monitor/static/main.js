// Connects to the monitor's events and draws each snapshot.

import { act, confirmed, onFailure } from "./actions.js";
import { el, icon, keyed, redraw, say } from "./dom.js";
import { clock, duration, setWords, t } from "./format.js";
import { drawMeters, drawNumbers } from "./meters.js";
import { drawServices } from "./services.js";
import { serviceGlyph, severity, stackGlyph } from "./states.js";
import { drawQueues, drawTasks, drawWorkers } from "./tables.js";

const $ = (id) => document.getElementById(id);
const UP = new Set(["running", "external"]);

let page = null;
let status = null;
let seenAt = 0; // seconds since the epoch, of the last snapshot from an engine
let connected = false;
let source = null;
const dismissed = new Set();
const failures = [];

// --- words and choices ---------------------------------------------------------------------------

async function load(language) {
  const query = language ? `?lang=${encodeURIComponent(language)}` : "";
  page = await (await fetch(`/page.json${query}`)).json();
  setWords(page);
  document.documentElement.lang = page.language;
  document.title = `${t("title")} · Celery Tray`;
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = t(node.dataset.word);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
  const names = Object.entries(page.languages);
  $("language").replaceChildren(...names.map(([tag, name]) => el("option", { value: tag, lang: tag, selected: tag === page.language }, name)));
  for (const node of document.querySelectorAll("*")) delete node.signature;
  connect();
  draw();
}

function remembered(name) {
  try {
    return localStorage.getItem(name) || "";
  } catch {
    return "";
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

$("theme").value = remembered("theme");
$("theme").addEventListener("change", ({ target }) => {
  remember("theme", target.value);
  if (target.value) document.documentElement.dataset.theme = target.value;
  else delete document.documentElement.dataset.theme;
});
$("language").addEventListener("change", ({ target }) => {
  remember("language", target.value);
  load(target.value);
});

// --- events --------------------------------------------------------------------------------------

function connect() {
  source?.close();
  source = null;
  if (document.hidden) return;
  source = new EventSource(`/api/events?lang=${page.language}`);
  source.addEventListener("snapshot", ({ data }) => {
    const news = JSON.parse(data);
    connected = true;
    if (news.engine && !news.stack.problem?.code.startsWith("engine-")) {
      status = news;
      seenAt = Date.now() / 1000;
    } else {
      status = status ? { ...status, engine: null, stack: { ...status.stack, problem: news.stack.problem } } : news;
    }
    draw();
  });
  source.addEventListener("error", () => {
    connected = false;
    if (source?.readyState === EventSource.CLOSED) setTimeout(() => page && connect(), 2000);
    draw();
  });
}

document.addEventListener("visibilitychange", () => page && connect());

// --- drawing -------------------------------------------------------------------------------------

function draw() {
  if (!page) return;
  const fresh = connected && status?.engine;
  drawLink(fresh);
  drawBanners(fresh);
  $("body").hidden = !status;
  if (!status) return;
  const now = Date.now() / 1000;
  $("body").classList.toggle("old", !fresh);
  $("body").inert = !fresh; // nothing can be done with what is only remembered
  say($("project"), status.stack.project ? status.stack.name : t("bundled"));
  drawSummary(fresh);
  drawButtons(fresh);
  drawNumbers($("numbers"), status);
  drawServices($("cards"), status.services, page, now);
  drawMeters($("meters"), status.machine, page.thresholds);
  drawTasks($("task-table"), $("tasks-note"), status.active, now);
  drawWorkers($("worker-table"), status.workers, now);
  drawQueues($("queue-table"), $("queues-note"), status.queues);
  markSection();
}

function drawLink(fresh) {
  const redis = fresh && status.services.find((one) => one.kind === "redis");
  const [glyph, tone] = redis ? serviceGlyph(redis.state) : ["g-warn", "warn"];
  $("link-glyph").setAttribute("class", `g ${tone}`);
  $("link-glyph").firstElementChild.setAttribute("href", `#${glyph}`);
  say($("link-word"), redis ? `${t("redis")} · ${t(`state_${redis.state}`)}` : t("not_connected"));
  say($("link-where"), (status?.stack.broker || "").replace(/^redis:\/\//, ""));
}

function drawSummary(fresh) {
  if (!fresh) {
    redraw($("summary"), t("not_connected"), () => [icon("g-warn", "warn"), t("not_connected")]);
    return;
  }
  const counted = status.services.filter((one) => one.enabled || one.state !== "stopped");
  const up = counted.filter((one) => UP.has(one.state)).length;
  const began = Math.min(...counted.filter((one) => one.started_at && UP.has(one.state)).map((one) => one.started_at));
  const [glyph, tone] = stackGlyph(status.stack.state);
  const words = up ? t("of_running", { up, total: counted.length }) : t("all_stopped");
  const time = Number.isFinite(began) ? ` · ${duration(Date.now() / 1000 - began)}` : "";
  redraw($("summary"), [glyph, words, time].join(), () => [icon(glyph, tone), `${words}${time}`]);
}

function drawButtons(fresh) {
  const stoppable = status.services.some((one) => ["running", "starting", "backoff"].includes(one.state));
  const startable = status.services.some((one) => one.enabled && ["stopped", "failed"].includes(one.state));
  redraw($("buttons"), [page.read_only, page.language].join(), () =>
    page.read_only
      ? [el("span", { class: "state off chip", title: t("read_only_why") }, icon("g-info"), t("read_only"))]
      : [
          el("button", { type: "button", id: "stop-all", onclick: stopAll }, icon("i-stop"), t("stop_all")),
          el("button", { type: "button", id: "start-all", class: "primary", onclick: ({ currentTarget }) => act("start", currentTarget) }, icon("i-play"), t("start_all")),
        ]
  );
  if (page.read_only) return;
  $("stop-all").disabled = !fresh || !stoppable;
  $("start-all").disabled = !fresh || !startable;
}

async function stopAll({ currentTarget: button }) {
  if (await confirmed("stop_all")) act("stop", button);
}

function drawBanners(fresh) {
  const banners = [...failures];
  if (!connected && status) {
    banners.push({ id: "gone", severity: "warning", title: t("no_answer"), words: staleSince() });
  }
  const problem = status?.stack.problem;
  if (connected && problem) {
    const words = [problem.message, problem.next_step, fresh ? "" : staleSince()];
    banners.push({ id: problem.code, severity: fresh ? "critical" : "warning", title: problem.title, words: words.filter(Boolean).join(" ") });
  }
  if (fresh) {
    for (const one of status.findings) {
      const id = `${one.id} ${one.pids.join()}`;
      if (!dismissed.has(id)) banners.push({ id, severity: one.severity, title: one.title, words: [one.detail, one.fix].filter(Boolean).join(" "), close: () => dismissed.add(id) });
    }
  }
  keyed($("banners"), banners, (one) => one.id, makeBanner, updateBanner);
}

function staleSince() {
  return seenAt ? t("stale_since", { time: clock(seenAt) }) : "";
}

function makeBanner(banner) {
  const [glyph, tone] = severity(banner.severity);
  const node = el("div", { class: `banner ${tone}` }, icon(glyph, tone), el("div", {}, el("span", { class: "sr" }), el("strong"), el("span", { class: "sub" })));
  if (banner.close) {
    node.append(el("button", { type: "button", class: "bare", "aria-label": t("dismiss"), onclick: () => { banner.close(); draw(); } }, icon("i-close")));
  }
  return node;
}

function updateBanner(node, banner) {
  const [kind, head, words] = node.children[1].children;
  say(kind, `${t(`severity_${banner.severity}`)}: `);
  say(head, banner.title);
  say(words, banner.words);
}

onFailure((title, words) => {
  const id = `failure ${title} ${words}`;
  if (failures.some((one) => one.id === id)) return;
  failures.unshift({ id, severity: "critical", title, words, close: () => failures.splice(failures.findIndex((one) => one.id === id), 1) });
  draw();
});

// --- the section in view -------------------------------------------------------------------------

const sections = [...document.querySelectorAll("#nav a")].map((link) => [link, document.querySelector(link.hash)]);

function markSection() {
  const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 4 && scrollY > 0;
  const passed = sections.filter(([, section]) => section.getBoundingClientRect().top < innerHeight * 0.3);
  const [current] = atEnd ? sections.at(-1) : passed.at(-1) || sections[0];
  for (const [link] of sections) {
    if (link === current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

addEventListener("scroll", markSection, { passive: true });

// Durations go on between two snapshots.
setInterval(() => {
  if (!document.hidden && status) draw();
}, 1000);

load(new URLSearchParams(location.search).get("lang") || remembered("language"));
