"""A schedule in the terminal: its curve in the dots of braille letters, two across and four down, and its phases."""

from __future__ import annotations

from .fields import number
from .phases import horizon, phases as _phases, sample
from .ticks import Axis, label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .phases import Phase
    from .schedule import Schedule

__all__ = ["draw", "phase_table", "preview", "terminal_width"]

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by row, then column

#: The colours of phases by their names, as terminals count them; those with other names have the last.
_COLOURS = {"warmup": 33, "rise": 33, "hold": 32, "decay": 36, "cooldown": 35, "": 34}

#: The most lines of a table of phases, and the most characters of a line.
_LINES, _WIDEST = 40, 1000


def preview(
    schedule: Schedule,
    total: int | None = None,
    width: int | None = None,
    *,
    log: str = "",
    coloured: bool = False,
    clock: Callable[[int], float] | None = None,
) -> str:
    """The curve of a schedule and a table of its phases, as text for a terminal that has braille letters.

    schedule: of plain numbers.
    total: updates to show; where not given, the length of the schedule, or for one without an end what shows it.
    width: characters of a line, 24 to 1000; as many as the terminal has where not given.
    log: the axes that are logarithmic: "", "x", "y" or "xy".
    coloured: whether to paint phases, in the codes of ANSI terminals.
    clock: what to show in the place of a number of steps.

    >>> from glidepath import warmup_linear
    >>> print(preview(warmup_linear(0.1, warmup=100, total=1000), width=40).splitlines()[-2])
    warmup      0   100  0      0.099
    """
    total = horizon(schedule) if total is None else total
    if width is None:
        width = terminal_width()
    width = number("width", width, "an integer from 24 to 1000", lambda n: 24 <= n <= _WIDEST, int)
    found = _phases(schedule, total)
    shades = [(phase.start, _colour(phase)) for phase in found] if coloured else []
    at = clock or float
    steps = sample(schedule, total, 8 * width)
    if "x" in log:
        steps = sorted({*steps, *(int(total ** (i / width)) for i in range(width))})
    picture = draw(
        [(at(step), schedule(step)) for step in steps],
        width=width,
        height=max(12, min(width // 8, 24)),
        log=log,
        shades=[(at(step), code) for step, code in shades],
    )
    return f"{picture}\n\n{phase_table(found, width, coloured=coloured, clock=clock)}"


def terminal_width() -> int:
    """How many characters a line of the terminal has; 80 where there is none."""
    from shutil import get_terminal_size

    return min(max(24, get_terminal_size((80, 24)).columns), _WIDEST)


# The curve ----------------------------------------------------------------------------------------------------


def draw(
    points: Sequence[tuple[float, float]],
    *,
    width: int = 72,
    height: int = 12,
    log: str = "",
    shades: Sequence[tuple[float, int]] = (),
) -> str:
    """The line through some points, with the numbers of both axes.

    points: ``(x, y)``, finite, with ascending ``x``; at least one.
    width, height: characters of the whole picture; at least 24 and 4.
    log: the axes that are logarithmic: "", "x", "y" or "xy". Points that have no place there are left out.
    shades: colours as terminals count them, each with the ``x`` from which on it is used, ascending.

    >>> print(draw([(0, 0.0), (100, 1e-4)], width=24, height=6))
    1e-4 ┤⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⢀⡠⠤⠒⠉
         │⠀⠀⠀⠀⠀⠀⠀⠀⠀⣀⠤⠒⠊⠁⠀⠀⠀⠀
         │⠀⠀⠀⠀⢀⡠⠤⠒⠉⠁⠀⠀⠀⠀⠀⠀⠀⠀
       0 ┤⣀⠤⠒⠉⠁⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀
         └┬────────────────┬
          0              100
    """
    flat, tall = Axis([x for x, _ in points], log="x" in log), Axis([y for _, y in points], log="y" in log)
    height = max(height, 4) - 2
    marks = tall.marks(max(height // 3, 1))
    margin = max(len(label(mark)) for mark in marks)
    columns = max(width - margin - 2, 8)
    across, down = flat.scale(0, 2 * columns - 1), tall.scale(4 * height - 1, 0)
    cells = [[0x2800] * columns for _ in range(height)]
    dots = [(across(x), min(down(y), 4 * height - 1)) if flat.holds(x) and tall.holds(y) else None for x, y in points]
    for start, end in zip(dots, dots[1:] or dots, strict=False):
        if start is not None and end is not None:
            _line(cells, start, end)
    at = {round(down(mark)) // 4: label(mark) for mark in marks}
    starts = [(round(across(x)) // 2 if flat.holds(x) else 0, code) for x, code in shades]
    rows = [
        f"{at.get(i, ''):>{margin}} {'┤' if i in at else '│'}" + _painted(row, starts) for i, row in enumerate(cells)
    ]
    steps = flat.marks(max(columns // 16, 1))
    return "\n".join([*rows, *_foot(steps, flat.scale(0, columns - 1), margin, columns)])


def _line(cells: list[list[int]], start: tuple[float, float], end: tuple[float, float]) -> None:
    """Set the dots of a straight line."""
    (x0, y0), (x1, y1) = start, end
    pieces = round(max(abs(x1 - x0), abs(y1 - y0))) + 1
    for piece in range(pieces + 1):
        x = round(x0 + (x1 - x0) * piece / pieces)
        y = round(y0 + (y1 - y0) * piece / pieces)
        cells[y // 4][x // 2] |= _DOTS[y % 4][x % 2]


def _painted(row: list[int], starts: Sequence[tuple[int, int]]) -> str:
    """A row of letters, from each of some columns on in another colour."""
    text = "".join(map(chr, row))
    if not starts:
        return text
    ends = [*(column for column, _ in starts[1:]), len(row)]
    return "".join(_paint(text[column:end], code) for (column, code), end in zip(starts, ends, strict=True))


def _paint(text: str, code: int) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if text.strip("\N{BRAILLE PATTERN BLANK} ") else text


def _foot(marks: list[float], across: Callable[[float], float], margin: int, columns: int) -> tuple[str, str]:
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


# The phases ---------------------------------------------------------------------------------------------------


def phase_table(
    phases: Sequence[Phase], width: int, *, coloured: bool = False, clock: Callable[[int], float] | None = None
) -> str:
    """A line for each phase; of very many, the first and the last.

    width: characters of a line; columns that do not fit are left out.
    coloured, clock: see `preview`.
    """
    digits = 6 if width >= 60 else 4

    def at(step: int) -> str:
        return str(step) if clock is None else label(float(f"{clock(step):.6g}"))

    def value(y: float) -> str:
        return label(float(f"{y:.{digits}g}"))

    cut = len(phases) - _LINES + 1 if len(phases) > _LINES else 0
    listed = phases if not cut else (*phases[: _LINES // 2], *phases[_LINES // 2 + cut :])
    head = ("phase", "kind", "start", "stop", "first", "last")
    rows = [(p.name, p.kind, at(p.start), at(p.stop), value(p.first), value(p.last)) for p in listed]
    wide = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    shown = list(range(len(head)))
    for column in (head.index("kind"), head.index("stop")):
        if sum(wide[i] + 2 for i in shown) - 2 > width:
            shown.remove(column)
    lines = []
    for row in (head, *rows):
        cells = [f"{row[i]:>{wide[i]}}" if head[i] in ("start", "stop") else f"{row[i]:<{wide[i]}}" for i in shown]
        lines.append("  ".join(cells).rstrip())
    if coloured:
        lines[1:] = [_paint(line, _colour(phase)) for line, phase in zip(lines[1:], listed, strict=True)]
    if cut:
        lines.insert(_LINES // 2 + 1, f"... {cut} more ...")
    return "\n".join(lines)


def _colour(phase: Phase) -> int:
    return _COLOURS.get(phase.name, _COLOURS[""])
