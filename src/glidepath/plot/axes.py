"""Schedules drawn by matplotlib. It is imported when something is drawn."""

from __future__ import annotations

from ..errors import fail
from ..svg import COLOURS, dash
from .curves import curve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from ..schedule import Schedule

    Point = tuple[float, float]

__all__ = ["plot", "png"]

#: Inches and pixels: a panel is as wide as a column of text is on most screens.
_WIDTH, _HEIGHT, _DPI = 7.6, 3.4, 150


def plot(
    schedule: Schedule, ax: Axes | None = None, total: int | None = None, *, log: str = "", label: str | None = None
) -> Axes:
    """Draw a schedule with matplotlib.

    schedule: of plain numbers.
    ax: where to draw; the current Axes of pyplot where not given, so that calls in a row lie over each other.
    total: updates to show; where not given, the length of the schedule, or for one without an end what shows it.
    log: the axes to make logarithmic: "", "x", "y" or "xy".
    label: what a legend calls the curve.

    >>> from glidepath import wsd
    >>> ax = wsd(0.1, warmup=100, decay=200, total=1000).plot(label="wsd")  # doctest: +SKIP
    """
    if log not in ("", "x", "y", "xy"):
        fail("log", 'one of "", "x", "y", "xy"', log)
    points = curve(schedule, total, log=log)
    if ax is None:
        from matplotlib import pyplot

        ax = pyplot.gca()
    ax.plot([x for x, _ in points], [y for _, y in points], label=label)
    _set_scales(ax, log)
    if not ax.get_xlabel():
        ax.set_xlabel("step")
    return ax


def _set_scales(ax: Axes, log: str) -> None:
    if "x" in log:
        ax.set_xscale("log")
    if "y" in log:
        ax.set_yscale("log")


def png(panels: Mapping[str, Mapping[str, Sequence[Point]]], *, x: str, log: str) -> bytes:
    """Panels of curves, one below the other, as a PNG file. See `glidepath.plot.picture`."""
    from io import BytesIO

    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, _HEIGHT * len(panels)), dpi=_DPI, layout="constrained")
    for ax, (title, curves) in zip(figure.subplots(len(panels), 1, squeeze=False)[:, 0], panels.items(), strict=True):
        for i, (name, points) in enumerate(curves.items()):
            style = (0, tuple(map(float, dash(i).split()))) if dash(i) else "-"
            colour = COLOURS[i % len(COLOURS)][0]
            label = "\N{ZERO WIDTH SPACE}" + name.replace("$", r"\$")  # no name is hidden, or read as mathematics
            seen = [(at, y) for at, y in points if at > 0 or "x" not in log]
            ax.plot([at for at, _ in seen], [y for _, y in seen], label=label, color=colour, linestyle=style)
        shown = [point for points in curves.values() for point in points]
        # Matplotlib refuses a log axis of nothing but what has no place on it.
        here = "".join(axis for i, axis in enumerate("xy") if axis in log and any(point[i] > 0 for point in shown))
        if not here:
            ax.ticklabel_format(scilimits=(-3, 5))
        _set_scales(ax, here)
        ax.set_title(title.replace("$", r"\$"), loc="left")
        ax.set_xlabel(x)
        ax.grid(alpha=0.3)
        ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=min(len(curves), 4), frameon=False, fontsize="small")
    held = BytesIO()
    figure.savefig(held, format="png")
    return held.getvalue()
