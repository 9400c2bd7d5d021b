// What the page Workers lists: the stack's own workers and those that were found, put together.

const SAME_S = 1.5; // What is read as the create time of one process can be a second apart.
const GRAVEST_FIRST = ["duplicate", "surplus", "crosstalk", "two-beats", "not-consuming", "unresponsive", "stale-code", "old-configuration"];
const ALIVE = new Set(["starting", "running", "stopping"]);

/** Ours in the order of the services, then the others as they were found. */
export function workerLines(status, now) {
  const own = status.services.filter((one) => one.kind === "worker");
  const rows = new Map(own.map((one) => [one.name, one.pid ? rowOf(status, one) : null]));
  const taken = new Set([...rows.values()].filter(Boolean).map((row) => row.pid));
  const shown = own.filter((one) => ALIVE.has(one.state) || one.enabled || one.state === "failed");
  const found = status.workers.filter((row) => row.role === "worker" && row.this_app && !taken.has(row.pid));
  return [...shown.map((one) => ownLine(one, rows.get(one.name), status)), ...found.map((row) => foundLine(row, status, now))];
}

export function sameProcess(one, other) {
  return one.pid === other.pid && Math.abs(one.create_time - other.create_time) < SAME_S;
}

/** What is wrong with a process and whose it is, the gravest first: [{ finding } or { owner }]. */
export function marksOf(row) {
  const found = [...row.findings].sort((a, b) => GRAVEST_FIRST.indexOf(a) - GRAVEST_FIRST.indexOf(b)).map((finding) => ({ finding, verdicts: row.verdicts }));
  if (row.owner === "orphan") return [{ owner: "orphan" }, ...found];
  return row.owner === "ours" && found.length ? found : [...found, { owner: row.owner }];
}

/** A worker that needs a look: more than being somebody else's is said of it. */
export function isOdd(line) {
  return line.marks.some((mark) => mark.finding || mark.owner === "orphan" || ["backoff", "failed"].includes(mark.service));
}

function rowOf(status, service) {
  return status.workers.find((row) => row.owner !== "remote" && sameProcess(row, { pid: service.pid, create_time: service.create_time ?? row.create_time })) || null;
}

function ownLine(service, row, status) {
  const up = service.state === "running";
  const said = up && row ? marksOf(row).filter((mark) => mark.finding || mark.owner === "orphan") : [];
  return {
    key: service.pid ? `${service.pid}` : `service ${service.name}`,
    node: service.node || service.name,
    pid: service.pid || 0,
    marks: said.length ? said : [{ service: service.state }],
    pool: row?.pool || "",
    slots: row?.concurrency ?? null,
    busy: up ? busyOf(status, service.node, row) : null,
    queues: row?.queues || [],
    done: row?.total ?? null,
    rss: service.rss_bytes,
    since: service.started_at,
    service: service.name,
    note: service.error?.title || service.note || "",
    part_of: service.of || "",
    row,
  };
}

function foundLine(row, status) {
  return {
    key: row.owner === "remote" ? `remote ${row.node} ${row.pid}` : `${row.pid}`,
    node: row.node || row.app || `${row.pid}`,
    pid: row.pid,
    marks: marksOf(row),
    pool: row.pool,
    slots: row.concurrency,
    busy: busyOf(status, row.node, row),
    queues: row.queues,
    done: row.total,
    rss: row.rss_bytes,
    since: row.create_time || null,
    service: "",
    note: "",
    part_of: "",
    row,
  };
}

/** By the events, which tell at once; or as it said itself, where it sends none. */
function busyOf(status, node, row) {
  const namesakes = status.workers.filter((one) => one.node === node).length;
  const heard = status.active.filter((task) => task.state === "STARTED" && task.worker === node).length;
  const said = row?.active ?? null;
  // Events name a worker; of two with one name each tells for itself.
  if (namesakes > 1) return said;
  return heard || said;
}
