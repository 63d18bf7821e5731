"""Line charts as SVG text: for reports, notebooks and README files, with the standard library alone.

A chart follows the light or dark mode of its reader, fits the width it is given, and can be read aloud.
"""

from __future__ import annotations

import math
import re
from html import escape

from .ticks import Axis, label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from .schedule import Schedule

    Point = tuple[float, float]
    Scale = Callable[[float], float]

__all__ = ["COLOURS", "chart", "colour", "dash", "notebook", "stacked"]

#: Colours that people who see fewer of them can tell apart, each on a light and on a dark ground.
COLOURS = (
    ("#0072b2", "#56b4e9"),  # blue
    ("#d55e00", "#ff8c42"),  # vermilion
    ("#008a64", "#2bc89a"),  # green
    ("#b5478a", "#f2a3d0"),  # purple
    ("#6b6b6b", "#c9c9c9"),  # grey
    ("#8f6b00", "#f0d04a"),  # ochre
)
#: What tells curves of one colour apart, where there are more curves than colours.
DASHES = ("", "7 3", "2 3", "9 3 2 3")

STYLE = (
    ".glidepath-chart{display:block;width:100%;height:auto;font:13px system-ui,sans-serif}"
    ".glidepath-chart text{fill:#444}.glidepath-chart .title{fill:#111;font-size:15px;font-weight:600}"
    ".glidepath-chart .ground{fill:#fff}.glidepath-chart .grid{stroke:#e3e3e3}.glidepath-chart .axis{stroke:#888}"
    ".glidepath-chart .curve{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}"
    + "".join(f".glidepath-chart .c{i}{{stroke:{light}}}" for i, (light, _) in enumerate(COLOURS))
    + "@media(prefers-color-scheme:dark){"
    ".glidepath-chart text{fill:#bbb}.glidepath-chart .title{fill:#eee}.glidepath-chart .ground{fill:#16181c}"
    ".glidepath-chart .grid{stroke:#33363c}.glidepath-chart .axis{stroke:#888}"
    + "".join(f".glidepath-chart .c{i}{{stroke:{dark}}}" for i, (_, dark) in enumerate(COLOURS))
    + "}"
)

_XMLNS = 'xmlns="http://www.w3.org/2000/svg"'
_VIEW = r'viewBox="0 0 (\S+) (\S+)"'
_GAP = (math.nan, math.nan)
_CHARACTER = 7.3  # the width of a character of 13 pixels, on the safe side
_TOP, _RIGHT, _BELOW, _LINE = 36.0, 16.0, 42.0, 21.0


def dash(i: int) -> str:
    """The lengths of line and gap of curve ``i``; none for a whole line."""
    return DASHES[i // len(COLOURS) % len(DASHES)]


def colour(i: int) -> str:
    """The attributes of a line that stands for curve ``i``, in any chart."""
    broken = f' stroke-dasharray="{dash(i)}"' if dash(i) else ""
    return f'class="curve c{i % len(COLOURS)}"{broken}'


def chart(
    curves: Mapping[str, Iterable[Point]],
    *,
    title: str,
    x: str = "step",
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    log: str = "",
    width: int = 420,
    height: int = 270,
    legend: bool = True,
) -> str:
    """One picture of some curves, as the text of an ``<svg>`` element.

    curves: for each name, points ``(x, y)`` with ascending ``x``. A point that is not finite breaks the line.
    title: what ``y`` is.
    x: what ``x`` is.
    x_range, y_range: what to show, low before high; what the curves need where not given.
    log: the axes that are logarithmic: "", "x", "y" or "xy". A point that has no place there breaks the line.
    width, height: pixels, without the legend, which is added below.
    legend: whether to name the curves.

    Names and titles may hold any text. The first curves lie on top.

    >>> chart({"a": [(0, 0.0), (100, 1e-4)]}, title="learning rate").count("<path")
    2
    """
    lines = {name: [(float(a), float(b)) for a, b in points] for name, points in curves.items()}
    everything = [point for points in lines.values() for point in points if _finite(point)]
    flat = Axis([a for a, _ in everything], log="x" in log, shown=x_range)
    tall = Axis([b for _, b in everything], log="y" in log, shown=y_range)
    marks = tall.marks()
    margin = 12 + _CHARACTER * max(len(label(mark)) for mark in marks)
    inner = (width - margin - _RIGHT, height - _TOP - _BELOW)
    across, up = flat.scale(0.0, inner[0]), tall.scale(inner[1], 0.0)
    lines = {n: [p if flat.holds(p[0]) and tall.holds(p[1]) else _GAP for p in ps] for n, ps in lines.items()}
    drawn = [_curve(i, name, points, across, up) for i, (name, points) in enumerate(lines.items())]
    names, rows = _legend(list(lines) if legend else [], width)
    size = f'viewBox="0 0 {width} {height + _LINE * rows:g}" width="{width}" height="{height + _LINE * rows:g}"'
    window = f'width="{inner[0] + 2:g}" height="{inner[1] + 4:g}" viewBox="0 -2 {inner[0] + 2:g} {inner[1] + 4:g}"'
    spoken = _text(_spoken(title, x, lines))
    return "\n".join(
        [
            f'<svg {_XMLNS} class="glidepath-chart" role="img" {size} aria-label="{spoken}">',
            f'<style>{STYLE}</style><rect class="ground" width="100%" height="100%"/>',
            f'<text class="title" x="12" y="20">{_text(title)}</text>',
            *_axes(marks, flat.marks(max(min(5, width // 84), 2)), across, up, (margin, *inner), x),
            f'<svg x="{margin:g}" y="{_TOP - 2:g}" {window}>',  # it cuts off what lies outside of it
            *reversed(drawn),
            f'</svg><g transform="translate(0 {height})">',
            *names,
            "</g></svg>",
        ]
    )


def stacked(charts: Sequence[str]) -> str:
    """Charts of one width, as `chart` makes them, one below the other in one picture."""
    if len(charts) == 1:
        return charts[0]
    sizes = [(float(width), float(height)) for width, height in (re.findall(_VIEW, text)[0] for text in charts)]
    width, height = max(width for width, _ in sizes), sum(height for _, height in sizes)
    inner, top = [], 0.0
    for text, (_, tall) in zip(charts, sizes, strict=True):
        inner.append(text.replace(f'<svg {_XMLNS} class="glidepath-chart"', f'<svg y="{top:g}"', 1))
        top += tall
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    return "\n".join([f'<svg {_XMLNS} class="glidepath-chart" {size}>', *inner, "</svg>"])


def notebook(schedule: Schedule) -> str | None:
    """A schedule as a notebook shows it: its curve, and how it is written. None for one that cannot be drawn.

    It is at most 20 kB, whatever the schedule is.
    """
    from .phases import horizon, sample

    try:
        points = [(step, schedule(step)) for step in sample(schedule, horizon(schedule), 300)]
        drawn = chart({"": points}, title=type(schedule).__name__, width=520, height=240, legend=False)
        text = repr(schedule)
    except Exception:  # a notebook falls back to the plain text; a picture must never be what stops a cell
        return None
    text = text if len(text) <= 1000 else text[:1000] + "..."
    return f'<div style="max-width:520px">{drawn}<code style="overflow-wrap:anywhere">{_text(text)}</code></div>'


def _text(words: str) -> str:
    """Words as XML can hold them."""
    return escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in words))


def _finite(point: Point) -> bool:
    return math.isfinite(point[0]) and math.isfinite(point[1])


def _axes(
    marks: list[float], steps: list[float], across: Scale, up: Scale, box: tuple[float, float, float], x: str
) -> list[str]:
    margin, wide, tall = box
    drawn = [f'<g transform="translate({margin:g} {_TOP:g})">']
    for mark in marks:
        at = f"{up(mark):.1f}"
        drawn.append(f'<line class="grid" x2="{wide:g}" y1="{at}" y2="{at}"/>')
        drawn.append(f'<text x="-6" y="{at}" dy=".32em" text-anchor="end">{label(mark)}</text>')
    for step in steps:
        at = f"{across(step):.1f}"
        drawn.append(f'<line class="axis" x1="{at}" x2="{at}" y1="{tall:g}" y2="{tall + 4:g}"/>')
        word, under, anchor = label(step), across(step), "middle"
        if under + _CHARACTER * len(word) / 2 > wide + _RIGHT:  # the number at the end must not be cut off
            under, anchor = wide + _RIGHT - 2, "end"
        drawn.append(f'<text x="{under:.1f}" y="{tall + 18:g}" text-anchor="{anchor}">{word}</text>')
    drawn.append(f'<line class="axis" x2="{wide:g}" y1="{tall:g}" y2="{tall:g}"/>')
    drawn.append(f'<text x="{wide / 2:g}" y="{tall + 35:g}" text-anchor="middle">{_text(x)}</text></g>')
    return drawn


def _curve(i: int, name: str, points: Sequence[Point], across: Scale, up: Scale) -> str:
    path, unbroken = [], False
    for piece in _pieces(points):
        seen = _visible([(across(a), max(-1e6, min(up(b), 1e6))) for a, b in piece])
        unbroken = len(seen) > 1
        text = "L".join(f"{a:.1f} {b:.1f}" for a, b in seen)
        path.append(f"M{text}" if unbroken else f"M{text}h0")  # h0: the round end of a lone point
    return f'<path {colour(i)} d="{"".join(path)}"><title>{_text(name)}</title></path>'


def _pieces(points: Sequence[Point]) -> list[list[Point]]:
    """The runs of finite points."""
    pieces: list[list[Point]] = [[]]
    for point in points:
        if _finite(point):
            pieces[-1].append(point)
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _visible(points: list[Point], tolerance: float = 0.1) -> list[Point]:
    """The points without which the line would move by more than ``tolerance`` pixels.

    From the last point kept, a cone holds the slopes that pass close enough to every point since; the first
    point outside of it keeps the one before.
    """
    kept, last = [points[0]], points[0]
    least, most = -math.inf, math.inf
    for point in points[1:]:
        dx, dy = point[0] - kept[-1][0], point[1] - kept[-1][1]
        if dx <= 0 or not least <= dy / dx <= most:
            kept.append(last)
            least, most = -math.inf, math.inf
            dx, dy = point[0] - last[0], point[1] - last[1]
        if dx > 0:
            least, most = max(least, (dy - tolerance) / dx), min(most, (dy + tolerance) / dx)
        last = point
    return [*kept, last] if len(points) > 1 else kept


def _legend(names: list[str], width: float) -> tuple[list[str], int]:
    """A line and a name for each curve, and how many rows they take."""
    drawn, row, at = [], 0, 12.0
    longest = int((width - 60) / _CHARACTER)
    for i, name in enumerate(names):
        short = name if len(name) <= longest else name[: longest - 1] + "…"
        needed = 30 + _CHARACTER * len(short) + 10
        if at > 12 and at + needed > width:
            row, at = row + 1, 12.0
        y = _LINE * row + 8
        drawn.append(f'<path {colour(i)} d="M{at:g} {y:g}h22"/>')
        drawn.append(f'<text x="{at + 28:g}" y="{y:g}" dy=".32em">{_text(short)}<title>{_text(name)}</title></text>')
        at += needed
    return drawn, row + 1 if names else 0


def _spoken(title: str, x: str, lines: Mapping[str, Sequence[Point]]) -> str:
    """What the picture shows, in words."""
    told = []
    for name, points in lines.items():
        if seen := [point for point in points if _finite(point)]:
            first, last = (label(float(f"{y:.4g}")) for _, y in (seen[0], seen[-1]))
            told.append(f"{name} goes from {first} to {last}")
    return f"Line chart of {title} over {x}. " + "; ".join(told or ["No points"]) + "."
