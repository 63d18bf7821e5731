// The lists beside the curve: phases, schedules, advice, and the values under the cursor.

import { colour } from "./chart.js";
import { icon, make } from "./elements.js";
import { held } from "./evaluate.js";
import { brief, counted } from "./text.js";
import { phasesOf } from "./tree.js";

/** Fill a list anew, with the focus where it was. */
function refill(list, items) {
  const at = [...list.querySelectorAll("button, input")].indexOf(document.activeElement);
  const label = document.activeElement?.getAttribute("aria-label");
  list.replaceChildren(...items);
  if (at < 0) return;
  const found = [...list.querySelectorAll("button, input")];
  (found.find((one) => label && one.getAttribute("aria-label") === label && !one.disabled) ?? found[Math.min(at, found.length - 1)])?.focus();
}

/** What a phase is called: by its place and shape where that has a name. */
function phaseName(node, i, count) {
  const { kind } = node;
  if (kind === "Constant" && count > 1) return "Hold · Constant";
  if (!("start" in node && "end" in node) || kind === "Exponential") return kind;
  const rises = Math.abs(held(node, "end") ?? 0) > Math.abs(held(node, "start") ?? 0);
  if (i === 0 && rises && count > 1) return `Warmup · ${kind}`;
  return i === count - 1 && !rises && count > 2 ? `Cooldown · ${kind}` : kind;
}

export function showPhases(list, state, chosen, page) {
  const phases = phasesOf(state.schedules[state.current].tree, state.total);
  const count = phases.length;
  refill(list, phases.map(({ node, begin, span }, i) =>
    make("li", { className: i === chosen ? "chosen" : "" },
      make("button", { type: "button", className: "phase", "aria-pressed": String(i === chosen), onclick: () => page.choose(i) },
        make("b", {}, phaseName(node, i, count)),
        make("span", {}, `${begin.toLocaleString("en")} – ${(begin + span).toLocaleString("en")}`)),
      icon(`Move phase ${i + 1} earlier`, "↑", () => page.move(i, -1), i === 0),
      icon(`Move phase ${i + 1} later`, "↓", () => page.move(i, 1), i === count - 1),
      icon(`Remove phase ${i + 1}`, "×", () => page.remove(i), count === 1))));
}

export function showSchedules(list, state, page) {
  refill(list, state.schedules.map(({ name, shown }, i) => {
    const row = make("li", { className: i === state.current ? "chosen" : "" },
      make("input", { type: "radio", name: "current", checked: i === state.current, "aria-label": `Edit ${name}`, onchange: () => page.select(i) }),
      make("span", { className: "swatch" }),
      make("input", { type: "text", value: name, maxLength: 40, "aria-label": `Name of schedule ${i + 1}`, onchange: (event) => page.rename(i, event.target.value) }),
      make("label", { className: "check" },
        make("input", { type: "checkbox", checked: shown, "aria-label": `Show ${name}`, onchange: () => page.toggle(i) }), "show"),
      icon(`Remove ${name}`, "×", () => page.drop(i), state.schedules.length === 1));
    row.style.setProperty("--c", `var(${colour(i)})`);
    return row;
  }));
}

export function showAdvice(card, list, answer) {
  card.hidden = !answer;
  if (!answer) return;
  const found = Array.isArray(answer) ? answer : [{ level: "note", message: answer.error, source: "" }];
  const rows = found.map(({ level, message, source }) =>
    make("li", { title: source }, make("span", { className: `level ${level}` }, level), make("span", {}, message)));
  list.replaceChildren(...(rows.length ? rows : [make("li", {}, make("span", { className: "level" }, "fine"), "nothing found")]));
}

export function readValues(output, state, step, curves) {
  if (step === null) {
    output.replaceChildren();
    return;
  }
  const at = Math.min(Math.max(step, 0), state.total);
  const where = { steps: [], epochs: [`epoch ${brief(at / state.perEpoch)}`], tokens: [`${counted(at * state.perStep)} tokens`] };
  const found = state.schedules.flatMap(({ name, shown }, i) => {
    if (!shown && i !== state.current) return [];
    const swatch = make("i", { className: "swatch" });
    swatch.style.setProperty("--c", `var(${colour(i)})`);
    return [make("span", {}, swatch, `${name} `, make("b", {}, brief(curves[i](at), 6)))];
  });
  output.replaceChildren(...where[state.axis].map((words) => make("span", { className: "quiet" }, words)), ...found);
}
