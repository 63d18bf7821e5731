// The state of the page in its address, so that a link shares it.

import { problem } from "./check.js";

const MAX_ADDRESS = 64 * 1024;
export const MAX_SCHEDULES = 8;
const MAX_UNDONE = 100;
const NAME = /^[A-Za-z0-9_.+ -]{1,40}$/;
const AXES = ["steps", "epochs", "tokens"];

const isCount = (x) => Number.isSafeInteger(x) && x >= 1;

/** The state as the part of an address after #. */
function encode(state) {
  const { total, axis, log, perEpoch, perStep, current, schedules } = state;
  const kept = { total, axis, log, perEpoch, perStep, current, schedules };
  const bytes = new TextEncoder().encode(JSON.stringify(kept));
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The state that an address holds; raises with a reason where it holds none that can be shown. */
export function decode(hash) {
  if (hash.length > MAX_ADDRESS) throw new Error(`the link has more than ${MAX_ADDRESS.toLocaleString("en")} characters`);
  let found;
  try {
    const letters = atob(hash.replaceAll("-", "+").replaceAll("_", "/"));
    found = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(letters, (c) => c.charCodeAt(0))));
  } catch {
    throw new Error("the link is cut off or damaged");
  }
  const { total, axis, log, perEpoch, perStep, current, schedules } = found ?? {};
  const listed = Array.isArray(schedules) && schedules.length >= 1 && schedules.length <= MAX_SCHEDULES;
  if (!listed || !isCount(total)) throw new Error("the link holds no schedule");
  const checked = schedules.map((one, i) => {
    const why = problem(one?.tree);
    if (why) throw new Error(why);
    return { name: NAME.test(one.name) ? one.name : `schedule ${i + 1}`, tree: one.tree, shown: one.shown !== false };
  });
  return {
    total,
    axis: AXES.includes(axis) ? axis : "steps",
    log: log === true,
    perEpoch: isCount(perEpoch) ? perEpoch : 1000,
    perStep: isCount(perStep) ? perStep : 500_000,
    current: Number.isInteger(current) && current >= 0 && current < checked.length ? current : 0,
    schedules: checked,
  };
}

/** The states that were, in their written form, for undo. */
export class Past {
  constructor() {
    this.states = [];
  }

  get isEmpty() {
    return this.states.length < 2;
  }

  /** Put a state into the address, and among what can be undone. */
  remember(state) {
    const now = encode(state);
    if (now !== this.states.at(-1)) this.states.push(now);
    if (this.states.length > MAX_UNDONE) this.states.shift();
    history.replaceState(null, "", `#s=${now}`);
  }

  /** The state before the last one, in its written form; nothing where there is none. */
  before() {
    if (this.isEmpty) return null;
    this.states.pop();
    return this.states.at(-1);
  }
}
