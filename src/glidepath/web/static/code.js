// The schedule as text, written here or by Python, and what Python advises.

import { ASKED, LOCAL, ask } from "./python.js";
import { asNode } from "./tree.js";

export class Code {
  /** place, target: where the text stands, and the choice of its language.
   * page: ``{state(), tree(), advise(answer), tell(text)}`` */
  constructor(place, target, page) {
    Object.assign(this, { place, target, page });
    this.questions = 0;
    this.asked = Promise.resolve();
    this.answer = null; // ``{tree, total, target, text}``: the last text that Python wrote
  }

  /** Show the text, or dots where Python has still to write it; whether it is there. */
  show() {
    const target = this.target.value;
    const tree = this.page.tree();
    const { answer } = this;
    const known = answer?.target === target && answer.tree === tree && answer.total === this.page.state().total;
    if (target in LOCAL) this.place.textContent = LOCAL[target](asNode(tree));
    else this.place.textContent = known ? answer.text : "…";
    return target in LOCAL || known;
  }

  /** Ask Python for advice, and for the text where it is to write it: one question at a time, the newest. */
  consult() {
    const question = ++this.questions;
    this.asked = this.asked.then(() => question === this.questions && this.#ask(question));
    return this.asked;
  }

  async #ask(question) {
    const target = this.target.value;
    const tree = this.page.tree();
    const state = this.page.state();
    const word = ASKED[target];
    try {
      const answer = await ask(state, { spec: asNode(tree), want: word ? ["advice", word] : ["advice"] });
      if (question !== this.questions) return; // there is a newer one
      const [found] = Object.values(answer.schedules);
      this.page.advise(found.advice);
      if (word) this.answer = { tree, total: state.total, target, text: found[word].error ? `# ${found[word].error}` : found[word] };
      this.show();
    } catch (error) {
      if (question === this.questions) this.page.tell(error.message);
    }
  }

  /** Copy the text; a sentence about how it went. */
  async copy() {
    if (!this.show()) await this.consult();
    if (!this.show()) return "There is nothing to copy yet";
    return copyText(this.place.textContent);
  }
}

/** Put a text into the clipboard; a word or a sentence about how it went. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return "Copied";
  } catch {
    return "Select the text and copy it: this browser does not let a page do so";
  }
}
