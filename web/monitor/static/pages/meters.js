// The four numbers, and what this computer has left.

import { el, redraw, say } from "../dom.js";
import { clock, number, percent, size, t } from "../format.js";
import { limitState } from "../states.js";

export function drawNumbers(parent, status) {
  const since = status.engine ? t("since", { time: clock(status.engine.started_at) }) : "";
  const numbers = [
    [t("running_now"), status.tasks.active, "", ""],
    [t("waiting_in_queues"), status.queues.reduce((sum, queue) => sum + queue.depth, 0), "", ""],
    [t("succeeded"), status.tasks.succeeded, "", since],
    [t("failed"), status.tasks.failed, status.tasks.failed ? "bad" : "", since],
  ];
  redraw(parent, numbers.map(([word, , , note]) => word + note).join(), () =>
    numbers.map(([word, , , note]) => el("div", {}, el("b"), el("span", { class: "sub" }, [word, note].filter(Boolean).join(" "))))
  );
  numbers.forEach(([, value, tone], at) => {
    const shown = parent.children[at].firstElementChild;
    say(shown, number(value));
    shown.className = tone;
  });
}

export function drawMeters(parent, machine, thresholds) {
  if (!machine) {
    redraw(parent, t("measuring"), () => [el("p", { class: "empty" }, t("measuring"))]);
    return;
  }
  const limits = { cpu: thresholds.cpu_percent, memory: thresholds.memory_percent };
  const meters = [
    {
      name: t("cpu"), value: percent(machine.cpu_percent), share: machine.cpu_percent, limit: limits.cpu,
      within: machine.cpu_percent < limits.cpu, bad: t("over"),
      should: t("limit_below", { limit: percent(limits.cpu) }), of: t("cores", { n: machine.cores }),
    },
    {
      name: t("memory"), value: percent(machine.memory_percent), share: machine.memory_percent, limit: limits.memory,
      within: machine.memory_percent < limits.memory, bad: t("over"),
      should: t("limit_below", { limit: percent(limits.memory) }), of: t("of_size", { size: size(machine.memory_bytes) }),
    },
    {
      name: t("disk_free"), value: size(machine.disk_free_bytes), share: null, limit: null,
      within: machine.disk_free_bytes > thresholds.disk_free_bytes, bad: t("below"),
      should: t("limit_above", { limit: size(thresholds.disk_free_bytes) }), of: "",
    },
  ];
  redraw(parent, meters.map((meter) => [meter.name, meter.should, meter.of].join()).join(), () => meters.map(makeMeter));
  meters.forEach((meter, at) => updateMeter(parent.children[at], meter));
}

function makeMeter(meter) {
  const node = el("div", {});
  node.parts = { value: el("b"), state: el("span"), fill: el("i") };
  const { value, state, fill } = node.parts;
  // Free disk has no whole to be a share of; its empty bar keeps the row in line.
  const bar = el("div", { class: meter.share === null ? "bar none" : "bar", "aria-hidden": "true" }, fill, el("span", { class: "limit" }));
  bar.lastElementChild.style.left = `${meter.limit}%`;
  node.append(
    el("div", { class: "meter-top" }, el("span", {}, meter.name, " ", el("span", { class: "sub" }, meter.of)), value),
    bar,
    el("div", { class: "meter-foot" }, state, el("span", { class: "sub" }, meter.should)),
  );
  return node;
}

function updateMeter(node, meter) {
  const { value, state, fill } = node.parts;
  say(value, meter.value);
  redraw(state, String(meter.within), () => [limitState(meter.within, meter.within ? t("within") : meter.bad)]);
  fill.style.width = `${Math.min(100, meter.share || 0)}%`;
  fill.className = meter.within ? "" : "warn";
}
