// Puts it together: words, choices, navigation, and the frame around every page.

import { drawBanners, onChange } from "./banners.js";
import { el, icon, say } from "./dom.js";
import { setWords, t } from "./format.js";
import { listen, live } from "./live.js";
import { cleanup } from "./pages/cleanup.js";
import { overview } from "./pages/overview.js";
import { queues } from "./pages/queues.js";
import { schedule } from "./pages/schedule.js";
import { services } from "./pages/services.js";
import { tasks } from "./pages/tasks.js";
import { workers } from "./pages/workers.js";
import { draw as drawPage, href, showAnew, start } from "./router.js";
import { serviceGlyph } from "./states.js";

const PAGES = [overview, tasks, workers, queues, schedule, services, cleanup];

const $ = (id) => document.getElementById(id);
let settings = null;

async function load(language) {
  const query = language ? `?lang=${encodeURIComponent(language)}` : "";
  const before = settings;
  settings = await (await fetch(`page.json${query}`)).json();
  setWords(settings);
  document.documentElement.lang = settings.language;
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = t(node.dataset.word);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
  const names = Object.entries(settings.languages);
  $("language").replaceChildren(...names.map(([tag, name]) => el("option", { value: tag, lang: tag, selected: tag === settings.language }, name)));
  $("nav").replaceChildren(...PAGES.map((page) => el("a", { href: href(page.path), "data-path": page.path }, icon(page.icon), el("span", {}, t(page.word)), page.badge ? el("b", { class: "badge" }) : null)));
  $("banners").replaceChildren();
  if (before) showAnew(settings);
  else start(PAGES, settings);
  listen(settings.language, draw);
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

function draw() {
  if (!settings) return;
  const { status, fresh } = live;
  drawLink();
  drawBadges();
  drawBanners($("banners"), live, $("body").dataset.page);
  $("body").hidden = !status;
  if (!status) return;
  $("body").classList.toggle("old", !fresh);
  // Nothing can be done with what is only remembered.
  $("body").inert = $("buttons").inert = !fresh;
  say($("project"), status.stack.project ? status.stack.name : t("bundled"));
  drawPage(Date.now() / 1000);
}

function drawLink() {
  const { status, fresh } = live;
  const redis = fresh && status.services.find((one) => one.kind === "redis");
  const [glyph, tone] = redis ? serviceGlyph(redis.state) : ["g-warn", "warn"];
  $("link-glyph").setAttribute("class", `g ${tone}`);
  $("link-glyph").firstElementChild.setAttribute("href", `#${glyph}`);
  say($("link-word"), redis ? `${t("redis")} · ${t(`state_${redis.state}`)}` : t("not_connected"));
  say($("link-where"), (status?.stack.broker || "").replace(/^redis:\/\//, ""));
}

/** How much on a page needs a look, beside its name. */
function drawBadges() {
  for (const page of PAGES) {
    if (!page.badge) continue;
    const node = document.querySelector(`#nav a[data-path="${page.path}"] .badge`);
    const count = live.fresh ? page.badge(live.status) : 0;
    node.hidden = !count;
    say(node, String(count));
    node.title = t("workers_need_look", { n: count });
  }
}

onChange(draw);

// Durations go on between two events.
setInterval(() => {
  if (!document.hidden && live.status) draw();
}, 1000);

load(new URLSearchParams(location.search).get("lang") || remembered("language"));
