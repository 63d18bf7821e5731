// The curves and the handles on them.

import { compile } from "./evaluate.js";
import { knotsOf } from "./handles.js";
import { stepsFor } from "./sample.js";
import { WHOLE, evenly, labels, nice, range, snapped, values, within } from "./scale.js";
import { brief, counted } from "./text.js";
import { asNode } from "./tree.js";

/* global uPlot */

/** Handles that would lie nearer to each other than this, in pixels, are drawn small. */
const NEAR = 18;
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
export const colour = (i) => `--c${i % 8}`;

/** How many steps one unit of the axis takes. */
function unitOf({ axis, perEpoch, perStep }) {
  return axis === "epochs" ? perEpoch : axis === "tokens" ? 1 / perStep : 1;
}

export class Chart {
  /** page: ``{state(), phase(), edit(tree, {held}), choose(phase), pointed(step), zoomed(isZoomed), say(text)}`` */
  constructor(place, page) {
    this.place = place;
    this.page = page;
    this.view = null; // the steps shown, where they are not the whole run
    this.frozen = null; // the bounds while a handle is held
    this.handles = [];
    this.layer = document.createElement("div");
    this.layer.className = "handles";
    this.series = "";
    new ResizeObserver(() => this.#resize()).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.rebuild());
    place.addEventListener("dblclick", (event) => event.target.closest(".handle") || this.show(null));
    place.addEventListener("pointermove", (event) => event.pointerType === "touch" && this.#touched(event));
  }

  rebuild() {
    this.series = "";
    this.draw();
  }

  /** Draw the state. */
  draw() {
    const state = this.page.state();
    const shown = state.schedules.map((one, i) => ({ ...one, i })).filter((one) => one.shown || one.i === state.current);
    const key = `${shown.map(({ i, name }) => `${i} ${name}`).join("|")}|${state.log}|${state.axis}|${unitOf(state)}`;
    const [from, to] = this.view ?? [0, state.total];
    const wide = this.place.clientWidth * (this.frozen ? 0.5 : 1); // what is held is drawn at half the points
    const steps = stepsFor(shown.map(({ tree }) => asNode(tree)), from, to, Math.max(wide, 200));
    const data = [steps, ...shown.map(({ tree }) => values(compile(tree), steps, state.log))];
    this.bounds = this.frozen ?? { x: [from, to], y: range(data.slice(1), state.log) };
    if (key !== this.series) this.#build(shown, state, data, key);
    else this.plot.setData(data, true);
  }

  // The plot ----------------------------------------------------------------------------------------------------

  #build(shown, state, data, key) {
    this.plot?.destroy();
    this.series = key;
    const unit = unitOf(state);
    const ink = css("--quiet");
    const grid = { stroke: css("--line"), width: 1 };
    const axis = { stroke: ink, grid, ticks: grid, font: "12px system-ui, sans-serif" };
    const narrow = this.place.clientWidth < 480;
    const options = {
      width: this.place.clientWidth,
      height: this.place.clientHeight,
      pxAlign: 0,
      legend: { show: false },
      cursor: { points: { size: 7 }, drag: { x: true, y: false, setScale: false }, y: false },
      scales: {
        x: { time: false, range: () => this.bounds.x },
        y: { distr: state.log ? 3 : 1, range: () => this.bounds.y },
      },
      axes: [
        {
          ...axis,
          incrs: unit === 1 ? WHOLE : undefined,
          splits: unit === 1 ? undefined : (u, i, low, high) => evenly(low / unit, high / unit).map((x) => x * unit),
          values: (u, found) => found.map((x) => counted(Number((x / unit).toPrecision(6)))),
          space: narrow ? 55 : 80,
          label: state.axis === "steps" ? undefined : state.axis,
          labelSize: 20,
        },
        { ...axis, size: 64, values: (u, found) => labels(found) },
      ],
      series: [{}, ...shown.map(({ i, name }) => ({
        label: name,
        stroke: css(colour(i)),
        width: i === state.current ? 2.5 : 1.75,
        dash: i === state.current ? undefined : [6, 4],
        points: { show: false },
        pxAlign: 0,
      }))],
      hooks: {
        setCursor: [(u) => this.page.pointed(u.cursor.left >= 0 ? Math.round(u.posToVal(u.cursor.left, "x")) : null)],
        draw: [() => this.#placeHandles(this.page.state())], // the scales are known only now
        setSelect: [(u) => u.select.width > 4 && this.#zoom(u)],
      },
    };
    this.plot = new uPlot(options, data, (plot, ready) => {
      this.plot = plot;
      this.place.append(plot.root);
      plot.over.append(this.layer);
      ready();
    });
  }

  #resize() {
    if (!this.plot || !this.place.clientWidth) return;
    this.plot.setSize({ width: this.place.clientWidth, height: this.place.clientHeight });
    this.draw();
  }

  #zoom(u) {
    const from = Math.max(Math.floor(u.posToVal(u.select.left, "x")), 0);
    const to = Math.min(Math.ceil(u.posToVal(u.select.left + u.select.width, "x")), this.page.state().total);
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (to - from >= 2) this.show([from, to]);
  }

  /** Show some steps, or with nothing the whole run. */
  show(view) {
    this.view = view;
    this.page.zoomed(view !== null);
    this.draw();
  }

  #touched(event) {
    const box = this.plot.over.getBoundingClientRect();
    this.plot.setCursor({ left: event.clientX - box.left, top: event.clientY - box.top });
  }

  // The handles -------------------------------------------------------------------------------------------------

  #placeHandles(state) {
    const { tree } = state.schedules[state.current];
    const chosen = this.page.phase();
    const knots = knotsOf(tree, state.total, chosen);
    while (this.handles.length < knots.length) this.#addHandle();
    while (this.handles.length > knots.length) this.handles.pop().remove();
    this.layer.style.setProperty("--c", `var(${colour(state.current)})`);
    this.layer.classList.toggle("dense", this.plot.over.clientWidth < NEAR * knots.length);
    knots.forEach((knot, i) => this.#place(this.handles[i], knot, chosen, i));
  }

  #place(handle, knot, chosen, i) {
    const x = this.plot.valToPos(knot.at, "x");
    const y = this.plot.valToPos(Math.max(knot.value, this.bounds.y[0]), "y");
    handle.knot = knot;
    const outside = knot.at < this.bounds.x[0] || knot.at > this.bounds.x[1];
    const now = `${x.toFixed(1)}px, ${y.toFixed(1)}px|${knot.at}|${knot.value}|${outside}|${knot.phase === chosen}`;
    if (now === handle.now) return;
    handle.now = now;
    handle.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
    handle.hidden = outside;
    handle.setAttribute("aria-label", `Handle ${i + 1}: step ${knot.at}, value ${brief(knot.value)}`);
    handle.dataset.phase = knot.phase === chosen;
  }

  #addHandle() {
    const handle = document.createElement("button");
    handle.type = "button";
    handle.className = "handle";
    handle.setAttribute("aria-describedby", "hint");
    handle.addEventListener("pointerdown", (event) => this.#hold(event, handle));
    handle.addEventListener("mousedown", (event) => event.stopPropagation()); // the plot would begin to zoom
    handle.addEventListener("keydown", (event) => this.#key(event, handle));
    handle.addEventListener("focus", () => this.page.choose(handle.knot.phase));
    this.layer.append(handle);
    this.handles.push(handle);
  }

  #hold(event, handle) {
    if (event.button) return;
    event.preventDefault();
    event.stopPropagation();
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    handle.classList.add("held");
    const ways = handle.knot; // what is tied now stays tied, and nothing else becomes so on the way
    this.frozen = this.bounds;
    const box = this.plot.over.getBoundingClientRect();
    let place = null;
    let waiting = 0;
    const frame = () => {
      waiting = 0;
      const step = snapped(this.plot.posToVal(place.x, "x"), this.bounds.x, box.width);
      const value = snapped(this.plot.posToVal(place.y, "y"), this.bounds.y, box.height, this.page.state().log);
      this.#move(handle.knot, ways, Math.round(step), value, true);
    };
    const move = (to) => {
      place = { x: within(to.clientX - box.left, box.width), y: within(to.clientY - box.top, box.height) };
      waiting ||= requestAnimationFrame(frame);
    };
    const release = () => {
      if (waiting) {
        cancelAnimationFrame(waiting);
        frame();
      }
      handle.classList.remove("held");
      handle.removeEventListener("pointermove", move);
      this.frozen = null;
      this.page.edit(this.page.state().schedules[this.page.state().current].tree, {});
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", release, { once: true });
  }

  #key(event, handle) {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const way = ways[event.key];
    if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const { x, y } = this.bounds;
    const share = event.shiftKey ? 0.001 : 0.01;
    const { at, value } = handle.knot;
    const step = at + way[0] * Math.max(nice((x[1] - x[0]) * share), 1);
    const log = this.page.state().log && value > 0;
    const to = log ? value * 10 ** (way[1] * share * 5) : value + way[1] * nice((y[1] - y[0]) * share);
    this.#move(handle.knot, handle.knot, Math.round(step), way[1] ? Number(to.toPrecision(6)) : value, false);
    requestAnimationFrame(() => this.page.say(`step ${handle.knot.at}, value ${brief(handle.knot.value)}`));
  }

  #move(knot, ways, step, value, isHeld) {
    const state = this.page.state();
    const { tree } = state.schedules[state.current];
    let made = ways.setValue && value !== knot.value ? ways.setValue(tree, value) : tree;
    if (ways.setStep && step !== knot.at) made = ways.setStep(made, Math.min(step, state.total));
    if (made !== tree) this.page.edit(made, { held: isHeld });
  }
}
