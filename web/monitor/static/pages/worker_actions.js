// What a person can do with one worker; asked first where something ends or is sent to a stranger.

import { Refusal, send } from "../api.js";
import { ask } from "../dialog.js";
import { el } from "../dom.js";
import { duration, t } from "../format.js";
import { read, rows } from "../reading.js";

/** `done()` is called after each. A node is what api/workers/load tells. */
export function actionsOn(shell, done) {
  return new WorkerActions(shell, done);
}

class WorkerActions {
  constructor(shell, done) {
    this.shell = shell;
    this.done = done;
  }

  /** Tell it, and tell what it said that it did. */
  async tell(node, verb, fields = {}, button = null) {
    if (button) button.disabled = true;
    try {
      const said = await send(`workers/${verb}`, { node: node.node, pid: node.pid || 0, ...fields });
      this.shell.tell(said.words, node.node, "info", "worker");
    } catch (error) {
      this.shell.tellError(error);
    }
    if (button) button.disabled = false;
    this.done();
  }

  start(service, button) {
    return this.have(service, "start", button);
  }

  restart(service, button) {
    return this.have(service, "restart", button);
  }

  async have(service, verb, button) {
    button.disabled = true;
    try {
      const { ready } = await send(`services/${encodeURIComponent(service)}/${verb}`);
      if (ready.length) this.shell.tell(t("workers_ready", { names: ready.join(", ") }), "", "info", "workers");
    } catch (error) {
      this.shell.tellError(error);
    }
    button.disabled = false;
    this.done();
  }

  events(node, on, button) {
    return this.tell(node, "events", { on }, button);
  }

  /** A warm stop, after saying what becomes of its tasks. */
  async stop(node) {
    const now = Date.now() / 1000;
    const running = node.processes.filter((one) => one.task);
    const words = [
      running.length ? t("worker_stop_running", { n: running.length }) : node.answered ? t("worker_stop_idle") : t("worker_stop_unasked"),
      node.owner === "ours" ? "" : t("worker_stop_others"),
    ];
    const list = running.map(({ task }) => ({ what: task.name, fate: task.started_at ? duration(now - task.started_at) : "" }));
    const yes = await ask({ title: t("worker_stop_title", { node: node.node }), text: words.filter(Boolean).join(" "), yes: t("worker_stop_do"), body: [rows(list)] });
    if (yes) await this.tell(node, "stop", { consent: node.owner !== "ours" });
  }

  /** Take no more from a queue; a question where nothing would be left. */
  async cancelQueue(node, queue, button) {
    const last = node.queues.length <= 1;
    if (last && !(await ask({ title: t("worker_last_queue_title", { node: node.node }), text: t("worker_last_queue_text"), yes: t("worker_last_queue_do") }))) return;
    await this.tell(node, "cancel-queue", { queue }, button);
  }

  async limitRate(node, task) {
    const rate = field({ value: task.rate_limit || "", pattern: "\\d+(\\.\\d+)?(/[smh])?", placeholder: "10/m", autocomplete: "off" });
    const body = [el("label", { class: "asked" }, t("worker_rate_limit"), rate)];
    const yes = await ask({ title: task.name, text: t("worker_rate_text", { node: node.node }), yes: t("worker_limit_rate"), danger: false, body });
    if (yes) await this.tell(node, "rate-limit", { task: task.name, rate: rate.value.trim() });
  }

  async limitTime(node, task) {
    const [soft, hard] = ["worker_soft_limit", "worker_hard_limit"].map((word) => ({ word, input: field({ type: "number", min: "0.1", step: "any" }) }));
    const body = [soft, hard].map(({ word, input }) => el("label", { class: "asked" }, t(word), input));
    const yes = await ask({ title: task.name, text: t("worker_time_text", { node: node.node }), yes: t("worker_limit_time"), danger: false, body });
    if (yes) await this.tell(node, "time-limit", { task: task.name, soft_s: seconds(soft.input), hard_s: seconds(hard.input) });
  }

  /** Where a process hangs; consent is asked for where only a signal to a stranger would tell. */
  async dump(node, pid, button, consent = false) {
    button.disabled = true;
    try {
      const found = await send("workers/dump", { node: node.node, pid, consent });
      read({
        title: t("worker_dump_title", { pid, node: node.node }),
        note: [t(`worker_dump_${found.by.replace("-", "_")}`), found.note].filter(Boolean).join(" "),
        body: [el("pre", { class: "mono" }, found.text)],
        copied: found.text,
      });
    } catch (error) {
      if (error instanceof Refusal && error.code === "signal-needs-consent") {
        const yes = await ask({ title: t("worker_signal_title", { node: node.node }), text: error.answer.message, yes: t("worker_signal_do") });
        if (yes) await this.dump(node, pid, button, true);
      } else this.shell.tellError(error);
    }
    button.disabled = false;
  }
}

function field(attributes) {
  return el("input", { class: "text", ...attributes });
}

function seconds(input) {
  return input.value === "" ? null : Number(input.value);
}
