// The state, kept fresh by the monitor's events.

/** connected: the monitor sends events. status: the document of `status --json`, or null.
 * fresh: it comes from an engine that answers. seenAt: when it was told last, epoch seconds. */
export const live = { connected: false, status: null, fresh: false, seenAt: 0 };

let source = null;
let received = null; // the document as the monitor has it, also without an engine
let told = () => {};
let language = "";

/** Listen in this language; `changed` is called at every news. */
export function listen(inLanguage, changed) {
  language = inLanguage;
  told = changed;
  connect();
}

function connect() {
  source?.close();
  source = null;
  if (document.hidden || !language) return;
  source = new EventSource(`api/events?lang=${language}`);
  source.addEventListener("snapshot", ({ data }) => news(JSON.parse(data)));
  source.addEventListener("change", ({ data }) => news({ ...received, ...JSON.parse(data) }));
  source.addEventListener("error", () => {
    live.connected = live.fresh = false;
    if (source?.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
    told();
  });
}

function news(document) {
  received = document;
  live.connected = true;
  live.fresh = Boolean(document.engine) && !document.stack.problem?.code.startsWith("engine-");
  if (live.fresh) {
    live.status = document;
    live.seenAt = Date.now() / 1000;
  } else if (live.status) {
    live.status = { ...live.status, engine: null, stack: { ...live.status.stack, problem: document.stack.problem } };
  } else {
    live.status = document;
  }
  told();
}

document.addEventListener("visibilitychange", connect);
