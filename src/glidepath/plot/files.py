"""Pictures as files: the text of an SVG or of a page, or the bytes of a PNG."""

from __future__ import annotations

from ..errors import ScheduleError, unknown
from ..svg import chart, stacked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Point = tuple[float, float]

__all__ = ["SUFFIXES", "picture"]

#: What can be written, by the suffix of the file.
SUFFIXES = (".html", ".png", ".svg")


def picture(
    panels: Mapping[str, Mapping[str, Sequence[Point]]], suffix: str, *, x: str = "step", log: str = ""
) -> bytes:
    """A file with some panels of curves, one below the other.

    panels: for each title, curves by their names, each of at least one point (see `glidepath.plot.curve`).
    suffix: ".svg", ".html" or ".png" (which needs matplotlib).
    x: what the points are over.
    log: the axes that are logarithmic: "", "x", "y" or "xy".

    Raises `ScheduleError` for another suffix, and where there is nothing to draw.

    >>> picture({"learning rate": {"a": [(0, 1.0), (9, 0.0)]}}, ".svg")[:4]
    b'<svg'
    """
    if suffix not in SUFFIXES:
        unknown("the picture", "suffix", suffix, SUFFIXES)
    if not panels or not all(panels.values()):
        raise ScheduleError("a picture needs at least one curve")
    if suffix == ".png":
        from .axes import png

        return png(panels, x=x, log=log)
    if suffix == ".html":
        from .page import page

        return page(panels, x=x, log=log).encode()
    drawn = [chart(curves, title=title, x=x, log=log, width=760, height=300) for title, curves in panels.items()]
    return (stacked(drawn) + "\n").encode()
