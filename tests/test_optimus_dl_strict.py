"""What a configuration or a checkpoint says in vain is a warning in optimus_dl's schedulers, an error where strict."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import glidepath.optimus_dl as room
from glidepath import ScheduleError
from glidepath.optimus_dl import build_lr_scheduler
from optimus_dl_samples import CLASSES, Optimizer

#: A configuration, the iterations, and what is found in it.
FINDINGS = [
    pytest.param(
        {"_name": "wsd", "warmup_steps": 0, "fract_decya": 0.5},
        100,
        "WSDScheduler: unknown key 'fract_decya'; did you mean 'fract_decay'?",
        id="typo",
    ),
    pytest.param(
        {"_name": "cosine_annealing", "warmup_percent": 0.05},
        100,
        "CosineAnnealingLR: unknown key 'warmup_percent' .known: T_max, eta_min, last_epoch.",
        id="key of another scheduler",
    ),
    pytest.param(
        {"_name": "cosine_annealing", "T_max": 50},
        100,
        "T_max = 50 has no effect, the cosine takes the run's 100 iterations",
        id="T_max",
    ),
    pytest.param(
        {"_name": "wsd", "warmup_steps_fraction": 0.05},
        100_000,
        "warmup_steps_fraction = 0.05 has no effect beside warmup_steps = 300: set warmup_steps: null",
        id="fraction beside steps",
    ),
    pytest.param(
        {"_name": "linear_warmup", "warmup_steps": 10, "warmup_percent": 0.2},
        100,
        "warmup_percent = 0.2 has no effect beside warmup_steps = 10",
        id="percent beside steps",
    ),
    pytest.param(
        {"_name": "linear_warmup", "target_lr": 0.0},
        100,
        "target_lr = 0.0 has no effect, the target is that of each group",
        id="target of 0",
    ),
    pytest.param(
        {"_name": "wsd", "warmup_steps": 0, "decay_type": "exp", "final_lr_factor": 0.1}
        | {"cooldown_start_lr_factor": 0.5},
        100,
        "cooldown_start_lr_factor = 0.5 has no effect where decay_type is 'exp'",
        id="start of exp",
    ),
    pytest.param(
        {"_name": "wsd", "warmup_steps": 0, "sqrt_power": 2.0},
        100,
        "sqrt_power = 2.0 has no effect where decay_type is 'linear'",
        id="power",
    ),
    pytest.param(
        {"_name": "wsd", "warmup_steps": 0, "linear_pw_subdivisions": [0.5]},
        100,
        r"linear_pw_subdivisions = \[0.5\] has no effect",
        id="subdivisions",
    ),
    pytest.param(
        {"_name": "wsd", "warmup_steps": 0, "decay_type": "exp"},
        100,
        "'exp' decay fall to 0 within a step",
        id="exp to 0",
    ),
    pytest.param(
        {"_name": "wsd"},
        200,
        "warmup_steps = 300 is longer than the 180 steps before the decay in a run of 200",
        id="long warmup of wsd",
    ),
    pytest.param(
        {"_name": "wsd", "warmup_steps": 91},
        100,
        "warmup_steps = 91 is longer than the 90 steps before the decay in a run of 100",
        id="warmup into the decay",
    ),
    pytest.param(
        {"_name": "linear_warmup", "warmup_steps": 101},
        100,
        "warmup_steps = 101 is longer than the run of 100 iterations",
        id="long warmup",
    ),
    pytest.param(
        {"_name": "wsd", "warmup_steps": 0, "fract_decay": 0.009},
        100,
        "fract_decay = 0.009 of 100 iterations is less than a step",
        id="no decay",
    ),
    pytest.param(
        {"_name": "wsd", "warmup_steps": -1}, 100, "warmup_steps = -1 has no effect", id="negative warmup of wsd"
    ),
    pytest.param(
        {"_name": "linear_warmup", "warmup_steps": -1}, 100, "warmup_steps = -1 has no effect", id="negative warmup"
    ),
]

#: Configurations that say nothing in vain.
SOUND = [
    ({"_name": "cosine_annealing", "T_max": 100, "eta_min": 0.1}, 100),
    ({"_name": "cosine_annealing"}, 100),
    ({"_name": "linear_warmup"}, 100),
    ({"_name": "linear_warmup", "warmup_steps": 100, "target_lr": 2.0}, 100),
    ({"_name": "wsd"}, 334),
    ({"_name": "wsd", "warmup_steps": None, "warmup_steps_fraction": 0.05, "decay_type": "sqrt", "sqrt_power": 2}, 100),
    ({"_name": "wsd", "warmup_steps": 90, "decay_type": "linear_pw", "linear_pw_subdivisions": [0.5]}, 100),
    ({"_name": "wsd", "warmup_steps": 0, "fract_decay": 0.0}, 100),
]


def built(cfg: Any, iterations: int, *rates: float, **more: Any) -> Any:
    return build_lr_scheduler(cfg, optimizer=Optimizer([*rates] or [0.5]), iterations=iterations, **more)


@pytest.mark.parametrize(("cfg", "iterations", "message"), FINDINGS)
def test_what_is_said_in_vain_is_a_warning(cfg: Any, iterations: int, message: str) -> None:
    with pytest.warns(UserWarning, match=message) as caught:
        built(cfg, iterations)
    assert len(caught) == 1


@pytest.mark.parametrize(("cfg", "iterations", "message"), FINDINGS)
@pytest.mark.parametrize("how", ["argument", "key"])
def test_what_is_said_in_vain_is_an_error_where_strict(how: str, cfg: Any, iterations: int, message: str) -> None:
    optimizer = Optimizer([0.5])
    given, more = (cfg, {"strict": True}) if how == "argument" else (cfg | {"strict": True}, {})
    with pytest.raises(ScheduleError, match=message):
        build_lr_scheduler(given, optimizer=optimizer, iterations=iterations, **more)
    assert optimizer.rates == [0.5]


@pytest.mark.parametrize(("cfg", "iterations"), SOUND)
def test_a_sound_configuration_passes_where_strict(cfg: Any, iterations: int) -> None:
    built(cfg, iterations, strict=True)


def test_an_error_lists_all_that_is_found() -> None:
    with pytest.raises(
        ScheduleError, match=r"fract_decya.*has no effect beside warmup_steps.*is longer than"
    ) as caught:
        built({"_name": "wsd", "fract_decya": 1, "warmup_steps_fraction": 0.1}, 100, strict=True)
    assert str(caught.value).count("; WSDScheduler") == 2


def test_a_warning_points_at_the_line_that_made_the_scheduler() -> None:
    with pytest.warns(UserWarning, match="is longer than") as caught:
        room.WSDScheduler(room.WSDSchedulerConfig(), Optimizer([0.5]), 100)  # type: ignore[arg-type]
    assert caught[0].filename == __file__


def test_strict_is_true_or_false() -> None:
    with pytest.raises(ScheduleError, match=r"WSDScheduler\.strict must be True or False, got 'yes'"):
        built({"_name": "wsd", "strict": "yes"}, 1000)


# Checkpoints ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "horizon"), [("cosine_annealing", "T_max"), ("wsd", "iterations"), ("linear_warmup", "warmup_steps")]
)
def test_a_checkpoint_that_overrides_the_horizon_is_a_warning(name: str, horizon: str) -> None:
    short = built(name, 1000)
    longer = built(name, 10_000)
    with pytest.warns(UserWarning, match=rf"{horizon}: \d+ in the checkpoint, \d+ here.* To go on as configured"):
        longer.load_state_dict(short.state_dict())

    assert longer.state_dict() == short.state_dict()


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_checkpoint_that_overrides_the_horizon_is_an_error_where_strict(name: str) -> None:
    short = built(name, 1000)
    longer = built(name, 10_000, strict=True)
    before = longer.state_dict()
    with pytest.raises(ScheduleError, match=r"is not of this configuration: .* in the checkpoint, .* here"):
        longer.load_state_dict(short.state_dict())

    assert longer.state_dict() == before


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_run_goes_on_as_configured_with_the_remedy_of_the_error(name: str) -> None:
    short, longer, fresh = built(name, 1000), built(name, 10_000, strict=True), built(name, 10_000)
    for _ in range(700):
        short.step()
    scheduler, state = longer, short.state_dict()
    longer.load_state_dict({**scheduler.state_dict(), "step_count": state["step_count"]})
    for _ in range(700):
        fresh.step()

    assert longer.state_dict() == fresh.state_dict()
    assert longer.optimizer.rates == fresh.optimizer.rates


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_checkpoint_of_the_same_run_passes_where_strict_also_on_an_optimizer_that_has_gone_on(name: str) -> None:
    first = built(name, 1000)
    for _ in range(960):
        first.step()
    second = built(name, 1000, *first.optimizer.rates, strict=True)
    second.load_state_dict(first.state_dict())

    assert second.state_dict() == first.state_dict()
    assert second.optimizer.rates == first.optimizer.rates


def test_a_configured_target_that_a_checkpoint_overrides_is_found() -> None:
    first, second = (built({"_name": "linear_warmup", "target_lr": x}, 100) for x in (1.0, 2.0))
    with pytest.warns(UserWarning, match=r"target_lrs\[0\]: 1.0 in the checkpoint, 2.0 here"):
        second.load_state_dict(first.state_dict())


# Past the end -----------------------------------------------------------------------------------------------------


def test_a_cosine_that_rises_again_warns_once() -> None:
    scheduler = built("cosine_annealing", 3)
    for _ in range(3):
        scheduler.step()
    with pytest.warns(UserWarning, match=r"rises again past its 3 steps: .* glidepath\.Cosine") as caught:
        scheduler.step()
    assert caught[0].filename == __file__
    scheduler.step()

    assert scheduler.get_last_lr()[0] > 0.1


def test_a_cosine_that_would_rise_again_is_an_error_where_strict() -> None:
    scheduler = built("cosine_annealing", 3, strict=True)
    for _ in range(3):
        scheduler.step()
    with pytest.raises(ScheduleError, match="rises again past its 3 steps"):
        scheduler.step()

    assert scheduler.last_epoch == 3


def test_one_configuration_serves_runs_of_different_lengths() -> None:
    cfg = room.LinearWarmupLRConfig(warmup_percent=0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        long, short = (room.LinearWarmupLR(cfg, Optimizer([0.5]), n, strict=True) for n in (1000, 50))  # type: ignore[arg-type]

    assert (long.warmup_steps, short.warmup_steps) == (100, 5)
    assert cfg == room.LinearWarmupLRConfig(warmup_percent=0.1)
