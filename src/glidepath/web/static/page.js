// What the page holds, what changes it, and what is shown again then.

import { Chart } from "./chart.js";
import { problem } from "./check.js";
import { Code } from "./code.js";
import { $ } from "./elements.js";
import { compile } from "./evaluate.js";
import { Fields } from "./fields.js";
import { readValues, showAdvice, showPhases, showSchedules } from "./panels.js";
import { served } from "./start.js";
import { MAX_SCHEDULES, Past, decode } from "./state.js";
import { moveCorner, movePhase, phasesOf, removePhase } from "./tree.js";

/** Its parts (the chart, the fields, the lists, the code) read the page, and tell it what a hand does to them. */
export class Page {
  #state;
  #phase = 0;
  #step = null;
  #past = new Past();
  #soon = 0;
  #later = 0;

  constructor(state) {
    this.#state = state;
    this.chart = new Chart($("chart"), this);
    this.fields = new Fields($("fields"), this);
    this.code = new Code($("code"), $("target"), this);
  }

  state() {
    return this.#state;
  }

  phase() {
    return this.#phase;
  }

  tree() {
    return this.#state.schedules[this.#state.current].tree;
  }

  // What is shown -----------------------------------------------------------------------------------------------

  showAll() {
    const { total, axis, log, perEpoch, perStep } = this.#state;
    $("total").value = total;
    $("axis").value = axis;
    $("log").checked = log;
    $("measure-label").hidden = axis === "steps";
    $("measure-label").lastElementChild.textContent = axis === "epochs" ? "steps per epoch" : "tokens per step";
    $("measure").value = axis === "epochs" ? perEpoch : perStep;
    this.chart.draw();
    this.settle();
  }

  /** Show what the curve does not: the lists, the fields, the text; and soon the address and what Python says. */
  settle() {
    clearTimeout(this.#soon);
    this.#soon = 0;
    this.#showLists();
    this.later();
  }

  #showLists() {
    showPhases($("phase-list"), this.#state, this.#phase, this);
    this.fields.show(this.#state, this.#phase);
    showSchedules($("schedules"), this.#state, this);
    this.code.show();
    this.#showValues();
  }

  #showValues() {
    const curves = this.#step === null ? [] : this.#state.schedules.map(({ tree }) => compile(tree));
    readValues($("values"), this.#state, this.#step, curves);
  }

  /** While something is held, its numbers are shown often enough, and not for every frame. */
  #showSoon() {
    this.#soon ||= setTimeout(() => {
      this.#soon = 0;
      this.fields.show(this.#state, this.#phase);
      this.#showValues();
    }, 100);
  }

  later() {
    clearTimeout(this.#later);
    this.#later = setTimeout(() => {
      this.remember();
      if (served) this.code.consult();
    }, 120);
  }

  tell(why) {
    $("problem").textContent = why;
    $("problem").hidden = !why;
  }

  say(text) {
    $("spoken").textContent = text;
  }

  advise(answer) {
    showAdvice($("advice-card"), $("advice"), answer);
  }

  zoomed(isZoomed) {
    $("whole").hidden = !isZoomed;
  }

  /** Show the values at a step; at none with null. */
  look(step) {
    this.#step = step;
    this.#showValues();
  }

  pointed(at) {
    if (at === null) return;
    $("step").value = at;
    this.look(at);
  }

  // What is changed ---------------------------------------------------------------------------------------------

  /** Give the schedule that is edited another tree, if it is one; else answer why not.
   *
   * held: a hand is still at it. quiet: who asks shows the reason. phase: the one that is chosen then.
   */
  edit(made, { held = false, quiet = false, phase = this.#phase } = {}) {
    const why = problem(made);
    this.tell(quiet ? "" : why);
    if (why) return why;
    const { schedules, current } = this.#state;
    schedules[current] = { ...schedules[current], tree: made };
    this.#phase = Math.min(phase, phasesOf(made, this.#state.total).length - 1);
    this.chart.draw();
    if (held) this.#showSoon();
    else this.settle();
    return "";
  }

  /** Change something else: the run, the axis, the schedules. */
  change(some) {
    if ("total" in some) this.#unzoom();
    if ("current" in some) this.#phase = 0;
    this.#state = { ...this.#state, ...some };
    this.showAll();
  }

  #unzoom() {
    this.chart.view = null;
    this.zoomed(false);
  }

  /** Show a schedule in the place of the one that is edited, or beside the others; answer whether it is one. */
  take(name, tree, beside) {
    const { schedules, current } = this.#state;
    const full = beside && schedules.length >= MAX_SCHEDULES;
    const why = problem(tree) || (full ? `there must be at most ${MAX_SCHEDULES} schedules` : "");
    this.tell(why);
    if (why) return false;
    const at = beside ? schedules.length : current;
    const names = schedules.filter((_, i) => i !== at).map((one) => one.name);
    let own = name;
    for (let i = 2; names.includes(own); i++) own = `${name} ${i}`;
    const made = [...schedules];
    made[at] = { name: own, tree, shown: true };
    this.#unzoom();
    this.change({ schedules: made, current: at });
    return true;
  }

  choose(i) {
    if (i === this.#phase) return;
    this.#phase = i;
    this.chart.draw();
    this.#showLists();
  }

  move(i, by) {
    this.edit(movePhase(this.tree(), this.#state.total, i, by), { phase: i + by });
  }

  remove(i) {
    this.edit(removePhase(this.tree(), this.#state.total, i));
  }

  moveCorner(i, at) {
    if (!Number.isInteger(at)) return "the start must be a positive integer";
    return this.edit(moveCorner(this.tree(), this.#state.total, i, at), { quiet: true });
  }

  select(i) {
    this.change({ current: i });
  }

  rename(i, name) {
    this.#alter(i, { name: name.replace(/[^A-Za-z0-9_.+ -]/g, "").trim() || `schedule ${i + 1}` });
  }

  toggle(i) {
    this.#alter(i, { shown: !this.#state.schedules[i].shown });
  }

  #alter(i, some) {
    Object.assign(this.#state.schedules[i], some);
    this.chart.draw();
    this.settle();
  }

  drop(i) {
    const { schedules, current } = this.#state;
    this.change({ schedules: schedules.filter((_, j) => j !== i), current: current >= i && current ? current - 1 : current });
  }

  // What was ----------------------------------------------------------------------------------------------------

  remember() {
    this.#past.remember(this.#state);
    $("undo").disabled = this.#past.isEmpty;
  }

  undo() {
    this.remember(); // what has not been written down yet is the first to be undone
    const before = this.#past.before();
    if (before) this.restore(before);
  }

  /** Show the state that an address holds. */
  restore(hash) {
    try {
      this.#state = decode(hash);
    } catch (error) {
      this.tell(`This link cannot be shown: ${error.message}`);
      return;
    }
    this.#phase = Math.min(this.#phase, phasesOf(this.tree(), this.#state.total).length - 1);
    this.#unzoom();
    this.tell("");
    this.showAll();
  }
}
