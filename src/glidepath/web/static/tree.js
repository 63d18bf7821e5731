// What a hand does to a schedule: its phases, their corners, and trees with one thing changed.
// Trees are never changed in place.

import { compile, held, isNode, withLengths } from "./evaluate.js";
import { kinds } from "./kinds.js";

export function get(tree, path) {
  return path.reduce((node, key) => node[key], tree);
}

/** The tree with another value at a path; undefined takes the field away. */
export function set(tree, path, value) {
  if (!path.length) return value;
  const [key, ...rest] = path;
  const made = Array.isArray(tree) ? [...tree] : { ...tree };
  if (!rest.length && value === undefined) delete made[key];
  else made[key] = set(made[key], rest, value);
  return made;
}

export const asNode = (x) => (typeof x === "number" ? { kind: "Constant", value: x } : x);

/** Whether a node goes from a start to an end in a length of its own. */
function spans(node) {
  const fields = kinds[node.kind]?.fields ?? {};
  return "start" in fields && "end" in fields && "steps" in fields;
}

/** How many steps until the last value holds; nothing where that cannot be told at a glance. */
function lengthOf(node) {
  if (typeof node === "number" || node.kind === "Constant") return 0;
  if (spans(node)) return held(node, "steps");
  if (node.kind === "Triangle") return node.up + (held(node, "down") ?? node.up);
  if (node.kind === "Piecewise") return node.boundaries.at(-1);
  if (node.kind === "Join") {
    const last = lengthOf(node.parts.at(-1));
    return last === null ? null : (node.boundaries.at(-1) ?? 0) + last;
  }
  if (node.kind === "Repeat" && held(node, "times") !== null && held(node, "stretch") === 1) return node.period * node.times;
  return null;
}

/** The phases: ``{node, path, begin, span}``, the span of the last to its own end, or to that of the run. */
export function phasesOf(tree, total) {
  const root = asNode(tree);
  const joined = root.kind === "Join";
  const parts = joined ? root.parts : [root];
  const begins = joined ? [0, ...root.boundaries] : [0];
  return parts.map((part, i) => {
    const node = asNode(part);
    const begin = begins[i];
    const last = i === parts.length - 1;
    const own = lengthOf(node);
    const span = last ? (own || Math.max(total - begin, 1)) : begins[i + 1] - begin;
    return { node, path: joined ? ["parts", i] : [], begin, span };
  });
}

/** A tree of phases laid one after the other. */
function laid(phases) {
  if (phases.length === 1) return phases[0].node;
  const boundaries = [];
  let at = 0;
  for (const { span } of phases.slice(0, -1)) boundaries.push((at += span));
  return { kind: "Join", parts: phases.map(({ node }) => node), boundaries };
}

/** A node whose length was its span, with another span. */
function fitted(phase, span) {
  const fits = spans(phase.node) && held(phase.node, "steps") === phase.span;
  return { ...phase, span, node: fits ? { ...phase.node, steps: span } : phase.node };
}

export function movePhase(tree, total, i, by) {
  const phases = phasesOf(tree, total);
  const [moved] = phases.splice(i, 1);
  phases.splice(i + by, 0, moved);
  return laid(phases);
}

export function removePhase(tree, total, i) {
  const phases = phasesOf(tree, total);
  phases.splice(i, 1);
  return laid(phases);
}

/** A new phase after another one: in the second half of its time, or after its end where the run goes on. */
export function addPhase(tree, total, i, kind) {
  const phases = phasesOf(tree, total);
  const before = phases[i];
  const last = i === phases.length - 1;
  const end = before.begin + before.span;
  const room = last && end < total ? total - end : 0;
  const first = room ? before.span : Math.max(Math.floor(before.span / 2), 1);
  const span = room || Math.max(before.span - first, 1);
  const shortened = room ? before : fitted(before, first);
  const value = compile(shortened.node)(first);
  phases.splice(i, 1, { ...shortened, span: first }, { node: fresh(kind, value, span), span });
  return laid(phases);
}

/** A node of a kind, from a value on, for some steps. */
export function fresh(kind, value, span) {
  const numbers = { start: value, value, peak: value, high: value, end: 0, low: 0, rate: 0.5, power: kind === "PowerLaw" ? 0.5 : 2 };
  const node = { kind };
  for (const [field, about] of Object.entries(kinds[kind].fields)) {
    if ("default" in about && !(kind === "Clip" && field === "high") && !(kind === "Exponential" && field === "steps")) continue;
    if (about.role === "schedule") node[field] = fresh("Cosine", value, span);
    else if (about.role === "schedules") node[field] = [fresh("Linear", value, span), 1];
    else if (about.axes) node[field] = about.duration ? [Math.max(span >> 1, 1)] : [value, value / 10];
    else if (about.options) node[field] = about.options[0];
    else if (about.duration) node[field] = kind === "Triangle" ? Math.max(span >> 1, 1) : kind === "Shift" ? 0 : span;
    else node[field] = numbers[field] ?? 1;
  }
  if (kind === "Join") node.boundaries = [Math.max(span >> 1, 1)];
  if (kind === "Repeat") Object.assign(node, { period: Math.max(span >> 2, 1), body: fresh("Cosine", value, Math.max(span >> 2, 1)) });
  if (kind === "Stretch") node.factor = 1;
  return node;
}

/** A node as another kind: around it where the kind holds schedules, else with the fields they share. */
export function converted(node, kind, span) {
  const roles = Object.entries(kinds[kind].fields);
  const value = compile(node)(0);
  const made = fresh(kind, value, span);
  const child = roles.find(([, about]) => about.role === "schedule");
  const children = roles.find(([, about]) => about.role === "schedules");
  if (child) {
    made[child[0]] = node;
    if (kind === "Repeat") made.period = lengthOf(node) || made.period;
    return made;
  }
  if (children && kind !== "Join") return { ...made, [children[0]]: [node, kind === "Product" ? 1 : value] };
  for (const [field, about] of roles) if (field in node && !isNode(node[field]) && !about.axes) made[field] = node[field];
  return made;
}

/** All lengths times a ratio, to whole steps; phases that filled their time fill it still. */
export function scaled(tree, total, ratio) {
  const change = (n) => Math.sign(n) * Math.max(Math.round(Math.abs(n) * ratio), n ? 1 : 0);
  const phases = phasesOf(tree, total);
  let at = 0;
  return laid(
    phases.map((phase) => {
      const end = Math.max(change(phase.begin + phase.span), at + 1);
      const span = end - at;
      at = end;
      const fits = spans(phase.node) && held(phase.node, "steps") === phase.span;
      const node = withLengths(phase.node, change);
      return { node: fits ? { ...node, steps: span } : node, span };
    }),
  );
}

// Corners -------------------------------------------------------------------------------------------------------

const FIRST = ["start", "value", "peak", "low"];
const LAST = ["end", "value"];

/** The path of the field that says a node's first (last) value, where one does. */
function slot(node, names, t) {
  let path = [];
  let at = node;
  while (isNode(at)) {
    const fields = kinds[at.kind].fields;
    const name = names.find((one) => one in fields);
    if (name) {
      path = [...path, name];
      return held(at, name) === compile(node)(t) ? path : null;
    }
    const child = names === FIRST ? Object.keys(fields).find((one) => fields[one].role === "schedule") : null;
    if (!child) return null;
    path = [...path, child];
    at = asNode(at[child]);
  }
  return null;
}

/** The corners of a tree: ``{at, value, moves, sets}``, where phases meet and where the last one ends.
 *
 * moves: the phase that begins there (one more than there are for the end); null where it cannot be moved.
 * sets: the paths of the fields that hold its value, those beside it that are to stay equal included.
 */
export function corners(tree, total) {
  const phases = phasesOf(tree, total);
  const slots = phases.map(({ node, span, path }) => {
    const where = (found) => found && [...path, ...found];
    const first = where(slot(node, FIRST, 0));
    const last = where(slot(node, LAST, span));
    return { first, last, from: compile(node)(0), to: compile(node)(span) };
  });
  const found = phases.map(({ begin }, i) => ({ at: begin, value: slots[i].from, moves: i || null, sets: [] }));
  const last = phases.at(-1);
  if (spans(last.node)) {
    found.push({ at: last.begin + last.span, value: slots.at(-1).to, moves: phases.length, sets: [] });
  }
  found.forEach((corner, i) => (corner.sets = tied(slots, i)));
  return found;
}

/** The fields of the corner before phase i, and those that hold the same value across constants. */
function tied(slots, i) {
  const paths = new Map();
  const add = (path) => path && paths.set(path.join("."), path);
  const both = (k) => slots[k]?.first && slots[k].last && slots[k].first.join() === slots[k].last.join();
  const meets = (k) => k > 0 && k < slots.length && slots[k - 1].to === slots[k].from;
  const onward = (k) => {
    add(slots[k]?.first);
    if (both(k) && meets(k + 1)) onward(k + 1);
  };
  const back = (k) => {
    add(slots[k - 1]?.last);
    if (both(k - 1) && meets(k - 1)) back(k - 1);
  };
  if (i < slots.length) onward(i);
  if (i === slots.length || meets(i)) back(i);
  return [...paths.values()];
}

/** The tree with a corner at another step; phases that filled their time fill it still. */
export function moveCorner(tree, total, i, step) {
  const phases = phasesOf(tree, total);
  const before = phases[i - 1];
  const at = Math.max(Math.round(step), before.begin + 1);
  if (i === phases.length) return set(tree, [...before.path, "steps"], at - before.begin);
  const after = phases[i];
  const end = after.begin + after.span;
  const begin = Math.min(at, end - 1);
  phases[i - 1] = fitted(before, begin - before.begin);
  phases[i] = fitted(after, end - begin);
  return laid(phases);
}

export function setCorner(tree, corner, value) {
  return corner.sets.reduce((made, path) => {
    const parent = get(made, path.slice(0, -1));
    return typeof parent === "number" ? set(made, path.slice(0, -1), value) : set(made, path, value);
  }, tree);
}
