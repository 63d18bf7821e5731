"""The designer page, in a browser."""

from __future__ import annotations

import json

import pytest

import glidepath as g
from web_page import WSD, address, drag, state, tree


def test_the_page_shows_the_value_under_the_cursor(visit, url):
    page = visit(address(url, {"lr": WSD}))
    page.fill("#step", "50")
    assert page.locator("#values b").inner_text() == "0.5"
    page.hover(".u-over", position={"x": 3, "y": 40})
    step = int(page.input_value("#step"))
    assert float(page.locator("#values b").inner_text()) == pytest.approx(g.from_dict(WSD)(step), rel=1e-5)


def test_the_canvas_holds_a_curve(visit, url):
    page = visit(address(url, {"lr": WSD}))
    inked = """() => {
        const canvas = document.querySelector("#chart canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let inked = 0;
        for (let i = 3; i < data.length; i += 4) inked += data[i] > 128;
        return inked;
    }"""
    assert page.evaluate(inked) > 1000


def test_dragging_a_boundary_moves_it_and_refits_both_phases(visit, url):
    page = visit(address(url, {"lr": WSD}))
    drag(page, 2, -100, 0)
    made = tree(page)
    assert 600 < made["boundaries"][1] < 780
    assert made["parts"][2]["steps"] == 1000 - made["boundaries"][1]
    assert made["parts"][0] == WSD["parts"][0]


def test_dragging_a_value_takes_along_what_was_equal_to_it(visit, url):
    page = visit(address(url, {"lr": WSD}))
    drag(page, 1, 0, 60)
    warmup, hold, decay = tree(page)["parts"]
    assert 0.5 < hold["value"] < 0.95
    assert warmup["end"] == hold["value"] == decay["start"]
    assert decay["end"] == 0.1


def test_dragging_the_last_handle_changes_the_length(visit, url):
    page = visit(address(url, {"lr": WSD}))
    drag(page, 3, -40, 0)
    made = tree(page)
    assert made["parts"][2]["steps"] < 200
    assert made["boundaries"] == [100, 800]


def test_a_piecewise_schedule_has_a_handle_for_each_of_its_values(visit, url):
    drops = {"kind": "Piecewise", "boundaries": [300, 600], "values": [1.0, 0.5, 0.1]}
    page = visit(address(url, {"lr": drops}))
    assert page.locator(".handle").count() == 3
    drag(page, 1, 50, -30)
    made = tree(page)
    assert made["boundaries"][0] > 300
    assert made["values"][1] > 0.5


def test_sliders_and_fields_change_parameters(visit, url):
    page = visit(address(url, {"lr": WSD}))
    page.get_by_role("button", name="Cooldown").click()
    page.fill("#field-parts-2-end", "2e-1")
    assert tree(page)["parts"][2]["end"] == 0.2
    page.get_by_label("end, slider").fill("0.3")
    assert tree(page)["parts"][2]["end"] == pytest.approx(0.3, abs=0.01)


def test_a_wrong_number_is_named_beside_its_field_and_not_taken(visit, url):
    page = visit(address(url, {"lr": {"kind": "Cosine", "start": 1.0, "end": 0.0, "steps": 100}}))
    page.fill("#field-steps", "-5")
    assert page.locator("#field-steps-wrong").inner_text() == "Cosine.steps must be a positive integer, got -5"
    assert page.get_attribute("#field-steps", "aria-invalid") == "true"
    assert tree(page)["steps"] == 100


def test_an_empty_field_has_its_default_and_a_word_is_refused_as_it_is(visit, url):
    page = visit(address(url, {"lr": {"kind": "Exponential", "start": 1.0, "rate": 0.5, "steps": 100}}))
    page.fill("#field-steps", "")
    assert "steps" not in tree(page)
    page.fill("#field-start", "")
    assert page.locator("#field-start-wrong").inner_text() == "Exponential.start must be given"
    page.fill("#field-start", "high")
    assert page.locator("#field-start-wrong").inner_text() == "Exponential.start must be a finite number, got 'high'"
    assert tree(page)["start"] == 1.0


def test_phases_are_added_reordered_and_removed(visit, url):
    page = visit(address(url, {"lr": WSD}))
    page.get_by_role("button", name="Hold").click()
    page.select_option("#add-kind", "Sqrt")
    page.click("#add")
    made = tree(page)
    assert [part["kind"] for part in made["parts"]] == ["Linear", "Constant", "Sqrt", "Cosine"]
    assert made["boundaries"] == [100, 450, 800]
    page.get_by_label("Move phase 3 earlier").click()
    assert [part["kind"] for part in tree(page)["parts"]] == ["Linear", "Sqrt", "Constant", "Cosine"]
    page.get_by_label("Remove phase 2").click()
    assert tree(page)["boundaries"] == [100, 450]
    g.from_dict(tree(page))


def test_undo_brings_back_what_was(visit, url):
    page = visit(address(url, {"lr": WSD}))
    state(page)
    page.get_by_label("Remove phase 1").click()
    assert len(tree(page)["parts"]) == 2
    page.click("#undo")
    assert tree(page)["boundaries"] == WSD["boundaries"]


def test_schedules_are_overlaid(visit, url):
    page = visit(address(url, {"lr": WSD}))
    page.select_option("#pick", "recipe warmup_cosine")
    page.click("#overlay")
    page.get_by_label("Show warmup_cosine").wait_for()
    page.fill("#step", "500")
    assert page.locator("#values b").count() == 2
    page.get_by_label("Show lr").uncheck()
    assert page.locator("#values b").count() == 1
    assert [one["name"] for one in state(page)["schedules"]] == ["lr", "warmup_cosine"]


def test_the_parameters_of_a_recipe_redraw_its_curve(visit, url):
    page = visit(url)
    page.fill("#recipe-warmup", "10%")
    page.press("#recipe-warmup", "Enter")
    page.locator("#code", has_text="[1000, 8000]").wait_for()
    page.select_option("#recipe-shape", "sqrt")
    page.locator("#code", has_text="Sqrt").wait_for()
    assert g.from_dict(tree(page)) == g.wsd(1e-3, warmup=1000, decay=2000, total=10_000, shape="sqrt")
    page.fill("#recipe-decay", "soon")
    page.press("#recipe-decay", "Enter")
    page.wait_for_selector("#problem", state="visible")
    assert page.inner_text("#problem").startswith("wsd.decay must be a number of steps or a duration")
    assert len(tree(page)["parts"]) == 3


def test_a_recipe_is_used_with_the_parameters_that_are_typed(visit, url):
    page = visit(address(url, {"lr": WSD}))
    page.select_option("#pick", "recipe one_cycle")
    page.fill("#recipe-peak", "0.5")
    page.press("#recipe-peak", "Enter")
    assert tree(page) == WSD  # what is drawn comes from elsewhere, and stays
    page.click("#overlay")
    page.locator("#schedules li").nth(1).wait_for()
    assert g.from_dict(tree(page)) == g.one_cycle(0.5, total=1000, warmup=300)


def test_a_server_that_has_ended_is_said_to_have(visit, url):
    page = visit(url)
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('gone')); }")
    page.click("#use")
    page.wait_for_selector("#problem", state="visible")
    assert page.inner_text("#problem").startswith("The server does not answer")


def test_every_recipe_and_kind_can_be_picked(visit, url):
    page = visit(url)
    for value in page.eval_on_selector_all("#pick option", "options => options.map(o => o.value)"):
        page.select_option("#pick", value)
        page.click("#use")
        page.wait_for_function(
            "name => document.querySelector('#schedules input[type=text]').value === name", arg=value.split()[1]
        )
        assert page.locator("#problem").is_hidden(), value
        g.from_dict(tree(page))


def test_a_phase_can_become_any_kind(visit, url):
    page = visit(address(url, {"lr": WSD}))
    for kind in page.eval_on_selector_all("#kind-parts-0 option", "options => options.map(o => o.value)"):
        page.goto("about:blank")
        page.goto(address(url, {"lr": WSD}))
        page.select_option("#kind-parts-0", kind)
        assert page.locator("#problem").is_hidden(), kind
        made = tree(page)
        assert made["parts"][0]["kind"] == kind
        g.from_dict(made)


def test_the_axis_counts_epochs_and_tokens(visit, url):
    page = visit(address(url, {"lr": WSD}))
    page.select_option("#axis", "epochs")
    page.fill("#measure", "100")
    page.press("#measure", "Enter")
    page.fill("#step", "250")
    assert "epoch 2.5" in page.inner_text("#values")
    page.select_option("#axis", "tokens")
    page.fill("#measure", "2000")
    page.press("#measure", "Enter")
    page.fill("#step", "251")
    assert "502k tokens" in page.inner_text("#values")
    held = state(page)
    assert (held["axis"], held["perEpoch"], held["perStep"]) == ("tokens", 100, 2000)


def test_a_longer_run_stretches_the_schedule_with_it(visit, url):
    page = visit(address(url, {"lr": WSD}))
    page.fill("#total", "20k")
    page.press("#total", "Enter")
    made = tree(page)
    assert made["boundaries"] == [2000, 16000]
    assert made["parts"][2]["steps"] == 4000
    page.uncheck("#stretch")
    page.fill("#total", "30000")
    page.press("#total", "Enter")
    assert tree(page) == made


def zoom(page):
    box = page.locator(".u-over").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 150, steps=3)
    page.mouse.up()
    page.wait_for_selector("#whole")


def test_a_button_or_a_double_click_ends_the_zoom(visit, url):
    page = visit(address(url, {"lr": WSD}))
    zoom(page)
    page.click("#whole")
    assert page.locator("#whole").is_hidden()
    zoom(page)
    page.dblclick(".u-over", position={"x": 250, "y": 150})
    assert page.locator("#whole").is_hidden()


# Text in and out ----------------------------------------------------------------------------------------------


def copied(page, target):
    page.select_option("#target", target)
    page.locator("#code", has_not_text="…").wait_for()
    page.click("#copy")
    page.locator("#copied", has_text="Copied").wait_for()
    return page.evaluate("navigator.clipboard.readText()")


def test_what_is_copied_makes_the_same_schedule(visit, url, tmp_path):
    page = visit(address(url, {"lr": WSD}))
    want = g.from_dict(WSD)
    (tmp_path / "lr.yaml").write_text(copied(page, "YAML"))
    assert g.load(tmp_path / "lr.yaml") == want
    assert g.from_json(copied(page, "JSON")) == want
    for target, name in [("Python", "schedule"), ("Python, on its own", "schedule")]:
        scope = {}
        exec(copied(page, target), scope)
        assert scope[name](50) == want(50)


def test_code_for_frameworks_is_that_of_export(visit, url):
    from glidepath.export import export

    page = visit(address(url, {"lr": WSD}))
    for label, target in [("optax", "optax"), ("PyTorch", "torch"), ("JavaScript", "javascript")]:
        assert copied(page, label) == export(g.from_dict(WSD), target, 1000)


def test_a_link_shares_the_state(visit, url):
    page = visit(address(url, {"lr": WSD}))
    page.check("#log")
    page.get_by_label("Remove phase 1").click()
    page.click("#share")
    page.get_by_role("button", name="Link copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(url)
    other = visit(link)
    assert state(other) == state(page)
    assert other.is_checked("#log")


@pytest.mark.parametrize(
    "text", ["kind: Cosine\nstart: 1\nend: 0\nsteps: 5%\n", '{"recipe": "rex", "peak": 1, "total": 700}']
)
def test_a_specification_is_pasted(visit, url, text):
    page = visit(url)
    page.click("#paste")
    page.fill("#pasted", text)
    page.click("#paste-use")
    page.wait_for_selector("#paste-box", state="hidden")
    assert g.from_dict(tree(page)).length in (500, 700)


def test_a_pasted_file_says_how_long_its_run_is(visit, url):
    page = visit(url)
    page.click("#paste")
    page.fill("#pasted", "run:\n  total: 3k\nschedule:\n  recipe: wsd\n  peak: 1\n  warmup: 10%\n  decay: 20%\n")
    page.click("#paste-use")
    page.wait_for_selector("#paste-box", state="hidden")
    assert state(page)["total"] == 3000
    assert tree(page)["boundaries"] == [300, 2400]


BAD = {
    "a length below 1": {"kind": "Cosine", "start": 1, "end": 0, "steps": -5},
    "half a step": {"kind": "Cosine", "start": 1, "end": 0, "steps": 1.5},
    "an unknown kind": {"kind": "Cosinus", "start": 1, "end": 0, "steps": 5},
    "an unknown field": {"kind": "Cosine", "start": 1, "end": 0, "step": 5},
    "a field that is missing": {"kind": "Linear", "start": 1, "steps": 5},
    "a word for a number": {"kind": "Linear", "start": "high", "end": 0, "steps": 5},
    "a negative power": {"kind": "Polynomial", "start": 1, "end": 0, "steps": 5, "power": -1},
    "boundaries out of order": {"kind": "Piecewise", "boundaries": [5, 4], "values": [1, 2, 3]},
    "too few values": {"kind": "Piecewise", "boundaries": [5, 14], "values": [1, 2]},
    "an unknown interpolation": {"kind": "Piecewise", "boundaries": [5], "values": [1, 2], "interpolation": "cubic"},
    "too many boundaries": {"kind": "Join", "parts": [1, 2], "boundaries": [5, 6]},
    "a wrong part": {
        "kind": "Join",
        "parts": [1, {"kind": "Sqrt", "start": 1, "end": 0, "steps": 0}],
        "boundaries": [5],
    },
    "growth without end": {"kind": "Exponential", "start": 1, "rate": 1.5},
    "an end on the other side": {"kind": "Exponential", "start": 1, "rate": 0.5, "end": 2},
    "a flag that is a number": {"kind": "Exponential", "start": 1, "rate": 0.5, "staircase": 1},
    "bounds that cross": {"kind": "Clip", "schedule": 1, "low": 2, "high": 1},
    "no bound": {"kind": "Clip", "schedule": 1},
    "a stretch below 1": {"kind": "Repeat", "body": 1, "period": 5, "stretch": 0.5},
    "growth that is not counted": {"kind": "Repeat", "body": 1, "period": 5, "scale": 2},
    "no parts": {"kind": "Sum", "parts": []},
    "nothing": {},
    "a list": [1, 2],
    "a length beyond counting": {"kind": "Cosine", "start": 1, "end": 0, "steps": 2**53},
}


def refusal(spec):
    with pytest.raises(g.ScheduleError) as error:
        g.from_dict(spec)
    return str(error.value)


@pytest.mark.parametrize("name", ["a length below 1", "an unknown kind", "too many boundaries"])
def test_a_bad_specification_is_answered_in_the_words_of_python(visit, url, name):
    page = visit(url)
    page.click("#paste")
    page.fill("#pasted", json.dumps(BAD[name]))
    page.click("#paste-use")
    page.wait_for_selector("#problem", state="visible")
    assert page.inner_text("#problem") == refusal(BAD[name])


def test_the_page_itself_refuses_in_the_words_of_python(visit, static_url):
    page = visit(static_url)
    said = page.evaluate(
        "async (specs) => { const { problem } = await import('./check.js'); return specs.map(problem); }",
        list(BAD.values()),
    )
    assert dict(zip(BAD, said, strict=True)) == {name: refusal(spec) for name, spec in BAD.items()}


@pytest.mark.parametrize("damaged", ["%%%", "e30", "bm90IGpzb24", "A" * 70_000])
def test_a_damaged_link_is_said_to_be_one(visit, url, damaged):
    page = visit(f"{url}#s={damaged}")
    assert page.inner_text("#problem").startswith("This link cannot be shown: ")


def test_a_link_cannot_bring_markup(visit, url):
    name = "<img src=x onerror=alert(1)>"
    page = visit(address(url, {name: {**WSD, "kind": "Join"}}))
    assert page.locator("img[src=x]").count() == 0
    assert state(page)["schedules"][0]["name"] == "schedule 1"


# Keyboard, phone, light and dark ------------------------------------------------------------------------------


def test_everything_can_be_done_with_the_keyboard(visit, url):
    page = visit(address(url, {"lr": WSD}))

    def tab_to(selector):
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("(s) => document.activeElement.matches(s)", selector):
                return
        pytest.fail(f"{selector} is not reached")

    tab_to(".handle[aria-label*='step 100,']")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    made = tree(page)
    assert made["boundaries"][0] == 110
    assert made["parts"][0]["steps"] == 110
    assert made["parts"][1]["value"] < 1
    tab_to("#phase-list .phase[aria-pressed=false]")
    page.keyboard.press("Enter")
    tab_to("#add")
    page.keyboard.press("Enter")
    assert len(tree(page)["parts"]) == 4
    tab_to("[aria-label='Remove phase 1']")
    page.keyboard.press("Enter")
    assert len(tree(page)["parts"]) == 3
    tab_to("#target")
    page.keyboard.press("ArrowDown")
    tab_to("#copy")
    page.keyboard.press("Enter")
    page.locator("#copied", has_text="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith("{")
    assert page.locator("#spoken").inner_text().startswith("step ")


def test_the_focus_can_be_seen(visit, url):
    page = visit(url)
    for _ in range(30):
        page.keyboard.press("Tab")
        style = page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.outlineWidth]; })()"
        )
        assert style == ["solid", "3px"]


def test_the_page_fits_a_phone(visit, url):
    page = visit(address(url, {"lr": WSD}), width=390, height=844, touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    small = """() => [...document.querySelectorAll("button, select, input[type=text]")]
        .filter((one) => one.offsetParent && !one.matches(".handle") && one.getBoundingClientRect().height < 38)
        .map((one) => one.outerHTML)"""
    assert page.evaluate(small) == []
    drag(page, 2, -40, 0)
    assert tree(page)["boundaries"][1] < 800


def test_the_phone_wide_page_takes_touches(visit, url):
    page = visit(address(url, {"lr": WSD}), width=390, height=844, touch=True)
    box = page.locator(".handle").nth(2).bounding_box()
    x, y = box["x"] + 9, box["y"] + 9
    touch = page.context.new_cdp_session(page)
    for kind, dx in [("touchStart", 0), ("touchMove", -20), ("touchMove", -40), ("touchEnd", None)]:
        points = [] if dx is None else [{"x": x + dx, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert tree(page)["boundaries"][1] < 800


CONTRAST = """() => {
    const parse = (text) => text.match(/[\\d.]+/g).map(Number);
    const over = ([r, g, b, a = 1], under) => [r, g, b].map((x, i) => x * a + under[i] * (1 - a));
    const behind = (one) => one ? over(parse(getComputedStyle(one).backgroundColor), behind(one.parentElement))
        : [255, 255, 255];
    const light = (rgb) => rgb.map((x) => x / 255).map((x) => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
        .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
    const poor = [];
    for (const one of document.querySelectorAll("body *")) {
        const says = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!(says || one.matches("input[type=text]")) || !one.offsetParent) continue;
        if (one.disabled || one.closest("option")) continue;
        const back = behind(one);
        const [a, b] = [light(over(parse(getComputedStyle(one).color), back)), light(back)].sort((x, y) => y - x);
        if ((a + 0.05) / (b + 0.05) < 4.5) poor.push(`${one.outerHTML.slice(0, 80)} ${(a + 0.05) / (b + 0.05)}`);
    }
    return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_can_be_read(visit, url, scheme):
    page = visit(address(url, {"lr": WSD, "other": {**WSD}}), scheme=scheme)
    page.click("#paste")
    page.fill("#pasted", "kind: Nothing")
    page.click("#paste-use")
    page.wait_for_selector("#advice li")
    page.wait_for_selector("#problem", state="visible")
    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_curve_can_be_told_from_its_ground(visit, url, scheme):
    page = visit(url, scheme=scheme)
    read = "(name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()"
    curves = [page.evaluate(read, f"--c{i}") for i in range(8)]
    ground = page.evaluate(read, "--card")

    def light(text):
        parts = [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for curve in curves:
        high, low = sorted([light(curve), light(ground)], reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 3


# Without a server ---------------------------------------------------------------------------------------------


def test_the_static_page_draws_drags_pastes_and_copies(visit, static_url):
    page = visit(address(static_url, {"lr": WSD}))
    drag(page, 1, 0, 60)
    assert tree(page)["parts"][1]["value"] < 0.95
    page.click("#paste")
    page.fill("#pasted", copied(page, "YAML"))
    page.click("#paste-overlay")
    page.wait_for_selector("#paste-box", state="hidden")
    first, second = (one["tree"] for one in state(page)["schedules"])
    assert g.from_dict(first) == g.from_dict(second)
    assert page.locator("#advice-card").is_hidden()
    assert set(page.asked) == {"GET"}
    assert page.eval_on_selector_all("#target option", "all => all.map(o => o.value)") == ["YAML", "JSON", "Python"]


def test_nothing_is_loaded_from_elsewhere(visit, url, browser):
    page = visit(url)
    loaded = page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
    assert loaded
    assert all(name.startswith(url) for name in loaded)
