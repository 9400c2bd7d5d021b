// Questions to the server. A refusal is an Error with the server's words.
import { language } from "/static/format.js";

export async function ask(path, method = "GET", body = undefined) {
  const options = { method, headers: { "accept-language": language.now } };
  if (method !== "GET") {
    options.headers["content-type"] = "application/json";
    options.body = JSON.stringify(body ?? {});
  }
  const response = await fetch(path, options);
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.title), { words: answer });
  return answer;
}
