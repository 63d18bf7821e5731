"""A page of charts that needs nothing beside it, and tells the values under the cursor."""

from __future__ import annotations

import json
from html import escape

from ..svg import chart
from ..ticks import Axis

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Point = tuple[float, float]

__all__ = ["page"]

_STYLE = """
:root{color-scheme:light dark;--ink:#16181c;--soft:#595f69;--ground:#fff;--code:#f5f6f8}
@media(prefers-color-scheme:dark){:root{--ink:#eceef1;--soft:#a8afb9;--ground:#16181c;--code:#22252b}}
body{margin:0 auto;padding:1rem;max-width:60rem;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
figure{margin:0 0 2rem}figure:focus-visible{outline:2px solid #0072b2;outline-offset:4px}
figcaption{min-height:3em;padding:.4rem .7rem;background:var(--code);border-radius:4px;
font-variant-numeric:tabular-nums}.soft{color:var(--soft)}.cursor{stroke:var(--soft);stroke-dasharray:3 3}
"""

# A step is that of the nearest point drawn, and the values are those of the points, not of the line between them.
_SCRIPT = """
for (const figure of document.querySelectorAll("figure")) {
  const { x, log, range, curves } = JSON.parse(figure.querySelector("script").textContent);
  const picture = figure.querySelector("svg"), window_ = picture.querySelector("svg");
  const cursor = document.createElementNS(picture.namespaceURI, "line"), told = figure.querySelector("figcaption");
  const scale = (at) => (log ? Math.log(at) : at), low = scale(range[0]), wide = scale(range[1]) - low;
  const steps = [...new Set(Object.values(curves).flatMap((points) => points.map(([at]) => at)))];
  steps.sort((a, b) => a - b);
  if (!steps.length) continue;
  let here = 0;
  cursor.setAttribute("class", "cursor");
  cursor.setAttribute("y2", window_.viewBox.baseVal.height);
  window_.append(cursor);
  const nearest = (list, at, of) => {
    let first = 0, last = list.length - 1;
    while (last - first > 1) {
      const middle = (first + last) >> 1;
      of(list[middle]) <= at ? (first = middle) : (last = middle);
    }
    return at - of(list[first]) <= of(list[last]) - at ? first : last;
  };
  const show = (i) => {
    here = Math.max(0, Math.min(i, steps.length - 1));
    const at = ((scale(steps[here]) - low) / wide) * (window_.viewBox.baseVal.width - 2);
    cursor.setAttribute("x1", at);
    cursor.setAttribute("x2", at);
    const values = Object.entries(curves).map(([name, points]) => {
      const point = points[nearest(points, steps[here], ([step]) => step)];
      const value = Number(point[1].toPrecision(6));
      return point[0] === steps[here] ? `${name}: ${value}` : `${name}: ${value} at ${point[0]}`;
    });
    told.textContent = `${x} ${steps[here]}. ${values.join("; ")}`;
  };
  figure.addEventListener("pointermove", (event) => {
    const box = picture.getBoundingClientRect(), pixel = picture.viewBox.baseVal.width / box.width;
    const share = ((event.clientX - box.left) * pixel - window_.x.baseVal.value) / (window_.viewBox.baseVal.width - 2);
    const at = low + Math.max(0, Math.min(share, 1)) * wide;
    show(nearest(steps, at, scale));
  });
  figure.addEventListener("keydown", ({ key }) => {
    const jump = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: steps.length - 1 }[key];
    if (jump !== undefined) show(jump);
  });
}
"""


def page(panels: Mapping[str, Mapping[str, Sequence[Point]]], *, x: str, log: str) -> str:
    """Panels of curves as a page. See `glidepath.plot.picture`."""
    figures = "\n".join(_figure(title, curves, x, log) for title, curves in panels.items())
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
script-src 'unsafe-inline'">
<title>{escape(", ".join(panels))}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
{figures}
</main>
<script>{_SCRIPT}</script>
</body>
</html>
"""


def _figure(title: str, curves: Mapping[str, Sequence[Point]], x: str, log: str) -> str:
    shown = {name: [point for point in points if point[0] > 0 or "x" not in log] for name, points in curves.items()}
    axis = Axis([at for points in shown.values() for at, _ in points], log="x" in log)  # as the chart has it
    drawn = chart(shown, title=title, x=x, log=log, width=760, height=300)
    data = {"x": x, "log": "x" in log, "range": [axis.low, axis.high], "curves": shown}
    text = json.dumps(data, allow_nan=False).replace("<", r"\u003c")  # no name can end the script
    return f"""<figure tabindex="0">
{drawn}
<figcaption class="soft" aria-live="polite">Point at the curves, or use the arrow keys, to read values.</figcaption>
<script type="application/json">{text}</script>
</figure>"""
