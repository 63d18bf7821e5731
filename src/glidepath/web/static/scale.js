// The numbers of the axes, and those that a hand can mean.

import { brief } from "./text.js";

export const WHOLE = Array.from({ length: 17 }, (_, i) => [1, 2, 5].map((x) => x * 10 ** i)).flat();
export const within = (x, size) => Math.min(Math.max(x, 0), size);

export function values(f, steps, log) {
  const found = Array.from(steps, f);
  return log ? found.map((y) => (y > 0 ? y : null)) : found;
}

export function range(curves, log) {
  let low = Infinity;
  let high = -Infinity;
  for (const curve of curves) {
    for (const y of curve) {
      if (y === null) continue;
      if (y < low) low = y;
      if (y > high) high = y;
    }
  }
  if (low === Infinity) return log ? [1e-6, 1] : [0, 1];
  if (log) return [Math.max(low, high * 1e-8) / 1.3, high * 1.3];
  const span = high - Math.min(low, 0) || Math.abs(high) || 1;
  return [low >= 0 ? 0 : low - 0.06 * span, high <= 0 && low < 0 ? 0 : Math.max(high, 0) + 0.08 * span];
}

/** The largest of 1, 2 and 5 times a power of ten that is not above x. */
export function nice(x) {
  const power = 10 ** Math.floor(Math.log10(x));
  const times = x / power;
  return power * (times >= 5 ? 5 : times >= 2 ? 2 : 1);
}

/** A number as round as one pixel allows. */
export function snapped(x, [low, high], pixels, log = false) {
  if (log) return Number(x.toPrecision(3));
  const unit = nice(((high - low) / pixels) * 1.5);
  return Number((Math.round(x / unit) * unit).toPrecision(12));
}

/** The numbers of an axis, all written in one way. */
export function labels(found) {
  const most = Math.max(...found.map((x) => Math.abs(x ?? 0)));
  const write = (x) => (most >= 0.01 && most < 1e5 ? brief(x) : Number(x.toPrecision(4)).toExponential().replace("e+", "e"));
  return found.map((x) => (x === null ? "" : x === 0 ? "0" : write(x)));
}

export function evenly(low, high) {
  const unit = nice((high - low) / 6);
  const found = [];
  for (let x = Math.ceil(low / unit) * unit; x <= high * (1 + 1e-12); x += unit) found.push(Number(x.toPrecision(12)));
  return found;
}
