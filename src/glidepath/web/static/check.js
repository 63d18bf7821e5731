// Whether a tree is a schedule, said in the words of the Python library. The rules of fields come from the
// roles that kinds.js holds; what `check` methods ask beyond them stands below, by kind.

import { held, isNode } from "./evaluate.js";
import { kinds } from "./kinds.js";

const LAST_STEP = Number.MAX_SAFE_INTEGER;
const MAX_DEPTH = 32;
const MAX_NODES = 1000;
const MAX_PARTS = 256;
const MAX_CYCLES = 100_000;
const RESERVED = ["glidepath", "kind"];

class ScheduleError extends Error {}

/** A value as Python would show it. */
export function show(x) {
  if (x === null || x === undefined) return "None";
  if (typeof x === "boolean") return x ? "True" : "False";
  if (typeof x === "string") return `'${x}'`;
  if (typeof x === "number") return String(x).replace(/e([+-])(\d)$/, "e$10$2");
  if (Array.isArray(x)) return `[${x.map(show).join(", ")}]`;
  return `{${Object.entries(x).map(([key, value]) => `'${key}': ${show(value)}`).join(", ")}}`;
}

function short(x) {
  const text = show(x);
  return text.length <= 120 ? text : `${text.slice(0, 100)}... (${text.length} characters)`;
}

/** A number as Python shows it where it holds a float. */
function float(x) {
  return Number.isInteger(x) && Math.abs(x) < 1e16 ? `${x}.0` : show(x);
}

function fail(where, rule, x) {
  throw new ScheduleError(`${where} must be ${rule}, got ${short(x)}`);
}

/** How many letters two words have to change, to become each other. */
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}

function unknown(where, what, name, known) {
  const names = [...known].sort();
  const word = String(name);
  const near = names.map((one) => [distance(word, one), one]).sort((a, b) => a[0] - b[0])[0];
  const hint = near && near[0] <= Math.max(word.length, near[1].length) / 2 ? `; did you mean '${near[1]}'?` : "";
  throw new ScheduleError(`${where}: unknown ${what} ${short(name)}${hint} (known: ${names.join(", ")})`);
}

const RULES = {
  "a finite number": () => true,
  "a positive finite number": (x) => x > 0,
  "a non-negative finite number": (x) => x >= 0,
  "a positive integer": (x) => Number.isInteger(x) && x >= 1,
  "an integer": (x) => Number.isInteger(x),
  "a plain positive finite number": (x) => x > 0,
  "a plain finite number of at least 1": (x) => x >= 1,
};

function number(where, x, rule) {
  const whole = /integer/.test(rule);
  if (whole && typeof x === "number" && Math.abs(x) > LAST_STEP) rule += " of at most 2**53 - 1";
  else if (typeof x === "number" && Number.isFinite(x) && (RULES[rule] ?? (() => true))(x)) return;
  if (typeof x === "number" && !whole) throw new ScheduleError(`${where} must be ${rule}, got ${float(x)}`);
  fail(where, rule, x);
}

function steps(where, x, rule) {
  if (typeof x === "string") {
    throw new ScheduleError(`${where}: ${show(x)} is worked out by Python: write a number of steps, or run glidepath design`);
  }
  if (typeof x === "number" && Math.abs(x) > LAST_STEP) fail(where, "at most 2**53 - 1 steps", x);
  if (typeof x === "number" && !Number.isInteger(x)) {
    const share = x > 0 && x <= 1 ? `${x * 100}%` : "5%";
    fail(where, `a whole number of steps (a share of the run is written "${share}")`, x);
  }
  number(where, x, rule);
}

function field(where, x, about) {
  if (about.options) {
    if (!about.options.includes(x)) fail(where, about.rule, x);
  } else if (about.axes) {
    if (!Array.isArray(x)) fail(where, about.rule, x);
    x.forEach((item, i) => (about.duration ? steps : number)(`${where}[${i}]`, item, about.item));
    if (about.duration && x.some((item, i) => i && x[i - 1] >= item)) {
      throw new ScheduleError(`${where} must be strictly ascending, got (${x.join(", ")}${x.length === 1 ? "," : ""})`);
    }
  } else (about.duration ? steps : number)(where, x, about.rule);
}

const BEYOND = {
  Join(where, { parts, boundaries }) {
    if (!parts.length) throw new ScheduleError(`${where}.parts must be a sequence of at least one schedule, got ()`);
    if (boundaries.length !== parts.length - 1) {
      throw new ScheduleError(
        `${where}.boundaries must be one fewer than its ${parts.length} parts, got ${boundaries.length} boundaries`,
      );
    }
  },
  Piecewise(where, { boundaries, values }) {
    if (!boundaries.length) throw new ScheduleError(`${where}.boundaries must be a sequence of at least one step, got ()`);
    if (values.length !== boundaries.length + 1) {
      throw new ScheduleError(
        `${where}.values must be one more than its ${boundaries.length} boundaries, got ${values.length} values`,
      );
    }
  },
  Clip(where, { low = null, high = null }) {
    if (low === null && high === null) throw new ScheduleError(`${where}.low or Clip.high must be given, got neither`);
    if (low !== null && high !== null && low > high) {
      throw new ScheduleError(`${where}.low must be at most high (${float(high)}), got ${float(low)}`);
    }
  },
  Exponential(where, { start, rate, end = null }) {
    if (rate > 1 && end === null && start !== 0) {
      throw new ScheduleError(
        `${where}.end must be given where rate is above 1 (got rate ${float(rate)}): it says where the growth stops`,
      );
    }
    if (end === null || rate === 1 || start === 0) return;
    const upward = rate > 1 === start > 0;
    if (upward ? end < start : end > start) {
      const side = upward ? "at least" : "at most";
      throw new ScheduleError(`${where}.end must be ${side} start (${float(start)}), which moves towards it, got ${float(end)}`);
    }
  },
  Repeat(where, node) {
    const [scale, times, stretch] = ["scale", "times", "stretch"].map((name) => held(node, name));
    if (scale > 1 && times === null) {
      throw new ScheduleError(
        `${where}.times must be given where scale is above 1 (got scale ${float(scale)}): it says where the growth stops`,
      );
    }
    if (scale > 1 && (times - 1) * Math.log(scale) > 700) {
      throw new ScheduleError(`${where}.scale must be small enough that scale**${times - 1} is finite, got ${float(scale)}`);
    }
    const cycles = Math.log1p((LAST_STEP * (stretch - 1)) / node.period) / Math.log(stretch);
    if (!Number.isInteger(stretch) && Math.min(cycles, times ?? Infinity) > MAX_CYCLES) {
      fail(`${where}.stretch`, "1, or far enough above it that there are at most 100,000 cycles", stretch);
    }
  },
};
for (const kind of ["Product", "Sum", "Minimum", "Maximum"]) {
  BEYOND[kind] = (where, { parts }) => {
    if (!parts.length) throw new ScheduleError(`${where}.parts must be a sequence of at least one schedule, got ()`);
  };
}

/** Raise where plain data is no tree of kinds. What is beneath comes before what is above, as in Python. */
function checkNode(node, path, depth, count) {
  count.nodes += 1;
  if (count.nodes > MAX_NODES) throw new ScheduleError(`the specification must have at most 1,000 values`);
  if (depth >= MAX_DEPTH) throw new ScheduleError(`the specification must be nested at most ${MAX_DEPTH} deep`);
  if (typeof node === "number") return number(path ? `${path}.value` : "Constant.value", node, "a finite number");
  if (!isNode(node)) {
    throw new ScheduleError(
      `${path || "the specification"} must be a schedule, that is a mapping with a kind or a recipe, or a number, got ${short(node)}`,
    );
  }
  if ("recipe" in node) {
    throw new ScheduleError(`${path || "the specification"} is a recipe, which Python works out: run glidepath design`);
  }
  if (!("kind" in node)) {
    if (!path) throw new ScheduleError("the specification must have one of the keys kind, recipe, schedule and schedules");
    throw new ScheduleError(`${path || "the specification"} must have either a kind or a recipe, but has neither`);
  }
  const name = node.kind;
  if (!Object.hasOwn(kinds, name)) unknown(path ? `${path}.kind` : "kind", "kind", name, Object.keys(kinds));
  const { fields } = kinds[name];
  for (const key of Object.keys(node)) {
    if (!RESERVED.includes(key) && !Object.hasOwn(fields, key)) {
      unknown(path ? `${path} (${name})` : name, "field", key, Object.keys(fields));
    }
  }
  checkFields(node, fields, path, depth, count);
}

function checkFields(node, fields, path, depth, count) {
  const where = path || node.kind;
  for (const [key, about] of Object.entries(fields)) {
    const at = path ? `${path}.${key}` : key;
    const value = node[key];
    if (value === undefined) {
      if (!("default" in about)) throw new ScheduleError(`${where}.${key} must be given`);
    } else if (about.role === "schedule") checkNode(value, at, depth + 1, count);
    else if (about.role === "schedules") {
      if (!Array.isArray(value)) fail(`${where}.${key}`, "a sequence of schedules", value);
      if (value.length > MAX_PARTS) {
        throw new ScheduleError(`${at} must have at most ${MAX_PARTS} parts, got ${value.length}`);
      }
      value.forEach((part, i) => checkNode(part, `${at}[${i}]`, depth + 2, count));
    } else if (value !== null || about.default !== null) {
      count.nodes += Array.isArray(value) ? value.length : 0;
      field(`${where}.${key}`, value, about);
    }
  }
  BEYOND[node.kind]?.(where, node);
}

/** What is wrong with a tree, in one sentence; nothing where it is a schedule. */
export function problem(tree) {
  try {
    checkNode(tree, "", 0, { nodes: 0 });
  } catch (error) {
    if (error instanceof ScheduleError) return error.message;
    throw error;
  }
  return "";
}
