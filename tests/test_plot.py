"""Pictures of schedules: in matplotlib, in files, in notebooks and in the terminal."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st
from matplotlib.figure import Figure

import glidepath as g
from glidepath.braille import draw, preview
from glidepath.plot import curve, picture
from glidepath.svg import chart, stacked
from glidepath.ticks import Axis, log_ticks

PLAN = g.wsd(3e-4, warmup=500, decay=2000, total=10_000)
SVG = "{http://www.w3.org/2000/svg}"

mpl.use("Agg")


def axes():
    return Figure().subplots()


# Axes of matplotlib -------------------------------------------------------------------------------------------


def test_plot_draws_on_the_axes_it_is_given_and_returns_them() -> None:
    ax = axes()
    assert PLAN.plot(ax, label="wsd") is ax
    [line] = ax.lines
    assert line.get_label() == "wsd"
    steps, values = line.get_data()
    assert (steps[0], steps[-1]) == (0, 10_000)
    assert [PLAN(step) for step in steps] == list(values)
    assert ax.get_xlabel() == "step"


def test_plot_without_axes_draws_on_the_current_ones() -> None:
    from matplotlib import pyplot

    figure, ax = pyplot.subplots()
    assert PLAN.plot() is ax
    assert (PLAN * 0.5).plot(total=500) is ax
    assert [line.get_xdata()[-1] for line in ax.lines] == [10_000, 500]
    pyplot.close(figure)


def test_plot_makes_axes_logarithmic_and_refuses_other_words() -> None:
    ax = PLAN.plot(axes(), log="xy")
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    with pytest.raises(g.ScheduleError, match="log must be one of"):
        PLAN.plot(axes(), log="z")


def test_matplotlib_is_loaded_when_something_is_drawn_and_not_before() -> None:
    code = (
        "import sys, glidepath as g; s = g.wsd(1.0, warmup=1, decay=2, total=9); s._repr_html_(); s.preview(); "
        "import glidepath.plot; glidepath.plot.picture({'lr': {'s': glidepath.plot.curve(s)}}, '.html'); "
        "print({'matplotlib', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


# Curves -------------------------------------------------------------------------------------------------------


def test_a_curve_has_the_values_of_the_schedule_at_both_sides_of_every_joint() -> None:
    points = curve(PLAN)
    assert all(value == PLAN(step) for step, value in points)
    assert {0, 499, 500, 7999, 8000, 10_000} <= {step for step, _ in points}
    assert len(points) < 1300


def test_early_steps_are_closer_to_each_other_where_the_axis_is_logarithmic() -> None:
    long = g.InverseSqrt(peak=1.0, timescale=1)
    assert sum(step < 1000 for step, _ in curve(long, 10**9)) < 50
    assert sum(step < 1000 for step, _ in curve(long, 10**9, log="x")) > 150


def test_a_clock_takes_the_place_of_steps() -> None:
    assert curve(PLAN, clock=lambda step: step / 100)[-1] == (100.0, 0.0)


# Axes and charts ----------------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(st.floats(1e-300, 1e300), st.floats(1e-300, 1e300), st.integers(1, 9))
def test_marks_of_a_log_axis_lie_on_it_and_ascend(a: float, b: float, count: int) -> None:
    axis = Axis([a, b], log=True)
    marks = axis.marks(count)
    assert marks
    assert marks == sorted(set(marks))
    assert all(axis.low * (1 - 1e-6) <= mark <= axis.high * (1 + 1e-6) for mark in marks)
    place = axis.scale(0.0, 1.0)
    assert all(-1e-6 <= place(mark) <= 1 + 1e-6 for mark in marks)


def test_a_log_axis_of_one_number_is_a_power_of_ten_around_it() -> None:
    assert Axis([0.01], log=True).marks() == [0.001, 0.01, 0.1]
    assert log_ticks(2.0, 3.0) == [2.0, 2.2, 2.4, 2.6, 2.8, 3.0]


def test_a_log_axis_goes_down_eight_powers_of_ten() -> None:
    assert Axis([1e-30, 1e-3, 1.0], log=True).low == 1e-8


@pytest.mark.parametrize(
    "values", [[], [0.0], [-1.0, 0.0], [5e-324, 1.0], [1e308, 1.7e308], [math.nan], [1.0, 1.0 + 2**-52]]
)
def test_a_log_axis_of_any_numbers_can_be_drawn(values: list[float]) -> None:
    axis = Axis(values, log=True)
    assert 0 < axis.low < axis.high
    assert axis.marks()


def test_a_log_chart_is_straight_where_the_schedule_is_exponential() -> None:
    decay = g.Exponential(start=1.0, rate=0.1, steps=100)
    svg = chart({"": curve(decay, 500)}, title="rate", log="y")
    [(_, path)] = [(node, node.get("d")) for node in ElementTree.fromstring(svg).iter(f"{SVG}path") if node.get("d")][
        :1
    ]
    assert path.count("L") == 1


def test_points_without_a_place_on_a_log_axis_break_the_line() -> None:
    svg = chart({"": [(0, 1.0), (1, 0.5), (2, 0.0), (3, 0.5), (4, 1.0)]}, title="rate", log="xy", legend=False)
    [path] = [node.get("d") for node in ElementTree.fromstring(svg).iter(f"{SVG}path")]
    assert path.count("M") == 2
    assert "nan" not in svg


def test_charts_are_stacked_as_they_are_and_one_alone_is_itself() -> None:
    one = chart({"a": [(0, 1.0), (1, 0.5)]}, title="a")
    two = chart({"b": [(0, 1.0)], "c": [(0, 2.0)]}, title="b")
    assert stacked([one]) == one
    root = ElementTree.fromstring(stacked([one, two]))
    assert [node.get("y", "0") for node in root] == ["0", "291"]
    assert root.get("viewBox") == "0 0 420 582"


# Files --------------------------------------------------------------------------------------------------------

PANELS = {
    "learning rate": {"</script><b>$x$": curve(PLAN), "_b": [(0.0, 1e-4), (5e3, 1e-4)]},
    "momentum": {"a": [(0.0, 0.9)]},
}


@pytest.mark.parametrize("log", ["", "x", "y", "xy"])
@pytest.mark.parametrize("suffix", [".svg", ".html", ".png"])
def test_a_picture_of_every_kind_holds_every_curve(suffix: str, log: str) -> None:
    data = picture(PANELS, suffix, log=log)
    if suffix == ".png":
        assert data[:8] == b"\x89PNG\r\n\x1a\n"
        return
    text = data.decode()
    assert text.count('class="curve ') == 2 * sum(map(len, PANELS.values()))
    assert "</script><b>" not in text
    assert "://" not in text.replace("http://www.w3.org/2000/svg", "")
    if suffix == ".svg":
        ElementTree.fromstring(text)


def test_a_page_holds_the_values_that_its_script_shows() -> None:
    page = picture(PANELS, ".html").decode()
    held = [json.loads(text) for text in re.findall(r'<script type="application/json">(.*)</script>', page)]
    assert [one["curves"].keys() for one in held] == [panel.keys() for panel in PANELS.values()]
    assert held[0]["curves"]["</script><b>$x$"] == [list(point) for point in curve(PLAN)]
    assert "default-src 'none'" in page


def test_a_picture_that_cannot_be_is_refused() -> None:
    with pytest.raises(g.ScheduleError, match=r"unknown suffix '.jpg'; .* \(known: .html, .png, .svg\)"):
        picture(PANELS, ".jpg")
    with pytest.raises(g.ScheduleError, match="at least one curve"):
        picture({}, ".svg")


# Notebooks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "schedule",
    [
        PLAN,
        g.Constant(value=0.0),
        g.sgdr(0.1, period=7),
        g.Join(parts=tuple(g.Constant(value=i % 7) for i in range(5000)), boundaries=tuple(range(1, 5000))),
        g.Linear(start=-8e307, end=8e307, steps=2**53 - 1),
        g.Custom(function=lambda t: t % 1000),
    ],
)
def test_a_notebook_shows_a_small_picture_of_any_schedule(schedule: g.Schedule) -> None:
    html = schedule._repr_html_()
    assert html.startswith("<div")
    assert len(html) < 20_000
    ElementTree.fromstring(html)


def test_a_notebook_shows_the_text_of_a_schedule_that_has_no_picture() -> None:
    import jax
    import jax.numpy as jnp

    def fails(_: float) -> float:
        raise RuntimeError

    assert g.Custom(function=fails)._repr_html_() is None
    assert g.Linear(start=np.zeros(3), end=1.0, steps=10)._repr_html_() is None
    shown = []

    def traced(steps: jax.Array) -> jax.Array:
        schedule = g.Linear(start=0.0, end=1.0, steps=steps)
        shown.append(schedule._repr_html_())
        return schedule(3)

    jax.jit(traced)(jnp.int32(10))
    assert shown == [None]


# The terminal -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [24, 40, 80, 200])
def test_a_preview_fits_its_width_and_fills_it(width: int) -> None:
    lines = PLAN.preview(width=width).splitlines()
    assert max(map(len, lines[: lines.index("")])) in (width, width - 1)
    assert max(map(len, lines)) <= max(width, 40)


def test_a_preview_is_as_wide_as_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "57")
    assert PLAN.preview() == PLAN.preview(width=57)


@pytest.mark.parametrize("width", [0, 23, 1001, 1.5, True, "80"])
def test_a_width_that_cannot_be_right_is_refused(width: object) -> None:
    with pytest.raises(g.ScheduleError, match="width must be an integer from 24 to 1000"):
        PLAN.preview(width=width)  # type: ignore[arg-type]


def test_a_preview_shows_the_steps_it_is_asked_for() -> None:
    assert PLAN.preview(500, 60).splitlines()[-1].split() == ["rise", "Linear", "0", "500", "0", "2.994e-4"]


def test_of_very_many_phases_the_first_and_the_last_are_listed() -> None:
    edges = tuple(range(10, 1000, 10))
    steps = g.Piecewise(boundaries=edges, values=tuple(float(i) for i in range(100)))
    table = preview(steps, width=80).split("\n\n")[1].splitlines()
    assert len(table) == 41
    assert table[21] == "... 60 more ..."
    assert table[1].split()[-1] == "0"
    assert table[-1].split()[-1] == "98"


def test_colours_change_no_letter() -> None:
    plain, painted = preview(PLAN, width=60), preview(PLAN, width=60, coloured=True)
    assert painted != plain
    assert re.sub(r"\x1b\[\d+m", "", painted) == plain


@pytest.mark.parametrize("log", ["", "x", "y", "xy"])
@example(points=[6.900000000020001e16, 6.914142135643732e16])  # no round number lies between them
@settings(max_examples=25, deadline=None)
@given(points=st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=9))
def test_any_numbers_can_be_drawn_in_the_terminal(log: str, points: list[float]) -> None:
    lines = draw(list(enumerate(points)), width=30, height=6, log=log).splitlines()
    assert len(lines) == 6
