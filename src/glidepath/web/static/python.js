// What Python is asked for, where it is at hand, and what the page does without it.

import { parse } from "./read.js";
import { served } from "./start.js";
import { asJSON, asPython, asYAML } from "./text.js";

const MAX_BYTES = 64 * 1024;

/** Texts that the page writes itself. */
export const LOCAL = { YAML: asYAML, JSON: asJSON, Python: asPython };

/** Texts that Python writes, by the names that it has for them. */
export const ASKED = {
  "Python, on its own": "python", JavaScript: "javascript", LaTeX: "latex", optax: "optax", PyTorch: "torch",
  "Hydra YAML": "hydra",
};

/** What Python answers about a specification. */
export async function ask(state, question) {
  const run = { total: state.total, steps_per_epoch: state.perEpoch, tokens_per_step: state.perStep };
  return post({ ...run, ...question });
}

async function post(question) {
  const body = JSON.stringify(question);
  if (new TextEncoder().encode(body).length > MAX_BYTES) throw new Error(`a request has at most ${MAX_BYTES.toLocaleString("en")} bytes`);
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body };
  const response = await fetch("api/schedule", request).catch(() => {
    throw new Error("The server does not answer: is glidepath design still running?");
  });
  const answer = await response.json();
  if (answer.error) throw new Error(answer.error);
  return answer;
}

/** The schedules that a text holds: ``{total, schedules: {name: {spec, length}}}``. */
export async function readText(state, text) {
  if (!served) return parsed(text);
  try {
    return await post({ text }); // a file may say itself how long its run is
  } catch {
    return ask(state, { text });
  }
}

/** What Python would answer about a text, as far as the page can tell. */
function parsed(text) {
  const data = parse(text);
  const named = data?.schedules ?? { pasted: data?.schedule ?? data };
  const spec = Object.fromEntries(Object.entries(named).map(([name, made]) => [name, { spec: made }]));
  return { total: data?.run?.total, schedules: spec };
}
