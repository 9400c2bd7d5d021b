// The foot of the page Cleanup: what the checked processes add up to, and the two ways to go on.

import { el, say } from "../dom.js";
import { duration, size, t } from "../format.js";
import { hasEnded, isCleaning, summary } from "./cleanup_lines.js";

/** `wants`: { stop(), force() }. */
export function cleanupFoot(wants) {
  const sum = el("strong");
  const tasks = el("span", { class: "sub" });
  const force = el("button", { type: "button", class: "danger", onclick: wants.force });
  const stop = el("button", { type: "button", class: "primary", onclick: wants.stop });
  const words = el("div", { class: "words" }, sum, tasks);
  const node = el("section", { class: "panel cleanup-foot", "aria-label": t("cleanup_selection") }, words, el("div", { class: "buttons" }, force, stop));
  return {
    node,
    draw(lines, progress, now, ready) {
      // The seconds of a progress are not read out; what it comes to is.
      words.setAttribute("aria-live", isCleaning(progress) ? "off" : "polite");
      if (isCleaning(progress)) {
        const waiting = lines.filter((line) => line.waits).length;
        const [title, going] = progressWords(progress, now);
        say(sum, title);
        say(tasks, going);
        // It keeps its place, so that a second click does not hit what else would come there.
        say(stop, t("cleanup_stopping"));
        stop.disabled = true;
        say(force, waiting ? t("cleanup_force_n", { n: waiting }) : t("cleanup_force"));
        force.disabled = !ready || !waiting;
        return;
      }
      const found = summary(lines);
      say(sum, sumWords(found));
      say(tasks, taskWords(found));
      say(stop, found.processes ? t("cleanup_stop_n", { n: found.processes }) : t("stop"));
      say(force, t("cleanup_force"));
      stop.disabled = force.disabled = !ready || !found.processes;
    },
  };
}

function progressWords(progress, now) {
  const done = progress.items.filter(hasEnded).length;
  const total = progress.items.length;
  const tasks = progress.items.filter((item) => !hasEnded(item)).reduce((all, item) => all + item.tasks.length, 0);
  const title = t("cleanup_progress", { done, total, time: duration(now - progress.started_at) });
  const words = done === total ? t("cleanup_all_ended") : tasks ? t("cleanup_finish_first", { n: tasks }) : t("cleanup_take_no_more");
  const patience = progress.patience_s !== null && done < total ? t("cleanup_patience", { time: duration(progress.patience_s) }) : "";
  return [title, [words, patience].filter(Boolean).join(" ")];
}

function sumWords(found) {
  if (!found.processes) return t("cleanup_nothing_selected");
  const words = t("cleanup_selected", { n: found.processes });
  return found.frees ? `${words} · ${t("cleanup_frees", { memory: size(found.frees) })}` : words;
}

function taskWords(found) {
  if (!found.processes) return t("cleanup_check_some");
  const parts = [
    found.running ? t("cleanup_finish_first", { n: found.running }) : "",
    found.reserved ? t("cleanup_go_back", { n: found.reserved }) : "",
    found.unknown ? t("cleanup_unasked_n", { n: found.unknown }) : "",
  ].filter(Boolean);
  if (!parts.length) return t("cleanup_run_nothing");
  // What was not asked is not called safe.
  return (found.unknown ? parts : [...parts, t("cleanup_none_lost")]).join(" ");
}
