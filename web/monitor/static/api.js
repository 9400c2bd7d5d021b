// Questions to the monitor and actions on the engine.

import { t } from "./format.js";

/** What the monitor said when it did not do what was asked. */
export class Refusal extends Error {
  constructor(status, answer) {
    const problem = answer.failed?.[0]?.problem || answer;
    super(problem.title || t("failed_action"));
    this.status = status;
    this.code = problem.code || "";
    this.answer = answer;
    this.words = answer.existing?.length
      ? t("existing_workers")
      : [problem.message, problem.next_step].filter(Boolean).join(" ");
  }
}

/** GET /api/PATH as JSON. Raises Refusal, or an AbortError when `signal` ends it. */
export function get(path, query = {}, signal = undefined) {
  return answered(address(path, query), { signal });
}

/** POST (or another method) /api/PATH. Raises Refusal. */
export function send(path, body = {}, method = "POST") {
  return answered(address(path, {}), {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** The address of PATH with these fields; empty ones are left out, a list is named repeatedly. */
export function address(path, query) {
  const fields = new URLSearchParams({ lang: document.documentElement.lang });
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== "" && one !== null && one !== undefined && one !== false) fields.append(name, one);
    }
  }
  return `api/${path}?${fields}`;
}

async function answered(url, options) {
  let response;
  let answer;
  try {
    response = await fetch(url, options);
    answer = await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(response?.status || 0, { title: t("no_answer") });
  }
  if (!response.ok) throw new Refusal(response.status, answer);
  return answer;
}
