"""Pictures, and the pages and tables that tell a comparison."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings, strategies as st

from glidepath import Cosine, Linear, Piecewise, sgdr
from glidepath.braille import draw
from glidepath.lab.comparison import Comparison, Row
from glidepath.lab.task import Settings
from glidepath.svg import COLOURS, chart
from glidepath.ticks import Scale, label, span, ticks

SVG = "{http://www.w3.org/2000/svg}"
FINITE = st.floats(allow_nan=False, allow_infinity=False)
ANYTHING = st.text(max_size=20)


# The numbers on an axis -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("peak", [1e-300, 3e-7, 1e-4, 6e-4, 0.025, 1.0, 400.0, 1e6, 1e300])
def test_every_label_reads_back_as_the_tick_it_stands_for(peak: float) -> None:
    marks = ticks(0.0, peak)
    assert [float(label(mark)) for mark in marks] == marks
    assert len({label(mark) for mark in marks}) == len(marks) >= 3


def test_a_small_rate_is_never_labelled_as_zero() -> None:
    assert [label(x) for x in (1e-4, 0.0001234, -3e-5, 5e-324)] == ["1e-4", "1.234e-4", "-3e-5", "5e-324"]


def test_labels_of_ordinary_numbers_are_plain() -> None:
    assert [label(x) for x in (0.0, -0.0, 0.1, 0.1 + 0.2, 1500.0, 99999.0, 2e6)] == (
        ["0", "0", "0.1", "0.3", "1500", "99999", "2e6"]
    )


@given(FINITE, FINITE)
def test_ticks_lie_within_any_range_and_ascend(a: float, b: float) -> None:
    low, high = span([a, b])
    marks = ticks(low, high)
    assert 1 <= len(marks) <= 12
    assert all(x < y for x, y in pairwise(marks))
    slack = 1e-8 * (high / 2 - low / 2)
    assert low - slack <= marks[0]
    assert marks[-1] <= high + slack


@given(FINITE, FINITE, st.floats(0, 1))
def test_a_scale_takes_its_ends_where_they_belong_and_the_rest_between(a: float, b: float, share: float) -> None:
    low, high = span([a, b])
    scale = Scale(low, high, 300.0, 20.0)
    assert scale(low) == 300.0
    assert scale(high) == pytest.approx(20.0)
    assert 19.99 <= scale(low * (1 - share) + high * share) <= 300.01


# The line chart -------------------------------------------------------------------------------------------------


def paths(svg: str) -> list[tuple[str, list[tuple[float, float]]]]:
    """The name and the points of each curve, in pixels, as drawn."""
    root = ElementTree.fromstring(svg)
    found = []
    for path in root.iter(f"{SVG}path"):
        name = path.find(f"{SVG}title")
        if name is not None:
            pairs = re.findall(r"([-\d.]+) ([-\d.]+)", path.attrib["d"])
            found.append((name.text or "", [(float(x), float(y)) for x, y in pairs]))
    return found


def test_a_chart_moves_no_curve_by_half_a_pixel() -> None:
    schedule = sgdr(3e-4, period=40, stretch=2)
    exact = [(step, schedule(step)) for step in range(1000)]
    [(_, drawn)] = paths(chart({"sgdr": exact}, title="rate"))
    across, up = Scale(0, 999, drawn[0][0], drawn[-1][0]), Scale(0, 3e-4, max(y for _, y in drawn), drawn[0][1])
    assert len(drawn) < 300
    for step, value in exact:
        x, y = across(step), up(value)
        after = next(i for i, point in enumerate(drawn[1:], 1) if point[0] >= x - 0.06)
        (x0, y0), (x1, y1) = drawn[after - 1], drawn[after]
        near = [
            y0 + (y1 - y0) * min(max((at - x0) / (x1 - x0), 0), 1) if x1 > x0 else y1 for at in (x - 0.1, x, x + 0.1)
        ]
        assert min(near) - 0.5 <= y <= max(near) + 0.5


def test_a_straight_line_is_drawn_by_its_two_ends() -> None:
    schedule = Linear(start=0.1, end=0.0, steps=5000)
    [(_, drawn)] = paths(chart({"linear": [(step, schedule(step)) for step in range(5001)]}, title="rate"))
    assert len(drawn) == 2


def test_one_step_that_stands_out_of_a_million_is_drawn() -> None:
    curve = [(step, 1.0 if step == 777_777 else 0.0) for step in range(0, 1_000_000, 7)]
    [(_, drawn)] = paths(chart({"spike": [*curve[:111_111], (777_777, 1.0), *curve[111_112:]]}, title="rate"))
    assert len(drawn) == 5
    assert drawn[2][1] == min(y for _, y in drawn)


def test_a_point_that_is_not_finite_breaks_the_line() -> None:
    svg = chart({"a": [(0, 1.0), (1, 2.0), (2, math.nan), (3, math.inf), (4, 2.0), (5, 1.0)]}, title="loss")
    assert len(re.findall(r"[ML]", re.search(r'd="(M[^"]*)"><title>', svg)[1])) == 4
    assert re.search(r'd="(M[^"]*)"><title>', svg)[1].count("M") == 2
    assert "nan" not in svg
    assert "inf" not in svg


@pytest.mark.parametrize("curves", [{}, {"a": []}, {"a": [(0, math.nan)]}, {"a": [(3, 0.1)]}])
def test_a_chart_of_next_to_nothing_is_a_picture_all_the_same(curves: dict[str, list[tuple[float, float]]]) -> None:
    root = ElementTree.fromstring(chart(curves, title="rate"))
    assert root.attrib["aria-label"].startswith("Line chart of rate over step.")


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(ANYTHING, st.lists(FINITE, max_size=8), max_size=9), ANYTHING, ANYTHING)
def test_a_chart_of_any_numbers_under_any_names_is_well_formed(
    values: dict[str, list[float]], title: str, x: str
) -> None:
    svg = chart({name: list(enumerate(held)) for name, held in values.items()}, title=title, x=x)
    root = ElementTree.fromstring(svg)
    assert len(paths(svg)) == len(values)
    for element in root.iter():
        for name in ("d", "x", "y", "x1", "x2", "y1", "y2", "viewBox", "width", "height"):
            assert not re.search("nan|inf", element.attrib.get(name, ""))


def test_names_are_text_in_a_chart_and_never_markup() -> None:
    svg = chart({"</title><script>x</script>": [(0, 1.0)]}, title='"><b>', x="<i>&")
    tags = {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(svg).iter()}
    assert tags == {"svg", "style", "rect", "text", "g", "line", "path", "title"}


def test_a_chart_can_be_heard() -> None:
    svg = chart({"down": [(0, 0.1), (50, 0.05), (100, 0.0)]}, title="Learning rate")
    assert 'aria-label="Line chart of Learning rate over step. down goes from 0.1 to 0."' in svg


def test_more_curves_than_colours_differ_by_their_dashes() -> None:
    count = 3 * len(COLOURS)
    svg = chart({str(i): [(0, i), (1, i)] for i in range(count)}, title="many")
    looks = {re.sub(r' d="[^"]*"', "", path) for path in re.findall(r"<path ([^>]*)>", svg)}
    assert len({look.rstrip("/") for look in looks}) == count


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("mode", "ground"), [(0, "#ffffff"), (1, "#16181c")])
def test_every_colour_stands_out_from_its_ground(mode: int, ground: str) -> None:
    for pair in COLOURS:
        light, dark = sorted((luminance(pair[mode]), luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3  # the contrast that WCAG 2 asks of graphics


# The terminal ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [24, 40, 80, 100])
@pytest.mark.parametrize("peak", [1e-12, 3e-4, 0.1, 1e8])
def test_a_terminal_picture_fits_its_width(width: int, peak: float) -> None:
    schedule = Cosine(start=peak, end=0.0, steps=12345)
    lines = draw([(step, schedule(step)) for step in range(0, 12346, 5)], width=width, height=12).splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) == 12


def test_a_terminal_picture_shows_the_fall_of_a_line_from_corner_to_corner() -> None:
    lines = draw([(0, 1e-4), (100, 0.0)], width=40, height=12).splitlines()
    first, last = lines[0].split("┤")[1], lines[9].split("┤")[1]
    assert ord(first[0]) > 0x2800
    assert ord(last[-1]) > 0x2800
    assert ord(first[-1]) == ord(last[0]) == 0x2800
    assert lines[0].startswith("1e-4 ")
    assert lines[9].startswith("   0 ")


@given(st.lists(FINITE, min_size=1, max_size=6))
def test_a_terminal_picture_of_any_numbers_is_drawn(values: list[float]) -> None:
    assert len(draw(list(enumerate(values)), width=30, height=8).splitlines()) == 8


# The page -------------------------------------------------------------------------------------------------------


def row(rank: int, name: str, *losses: float | None) -> Row:
    return Row(
        rank=rank,
        name=name,
        schedule=Linear(start=0.1, end=0.0, steps=100),
        losses=losses,
        learning_rates=tuple(0.1 - 0.001 * step for step in range(100)),
        curve=tuple((float(step), 4.0 - 0.02 * step) for step in range(0, 100, 5)),
    )


def comparison(*rows: Row) -> Comparison:
    return Comparison(rows=rows, seeds=len(rows[0].losses), settings=Settings(steps=100), backend="numpy")


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data


def page(found: Comparison, tmp_path, command: str | None = None) -> tuple[str, Page]:
    found.to_html(tmp_path / "report.html", command)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    return text, Page(text)


def test_a_page_loads_nothing_and_runs_nothing(tmp_path) -> None:
    text, read = page(comparison(row(1, "a", 1.0, 1.1), row(2, "b", 1.5, 1.7)), tmp_path)
    assert not {"script", "link", "img", "iframe", "object"} & set(read.tags)
    assert not {"src", "href", "xlink:href", "onload", "onclick"} & {name for name, _ in read.attributes}
    assert "url(" not in text
    assert "@import" not in text
    assert set(re.findall(r"https?://[^\s\"'<]*", text)) == {"http://www.w3.org/2000/svg"}


def test_a_page_holds_the_table_the_settings_the_versions_and_the_command(tmp_path) -> None:
    import platform

    import numpy

    found = comparison(row(1, "first", 1.25, 1.35), row(2, "second", 1.5, 1.75))
    _, read = page(found, tmp_path, "glidepath compare --steps 100")
    for word in ("first", "second", "1.3000", "1.6250", "+0.3250", "1.7500", "momentum", platform.python_version()):
        assert word in read.words
    assert numpy.__version__ in read.words
    assert "glidepath compare --steps 100" in read.words
    assert read.tags.count("svg") == 2 + 2 + 2  # two charts, each with its window, and a key for each row


def test_what_users_name_is_text_in_a_page_and_never_markup(tmp_path) -> None:
    name = '<script>alert("x")</script>&\'"\x00\ud800'
    text, read = page(comparison(row(1, name, 1.0)), tmp_path, "glidepath compare '<img src=x>'")
    assert "script" not in read.tags
    assert "img" not in read.tags
    assert "<img" not in text


def test_the_python_that_a_page_gives_makes_the_schedules_again(tmp_path) -> None:
    shape = Piecewise(boundaries=(10, 20), values=(0.0, 0.1, 0.0), interpolation="linear")
    found = comparison(row(1, "it's", 1.0))
    found = Comparison(**{**vars(found), "rows": (Row(**{**vars(found.rows[0]), "schedule": shape * 0.5}),)})
    _, read = page(found, tmp_path)
    program = read.words[read.words.index("from glidepath import") :]
    program, call = program.strip().rsplit("\n", 1)
    scope: dict[str, object] = {}
    exec(program, scope)
    assert scope["schedules"] == {"it's": shape * 0.5}
    assert scope["settings"] == found.settings
    assert call == "compare(schedules, seeds=1, settings=settings, backend='numpy')"


def test_one_curve_far_above_leaves_the_others_their_room(tmp_path) -> None:
    awful = Row(**{**vars(row(2, "awful", 900.0)), "curve": tuple((float(s), 900.0) for s in range(0, 100, 5))})
    text, _ = page(comparison(row(1, "good", 2.0), awful), tmp_path)
    losses = text[text.rindex(">Training loss") :]
    marks = [float(mark) for mark in re.findall(r'text-anchor="end">([-\d.e]+)<', losses)]
    assert 2 < max(marks) < 20


def test_a_page_that_cannot_be_put_in_its_place_leaves_nothing_behind(tmp_path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(OSError, match=r"report\.html"):
        comparison(row(1, "a", 1.0)).to_html(tmp_path / "report.html")
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


# The words ------------------------------------------------------------------------------------------------------


def test_a_table_is_aligned_and_says_all() -> None:
    found = comparison(row(1, "a", 1.25, 1.35), row(2, "longer", 1.5, 1.75), row(3, "wild", None, 2.0))
    assert found.table().splitlines() == [
        "rank  schedule    validation loss  spread  to the first",
        "   1  a                    1.3000  0.0707",
        "   2  longer               1.6250  0.1768       +0.3250",
        "   3  wild      diverged (1 of 2)",
    ]


def test_a_summary_says_when_seeds_cannot_tell_the_first_two_apart() -> None:
    near = comparison(row(1, "a", 1.0, 1.2, 1.1), row(2, "b", 1.1, 1.3, 1.2)).summary()
    far = comparison(row(1, "a", 1.0, 1.2, 1.1), row(2, "b", 2.1, 2.3, 2.2)).summary()
    assert near == (
        "a has the lowest validation loss: 1.1000 nats per character, the mean of 3 seeds. b follows 0.1000 above. "
        "That is within chance: more seeds are needed to tell these two apart."
    )
    assert far == (
        "a has the lowest validation loss: 1.1000 nats per character, the mean of 3 seeds. b follows 1.1000 above."
    )


def test_a_summary_of_one_seed_says_what_one_seed_hides() -> None:
    found = comparison(row(1, "a", 1.0), row(2, "b", 1.5))
    assert found.summary().endswith(
        "from one seed. b follows 0.5000 above. One seed does not show how much of that is chance."
    )


def test_a_summary_names_no_winner_where_everything_diverged() -> None:
    found = comparison(row(1, "a", None, 1.0), row(2, "b", None, None))
    assert found.summary() == "No schedule trained without diverging. A lower peak may help."
    assert [line.split() for line in found.table().splitlines()[1:]] == [
        ["1", "a", "diverged", "(1", "of", "2)"],
        ["2", "b", "diverged"],
    ]


def test_a_name_with_line_breaks_stays_on_its_line_of_the_table() -> None:
    assert len(comparison(row(1, "a\nb", 1.0)).table().splitlines()) == 2
