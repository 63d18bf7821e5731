// A tree of kinds as a function of the step. The formulas are those of kinds.js; what stands here is how they
// are put together, and the whole-number arithmetic of lengths that grow.

import { formulas, kinds } from "./kinds.js";

const LAST_STEP = Number.MAX_SAFE_INTEGER;

export const isNode = (x) => typeof x === "object" && x !== null && !Array.isArray(x);

/** The value of a field: what the tree says, or the default. */
export function held(node, field) {
  const given = node[field];
  return given === undefined ? kinds[node.kind].fields[field]?.default : given;
}

const compiled = new WeakMap(); // trees are never changed in place, so that most parts of a tree are as they were

/** The tree as a function of the step. A number stands for a constant. */
export function compile(tree) {
  if (typeof tree === "number") return () => tree;
  let made = compiled.get(tree);
  if (!made) compiled.set(tree, (made = built(tree)));
  return made;
}

function built(tree) {
  switch (tree.kind) {
    case "Stretch":
      return compile(withLengths(tree.schedule, stretching(tree.factor, 1)));
    case "Repeat":
      return held(tree, "stretch") === 1 ? single(tree) : growing(tree);
    case "Join":
      return folded(tree.parts.map(compile), tree.boundaries, 0, tree.parts.length - 1);
    case "Piecewise":
      return pieces(tree);
    default:
      return "parts" in tree ? chained(tree) : single(tree);
  }
}

/** The formula of a kind with the settings that a tree has. */
function formulaOf(node, ...more) {
  const words = [node.kind, ...more];
  for (const [field, about] of Object.entries(kinds[node.kind].fields)) {
    const value = held(node, field);
    if (about.options ? value !== null : about.default === null && value !== null) {
      words.push(about.options ? `${field}=${value}` : field);
    }
  }
  const formula = formulas[words.join(" ")];
  if (!formula) throw new Error(`${node.kind} is a kind of your own that only Python can draw`);
  return formula;
}

function fieldsOf(node) {
  const p = {};
  for (const field of Object.keys(kinds[node.kind].fields)) p[field] = held(node, field);
  return p;
}

function below(node) {
  const roles = kinds[node.kind].fields;
  return Object.keys(roles).filter((field) => roles[field].role === "schedule").map((field) => compile(node[field]));
}

function single(node) {
  const formula = formulaOf(node);
  const p = fieldsOf(node);
  const parts = below(node);
  return (t) => formula(t, p, parts);
}

/** Join([a, b, c], [x, y]) is Join([Join([a], []), Join([b, c], [y - x])], [x]): halved, so that a step is found soon. */
function folded(parts, boundaries, first, last) {
  if (first === last) return parts[first];
  const middle = (first + last + 1) >> 1;
  const begin = first ? boundaries[first - 1] : 0;
  const p = { boundaries: [boundaries[middle - 1] - begin] };
  const halves = [folded(parts, boundaries, first, middle - 1), folded(parts, boundaries, middle, last)];
  const formula = formulas.Join;
  return (t) => formula(t, p, halves);
}

/** A Piecewise is the join of those of one boundary. */
function pieces(node) {
  const formula = formulaOf(node);
  const { boundaries, values } = node;
  const parts = boundaries.map((boundary, i) => {
    const p = { boundaries: [boundary - (i ? boundaries[i - 1] : 0)], values: [values[i], values[i + 1]] };
    return (t) => formula(t, p);
  });
  return folded(parts, boundaries.slice(0, -1), 0, parts.length - 1);
}

/** a op b op c is (a op b) op c. */
function chained(node) {
  const formula = formulaOf(node);
  return node.parts.map(compile).reduce((a, b) => {
    const both = [a, b];
    return (t) => formula(t, {}, both);
  });
}

// Lengths that grow ---------------------------------------------------------------------------------------------

/** The tree with every length and boundary changed. */
export function withLengths(node, change) {
  if (!isNode(node)) return node;
  const made = { ...node };
  for (const [field, about] of Object.entries(kinds[node.kind].fields)) {
    const value = node[field] === undefined ? about.default : node[field];
    if (about.role === "schedule") made[field] = withLengths(value, change);
    else if (about.role === "schedules") made[field] = value.map((part) => withLengths(part, change));
    else if (about.duration && Array.isArray(value)) made[field] = value.map(change);
    else if (about.duration && typeof value === "number") made[field] = change(value);
  }
  return made;
}

/** The decimal number that a float is written as, as a fraction of whole numbers. */
function exact(factor) {
  const [digits, exponent] = String(factor).split("e");
  const [whole, rest = ""] = digits.split(".");
  const power = Number(exponent ?? 0) - rest.length;
  const above = BigInt(whole + rest);
  return power >= 0 ? [above * 10n ** BigInt(power), 1n] : [above, 10n ** BigInt(-power)];
}

function ceilDivide(a, b) {
  const quotient = a / b; // towards 0
  return a > 0n && quotient * b !== a ? quotient + 1n : quotient;
}

/** n => n * factor**times, rounded up to a whole step. */
function stretching(factor, times) {
  const [above, below] = exact(factor).map((x) => x ** BigInt(times));
  return (n) => Number(ceilDivide(BigInt(n) * above, below));
}

const DIGITS = 256n;

/** The starts and lengths of cycles, each longer by a ratio and rounded up; as many as it takes to reach a step. */
class Cycles {
  constructor(period, stretch, times) {
    [this.above, this.below] = exact(stretch);
    this.period = BigInt(period);
    this.times = times ?? Infinity;
    this.power = 1n << DIGITS; // stretch**i, cut off after so many binary digits
    this.starts = [0];
    this.lengths = [];
    this.next = 0n;
  }

  #add() {
    const i = this.lengths.length;
    const missing = BigInt(i) * ((this.power >> DIGITS) + 1n); // at most
    const one = 1n << DIGITS;
    const fewest = ceilDivide(this.period * this.power, one);
    let length = ceilDivide(this.period * (this.power + missing), one);
    if (length !== fewest) length = ceilDivide(this.period * this.above ** BigInt(i), this.below ** BigInt(i));
    this.lengths.push(Number(length));
    this.next += length;
    this.starts.push(Number(this.next));
    this.power = (this.power * this.above) / this.below;
  }

  /** The number of the cycle that a step falls in. */
  at(step) {
    const { starts, lengths } = this;
    const t = Math.max(step, 0);
    while (lengths.length < this.times && starts[lengths.length] <= t && starts[lengths.length] <= LAST_STEP) this.#add();
    let low = 0;
    let high = lengths.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= t) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** A Repeat whose cycles grow: which cycle a step falls in is looked up, and its body has lengths of its own. */
function growing(node) {
  const formula = formulaOf(node, "cycle");
  const stretch = held(node, "stretch");
  const cycles = new Cycles(node.period, stretch, held(node, "times"));
  const p = { ...fieldsOf(node), cycle: 0, begin: 0, length: 0 };
  let parts = [];
  let current = -1;
  return (t) => {
    const cycle = cycles.at(t);
    if (cycle !== current) {
      current = cycle;
      Object.assign(p, { cycle, begin: cycles.starts[cycle], length: cycles.lengths[cycle] });
      parts = [compile(withLengths(node.body, stretching(stretch, cycle)))];
    }
    return formula(t, p, parts);
  };
}
