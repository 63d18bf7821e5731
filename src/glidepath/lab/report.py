"""A comparison told: as a table in the terminal, in a sentence, and as a web page that needs nothing beside it."""

from __future__ import annotations

import platform
from dataclasses import asdict
from html import escape
from importlib.metadata import version
from typing import TYPE_CHECKING

from ..svg import COLOURS, chart, colour
from ..tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .comparison import Comparison, Row

__all__ = ["html", "summary", "table", "versions"]

UNIT = "nats per character"


def in_nats(x: float) -> str:
    return f"{x:.4f}" if abs(x) < 1e4 else f"{x:.3e}"


def shown(name: str, longest: int = 40) -> str:
    """A name as one line that can be printed."""
    name = name if name.isprintable() else ascii(name)
    return name if len(name) <= longest else name[: longest - 1] + "…"


def _cells(row: Row, best: Row) -> tuple[str, str, str]:
    """The mean, the spread and the difference from the first, in words where there are no numbers."""
    if row.mean is None or best.mean is None:
        some = f" ({row.diverged} of {len(row.losses)})" if row.diverged < len(row.losses) else ""
        return f"diverged{some}", "", ""
    spread = "" if row.standard_deviation is None else in_nats(row.standard_deviation)
    return in_nats(row.mean), spread, "" if row is best else f"+{in_nats(row.mean - best.mean)}"


def table(comparison: Comparison) -> str:
    """One line for each schedule, best first."""
    lines = [("rank", "schedule", "validation loss", "spread", "to the first")]
    lines += [(str(row.rank), shown(row.name), *_cells(row, comparison.best)) for row in comparison.rows]
    wide = [max(len(line[i]) for line in lines) for i in range(5)]
    return "\n".join(
        f"{rank:>{wide[0]}}  {name:<{wide[1]}}  {mean:>{wide[2]}}  {spread:>{wide[3]}}  {gap:>{wide[4]}}".rstrip()
        for rank, name, mean, spread, gap in lines
    )


def summary(comparison: Comparison) -> str:
    """Who won, by how much, and whether the seeds tell the first two apart."""
    first, *others = comparison.rows
    seeds = comparison.seeds
    if first.mean is None:
        return "No schedule trained without diverging. A lower peak may help."
    text = f"{shown(first.name)} has the lowest validation loss: {in_nats(first.mean)} {UNIT}"
    text += f", the mean of {seeds} seeds." if seeds > 1 else ", from one seed."
    if not others or others[0].mean is None:
        return text
    second, gap = others[0], others[0].mean - first.mean
    text += f" {shown(second.name)} follows {in_nats(gap)} above."
    spreads = first.standard_deviation, second.standard_deviation
    if spreads[0] is None or spreads[1] is None:
        return text + " One seed does not show how much of that is chance."
    if gap < 2 * ((spreads[0] ** 2 + spreads[1] ** 2) / seeds) ** 0.5:
        text += " That is within chance: more seeds are needed to tell these two apart."
    return text


def versions(backend: str) -> dict[str, str]:
    """What the numbers depend on, beside the settings. The text that is learned comes with Python."""
    return {
        "glidepath": version("glidepath"),
        "python": platform.python_version(),
        "numpy": version("numpy"),
        backend: version(backend),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def call(comparison: Comparison) -> str:
    """The comparison as the Python that makes it again."""
    kinds = sorted({type(node) for row in comparison.rows for _, node in walk(row.schedule)}, key=lambda k: k.__name__)
    homes: dict[str, list[str]] = {}
    for kind in kinds:
        home = "glidepath" if kind.__module__.startswith("glidepath.") else kind.__module__
        homes.setdefault(home, []).append(kind.__name__)
    return "\n".join(
        [
            *(f"from {home} import {', '.join(names)}" for home, names in sorted(homes.items())),
            "from glidepath.lab import Settings, compare",
            "",
            "schedules = {",
            *(f"    {row.name!r}: {row.schedule!r}," for row in comparison.rows),
            "}",
            f"settings = {comparison.settings!r}",
            f"compare(schedules, seeds={comparison.seeds}, settings=settings, backend={comparison.backend!r})",
        ]
    )


# The page -------------------------------------------------------------------------------------------------------

_STYLE = """
:root{color-scheme:light dark;--ink:#16181c;--soft:#595f69;--ground:#fff;--line:#e3e3e3;--code:#f5f6f8}
@media(prefers-color-scheme:dark){:root{--ink:#eceef1;--soft:#a8afb9;--ground:#16181c;--line:#33363c;--code:#22252b}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:64rem;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;margin:0 0 .5rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
p{margin:.5rem 0;max-width:44rem}.soft{color:var(--soft);font-size:.9rem}
.pictures{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr))}
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;overflow-wrap:normal}
th,td{padding:.3rem .7rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
thead th{font-weight:600;color:var(--soft);white-space:normal}.name{text-align:left;white-space:normal;min-width:7.5rem}
@media(max-width:32rem){th,td{padding:.3rem .35rem;font-size:.85rem}}
pre,code{font:13px/1.5 ui-monospace,monospace;background:var(--code);border-radius:4px}
figure{margin:0;max-width:34rem}pre{padding:.8rem;white-space:pre-wrap}
dl{display:grid;gap:.3rem 1rem;grid-template-columns:max-content 1fr;margin:0}
dt{color:var(--soft)}dd{margin:0}code{padding:.1rem .3rem}.schedules{grid-template-columns:1fr}
.schedules dt{color:var(--ink);font-weight:600;margin-top:.4rem}.key{width:26px;height:12px;fill:none;stroke-width:3}
"""
_KEYS = "".join(f".key .c{i}{{stroke:{light}}}" for i, (light, _) in enumerate(COLOURS))
_KEYS += "@media(prefers-color-scheme:dark){"
_KEYS += "".join(f".key .c{i}{{stroke:{dark}}}" for i, (_, dark) in enumerate(COLOURS)) + "}"


def html(comparison: Comparison, command: str | None = None) -> str:
    """The whole report as the text of a page, without scripts and without anything to load.

    command: what to show as the way to do it again; the call in Python where not given.
    """
    steps = comparison.settings.steps
    used = {**asdict(comparison.settings), "seeds": comparison.seeds, "backend": comparison.backend}
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Glidepath: {len(comparison.rows)} schedules compared</title>
<style>{_STYLE}{_KEYS}</style>
</head>
<body>
<main>
<h1>{_count(len(comparison.rows), "learning-rate schedule")} compared</h1>
<p>{escape(summary(comparison))}</p>
<p class="soft">Each schedule trained a small character model on English text {_count(comparison.seeds, "time")},
{_count(steps, "update")} each, from the same starting weights and on the same batches as the others.</p>
<div class="pictures">
{_pictures(comparison)}
</div>
<h2>Ranking</h2>
{_ranking(comparison)}
<p class="soft">Validation loss is the loss on held-out text after the last update, in {UNIT}: lower is better.
Spread is the standard deviation over the seeds. A training has diverged when its loss is no longer a number.</p>
<h2>Schedules</h2>
<dl class="schedules">
{_definitions((shown(row.name, 200), repr(row.schedule)) for row in comparison.rows)}
</dl>
<h2>Settings</h2>
<dl>
{_definitions(used.items())}
</dl>
<h2>Made with</h2>
<dl>
{_definitions(versions(comparison.backend).items())}
</dl>
<h2>Do it again</h2>
<pre><code>{escape(command or call(comparison))}</code></pre>
</main>
</body>
</html>
"""


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _definitions(pairs: Iterable[tuple[str, object]]) -> str:
    return "\n".join(f"<dt>{escape(str(name))}</dt><dd><code>{escape(str(held))}</code></dd>" for name, held in pairs)


def _pictures(comparison: Comparison) -> str:
    rows, run = comparison.rows, (0.0, float(comparison.settings.steps))
    rates = chart({row.name: list(enumerate(row.learning_rates)) for row in rows}, title="Learning rate", x_range=run)
    curves = {row.name: row.curve for row in rows}
    losses = chart(curves, title=f"Training loss ({UNIT})", x_range=run, y_range=_worth_seeing(rows))
    return f"""<figure>{rates}</figure>
<figure>{losses}<figcaption class="soft">The mean of the seeds, each point over several updates. \
What lies above the picture is cut off.</figcaption></figure>"""


def _worth_seeing(rows: Sequence[Row]) -> tuple[float, float] | None:
    """The range of losses in which the curves differ: what the first tenth of a training falls through is no news,
    and one curve far above the others must not flatten them."""
    tails = [[loss for _, loss in row.curve[len(row.curve) // 10 :]] for row in rows if row.curve]
    if not tails:
        return None
    low = min(map(min, tails))
    high = min(max(map(max, tails)), low + 4 * (min(map(max, tails)) - low))
    return (low - 0.03 * (high - low), high) if low < high else None


def _ranking(comparison: Comparison) -> str:
    seeds = "".join(f'<th scope="col">seed {seed}</th>' for seed in range(comparison.seeds))
    lines = []
    for i, row in enumerate(comparison.rows):
        key = f'<svg class="key" viewBox="0 0 26 12" aria-hidden="true"><path {colour(i)} d="M2 6h22"/></svg>'
        losses = ["diverged" if loss is None else in_nats(loss) for loss in row.losses]
        cells = "".join(f"<td>{cell}</td>" for cell in (*_cells(row, comparison.best), *losses))
        name = f'<th scope="row" class="name">{key}&nbsp;{escape(shown(row.name, 200))}</th>'
        lines.append(f"<tr><td>{row.rank}</td>{name}{cells}</tr>")
    return f"""<div class="wide" tabindex="0" role="region" aria-label="Ranking"><table>
<thead><tr><th scope="col">rank</th><th scope="col" class="name">schedule</th><th scope="col">validation loss</th>
<th scope="col">spread</th><th scope="col">to the first</th>{seeds}</tr></thead>
<tbody>
{chr(10).join(lines)}
</tbody></table></div>"""
