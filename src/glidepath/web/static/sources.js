// Where schedules come from: recipes and kinds, and texts that are pasted.

import { $, make, options } from "./elements.js";
import { compile } from "./evaluate.js";
import { kinds, recipes, recipeTotal } from "./kinds.js";
import { ask, readText } from "./python.js";
import { served } from "./start.js";
import { fresh, scaled } from "./tree.js";

/** The choice of a recipe or a kind. */
export class Choice {
  #page;
  #inputs = {}; // of the recipe that is chosen, by parameter
  #made; // the tree that they made last
  #questions = 0;

  /** made: the tree that the page begins with, where it is that of the recipe. */
  constructor(page, made) {
    this.#page = page;
    this.#made = made;
    const groups = { recipe: ["Recipes", recipes], kind: ["Kinds", kinds] };
    const option = (group, name, { summary }) => make("option", { value: `${group} ${name}`, title: summary }, name);
    $("pick").replaceChildren(...Object.entries(groups).map(([group, [label, named]]) =>
      make("optgroup", { label }, ...Object.keys(named).sort().map((name) => option(group, name, named[name])))));
    $("pick").value = "recipe wsd";
    $("pick").addEventListener("change", () => this.#show());
    $("use").addEventListener("click", () => this.#take(false));
    $("overlay").addEventListener("click", () => this.#take(true));
    $("recipe").open = Boolean(made) && innerWidth > 900;
    this.#show();
  }

  #chosen() {
    const [group, name] = $("pick").value.split(" ");
    return { name, isRecipe: group === "recipe" };
  }

  /** The parameters of a recipe, where Python is at hand to work them out. */
  #show() {
    const { name, isRecipe } = this.#chosen();
    $("recipe").hidden = !(isRecipe && served);
    this.#inputs = {};
    if ($("recipe").hidden) return;
    $("recipe-summary").textContent = `${name}: ${recipes[name].summary}`;
    $("recipe-fields").replaceChildren(...Object.entries(recipes[name].parameters).map(([field, about]) => this.#label(field, about)));
  }

  #label(field, { given, options: words }) {
    const id = `recipe-${field}`;
    const onchange = () => this.#redo();
    const input = words.length ? make("select", { id, onchange })
      : make("input", { id, type: "text", size: 8, autocomplete: "off", placeholder: given === null ? "none" : "", onchange });
    if (words.length) options(input, words);
    input.value = given ?? "";
    this.#inputs[field] = input;
    return make("label", { htmlFor: id }, `${field} `, input);
  }

  /** What is chosen as a tree; for a recipe Python works it out. */
  async #tree() {
    const { name, isRecipe } = this.#chosen();
    const state = this.#page.state();
    if (!isRecipe) {
      const curve = compile(this.#page.tree());
      const top = Math.max(...[0, 0.5, 1].map((share) => Math.abs(curve(share * state.total))));
      return fresh(name, top || 1e-3, state.total);
    }
    if (!served) return scaled(recipes[name].tree, recipeTotal, state.total / recipeTotal);
    const spec = { recipe: name };
    for (const [field, input] of Object.entries(this.#inputs)) {
      const word = input.value.trim();
      if (word) spec[field] = Number.isFinite(Number(word)) ? Number(word) : word;
    }
    const answer = await ask(state, { spec });
    return Object.values(answer.schedules)[0].spec;
  }

  async #take(beside) {
    const { name } = this.#chosen();
    await this.#ask((tree) => {
      if (this.#page.take(name, tree, beside)) this.#made = tree;
    });
  }

  /** As long as nothing else has been changed, the curve follows the parameters of its recipe. */
  async #redo() {
    const before = this.#page.tree();
    if (before !== this.#made) return;
    await this.#ask((tree) => {
      if (this.#page.tree() === before && !this.#page.edit(tree)) this.#made = tree;
    });
  }

  async #ask(use) {
    const question = ++this.#questions;
    try {
      const tree = await this.#tree();
      if (question === this.#questions) use(tree);
    } catch (error) {
      if (question === this.#questions) this.#page.tell(error.message);
    }
  }
}

/** Show what stands in the box for texts. */
export async function paste(page, beside) {
  try {
    const found = await readText(page.state(), $("pasted").value);
    const entries = Object.entries(found.schedules);
    const said = Number.isSafeInteger(found.total) && found.total >= 1 ? found.total : entries[0][1].length;
    const total = said && Math.max(said, beside ? page.state().total : 0);
    const taken = entries.every(([name, { spec }], i) => page.take(entries.length === 1 ? "pasted" : name, spec, beside || i > 0));
    if (!taken) return;
    if (total) page.change({ total });
    togglePaste(false);
  } catch (error) {
    page.tell(error.message);
  }
}

export function togglePaste(open = $("paste-box").hidden) {
  $("paste-box").hidden = !open;
  $("paste").setAttribute("aria-expanded", String(open));
  (open ? $("pasted") : $("paste")).focus();
}
