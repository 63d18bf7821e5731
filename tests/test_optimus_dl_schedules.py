"""Every kind and recipe of this library, built by its name from optimus_dl's registry."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

import glidepath as g
from glidepath import ScheduleError
from glidepath.optimus_dl import ScheduleLR, build_lr_scheduler
from glidepath.optimus_dl.registered import _registry
from glidepath.recipes import RECIPES
from glidepath.schedule import KINDS
from optimus_dl_samples import Optimizer
from samples import FEW

#: A recipe's arguments in words, and the schedule that they mean in a run of 1000 steps, 50 to an epoch.
IN_WORDS: list[tuple[str, dict[str, Any], g.Schedule]] = [
    ("warmup_constant", {"peak": 1, "warmup": "5%"}, g.warmup_constant(1, warmup=50)),
    ("warmup_linear", {"peak": 1, "warmup": "2 epochs"}, g.warmup_linear(1, warmup=100, total=1000)),
    ("warmup_cosine", {"peak": 1, "warmup": "0.1k", "end": 0.1}, g.warmup_cosine(1, warmup=100, total=1000, end=0.1)),
    (
        "warmup_exponential",
        {"peak": 1, "warmup": 10, "end": 0.1},
        g.warmup_exponential(1, warmup=10, total=1000, end=0.1),
    ),
    ("warmup_inverse_sqrt", {"peak": 1, "warmup": "1%"}, g.warmup_inverse_sqrt(1, warmup=10)),
    (
        "wsd",
        {"peak": 1, "warmup": "5%", "decay": "20%", "shape": "sqrt"},
        g.wsd(1, warmup=50, decay=200, total=1000, shape="sqrt"),
    ),
    ("one_cycle", {"peak": 1, "warmup": "25%"}, g.one_cycle(1, total=1000, warmup=250)),
    ("sgdr", {"peak": 1, "period": "1 epoch", "stretch": 2}, g.sgdr(1, period=50, stretch=2)),
    ("rex", {"peak": 1, "total": "500 steps", "warmup": "10%"}, g.rex(1, total=500, warmup=50)),
    (
        "power",
        {"peak": 1, "warmup": "6.4k samples", "decay": "128k tokens", "timescale": 400},
        g.power(1, warmup=100, decay=10, total=1000, timescale=400),
    ),
]
RUN = {"steps_per_epoch": 50, "batch_size": 64, "tokens_per_step": 12_800}


def built(cfg: Any, *rates: float, iterations: int = 1000, **more: Any) -> Any:
    return build_lr_scheduler(cfg, optimizer=Optimizer([*rates] or [0.5]), iterations=iterations, **more)


def test_every_kind_and_recipe_has_a_name_in_the_registry() -> None:
    names = {name.removeprefix("glidepath.") for name in _registry if name.startswith("glidepath.")}

    assert {*RECIPES, *(kind for kind in KINDS if KINDS[kind].__module__.startswith("glidepath."))} - {
        "Custom"
    } <= names
    assert {name for name, *_ in IN_WORDS} == set(RECIPES)
    assert "Custom" not in names


@pytest.mark.parametrize(("name", "words", "wanted"), IN_WORDS, ids=[name for name, *_ in IN_WORDS])
def test_a_recipe_is_built_with_durations_in_words(name: str, words: dict[str, Any], wanted: g.Schedule) -> None:
    scheduler = built({"_name": f"glidepath.{name}", "run": RUN, **words})

    assert type(scheduler) is ScheduleLR
    assert scheduler.schedule == wanted
    rates = [scheduler.get_last_lr()[0]]
    for _ in range(1001):
        scheduler.step()
        rates.append(scheduler.get_last_lr()[0])
    assert rates == [wanted(k) for k in range(1002)]


@pytest.mark.parametrize("name", [name for name, sample in FEW.items() if sample(0) >= 0])
def test_a_kind_is_built_from_its_data(name: str) -> None:
    data = FEW[name].to_dict()
    kind, _ = data.pop("kind"), data.pop("glidepath")
    scheduler = built({"_name": f"glidepath.{kind}", **data}, iterations=2**53 - 1)

    assert scheduler.schedule == FEW[name]
    assert scheduler.get_last_lr() == [FEW[name](0)]


def test_a_kind_of_the_users_own_is_built_by_its_name() -> None:
    class OptimusSawtooth(g.Schedule):
        period: int = g.length()

        def at(self, t: Any, xp: Any) -> Any:
            t = xp.maximum(t, 0)
            return (t - self.period * xp.floor_divide(t, self.period)) / self.period

    try:
        scheduler = built({"_name": "glidepath.OptimusSawtooth", "period": "1%"})
        assert scheduler.schedule == OptimusSawtooth(period=10)
        scheduler.step()
        assert scheduler.get_last_lr() == [0.1]
    finally:
        del KINDS["OptimusSawtooth"], _registry["glidepath.OptimusSawtooth"]


def test_a_relative_schedule_multiplies_the_rate_of_each_group() -> None:
    cfg = {"_name": "glidepath.Linear", "start": 1.0, "end": 0.0, "steps": "100%", "relative": True}
    scheduler = built(cfg, 0.5, 0.25, iterations=4)
    scheduler.step()

    assert scheduler.get_last_lr() == [0.375, 0.1875]


# States -----------------------------------------------------------------------------------------------------------


WSD = {"_name": "glidepath.wsd", "peak": 0.1, "warmup": "5%", "decay": "20%"}


def test_a_run_goes_on_from_its_state() -> None:
    first, second = built(WSD), built(WSD)
    for _ in range(870):
        first.step()
    state = json.loads(json.dumps(first.state_dict()))
    second.load_state_dict(state)

    assert list(state) == ["step_count", "base_lrs", "relative", "schedule"]
    assert g.from_dict(state["schedule"]) == first.schedule
    assert second.get_last_lr() == first.get_last_lr()
    first.step()
    second.step()
    assert second.get_last_lr() == first.get_last_lr()


def test_a_scheduler_can_be_pickled() -> None:
    scheduler = built(WSD)
    scheduler.step()
    again = pickle.loads(pickle.dumps(scheduler))
    scheduler.step()
    again.step()

    assert again.state_dict() == scheduler.state_dict()
    assert again.get_last_lr() == scheduler.get_last_lr()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"peak": 0.2}, r"schedule.parts\[0\].end: 0.1 in the checkpoint, 0.2 here"),
        ({"relative": True}, "relative: False in the checkpoint, True here"),
        ({"_name": "glidepath.power", "timescale": 100}, r"schedule.parts\[1\].kind: 'Constant' in the checkpoint"),
    ],
)
def test_the_state_of_another_schedule_is_refused(changes: dict[str, Any], message: str) -> None:
    first, other = built(WSD), built(WSD | changes)
    first.step()
    before, rates = other.state_dict(), other.get_last_lr()
    with pytest.raises(ScheduleError, match=message):
        other.load_state_dict(first.state_dict())

    assert other.state_dict() == before
    assert other.get_last_lr() == rates


def test_a_run_is_extended_where_that_is_said() -> None:
    first, longer = built(WSD), built(WSD | {"strict": False}, iterations=2000)
    for _ in range(870):
        first.step()
    with pytest.warns(UserWarning, match=r"is of another schedule .*boundaries\[0\]: 50 in the checkpoint, 100 here"):
        longer.load_state_dict(first.state_dict())

    assert longer.last_epoch == 870
    assert longer.get_last_lr() == [g.wsd(0.1, warmup=100, decay=400, total=2000)(870)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"relative": "no"}, "ScheduleLR.relative must be True or False, got 'no'"),
        ({"schedule": None}, "ScheduleLR.schedule must be a schedule as glidepath.to_dict writes it, got None"),
    ],
)
def test_a_state_that_holds_no_schedule_is_refused_also_where_not_strict(changes: Any, message: str) -> None:
    scheduler = built(WSD, strict=False)
    before = scheduler.state_dict()
    with pytest.raises(ScheduleError, match=message):
        scheduler.load_state_dict(before | {"step_count": 7} | changes)

    assert scheduler.state_dict() == before


# What is refused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cfg", "message"),
    [
        ({"_name": "warmup_cosine"}, "unknown name 'warmup_cosine'; did you mean 'glidepath.warmup_cosine'?"),
        ({"_name": "glidepath.warmup_cosin"}, "did you mean 'glidepath.warmup_cosine'?"),
        ({"_name": "glidepath.warmup_cosine", "warmup": 5}, "warmup_cosine.peak must be given"),
        ({"_name": "glidepath.warmup_cosine", "peek": 5}, "unknown field 'peek'; did you mean 'peak'?"),
        ({"_name": "glidepath.sgdr", "peak": 1, "period": "2 epochs"}, "sgdr.period: '2 epochs' needs run.steps_per_"),
        ({"_name": "glidepath.sgdr", "peak": 1, "period": "2 eons"}, "unknown unit 'eons'"),
        ({"_name": "glidepath.sgdr", "peak": 1, "period": 0.1}, r'written "10%"'),
        (WSD | {"run": {"total": 500}}, "the total is the iterations of the run"),
        (WSD | {"run": {"epoch": 500}}, "ScheduleLR.run: unknown key 'epoch'"),
        (WSD | {"run": {"batch_size": 0}}, "Run.batch_size must be a positive integer"),
        (WSD | {"run": 5}, "ScheduleLR.run must be a mapping, got 5"),
        (WSD | {"run": []}, r"ScheduleLR.run must be a mapping, got \[\]"),
        (WSD | {"recipe": "sgdr"}, r"ScheduleLR.recipe is said by _name \(glidepath.wsd\)"),
        (WSD | {"kind": "Cosine"}, r"ScheduleLR.kind is said by _name \(glidepath.wsd\)"),
        (WSD | {3: 4}, "a key of a configuration must be text, got 3"),
        (WSD | {"relative": 1}, "ScheduleLR.relative must be True or False, got 1"),
        (WSD | {"_target_": "os.system"}, "unknown field '_target_'"),
        ({"_name": "glidepath.Custom", "function": "os.system"}, "unknown name 'glidepath.Custom'"),
        ({"_name": "glidepath.Constant", "value": -1.0}, "Constant at step 0 must be a rate of at least 0, got -1.0"),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_what_cannot_be_built_is_refused(strict: bool, cfg: dict[str, Any], message: str) -> None:
    optimizer = Optimizer([0.5])
    with pytest.raises(ScheduleError, match=message.replace("?", r"\?")):
        build_lr_scheduler(cfg, optimizer=optimizer, iterations=1000, strict=strict)
    assert optimizer.rates == [0.5]


FINDINGS = [
    ({"_name": "glidepath.warmup_constant", "peak": 1, "warmup": 1001}, [0.5], "is longer than the run of 1000"),
    (WSD, [0.5, 0.25], r"gives one rate to parameter groups with the rates \[0.5, 0.25\]: say relative: true"),
]


@pytest.mark.parametrize(("cfg", "rates", "message"), FINDINGS)
def test_what_is_said_in_vain_is_an_error(cfg: dict[str, Any], rates: list[float], message: str) -> None:
    with pytest.raises(ScheduleError, match=message):
        built(cfg, *rates)


@pytest.mark.parametrize(("cfg", "rates", "message"), FINDINGS)
def test_what_is_said_in_vain_is_a_warning_where_not_strict(cfg: Any, rates: list[float], message: str) -> None:
    with pytest.warns(UserWarning, match=message):
        built(cfg, *rates, strict=False)
