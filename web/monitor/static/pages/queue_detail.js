// All that is known of one queue: who takes it, what is out, what comes next, what can be done.

import { get } from "../api.js";
import { el, icon, keyed, redraw, say } from "../dom.js";
import { number, t } from "../format.js";
import { drawSeries } from "../sparkline.js";
import { askMove, askPurge } from "./queue_actions.js";
import { drawMessage, makeMessage } from "./queue_messages.js";
import { askWhy } from "./task_why.js";
import { factsOf, isAlone } from "./queue_words.js";
import { canvas } from "./trends.js";

const PAGE = 20; // Messages that are shown at once.
const NARROW = "(max-width: 1240px)";

/** `on` are { close(), page(from), changed() }. Returns { node, look, draw, reveal, close }. */
export function queueDetail(shell, on) {
  let queue = null;
  let others = [];
  let peeked = null; // { queue, from, depth, messages }
  let wanted = 0; // Where the page begins that was asked for last: a second click goes on from it.
  const parts = makeParts(shell, {
    close: on.close,
    page: (by) => {
      const last = Math.floor(Math.max(0, (queue?.depth || 0) - 1) / PAGE) * PAGE;
      wanted = Math.min(Math.max(0, wanted + by * PAGE), last);
      on.page(wanted);
    },
    purge: () => askPurge(shell, queue, on.changed),
    move: (ids) => askMove(shell, queue, others, ids, on.changed),
  });

  return {
    node: parts.node,
    close: on.close,
    async look(name, from, signal) {
      wanted = from;
      try {
        const { depth, messages } = await get("queues/messages", { queue: name, start: String(from), limit: PAGE }, signal);
        peeked = { queue: name, from, depth, messages };
      } catch (error) {
        if (error.name === "AbortError") throw error;
        peeked = { queue: name, from, depth: 0, messages: [], problem: error };
      }
    },
    draw(found, elsewhere, now) {
      parts.node.hidden = !found;
      parts.node.parentElement.classList.toggle("open", Boolean(found));
      queue = found || null;
      others = elsewhere;
      if (!found) return;
      found.read_at ??= now;
      drawFigures(parts, found, now);
      drawMessages(parts, peeked?.queue === found.name ? peeked : null, shell, (ids) => askMove(shell, queue, others, ids, on.changed), others);
      if (parts.purge) parts.purge.disabled = !found.depth;
      if (parts.move) parts.move.disabled = !found.depth || !others.length;
    },
    /** Where it lies below the table, bring it into sight. */
    reveal() {
      if (!parts.node.hidden && matchMedia(NARROW).matches) parts.node.scrollIntoView({ block: "start" });
    },
  };
}

function makeParts(shell, on) {
  const parts = {
    heading: el("h2", { class: "name" }),
    count: el("span", { class: "sub" }),
    look: el("p", { class: "note", role: "status" }),
    trend: canvas(t("queue_hour")),
    facts: el("dl", { class: "facts" }),
    messages: el("ol", { class: "messages" }),
    none: el("p", { class: "empty" }),
    where: el("span", { class: "sub", role: "status" }),
    earlier: el("button", { type: "button", class: "bare", "aria-label": t("queue_earlier"), title: t("queue_earlier"), onclick: () => on.page(-1) }, "‹"),
    later: el("button", { type: "button", class: "bare", "aria-label": t("queue_later"), title: t("queue_later"), onclick: () => on.page(1) }, "›"),
    purge: null,
    move: null,
  };
  const close = el("button", { type: "button", class: "bare", "aria-label": t("queue_close"), title: t("queue_close"), onclick: on.close }, icon("i-close"));
  const foot = el("div", { class: "buttons" });
  if (!shell.settings.read_only) {
    parts.move = el("button", { type: "button", onclick: () => on.move([]) }, t("queue_move"));
    parts.purge = el("button", { type: "button", class: "danger", onclick: on.purge }, t("queue_drop"));
    foot.append(parts.move, parts.purge);
  }
  parts.node = el(
    "section",
    { class: "panel detail", hidden: true },
    el("div", { class: "panel-head" }, el("div", {}, parts.heading, parts.count), close),
    parts.look,
    el("figure", {}, el("figcaption", { class: "sub" }, t("queue_hour")), parts.trend),
    parts.facts,
    el("div", { class: "panel-head" }, el("h3", {}, t("queue_next")), el("span", { class: "paging" }, parts.where, parts.earlier, parts.later)),
    parts.none,
    parts.messages,
    foot,
  );
  return parts;
}

function drawFigures(parts, queue, now) {
  parts.node.setAttribute("aria-label", queue.name);
  say(parts.heading, queue.name);
  say(parts.count, t("queue_waiting", { n: number(queue.depth) }));
  const near = queue.did_you_mean ? ` ${t("queue_did_you_mean", { near: queue.did_you_mean })}` : "";
  const needs = isAlone(queue) ? t("queue_alone") + near : "";
  redraw(parts.look, needs, () => (needs ? [el("span", { class: "state warn" }, icon("g-warn", "warn"), needs)] : []));
  drawSeries(parts.trend, queue.trend.last_hour);
  keyed(parts.facts, factsOf(queue, now), ([caption]) => caption, () => el("div", {}, el("dt"), el("dd")), (node, [caption, words]) => {
    say(node.firstElementChild, caption);
    say(node.lastElementChild, words);
  });
}

function drawMessages(parts, peeked, shell, move, others) {
  const messages = peeked?.messages || [];
  const problem = peeked?.problem;
  say(parts.none, problem ? [problem.message, problem.words].join(" ") : t(peeked ? "queue_none_waits" : "queue_looking"));
  parts.none.hidden = messages.length > 0;
  const from = peeked?.from || 0;
  const last = from + messages.length;
  say(parts.where, messages.length ? t("queue_page", { first: number(from + 1), last: number(last), count: number(peeked.depth) }) : "");
  parts.earlier.disabled = !from;
  parts.later.disabled = !peeked || last >= peeked.depth || !messages.length;
  const canMove = !shell.settings.read_only && others.length > 0;
  keyed(parts.messages, messages, (one) => `${one.position} ${one.id} ${canMove}`, (one) => makeMessage(one, (id) => askWhy(shell, id), canMove ? move : null), drawMessage);
}
