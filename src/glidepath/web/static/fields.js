// The parameters of one phase, as fields and sliders.

import { icon, make, options } from "./elements.js";
import { held, isNode } from "./evaluate.js";
import { kinds } from "./kinds.js";
import { duration } from "./read.js";
import { asNode, converted, get, phasesOf, set } from "./tree.js";

/** The fields of one phase and of what lies beneath it. */
export class Fields {
  constructor(place, page) {
    this.place = place;
    this.page = page;
    this.key = "";
    this.rows = [];
  }

  show(state, chosen) {
    const { tree } = state.schedules[state.current];
    const phases = phasesOf(tree, state.total);
    const { path, begin } = phases[Math.min(chosen, phases.length - 1)];
    const key = `${state.current} ${chosen} ${phases.length} ${JSON.stringify(get(tree, path), (name, value) => (typeof value === "number" ? 0 : value))}`;
    if (key !== this.key) this.#build(tree, path, phases, chosen, key);
    for (const row of this.rows) row.update(tree, state, begin);
  }

  #build(tree, path, phases, chosen, key) {
    const focused = document.activeElement?.id;
    this.key = key;
    this.rows = [];
    const grid = make("div", { className: "fields" });
    if (phases.length > 1 && chosen) this.#row(grid, ["boundaries", chosen - 1], "begins at", { duration: true }, { corner: chosen });
    this.place.replaceChildren(grid, ...this.#node(tree, path, 0));
    if (focused) document.getElementById(focused)?.focus();
  }

  /** The kind of a node, its fields, and the nodes beneath it. */
  #node(tree, path, level) {
    const node = asNode(get(tree, path));
    const about = kinds[node.kind];
    const id = `kind-${path.join("-")}`;
    const select = make("select", { id, onchange: () => this.#convert(path, select.value) });
    options(select, Object.keys(kinds).sort());
    select.value = node.kind;
    const head = make("div", { className: "fields" }, make("label", { htmlFor: id }, "kind"), select);
    const grid = make("div", { className: "fields" });
    const below = [];
    for (const [field, role] of Object.entries(about.fields)) {
      if (role.role === "schedule") below.push(this.#child(tree, [...path, field], field, level));
      else if (role.role === "schedules") below.push(...this.#children(tree, node, [...path, field], field, level));
      else this.#row(grid, typeof get(tree, path) === "number" ? path : [...path, field], field, role, {});
    }
    const summary = make("p", { className: "about" }, about.summary);
    return [head, summary, grid, ...below];
  }

  #child(tree, path, title, level) {
    return make("div", { className: "nested" }, make("h3", {}, title), ...(level < 12 ? this.#node(tree, path, level + 1) : []));
  }

  #children(tree, node, path, field, level) {
    const { page } = this;
    const parts = node[field];
    const shown = parts.slice(0, 12).map((_, i) => {
      const made = this.#child(tree, [...path, i], `${field} ${i + 1}`, level);
      const drop = () => page.edit(set(page.tree(), path, get(page.tree(), path).filter((_, j) => j !== i)), {});
      if (parts.length > 1 && node.kind !== "Join") made.querySelector("h3").append(" ", icon(`Remove ${field} ${i + 1}`, "×", drop));
      return made;
    });
    const grow = () => page.edit(set(page.tree(), path, [...get(page.tree(), path), 1]), {});
    if (node.kind !== "Join") shown.push(make("div", { className: "row" }, make("button", { type: "button", onclick: grow }, "Add a part")));
    return shown;
  }

  #convert(path, kind) {
    const tree = this.page.tree();
    const phases = phasesOf(tree, this.page.state().total);
    const span = phases[Math.min(this.page.phase(), phases.length - 1)].span;
    this.page.edit(set(tree, path, converted(asNode(get(tree, path)), kind, span)), {});
  }

  #row(grid, path, name, role, { corner }) {
    const id = `field-${path.join("-")}`;
    const wrong = make("p", { className: "wrong", id: `${id}-wrong`, hidden: true });
    const read = (tree) => {
      const owner = asNode(path.length ? get(tree, path.slice(0, -1)) : tree);
      const found = typeof get(tree, path) === "number" ? get(tree, path) : isNode(owner) && owner.kind ? held(owner, path.at(-1)) : undefined;
      return found;
    };
    const write = (value, isHeld) => {
      const { page } = this;
      const why = corner ? page.moveCorner(corner, value) : page.edit(set(page.tree(), path, value), { held: isHeld, quiet: true });
      wrong.textContent = why || "";
      wrong.hidden = !why;
      input.setAttribute("aria-invalid", String(Boolean(why)));
    };
    const input = role.options ? select(id, role, write) : text(id, role, write, () => this.page.state().total);
    input.setAttribute("aria-describedby", wrong.id);
    const slider = role.options || role.axes ? null : range(name, role, (value) => write(value, true), () => this.page.settle());
    if (!slider) input.classList.add("wide");
    grid.append(make("label", { htmlFor: id }, name), input, ...(slider ? [slider] : []), wrong);
    this.rows.push({
      update: (tree, state) => {
        const value = read(tree);
        if (document.activeElement !== input) {
          input.value = shownAs(value);
          input.setAttribute("aria-invalid", "false");
          wrong.hidden = true;
        }
        if (slider && document.activeElement !== slider) bounds(slider, value, role, name, state.total);
        if (slider) slider.disabled = value === null || value === undefined;
        if (slider && !slider.disabled) slider.value = value;
      },
    });
  }
}

const shownAs = (value) => (value === null || value === undefined ? "" : Array.isArray(value) ? value.join(", ") : String(value));

function select(id, role, write) {
  const made = make("select", { id, onchange: () => write(made.value === "true" ? true : made.value === "false" ? false : made.value) });
  options(made, role.options.map(String));
  return made;
}

function text(id, role, write, total) {
  const number = (word) => (Number.isNaN(Number(word)) ? word : Number(word)); // the check shows a word as it is
  const parse = (typed) => {
    if (!typed.trim()) return undefined; // its default, where it has one
    if (role.axes) return typed.split(/[\s,]+/).filter(Boolean).map((one) => (role.duration ? duration(one, total()) : number(one)));
    return role.duration ? duration(typed, total()) : number(typed);
  };
  const made = make("input", { id, type: "text", inputMode: "decimal", autocomplete: "off", oninput: () => write(parse(made.value), false) });
  made.placeholder = role.default === null ? "none" : "";
  return made;
}

function range(name, role, write, settle) {
  const made = make("input", { type: "range", "aria-label": `${name}, slider`, oninput: () => write(Number(made.value)), onchange: settle });
  return made;
}

/** What a slider reaches, from the value it has when nobody holds it. */
function bounds(slider, value, role, name, total) {
  if (value === null || value === undefined) return;
  if (role.duration) return Object.assign(slider, { min: value < 0 || role.rule === "an integer" ? -total : 1, max: Math.max(total, value), step: 1 });
  if (/integer/.test(role.rule)) return Object.assign(slider, { min: 1, max: Math.max(20, 2 * value), step: 1 });
  const top = Math.abs(value) || 1e-3;
  const most = ["power", "stretch", "factor"].includes(name) ? Math.max(4, value) : 2 * top;
  let least = value < 0 ? -2 * top : 0;
  if (/at least 1/.test(role.rule)) least = 1;
  else if (/positive/.test(role.rule) && !/non/.test(role.rule)) least = most / 1000;
  Object.assign(slider, { min: least, max: most, step: most / 1000 });
}
