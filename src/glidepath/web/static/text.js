// Numbers for people, and a tree as YAML, JSON and Python.

import { isNode } from "./evaluate.js";
import { show } from "./check.js";

/** A number in a few digits. */
export function brief(x, digits = 4) {
  if (!Number.isFinite(x)) return "";
  if (x === 0) return "0";
  const size = Math.abs(x);
  if (size >= 1e-3 && size < 1e6) return String(Number(x.toPrecision(digits)));
  return x.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e");
}

/** A count with a letter: 20k, 1.5B. */
export function counted(x) {
  const size = Math.abs(x);
  for (const [unit, letter] of [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "k"]]) {
    if (size >= unit) return `${Number((x / unit).toPrecision(4))}${letter}`;
  }
  return String(Number(x.toPrecision(4)));
}

const bare = (tree) => (typeof tree === "number" ? { kind: "Constant", value: tree } : tree);

export function asJSON(tree) {
  const { glidepath, ...rest } = bare(tree);
  return `${JSON.stringify({ glidepath: 1, ...rest }, null, 2)}\n`;
}

export function asYAML(tree) {
  const { glidepath, ...rest } = bare(tree);
  return `${yamlMapping({ glidepath: 1, ...rest }, "").join("\n")}\n`;
}

function yamlMapping(node, indent) {
  return Object.entries(node).flatMap(([key, value]) => {
    if (isNode(value)) return [`${indent}${key}:`, ...yamlMapping(value, `${indent}  `)];
    if (!Array.isArray(value)) return [`${indent}${key}: ${scalar(value)}`];
    if (!value.some(isNode)) return [`${indent}${key}: [${value.map(scalar).join(", ")}]`];
    return [`${indent}${key}:`, ...value.flatMap((part) => yamlItem(part, indent))];
  });
}

function yamlItem(part, indent) {
  if (!isNode(part)) return [`${indent}- ${scalar(part)}`];
  const [first, ...rest] = yamlMapping(part, `${indent}  `);
  return [`${indent}- ${first.trimStart()}`, ...rest];
}

const scalar = (x) => (x === null ? "null" : String(x));

/** The tree as Python makes it. */
export function asPython(tree) {
  return `import glidepath as g\n\nschedule = ${python(bare(tree), "")}\n`;
}

function python(x, indent) {
  if (Array.isArray(x)) {
    const items = x.map((item) => python(item, `${indent}    `));
    if (!x.some(isNode)) return `(${items.join(", ")}${items.length === 1 ? "," : ""})`;
    return `(\n${items.map((item) => `${indent}    ${item},\n`).join("")}${indent})`;
  }
  if (!isNode(x)) return show(x);
  const fields = Object.entries(x).filter(([key]) => key !== "kind" && key !== "glidepath");
  const parts = fields.some(([, value]) => isNode(value) || (Array.isArray(value) && value.some(isNode)));
  const inner = parts ? `${indent}    ` : indent;
  const given = fields.map(([key, value]) => `${key}=${python(wrapped(value), inner)}`);
  return parts ? `g.${x.kind}(\n${given.map((one) => `${inner}${one},\n`).join("")}${indent})` : `g.${x.kind}(${given.join(", ")})`;
}

/** Numbers among schedules are constants. */
const wrapped = (value) => (Array.isArray(value) && value.some(isNode) ? value.map(bare) : value);
