"""optimus_dl's three schedulers: its numbers to the last bit, its names, defaults, attributes and states."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
import torch

import glidepath.optimus_dl as room
from glidepath import ScheduleError
from glidepath.optimus_dl import cosine_annealing, linear_warmup, wsd_scheduler
from optimus_dl_samples import CLASSES, DECAYS, Optimizer, draw, expected, made, quiet, steps

NAMES = sorted(CLASSES)


@pytest.mark.parametrize("part", range(4))
def test_the_numbers_are_those_of_the_formulas_to_the_last_bit(part: int) -> None:
    for seed in range(part * 200, part * 200 + 200):
        name, settings, iterations, rates = draw(seed)
        scheduler = made(CLASSES[name][0], CLASSES[name][1](**settings), rates, iterations)
        assert scheduler.optimizer.rates == expected(name, settings, iterations, rates, scheduler.last_epoch)
        for k in steps(seed, iterations, scheduler):
            scheduler._step_count = k
            assert scheduler.get_lr() == expected(name, settings, iterations, rates, k), (seed, k)


def test_the_samples_reach_every_scheduler_and_every_decay() -> None:
    drawn = [draw(seed) for seed in range(800)]

    assert {name for name, *_ in drawn} == set(NAMES)
    assert {settings.get("decay_type", "linear") for name, settings, *_ in drawn if name == "wsd"} == set(DECAYS)


@pytest.mark.parametrize("seed", range(12))
def test_a_run_that_is_resumed_goes_on_as_if_nothing_had_been(seed: int) -> None:
    name, settings, _, rates = draw(f"resumed {seed}")
    settings.pop("last_epoch", None)
    scheduler, config = CLASSES[name]
    whole = made(scheduler, config(**settings), rates, 40)
    wanted = [whole.optimizer.rates, *(stepped(whole) for _ in range(40))]
    for at in (0, 1, 17, 40):
        first = made(scheduler, config(**settings), rates, 40)
        for _ in range(at):
            first.step()
        state = json.loads(json.dumps(first.state_dict()))
        second = made(scheduler, config(**settings), first.optimizer.rates, 40)  # an optimizer that was loaded
        second.load_state_dict(state)
        assert [second.optimizer.rates, *(stepped(second) for _ in range(40 - at))] == wanted[at:]


def stepped(scheduler: Any) -> list[float]:
    scheduler.step()
    rates: list[float] = scheduler.optimizer.rates
    return rates


# Names, defaults, attributes, states ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "defaults"),
    [
        (room.CosineAnnealingLRConfig, {"T_max": 1000, "eta_min": 0.0, "last_epoch": -1}),
        (
            room.LinearWarmupLRConfig,
            {"warmup_steps": None, "warmup_percent": 0.05, "target_lr": None, "start_lr": 0.0},
        ),
        (
            room.WSDSchedulerConfig,
            {
                "final_lr_factor": 0.0,
                "warmup_steps": 300,
                "warmup_steps_fraction": None,
                "init_div_factor": 100,
                "fract_decay": 0.1,
                "decay_type": "linear",
                "sqrt_power": 0.5,
                "linear_pw_subdivisions": None,
                "cooldown_start_lr_factor": 1.0,
            },
        ),
    ],
)
def test_defaults_are_those_of_optimus_dl(config: type, defaults: dict[str, Any]) -> None:
    held = asdict(config())

    assert held == {"_name": None, **defaults}
    assert [type(x) for x in held.values()] == [type(x) for x in (None, *defaults.values())]
    assert issubclass(config, room.BaseLRSchedulerConfig)


WSD_KEYS = (
    "iterations final_lr_factor warmup_steps init_div_factor fract_decay decay_type sqrt_power "
    "linear_pw_subdivisions cooldown_start_lr_factor n_anneal_steps n_hold"
)


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("cosine_annealing", "T_max eta_min"),
        ("linear_warmup", "warmup_steps start_lr target_lrs"),
        ("wsd", WSD_KEYS),
    ],
)
def test_states_have_the_keys_of_optimus_dl_and_attributes_of_these_names(name: str, keys: str) -> None:
    scheduler = made(CLASSES[name][0], CLASSES[name][1](), [0.5], 1000)

    assert list(scheduler.state_dict()) == ["step_count", "base_lrs", *keys.split()]
    assert {key: getattr(scheduler, key) for key in keys.split()} == {
        key: held for key, held in scheduler.state_dict().items() if key not in ("step_count", "base_lrs")
    }


def test_the_submodules_are_those_of_optimus_dl() -> None:
    assert cosine_annealing.CosineAnnealingLR is room.CosineAnnealingLR
    assert linear_warmup.LinearWarmupLR is room.LinearWarmupLR
    assert wsd_scheduler.WSDScheduler is room.WSDScheduler
    for module in (cosine_annealing, linear_warmup, wsd_scheduler):
        assert len([name for name in module.__all__ if name.endswith("Config")]) == 1


@pytest.mark.parametrize("name", NAMES)
def test_the_constructor_writes_the_first_rates_and_keeps_the_configuration(name: str) -> None:
    scheduler, config = CLASSES[name]
    given = config(warmup_steps=None, warmup_steps_fraction=0.5) if name == "wsd" else config()
    before = dict(asdict(given))
    for iterations in (1000, 50):
        driven = made(scheduler, given, [0.5, 0.25], iterations)
        assert asdict(given) == before
        settings = {key: held for key, held in before.items() if key != "_name"}
        assert driven.optimizer.rates == expected(name, settings, iterations, [0.5, 0.25], 0)


@pytest.mark.parametrize("name", NAMES)
def test_attributes_can_be_changed_by_hand(name: str) -> None:
    scheduler = made(CLASSES[name][0], CLASSES[name][1](), [0.5], 1000)
    scheduler._step_count = 30
    before = scheduler.get_lr()
    if name == "cosine_annealing":
        scheduler.T_max = 10
    else:
        scheduler.warmup_steps = 40

    assert scheduler.get_lr() != before


@pytest.mark.parametrize("name", NAMES)
def test_a_tensor_is_filled_with_the_number_that_a_float_would_get(name: str) -> None:
    scheduler, config = CLASSES[name]
    rate = torch.tensor(0.3, dtype=torch.float64)
    numbers, tensors = made(scheduler, config(), [0.3], 1000), made(scheduler, config(), [rate], 1000)
    numbers.step()
    tensors.step()

    assert tensors.optimizer.rates[0] is rate
    assert rate.item() == numbers.optimizer.rates[0]
    assert tensors.state_dict() == numbers.state_dict()


def test_arguments_that_are_not_known_are_ignored() -> None:
    driven = Optimizer([0.5])
    scheduler = room.CosineAnnealingLR(room.CosineAnnealingLRConfig(), driven, iterations=10, model="anything")

    assert scheduler.optimizer is driven


def test_a_configuration_may_be_any_object_with_the_names() -> None:
    class Config:
        def __init__(self) -> None:
            self.eta_min = 0.25

    assert room.CosineAnnealingLR({"eta_min": 0.25}, Optimizer([0.5]), 10).eta_min == 0.25  # type: ignore[arg-type]
    assert room.CosineAnnealingLR(Config(), Optimizer([0.5]), 10).eta_min == 0.25  # type: ignore[arg-type]


# What gives no rates -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("cosine_annealing", {"eta_min": "0"}, "CosineAnnealingLR.eta_min must be a finite number, got '0'"),
        ("cosine_annealing", {"last_epoch": -2}, "last_epoch must be an integer of at least -1, got -2"),
        ("linear_warmup", {"warmup_percent": None}, "^Either warmup_steps or warmup_percent must be set$"),
        ("linear_warmup", {"start_lr": float("nan")}, "LinearWarmupLR.start_lr must be a finite number, got nan"),
        ("linear_warmup", {"warmup_steps": True}, "LinearWarmupLR.warmup_steps must be a finite number, got True"),
        ("wsd", {"decay_type": "sqr"}, "decay_type must be one of .*'sqrt', got 'sqr'"),
        ("wsd", {"init_div_factor": 0}, "init_div_factor must be a number other than 0, got 0"),
        ("wsd", {"decay_type": "sqrt", "sqrt_power": -1}, "sqrt_power must be non-negative, got -1"),
        ("wsd", {"decay_type": "exp", "final_lr_factor": -1.0}, "final_lr_factor must be non-negative where .*'exp'"),
        ("cosine_annealing", {"T_max": "100"}, "CosineAnnealingLR.T_max must be a finite number, got '100'"),
        ("cosine_annealing", {"eta_min": 10**400}, "CosineAnnealingLR.eta_min must be a finite number, got 1000"),
        ("cosine_annealing", {"eta_min": torch.ones(2)}, "CosineAnnealingLR.eta_min must be a finite number, got tens"),
        ("linear_warmup", {"warmup_steps": 5, "warmup_percent": "5%"}, "warmup_percent must be a finite number, got"),
        ("linear_warmup", {"target_lr": "1"}, "LinearWarmupLR.target_lr must be a finite number, got '1'"),
        ("wsd", {"warmup_steps_fraction": "5%"}, "warmup_steps_fraction must be a finite number, got '5%'"),
        ("wsd", {"linear_pw_subdivisions": 0.5}, "linear_pw_subdivisions must be a list of numbers, got 0.5"),
        ("wsd", {"linear_pw_subdivisions": "ab"}, "linear_pw_subdivisions must be a list of numbers, got 'ab'"),
        ("wsd", {"linear_pw_subdivisions": ["a"]}, r"linear_pw_subdivisions\[0\] must be a finite number, got 'a'"),
    ],
)
def test_what_gives_no_rates_is_refused_by_name(name: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ScheduleError, match=message):
        made(CLASSES[name][0], CLASSES[name][1](**settings), [0.5], 1000)


@pytest.mark.parametrize("rate", [float("nan"), "0.1", None, torch.ones(2)], ids=str)
def test_groups_have_rates(rate: Any) -> None:
    with pytest.raises(ScheduleError, match=r"CosineAnnealingLR: the lr of param_groups\[1\] must be a finite number"):
        made(CLASSES["cosine_annealing"][0], CLASSES["cosine_annealing"][1](), [0.5, rate], 1000)


@pytest.mark.parametrize("iterations", [0, -1, 10.0, True, None])
@pytest.mark.parametrize("name", NAMES)
def test_iterations_are_a_positive_integer(name: str, iterations: Any) -> None:
    with pytest.raises(ScheduleError, match=r"\.iterations must be a positive integer, got"):
        made(CLASSES[name][0], CLASSES[name][1](), [0.5], iterations)


def test_a_wsd_without_a_warmup_is_an_assertion_error_too() -> None:
    config = room.WSDSchedulerConfig(warmup_steps=None)
    with pytest.raises(AssertionError, match=r"^Either warmup_steps or warmup_steps_fraction must be specified$"):
        room.WSDScheduler(config, Optimizer([0.5]), 10)  # type: ignore[arg-type]


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("cosine_annealing", {"T_max": 0}, r"T_max must be positive, got 0|T_max: 0 in the checkpoint"),
        ("cosine_annealing", {"step_count": 1.5}, "step_count must be a non-negative integer, got 1.5"),
        ("linear_warmup", {"target_lrs": [1.0, 2.0]}, "target_lrs"),
        ("linear_warmup", {"target_lrs": 1.0}, "target_lrs must be a list of numbers, got 1.0"),
        ("linear_warmup", {"base_lrs": []}, "of 0 parameter groups, the optimizer has 1"),
        ("wsd", {"decay_type": "none"}, "decay_type"),
        ("wsd", {"n_hold": "900"}, "n_hold"),
        ("wsd", {"n_hold": None}, "n_hold"),
    ],
)
def test_a_load_that_fails_changes_nothing(name: str, changes: Any, message: str, strict: bool) -> None:
    scheduler = CLASSES[name][0](CLASSES[name][1](), Optimizer([0.5]), 1000, strict=strict)
    scheduler.step()
    state, rates = scheduler.state_dict(), scheduler.optimizer.rates
    with pytest.raises(ScheduleError, match=message), quiet():
        scheduler.load_state_dict(state | {"step_count": 77} | changes)

    assert scheduler.state_dict() == state
    assert scheduler.optimizer.rates == rates


@pytest.mark.parametrize("name", NAMES)
def test_a_state_of_another_scheduler_is_refused(name: str) -> None:
    scheduler = made(CLASSES[name][0], CLASSES[name][1](), [0.5], 1000)
    with pytest.raises(ScheduleError, match=r"the state has no .* of another scheduler\. To go on as configured, load"):
        scheduler.load_state_dict({"step_count": 3, "base_lrs": [0.5]})

    assert scheduler.last_epoch == 0
