"""A curve in the terminal, drawn with the dots of braille letters: two across and four down in each."""

from __future__ import annotations

from .ticks import Scale, label, span, ticks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["draw"]

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by row, then column


def draw(points: Sequence[tuple[float, float]], *, width: int = 72, height: int = 12) -> str:
    """The line through some points, with the numbers of both axes.

    points: ``(x, y)``, finite, with ascending ``x``; at least one.
    width, height: characters of the whole picture; at least 24 and 4.

    >>> print(draw([(0, 0.0), (100, 1e-4)], width=24, height=6))
    1e-4 ┤⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⢀⡠⠤⠒⠉
         │⠀⠀⠀⠀⠀⠀⠀⠀⠀⣀⠤⠒⠊⠁⠀⠀⠀⠀
         │⠀⠀⠀⠀⢀⡠⠤⠒⠉⠁⠀⠀⠀⠀⠀⠀⠀⠀
       0 ┤⣀⠤⠒⠉⠁⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀
         └┬────────────────┬
          0              100
    """
    (left, right), (low, high) = span([x for x, _ in points]), span([y for _, y in points])
    height = max(height, 4) - 2
    marks = ticks(low, high, max(height // 3, 1))
    margin = max(len(label(mark)) for mark in marks)
    columns = max(width - margin - 2, 8)
    across, down = Scale(left, right, 0, 2 * columns - 1), Scale(low, high, 4 * height - 1, 0)
    cells = [[0x2800] * columns for _ in range(height)]
    dots = [(across(x), down(y)) for x, y in points]
    for (x0, y0), (x1, y1) in zip(dots, dots[1:] or dots, strict=False):
        pieces = round(max(abs(x1 - x0), abs(y1 - y0))) + 1
        for piece in range(pieces + 1):
            x = round(x0 + (x1 - x0) * piece / pieces)
            y = round(y0 + (y1 - y0) * piece / pieces)
            cells[y // 4][x // 2] |= _DOTS[y % 4][x % 2]
    at = {round(down(mark)) // 4: label(mark) for mark in marks}
    rows = [
        f"{at.get(i, ''):>{margin}} {'┤' if i in at else '│'}" + "".join(map(chr, row)) for i, row in enumerate(cells)
    ]
    steps = ticks(left, right, max(columns // 16, 1))
    return "\n".join([*rows, *_foot(steps, Scale(left, right, 0, columns - 1), margin, columns)])


def _foot(marks: list[float], across: Scale, margin: int, columns: int) -> tuple[str, str]:
    """The axis below and its numbers, each under its mark, or moved in at the end."""
    line, text = ["─"] * columns, [" "] * (columns + 1)
    for mark in marks:
        at, word = round(across(mark)), label(mark)
        start = min(max(at - len(word) // 2, 0), columns - len(word))
        if start > 0 and "".join(text[start - 1 : start + len(word) + 1]).strip():
            continue  # no room
        line[at] = "┬"
        text[start : start + len(word)] = word
    return " " * (margin + 1) + "└" + "".join(line), " " * (margin + 2) + "".join(text).rstrip()
