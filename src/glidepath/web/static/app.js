// The page begins here, and listens to its buttons and boxes.

import { problem } from "./check.js";
import { copyText } from "./code.js";
import { $, options } from "./elements.js";
import { kinds, recipes, recipeTotal } from "./kinds.js";
import { Page } from "./page.js";
import { ASKED, LOCAL } from "./python.js";
import { duration } from "./read.js";
import { Choice, paste, togglePaste } from "./sources.js";
import { served, start } from "./start.js";
import { addPhase, scaled } from "./tree.js";

/** What the page shows where its address does not say. */
function first() {
  const total = start.total ?? recipeTotal;
  const trees = start.schedules ?? { wsd: scaled(recipes.wsd.tree, recipeTotal, total / recipeTotal) };
  const schedules = Object.entries(trees).map(([name, tree]) => ({ name, tree, shown: true }));
  return { total, axis: "steps", log: false, perEpoch: 1000, perStep: 500_000, current: 0, schedules };
}

options($("add-kind"), Object.keys(kinds).sort());
$("add-kind").value = "Linear";
options($("target"), [...Object.keys(LOCAL), ...(served ? Object.keys(ASKED) : [])]);

const page = new Page(first());
new Choice(page, start.schedules ? null : page.tree());

/** Show a text for a moment, and then another. */
function flash(place, text, then) {
  place.textContent = text;
  setTimeout(() => { place.textContent = then; }, 2500);
}

/** A number of steps that has been typed; a sentence goes to the reader where it is none. */
function typed(input, name) {
  const found = duration(input.value, page.state().total);
  const fine = Number.isSafeInteger(found) && found >= 1;
  input.setAttribute("aria-invalid", String(!fine));
  page.tell(fine ? "" : `${name} must be a positive integer of at most 2**53 - 1, got '${input.value}'`);
  return fine ? found : null;
}

// The run and its axes ------------------------------------------------------------------------------------------

$("total").addEventListener("change", () => {
  const total = typed($("total"), "total");
  if (total === null) return;
  const { schedules, total: before } = page.state();
  const longer = ({ tree, ...rest }) => ({ ...rest, tree: scaled(tree, before, total / before) });
  const made = $("stretch").checked ? schedules.map(longer) : schedules;
  const why = made.map(({ tree }) => problem(tree)).find(Boolean);
  if (why) page.tell(why);
  else page.change({ total, schedules: made });
});
$("axis").addEventListener("change", () => page.change({ axis: $("axis").value }));
$("measure").addEventListener("change", () => {
  const isEpochs = page.state().axis === "epochs";
  const found = typed($("measure"), isEpochs ? "steps per epoch" : "tokens per step");
  if (found !== null) page.change(isEpochs ? { perEpoch: found } : { perStep: found });
});
$("log").addEventListener("change", () => page.change({ log: $("log").checked }));
$("whole").addEventListener("click", () => page.chart.show(null));
$("step").addEventListener("input", () => {
  const at = duration($("step").value, page.state().total);
  page.look(Number.isFinite(at) ? Math.round(at) : null);
});

// Schedules and phases ------------------------------------------------------------------------------------------

$("paste").addEventListener("click", () => togglePaste());
$("paste-use").addEventListener("click", () => paste(page, false));
$("paste-overlay").addEventListener("click", () => paste(page, true));
$("duplicate").addEventListener("click", () => page.take(page.state().schedules[page.state().current].name, page.tree(), true));
$("add").addEventListener("click", () => {
  const at = page.phase();
  page.edit(addPhase(page.tree(), page.state().total, at, $("add-kind").value), { phase: at + 1 });
});

// Text and links ------------------------------------------------------------------------------------------------

$("target").addEventListener("change", () => { page.code.show(); page.later(); });
$("copy").addEventListener("click", async () => flash($("copied"), await page.code.copy(), ""));
$("share").addEventListener("click", async () => {
  page.remember();
  const said = await copyText(location.href);
  flash($("share"), said === "Copied" ? "Link copied" : "The link is in the address bar", "Copy link");
});
$("undo").addEventListener("click", () => page.undo());
addEventListener("keydown", (event) => {
  const typing = event.target.matches?.("input[type=text], textarea");
  if (typing || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.key !== "z") return;
  event.preventDefault();
  page.undo();
});

function open() {
  if (location.hash.startsWith("#s=")) page.restore(location.hash.slice(3));
}

addEventListener("hashchange", open);
page.showAll();
open();
page.remember();
