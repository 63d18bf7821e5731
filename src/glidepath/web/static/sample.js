// The steps at which a curve is looked at.

import { held, isNode } from "./evaluate.js";
import { asNode } from "./tree.js";

const MAX_POINTS = 2000;
const MAX_JOINTS = 400;

/** The steps between two where pieces of a tree meet. */
function joints(tree, from, to) {
  const found = new Set();
  const add = (step) => step > from && step <= to && found.size < 4 * MAX_JOINTS && found.add(step);
  visit(asNode(tree), 0, add, to);
  return [...found].sort((a, b) => a - b);
}

function visit(node, origin, add, to) {
  if (!isNode(node) || origin > to) return;
  if (node.kind === "Join") {
    node.parts.forEach((part, i) => visit(part, origin + (i ? node.boundaries[i - 1] : 0), add, to));
    node.boundaries.forEach((boundary) => add(origin + boundary));
  } else if (node.kind === "Repeat" && held(node, "stretch") === 1) {
    const cycles = Math.min(held(node, "times") ?? Infinity, Math.ceil((to - origin) / node.period), MAX_JOINTS);
    for (let i = 0; i < cycles; i++) {
      visit(node.body, origin + i * node.period, add, Math.min(to, origin + (i + 1) * node.period));
      add(origin + (i + 1) * node.period);
    }
  } else if (node.kind === "Shift") {
    visit(node.schedule, origin + node.steps, add, to);
  } else {
    for (const value of Object.values(node)) {
      for (const part of Array.isArray(value) ? value : [value]) visit(part, origin, add, to);
    }
    if (node.kind === "Piecewise") node.boundaries.forEach((boundary) => add(origin + boundary));
    if (node.kind === "Triangle") add(origin + node.up);
    if ("steps" in node && node.kind !== "Exponential") add(origin + node.steps);
  }
}

/** Ascending steps from one to another that show some trees: evenly, and both sides of every joint. */
export function stepsFor(trees, from, to, count) {
  let meets = [...new Set(trees.flatMap((tree) => joints(tree, from, to)))].sort((a, b) => a - b);
  const every = Math.ceil(meets.length / MAX_JOINTS);
  if (every > 1) meets = meets.filter((_, i) => i % every === 0);
  const even = Math.min(count, MAX_POINTS - 2 * meets.length, to - from + 1);
  const steps = new Set([from, to]);
  for (let i = 0; i < even; i++) steps.add(Math.round(from + ((to - from) * i) / Math.max(even - 1, 1)));
  for (const step of meets) {
    steps.add(step);
    if (step - 1 >= from) steps.add(step - 1);
  }
  return Float64Array.from(steps).sort();
}
