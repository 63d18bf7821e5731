// What the handles on a curve stand for: ``{at, value, phase, setStep, setValue}``; what cannot be set is null.

import { corners, moveCorner, phasesOf, setCorner } from "./tree.js";

/** The handles of a tree: its corners, and the values of the chosen phase where it is a Piecewise. */
export function knotsOf(tree, total, chosen) {
  const phases = phasesOf(tree, total);
  let found = corners(tree, total).map((corner, i) => ({
    at: corner.at,
    value: corner.value,
    phase: Math.min(i, phases.length - 1),
    setStep: corner.moves === null ? null : (made, step) => moveCorner(made, total, corner.moves, step),
    setValue: corner.sets.length ? (made, value) => setCorner(made, corner, value) : null,
  }));
  const { node, path, begin } = phases[Math.min(chosen, phases.length - 1)];
  if (node.kind === "Piecewise") found = found.filter((knot) => knot.phase !== chosen).concat(pieces(node, path, begin, chosen));
  return found.filter((knot) => knot.setStep || knot.setValue).sort((a, b) => a.at - b.at);
}

function pieces(node, path, begin, phase) {
  const put = (tree, field, i, value) => {
    const owner = path.reduce((at, key) => at[key], tree);
    const list = [...owner[field]];
    list[i] = value;
    return replaced(tree, path, { ...owner, [field]: list });
  };
  return node.values.map((value, i) => ({
    at: begin + (i ? node.boundaries[i - 1] : 0),
    value,
    phase,
    setValue: (tree, to) => put(tree, "values", i, to),
    setStep: i && ((tree, step) => {
      const low = i > 1 ? node.boundaries[i - 2] : 0;
      const high = node.boundaries[i] ?? Infinity;
      return put(tree, "boundaries", i - 1, Math.min(Math.max(step - begin, low + 1), high - 1));
    }),
  }));
}

function replaced(tree, path, node) {
  if (!path.length) return node;
  const parts = [...tree.parts];
  parts[path[1]] = node;
  return { ...tree, parts };
}
