// The whole stack at a glance: services, this computer, what runs, workers and queues.

import { send } from "../api.js";
import { confirmed } from "../dialog.js";
import { el, icon, redraw } from "../dom.js";
import { duration, t } from "../format.js";
import { live } from "../live.js";
import { stackGlyph } from "../states.js";
import { drawMeters, drawNumbers } from "./meters.js";
import { drawServices } from "./service_cards.js";
import { drawQueues, drawTasks, drawWorkers } from "./tables.js";

const UP = new Set(["running", "external"]);

export const overview = {
  path: "",
  word: "overview",
  icon: "i-grid",
  open(root, shell) {
    const parts = {
      numbers: el("section", { class: "panel numbers", id: "numbers", "aria-label": t("overview") }),
      cards: el("div", { class: "cards", id: "cards" }),
      meters: el("div", { class: "meters", id: "meters" }),
      tasks: el("div", { id: "task-table" }),
      tasksNote: el("span", { class: "sub" }),
      workers: el("div", { id: "worker-table" }),
      queues: el("div", { id: "queue-table" }),
      queuesNote: el("span", { class: "sub" }),
    };
    root.append(
      parts.numbers,
      el("section", { "aria-label": t("services") }, parts.cards),
      panel(t("computer"), parts.meters),
      panel(t("running_tasks"), parts.tasks, parts.tasksNote),
      panel(t("workers"), parts.workers),
      panel(t("queues"), parts.queues, parts.queuesNote),
    );
    const buttons = makeButtons(shell);
    return {
      draw(status, now) {
        drawSummary(shell.summary, status);
        drawButtons(buttons, status);
        drawNumbers(parts.numbers, status);
        drawServices(parts.cards, status.services, shell, now);
        drawMeters(parts.meters, status.machine, shell.settings.thresholds);
        drawTasks(parts.tasks, parts.tasksNote, status.active, now);
        drawWorkers(parts.workers, status.workers, now);
        drawQueues(parts.queues, parts.queuesNote, status.queues);
      },
    };
  },
};

function panel(heading, content, note = null) {
  return el("section", { class: "panel", "aria-label": heading }, el("div", { class: "panel-head" }, el("h2", {}, heading), note), content);
}

export function drawSummary(parent, status) {
  if (!live.fresh) {
    redraw(parent, t("not_connected"), () => [icon("g-warn", "warn"), t("not_connected")]);
    return;
  }
  const counted = status.services.filter((one) => one.enabled || one.state !== "stopped");
  const up = counted.filter((one) => UP.has(one.state)).length;
  const began = Math.min(...counted.filter((one) => one.started_at && UP.has(one.state)).map((one) => one.started_at));
  const [glyph, tone] = stackGlyph(status.stack.state);
  const words = up ? t("of_running", { up, total: counted.length }) : t("all_stopped");
  const time = Number.isFinite(began) ? ` · ${duration(Date.now() / 1000 - began)}` : "";
  redraw(parent, [glyph, words, time].join(), () => [icon(glyph, tone), `${words}${time}`]);
}

function makeButtons(shell) {
  if (shell.settings.read_only) {
    shell.buttons.append(el("span", { class: "state off chip", title: t("read_only_why") }, icon("g-info"), t("read_only")));
    return null;
  }
  const act = async (verb, button) => {
    button.disabled = true;
    await send(verb).catch(shell.tellError);
    button.disabled = false;
  };
  const stop = el("button", { type: "button", id: "stop-all" }, icon("i-stop"), t("stop_all"));
  const start = el("button", { type: "button", id: "start-all", class: "primary" }, icon("i-play"), t("start_all"));
  start.addEventListener("click", () => act("start", start));
  stop.addEventListener("click", async () => (await confirmed("stop_all")) && act("stop", stop));
  shell.buttons.append(stop, start);
  return { start, stop };
}

function drawButtons(buttons, status) {
  if (!buttons) return;
  const stoppable = status.services.some((one) => ["running", "starting", "backoff"].includes(one.state));
  const startable = status.services.some((one) => one.enabled && ["stopped", "failed"].includes(one.state));
  buttons.stop.disabled = !live.fresh || !stoppable;
  buttons.start.disabled = !live.fresh || !startable;
}
