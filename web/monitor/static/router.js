// Which page is shown, by the address; its parts come and go with it.

import { tell, tellError } from "./banners.js";
import { live } from "./live.js";
import { t } from "./format.js";

// The folder of the pages: "/" or the prefix of the monitor.
const base = new URL("..", import.meta.url).pathname;

let pages = [];
let settings = null;
let shown = null; // { page, view, ends: AbortController }

/** A page is { path, word, icon, open(root, shell) -> { draw?(status, now), query?(query) } }. */
export function start(allPages, pageSettings) {
  pages = allPages;
  settings = pageSettings;
  show();
}

/** The address of a page with its query. */
export function href(path, query = {}) {
  const fields = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "" && value != null));
  return `${base}${path}${fields.size ? `?${fields}` : ""}`;
}

export function go(path, query = {}) {
  history.pushState(null, "", href(path, query));
  show();
  document.getElementById("main").focus({ preventScroll: true });
  scrollTo(0, 0);
}

/** Draw the page that is shown. */
export function draw(now) {
  if (shown && live.status) shown.view.draw?.(live.status, now);
}

/** Show the page of the address; the same page with another query stays as it is. */
function show(anew = false) {
  const path = location.pathname.slice(base.length);
  const page = pages.find((one) => one.path === path) || pages[0];
  const query = Object.fromEntries(new URLSearchParams(location.search));
  if (!anew && shown?.page === page && shown.view.query) return shown.view.query(query);
  shown?.ends.abort();
  const ends = new AbortController();
  const [root, summary, buttons] = ["body", "summary", "buttons"].map((id) => document.getElementById(id));
  for (const node of [root, summary, buttons]) {
    node.replaceChildren();
    delete node.signature;
  }
  root.dataset.page = page.path || "overview";
  document.getElementById("heading").textContent = t(page.word);
  document.title = `${t(page.word)} · Celery Tray`;
  for (const link of document.querySelectorAll("#nav a")) {
    if (link.dataset.path === page.path) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const shell = { settings, summary, buttons, query, signal: ends.signal, go, href, tell, tellError, every: every(ends.signal), setQuery: setQuery(page) };
  shown = { page, ends, view: {} };
  shown.view = page.open(root, shell) || {};
  draw(Date.now() / 1000);
}

/** The page in another language. */
export function showAnew(pageSettings) {
  settings = pageSettings;
  show(true);
}

/** Put what is chosen into the address, so that it can be bookmarked and gone back to. */
function setQuery(page) {
  return (query, { replace = true } = {}) => {
    const to = href(page.path, query);
    if (to === location.pathname + location.search) return;
    if (replace) history.replaceState(null, "", to);
    else history.pushState(null, "", to);
  };
}

/** every(seconds, look): call `look(signal)` now and again, one at a time, while the page is open
 * and seen; errors are told once. Returns a function that looks at once. */
function every(signal) {
  return (seconds, look) => {
    let timer = 0;
    let looking = null;
    let failed = "";
    const run = async () => {
      clearTimeout(timer);
      looking?.abort();
      if (signal.aborted) return;
      const mine = (looking = new AbortController());
      const either = AbortSignal.any([signal, mine.signal]);
      try {
        if (!document.hidden) await look(either);
        failed = "";
      } catch (error) {
        if (either.aborted) return;
        if (failed !== error.message && error.status) tellError(error);
        failed = error.message;
        if (!(error.status >= 0)) console.error(error);
      }
      if (looking === mine && !signal.aborted) timer = setTimeout(run, seconds * 1000);
    };
    document.addEventListener("visibilitychange", () => !document.hidden && run(), { signal });
    run();
    return run;
  };
}

addEventListener("popstate", () => show());
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-path]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(link.dataset.path, Object.fromEntries(new URL(link.href).searchParams));
});
