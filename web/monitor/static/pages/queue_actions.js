// Dropping and moving messages, after a question that says how many and what becomes of them.

import { send } from "../api.js";
import { ask } from "../dialog.js";
import { el, say } from "../dom.js";
import { number, t } from "../format.js";
import { live } from "../live.js";

const REDIS = /^(redis|rediss|unix|sentinel|redis\+socket|rediss\+socket)(:|\+)/;

/** Only what the person saw is dropped: what comes meanwhile stays. */
export async function askPurge(shell, queue, done) {
  const { name, depth, unacked } = queue;
  const held = unacked ? ` ${t("queue_drop_held", { n: number(unacked) })}` : "";
  const yes = await ask({
    title: t("queue_drop_title", { n: number(depth), queue: name }),
    text: t("queue_drop_text") + held,
    yes: t("queue_drop_do", { n: number(depth) }),
  });
  // Other brokers drop all or nothing.
  const most = REDIS.test(live.status?.stack.broker || "redis:") ? depth : null;
  if (yes) await carryOut(shell, "queues/purge", { queue: name, most }, done);
}

/** All messages of a queue, or these, behind those of another that the person chooses. */
export async function askMove(shell, queue, others, ids, done) {
  const count = ids.length || queue.depth;
  const taken = el("p", { class: "note" });
  const nearFirst = [...others].sort((one, other) => (other.name === queue.did_you_mean) - (one.name === queue.did_you_mean));
  const where = el("select", { id: "move-to" }, ...nearFirst.map((one) => el("option", { value: one.name }, one.name)));
  const tell = () => {
    const to = others.find((one) => one.name === where.value);
    const nodes = (to?.nodes || []).join(", ");
    say(taken, [t("queue_waiting", { n: number(to?.depth || 0) }), nodes ? t("queue_taken_by", { workers: nodes }) : t("queue_taken_by_nobody")].join(" · "));
  };
  where.addEventListener("change", tell);
  tell();
  const yes = await ask({
    title: t("queue_move_title", { n: number(count), queue: queue.name }),
    text: t("queue_move_text"),
    yes: t("queue_move_do", { n: number(count) }),
    danger: false,
    body: [el("label", { class: "field", for: "move-to" }, el("span", {}, t("queue_move_to")), where), taken],
  });
  if (yes) await carryOut(shell, "queues/move", { queue: queue.name, to: where.value, ids }, done);
}

async function carryOut(shell, path, body, done) {
  try {
    const { words } = await send(path, body);
    shell.tell(words, "", "info");
  } catch (error) {
    shell.tellError(error);
  }
  done();
}
