"""Where torch's schedulers are wrong, each with what torch does and what is done here."""

from __future__ import annotations

import copy
import math
import warnings
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler as theirs, swa_utils

from glidepath import ScheduleError
from glidepath.torch import lr_scheduler as ours
from torch_lr_scheduler_samples import optimizer

pytestmark = pytest.mark.filterwarnings("ignore:Detected call of", "ignore:The epoch parameter")


def rates(scheduler: Any, steps: int) -> list[float]:
    """The first group's rate now and after each of some steps."""
    driven = scheduler.optimizer
    driven.step()
    seen = [float(driven.param_groups[0]["lr"])]
    for _ in range(steps):
        scheduler.step()
        seen.append(float(driven.param_groups[0]["lr"]))
    return seen


def near(wanted: list[float]) -> Any:
    return pytest.approx(wanted, rel=1e-12, abs=1e-15)


def cosine(t: float, steps: int, end: float = 0.0) -> float:
    return end + (1 - end) * (1 + math.cos(math.pi * t / steps)) / 2


# Chains -------------------------------------------------------------------------------------------------------


def chain(room: Any, *makes: Any) -> Any:
    driven = optimizer([1.0])
    return room.ChainedScheduler([make(driven) for make in makes])


@pytest.mark.parametrize("lambda_first", [True, False])
def test_a_lambda_in_a_chain_is_a_factor(lambda_first: bool) -> None:
    def seen(room):
        makes = [lambda o: room.LambdaLR(o, lambda t: 1.0), lambda o: room.ExponentialLR(o, 0.5)]
        return rates(chain(room, *(makes if lambda_first else makes[::-1])), 3)

    assert seen(ours) == [1.0, 0.5, 0.25, 0.125]
    assert seen(theirs) != [1.0, 0.5, 0.25, 0.125]


@pytest.mark.parametrize("order", [1, -1])
def test_a_decay_chained_to_warm_restarts_stays(order: int) -> None:
    def seen(room):
        makes = [lambda o: room.CosineAnnealingWarmRestarts(o, 100), lambda o: room.MultiStepLR(o, [2, 4], 0.1)]
        return rates(chain(room, *makes[::order]), 5)

    wanted = [cosine(t, 100) * 0.1 ** ((t >= 2) + (t >= 4)) for t in range(6)]
    assert seen(ours) == near(wanted)
    assert seen(theirs) != near(wanted)


def test_a_chain_is_a_product_through_the_zero_of_a_cosine() -> None:
    def seen(room):
        return rates(chain(room, lambda o: room.CosineAnnealingLR(o, 4), lambda o: room.StepLR(o, 3, 0.1)), 9)

    wanted = [cosine(t, 4) * 0.1 ** (t // 3) for t in range(10)]
    assert seen(ours) == near(wanted)
    assert seen(theirs)[8] == pytest.approx(0.1)
    assert wanted[8] == pytest.approx(0.01)


def test_a_chained_cosine_does_not_rise_above_its_base() -> None:
    def seen(room):
        return rates(chain(room, lambda o: room.CosineAnnealingLR(o, 4), lambda o: room.LinearLR(o, 0.5, 1.0, 12)), 12)

    assert max(seen(theirs)) > 1.2
    assert max(seen(ours)) <= 1.0
    assert seen(ours) == near([cosine(t, 4) * (0.5 + 0.5 * t / 12) for t in range(13)])


def test_a_cosine_with_an_end_multiplies_in_a_chain() -> None:
    def seen(room):
        return rates(
            chain(room, lambda o: room.LinearLR(o, 0.1, 1.0, 4), lambda o: room.CosineAnnealingLR(o, 8, 0.05)), 7
        )

    wanted = [min(0.1 + 0.9 * t / 4, 1.0) * cosine(t, 8, 0.05) for t in range(8)]
    assert seen(ours) == near(wanted)
    assert seen(theirs)[2] == pytest.approx(0.478, abs=1e-3)


# Sequences ----------------------------------------------------------------------------------------------------


def test_a_sequence_in_a_sequence_loses_no_step() -> None:
    def seen(room):
        driven = optimizer([0.1])
        inner = room.SequentialLR(driven, [room.ConstantLR(driven, 0.5, 99), room.ConstantLR(driven, 0.2, 99)], [2])
        return rates(room.SequentialLR(driven, [inner], []), 2)

    assert seen(ours) == near([0.05, 0.05, 0.02])
    assert seen(theirs) == near([0.05, 0.02, 0.02])


@pytest.mark.parametrize("kind", ["SequentialLR", "ChainedScheduler"])
def test_a_composite_may_come_second_in_a_sequence(kind: str) -> None:
    def make(room):
        driven = optimizer([1.0])
        first = room.ConstantLR(driven, 0.1, 99)
        parts = [room.ExponentialLR(driven, 0.5), room.ConstantLR(driven, 0.5, 2)]
        inner = room.SequentialLR(driven, parts, [2]) if kind == "SequentialLR" else room.ChainedScheduler(parts)
        return room.SequentialLR(driven, [first, inner], [2])

    last = [1.0, 0.5, 0.5, 0.5, 1.0] if kind == "SequentialLR" else [0.5, 0.25, 0.25, 0.125, 0.0625]
    assert rates(make(ours), 6) == near([0.1, 0.1, *last])
    with pytest.raises(NotImplementedError):
        rates(make(theirs), 6)


def test_a_sequence_resumes_in_the_phase_that_its_epoch_is_in() -> None:
    def make(room):
        driven = optimizer([1.0])
        driven.param_groups[0]["initial_lr"] = 1.0
        members = [room.ConstantLR(driven, 0.1, 3), room.ExponentialLR(driven, 0.9)]
        return room.SequentialLR(driven, members, [3], last_epoch=4)

    assert rates(make(ours), 2) == near([0.9**2, 0.9**3, 0.9**4])
    assert rates(make(theirs), 2) != near([0.9**2, 0.9**3, 0.9**4])


def test_a_multiplicative_phase_starts_from_the_base_as_all_others_do() -> None:
    def seen(room):
        driven = optimizer([1.0])
        members = [room.ConstantLR(driven, 0.1, 99), room.MultiplicativeLR(driven, lambda t: 0.5)]
        return rates(room.SequentialLR(driven, members, [2]), 4)

    assert seen(ours) == near([0.1, 0.1, 1.0, 0.5, 0.25])
    assert seen(theirs)[2] == pytest.approx(0.05)


def test_a_warmup_before_one_cycle_keeps_its_own_base() -> None:
    def seen(room):
        driven = optimizer([1.0])
        members = [room.LinearLR(driven, 0.1, 1.0, 3), room.OneCycleLR(driven, 2.0, 10)]
        return rates(room.SequentialLR(driven, members, [3]), 3)

    assert seen(ours) == near([0.1, 0.4, 0.7, 2.0 / 25])
    assert seen(theirs)[0] == pytest.approx(0.008)


@pytest.mark.parametrize("milestones", [[5, 3], [2.5, 4], [-1, 4]])
def test_milestones_that_cannot_be_met_are_refused(milestones: list[float]) -> None:
    def make(room):
        driven = optimizer([1.0])
        return room.SequentialLR(driven, [room.ExponentialLR(driven, 0.5) for _ in range(3)], milestones)

    make(theirs)
    with pytest.raises(ScheduleError, match=r"SequentialLR\.milestones"):
        make(ours)


# Resumes ------------------------------------------------------------------------------------------------------

SIMPLE: dict[str, Any] = {
    "StepLR": lambda room, o, **kw: room.StepLR(o, 3, 0.5, **kw),
    "MultiStepLR": lambda room, o, **kw: room.MultiStepLR(o, [2, 9], 0.5, **kw),
    "ConstantLR": lambda room, o, **kw: room.ConstantLR(o, 0.5, 20, **kw),
    "LinearLR": lambda room, o, **kw: room.LinearLR(o, 0.1, 1.0, 20, **kw),
    "ExponentialLR": lambda room, o, **kw: room.ExponentialLR(o, 0.9, **kw),
    "PolynomialLR": lambda room, o, **kw: room.PolynomialLR(o, 20, 2.0, **kw),
    "CosineAnnealingLR": lambda room, o, **kw: room.CosineAnnealingLR(o, 20, 0.01, **kw),
    "CosineAnnealingWarmRestarts": lambda room, o, **kw: room.CosineAnnealingWarmRestarts(o, 3, 2, **kw),
    "LambdaLR": lambda room, o, **kw: room.LambdaLR(o, lambda t: 0.9**t, **kw),
    "MultiplicativeLR": lambda room, o, **kw: room.MultiplicativeLR(o, lambda t: 0.9, **kw),
    "CyclicLR": lambda room, o, **kw: room.CyclicLR(o, 0.1, 1.0, 4, cycle_momentum=False, **kw),
    "OneCycleLR": lambda room, o, **kw: room.OneCycleLR(o, 1.0, 40, **kw),
    "SWALR": lambda room, o, **kw: room.SWALR(o, 0.05, 20, **kw),
}
COMPOSITE: dict[str, Any] = {
    "SequentialLR": lambda room, o: room.SequentialLR(
        o, [room.LinearLR(o, 0.1, 1.0, 4), room.CosineAnnealingLR(o, 20)], [4]
    ),
    "ChainedScheduler": lambda room, o: room.ChainedScheduler(
        [room.LinearLR(o, 0.1, 1.0, 20), room.ExponentialLR(o, 0.9)]
    ),
    "nested": lambda room, o: room.SequentialLR(
        o,
        [room.ConstantLR(o, 0.1, 99), room.ChainedScheduler([room.LinearLR(o, 0.1, 1.0, 20), room.StepLR(o, 2, 0.5)])],
        [3],
    ),
}
ORDERS = ["build, optimizer, scheduler", "optimizer, build, scheduler", "scheduler only", "build, scheduler, optimizer"]


def run(make: Any, steps: int) -> tuple[Any, Any]:
    driven = optimizer([1.0, 0.25])
    scheduler = make(ours, driven)
    driven.step()
    for _ in range(steps):
        scheduler.step()
    return driven, scheduler


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", [*SIMPLE, *COMPOSITE])
def test_every_order_of_loading_goes_on_exactly(name: str, order: str) -> None:
    make = (SIMPLE | COMPOSITE)[name]
    driven, scheduler = run(make, 7)
    of_optimizer, of_scheduler = copy.deepcopy(driven.state_dict()), copy.deepcopy(scheduler.state_dict())
    other = optimizer([1.0, 0.25])
    if order == "optimizer, build, scheduler":
        other.load_state_dict(of_optimizer)
    resumed = make(ours, other)
    if order == "build, optimizer, scheduler":
        other.load_state_dict(of_optimizer)
    resumed.load_state_dict(of_scheduler)
    if order == "build, scheduler, optimizer":
        other.load_state_dict(of_optimizer)
    other.step()
    for _ in range(6):
        for mine, wanted in zip(other.param_groups, driven.param_groups, strict=True):
            assert mine["lr"] == pytest.approx(wanted["lr"], rel=1e-12)
        scheduler.step()
        resumed.step()


def test_torch_resumes_wrongly_in_two_orders() -> None:
    driven = optimizer([1.0])
    scheduler = theirs.LinearLR(driven, 0.1, 1.0, 20)
    driven.step()
    for _ in range(7):
        scheduler.step()
    true = driven.param_groups[0]["lr"]
    other = optimizer([1.0])
    other.load_state_dict(copy.deepcopy(driven.state_dict()))
    theirs.LinearLR(other, 0.1, 1.0, 20).load_state_dict(scheduler.state_dict())
    assert other.param_groups[0]["lr"] == pytest.approx(true / 10)
    other = optimizer([1.0])
    theirs.LinearLR(other, 0.1, 1.0, 20).load_state_dict(scheduler.state_dict())
    assert other.param_groups[0]["lr"] == pytest.approx(0.1)


@pytest.mark.parametrize("is_loaded", [False, True])
@pytest.mark.parametrize("name", SIMPLE)
def test_last_epoch_goes_on_whether_the_optimizer_was_loaded_or_not(name: str, is_loaded: bool) -> None:
    driven, scheduler = run(SIMPLE[name], 11)
    other = optimizer([1.0, 0.25])
    for group in other.param_groups:
        group["initial_lr"] = group["lr"]
    if is_loaded:
        other.load_state_dict(copy.deepcopy(driven.state_dict()))
    resumed = SIMPLE[name](ours, other, last_epoch=11)
    scheduler.step()
    other.step()
    for _ in range(4):
        for mine, wanted in zip(other.param_groups, driven.param_groups, strict=True):
            assert mine["lr"] == pytest.approx(wanted["lr"], rel=1e-12)
        scheduler.step()
        resumed.step()


@pytest.mark.parametrize("name", ["LinearLR", "ExponentialLR", "PolynomialLR", "CosineAnnealingLR", "MultiplicativeLR"])
def test_torch_starts_over_with_last_epoch(name: str) -> None:
    driven = optimizer([1.0])
    driven.param_groups[0]["initial_lr"] = 1.0
    SIMPLE[name](theirs, driven, last_epoch=11)
    assert driven.param_groups[0]["lr"] == 1.0


def test_a_chain_of_two_equal_schedulers_resumes_with_both() -> None:
    driven = optimizer([1.0])
    driven.param_groups[0]["initial_lr"] = 1.0
    kept = [ours.ExponentialLR(driven, 0.9, last_epoch=3) for _ in range(2)]
    assert driven.param_groups[0]["lr"] == pytest.approx(0.9**8)
    assert len(kept) == 2


def test_a_plateau_writes_the_rate_that_it_loads() -> None:
    def after(room):
        driven = optimizer([1.0])
        scheduler = room.ReduceLROnPlateau(driven, patience=0)
        for _ in range(2):
            scheduler.step(1.0)
        other = optimizer([1.0])
        resumed = room.ReduceLROnPlateau(other, patience=0)
        resumed.load_state_dict(scheduler.state_dict())
        return resumed.get_last_lr()[0], other.param_groups[0]["lr"]

    assert after(theirs) == pytest.approx((0.1, 1.0))
    assert after(ours) == pytest.approx((0.1, 0.1))


# One class each -----------------------------------------------------------------------------------------------


def test_one_cycle_stays_at_its_end() -> None:
    def seen(room):
        return rates(room.OneCycleLR(optimizer([1.0]), 1.0, 10, anneal_strategy="linear"), 10)

    assert seen(theirs)[-1] < -0.1
    assert seen(ours)[-1] == seen(ours)[-2] == pytest.approx(1 / 25 / 1e4)


@pytest.mark.parametrize(("room", "epoch"), [(theirs, 11), (ours, 10)], ids=["torch", "ours"])
def test_one_cycle_raises_past_its_end_and_is_as_before(room: Any, epoch: int) -> None:
    scheduler = room.OneCycleLR(optimizer([1.0]), 1.0, 10)
    rates(scheduler, 10)
    with pytest.raises(ValueError, match="Tried to step 11 times"):
        scheduler.step()
    assert scheduler.last_epoch == epoch


def test_one_cycle_keeps_a_new_total() -> None:
    def resumed(room):
        old = room.OneCycleLR(optimizer([1.0]), 1.0, 10)
        rates(old, 9)
        new = room.OneCycleLR(optimizer([1.0]), 1.0, 20)
        new.load_state_dict(old.state_dict())
        return new

    with pytest.warns(UserWarning, match="saved with total_steps 10; 20, as given, is kept"):
        mine = resumed(ours)
    assert (mine.total_steps, resumed(theirs).total_steps) == (20, 10)
    assert rates(mine, 5)[-1] == pytest.approx(rates(ours.OneCycleLR(optimizer([1.0]), 1.0, 20), 14)[-1])


def test_one_cycle_says_that_a_resumed_run_keeps_its_peak() -> None:
    driven = optimizer([1.0])
    rates(ours.OneCycleLR(driven, 1.0, 20), 5)
    theirs.OneCycleLR(copy.deepcopy(driven), 5.0, 20, last_epoch=4)
    with pytest.warns(UserWarning, match=r"group 0 goes on with max_lr 1\.0; 5\.0, as given, is not used"):
        ours.OneCycleLR(driven, 5.0, 20, last_epoch=4)


def test_one_cycle_may_rise_within_one_step() -> None:
    with pytest.raises(ZeroDivisionError):
        theirs.OneCycleLR(optimizer([1.0]), 1.0, 10, pct_start=0.1)
    assert rates(ours.OneCycleLR(optimizer([1.0]), 1.0, 10, pct_start=0.1), 0) == [1.0]


@pytest.mark.parametrize(("first", "ratio", "epoch"), [(10, 3, 1210), (1, 3, 121), (1, 3, 29524), (5, 10, 555)])
def test_warm_restarts_restart_exactly(first: int, ratio: int, epoch: int) -> None:
    def at(room):
        driven = optimizer([1.0])
        room.CosineAnnealingWarmRestarts(driven, first, ratio).step(epoch)
        return driven.param_groups[0]["lr"]

    assert at(ours) == 1.0
    assert at(theirs) == pytest.approx(0.0)


def test_warm_restarts_go_on_with_whole_epochs_after_a_broken_one() -> None:
    def after(room):
        scheduler = room.CosineAnnealingWarmRestarts(optimizer([1.0]), 10)
        scheduler.step(2.5)
        scheduler.step()
        return scheduler.last_epoch, scheduler.T_cur

    assert after(theirs) == (3, 3.5)
    assert after(ours) == (3, 3)


def test_a_rate_set_by_hand_outlives_the_valley_of_a_cosine() -> None:
    def after(room):
        driven = optimizer([1.0])
        scheduler = room.CosineAnnealingLR(driven, 4)
        rates(scheduler, 2)
        driven.param_groups[0]["lr"] *= 0.1
        return rates(scheduler, 6)[-1]

    assert after(ours) == pytest.approx(0.1)
    assert after(theirs) > 0.9


def test_a_longer_cosine_goes_on_with_its_own_values() -> None:
    def after(room):
        scheduler = room.CosineAnnealingLR(optimizer([1.0]), 10)
        rates(scheduler, 5)
        scheduler.T_max = 20
        return rates(scheduler, 1)[-1]

    assert after(ours) == pytest.approx(cosine(6, 20))
    assert after(theirs) == pytest.approx(0.465, abs=1e-3)


def test_groups_that_share_one_tensor_get_a_rate_each() -> None:
    def after(room):
        shared = torch.tensor(1.0, dtype=torch.float64)
        parameters = [[torch.nn.Parameter(torch.zeros(1))] for _ in range(2)]
        driven = torch.optim.SGD([{"params": p} for p in parameters], lr=shared)
        scheduler = room.LambdaLR(driven, [lambda t: 0.5**t, lambda t: 0.9**t])
        driven.step()
        scheduler.step()
        return [group["lr"].item() for group in driven.param_groups]

    assert after(theirs) == [0.9, 0.9]
    assert after(ours) == [0.5, 0.9]


@pytest.mark.parametrize("room", [theirs, ours])
def test_a_state_of_cyclic_lr_loads_twice_here(room: Any) -> None:
    def make():
        return room.CyclicLR(optimizer([1.0]), 0.1, 1.0)

    state = make().state_dict()
    make().load_state_dict(state)
    if room is ours:
        make().load_state_dict(state)
    else:
        with pytest.raises(KeyError):
            make().load_state_dict(state)


def test_a_resumed_cyclic_starts_from_its_base_rate() -> None:
    def at(room):
        driven = optimizer([0.7])
        driven.param_groups[0]["initial_lr"] = 0.7
        room.CyclicLR(driven, 0.1, 1.0, 10, cycle_momentum=False, last_epoch=3)
        return driven.param_groups[0]["lr"]

    assert at(ours) == pytest.approx(0.1 + 0.9 * 0.4)
    assert at(theirs) != pytest.approx(0.1 + 0.9 * 0.4)


def test_a_plateau_sees_a_metric_below_zero_that_stands_still() -> None:
    def after(room):
        driven = optimizer([1.0])
        scheduler = room.ReduceLROnPlateau(driven, patience=1)
        for _ in range(5):
            scheduler.step(-1.0)
        return driven.param_groups[0]["lr"]

    assert after(theirs) == 1.0
    assert after(ours) == pytest.approx(0.01)


def test_what_a_plateau_lowered_stays_under_a_lambda() -> None:
    def after(room):
        driven = optimizer([1.0])
        schedule, control = room.LambdaLR(driven, lambda t: 0.5**t), room.ReduceLROnPlateau(driven, patience=0)
        driven.step()
        for _ in range(3):
            schedule.step()
            control.step(1.0)
        schedule.step()
        return driven.param_groups[0]["lr"]

    assert after(ours) == pytest.approx(0.5**4 * 0.01)
    assert after(theirs) == pytest.approx(0.5**4)


def test_a_constant_of_zero_comes_back() -> None:
    assert rates(ours.ConstantLR(optimizer([1.0]), 0.0, 2), 3) == [0.0, 0.0, 1.0, 1.0]
    with pytest.raises(ZeroDivisionError):
        rates(theirs.ConstantLR(optimizer([1.0]), 0.0, 2), 3)


@pytest.mark.parametrize(("kind", "factor"), [("ConstantLR", 0.25), ("LinearLR", 0.25)])
def test_a_phase_of_no_steps_is_at_its_end(kind: str, factor: float) -> None:
    def seen(room):
        return rates(getattr(room, kind)(optimizer([1.0]), factor, total_iters=0), 2)

    assert seen(ours) == [1.0, 1.0, 1.0]
    assert seen(theirs) == [factor, factor, factor]


def test_an_epoch_given_to_swa_is_that_epoch() -> None:
    def at(kind):
        driven = optimizer([1.0])
        scheduler = kind(driven, 0.05, 20)
        driven.step()
        scheduler.step(7)
        return driven.param_groups[0]["lr"]

    assert at(ours.SWALR) == pytest.approx(cosine(7, 20, 0.05))
    assert at(swa_utils.SWALR) == pytest.approx(cosine(1, 20, 0.05))


def test_an_epoch_given_to_multiplicative_lr_is_that_epoch() -> None:
    def at(room):
        driven = optimizer([1.0])
        room.MultiplicativeLR(driven, lambda t: 0.9).step(7)
        return driven.param_groups[0]["lr"]

    assert at(ours) == pytest.approx(0.9**7)
    assert at(theirs) == pytest.approx(0.9)


def test_a_function_without_attributes_can_be_saved() -> None:
    def state(room):
        return room.LambdaLR(optimizer([1.0]), math.cos).state_dict()

    assert state(ours)["lr_lambdas"] == [None]
    with pytest.raises(AttributeError):
        state(theirs)


def test_a_state_of_another_class_is_refused() -> None:
    state = ours.StepLR(optimizer([1.0]), 3).state_dict()
    theirs.CosineAnnealingLR(optimizer([1.0]), 3).load_state_dict(copy.deepcopy(state))
    with pytest.raises(ScheduleError, match="the state is of another class"):
        ours.CosineAnnealingLR(optimizer([1.0]), 3).load_state_dict(state)


def test_a_state_of_other_groups_is_refused() -> None:
    state = ours.StepLR(optimizer([1.0, 0.5]), 3).state_dict()
    theirs.StepLR(optimizer([1.0]), 3).load_state_dict(copy.deepcopy(state))
    with pytest.raises(ScheduleError, match="one entry for each of the 1 parameter groups"):
        ours.StepLR(optimizer([1.0]), 3).load_state_dict(state)


def test_a_sequence_refuses_the_state_of_other_phases() -> None:
    def make(room, count):
        driven = optimizer([1.0])
        return room.SequentialLR(driven, [room.StepLR(driven, 2) for _ in range(count)], list(range(2, count + 1)))

    state = make(ours, 2).state_dict()
    make(theirs, 3).load_state_dict(copy.deepcopy(state))
    for count in (1, 3):
        with pytest.raises(ScheduleError, match=f"must be of {count} schedulers, got 2"):
            make(ours, count).load_state_dict(state)


def test_a_sequence_refuses_the_states_of_other_schedulers() -> None:
    def make(room, *kinds):
        driven = optimizer([1.0])
        return room.SequentialLR(driven, [kind(room, driven) for kind in kinds], [2])

    def exponential(room, driven):
        return room.ExponentialLR(driven, 0.5)

    def cosine_annealing(room, driven):
        return room.CosineAnnealingLR(driven, 9)

    state = make(ours, exponential, cosine_annealing).state_dict()
    make(theirs, exponential, exponential).load_state_dict(copy.deepcopy(state))
    scheduler = make(ours, exponential, exponential)
    before = scheduler.state_dict()
    with pytest.raises(ScheduleError, match="the state is of another class"):
        scheduler.load_state_dict(state)
    assert scheduler.state_dict() == before


def test_a_composite_refuses_the_state_of_another_kind() -> None:
    def both(room):
        driven = optimizer([1.0])
        parts = [room.ExponentialLR(driven, 0.5), room.StepLR(driven, 2)]
        return room.ChainedScheduler(parts), room.SequentialLR(driven, parts, [3])

    for first, second in (both(theirs), both(theirs)[::-1]):
        first.load_state_dict(second.state_dict())
    for first, second in (both(ours), both(ours)[::-1]):
        with pytest.raises(ScheduleError, match="the state is of another class"):
            first.load_state_dict(second.state_dict())


def test_the_milestones_of_a_checkpoint_win_and_are_named() -> None:
    def make(room, milestone):
        driven = optimizer([1.0])
        return room.SequentialLR(driven, [room.StepLR(driven, 2), room.ExponentialLR(driven, 0.5)], [milestone])

    state = make(ours, 3).state_dict()
    make(theirs, 5).load_state_dict(copy.deepcopy(state))
    with pytest.warns(UserWarning, match=r"milestones replace those given: \[5\] -> \[3\]") as caught:
        make(ours, 5).load_state_dict(state)
    assert caught[0].filename == __file__


def test_what_is_shown_can_be_changed_without_harm() -> None:
    def harmed(room):
        scheduler = room.StepLR(optimizer([1.0]), 3)
        scheduler.get_last_lr()[0] = 99
        scheduler.state_dict()["base_lrs"][0] = 99
        return scheduler.get_last_lr()[0], scheduler.base_lrs[0]

    assert harmed(theirs) == (99, 99)
    assert harmed(ours) == (1.0, 1.0)


def test_a_group_that_is_added_follows_the_schedule_from_its_own_rate() -> None:
    def after(room):
        driven = optimizer([1.0])
        scheduler = room.LinearLR(driven, 0.1, 1.0, 10)
        rates(scheduler, 2)
        driven.add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))], "lr": 0.5})
        for _ in range(9):
            scheduler.step()
        return driven.param_groups[1]["lr"]

    assert after(ours) == 0.5
    assert after(theirs) > 1.5


@pytest.mark.parametrize("name", ["LambdaLR", "MultiplicativeLR", "CyclicLR", "OneCycleLR", "SWALR"])
def test_a_group_that_is_added_to_what_has_a_list_for_each_is_named(name: str) -> None:
    driven = optimizer([1.0])
    scheduler = SIMPLE[name](ours, driven)
    rates(scheduler, 2)
    before = scheduler.last_epoch
    driven.add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))], "lr": 0.5})
    for _ in range(2):
        with pytest.raises(ScheduleError, match="made for other parameter groups than the 2"):
            scheduler.step()
    assert scheduler.last_epoch == before


REFUSED: dict[str, Any] = {
    "StepLR": lambda room, o: room.StepLR(o, 0),
    "ExponentialLR": lambda room, o: room.ExponentialLR(o, "a"),
    "LambdaLR": lambda room, o: room.LambdaLR(o, lambda t: 1 / 0),
    "CyclicLR": lambda room, o: room.CyclicLR(o, 0.01, 1.0, mode="none"),
    "OneCycleLR": lambda room, o: room.OneCycleLR(o, 1.0, 10, base_momentum="a"),
    "SWALR": lambda room, o: getattr(room, "SWALR", swa_utils.SWALR)(o, 0.1, anneal_strategy="none"),
}


def is_changed_by(make: Any, driven: Any) -> bool:
    """Whether a constructor that raises leaves something behind in an optimizer."""

    def seen():
        groups = [{key: x for key, x in group.items() if key != "params"} for group in driven.param_groups]
        return copy.deepcopy(groups), driven.step, [id(group["lr"]) for group in groups]

    before = seen()
    with pytest.raises((ValueError, TypeError, ArithmeticError)):
        make(driven)
    return seen() != before


@pytest.mark.parametrize("dtype", [None, torch.float64], ids=["float", "tensor"])
@pytest.mark.parametrize("name", REFUSED)
def test_a_constructor_that_refuses_leaves_the_optimizer_as_it_was(name: str, dtype: Any) -> None:
    assert not is_changed_by(lambda o: REFUSED[name](ours, o), optimizer([1.0, 0.25], dtype))
    if name in ("CyclicLR", "LambdaLR", "SWALR"):
        assert is_changed_by(lambda o: REFUSED[name](theirs, o), optimizer([1.0, 0.25], dtype))


@pytest.mark.parametrize("dtype", [None, torch.float64], ids=["float", "tensor"])
@pytest.mark.parametrize("name", REFUSED)
def test_a_constructor_that_refuses_does_not_disturb_the_scheduler_in_force(name: str, dtype: Any) -> None:
    driven = optimizer([1.0, 0.25], dtype)
    scheduler = ours.ExponentialLR(driven, 0.5)
    assert rates(scheduler, 1) == [1.0, 0.5]
    assert not is_changed_by(lambda o: REFUSED[name](ours, o), driven)
    assert rates(scheduler, 1) == [0.5, 0.25]


def test_a_sequence_that_cannot_begin_leaves_the_optimizer_as_it_was() -> None:
    driven = optimizer([1.0])
    part = ours.LambdaLR(driven, lambda t: 1 / (5 - t))
    assert not is_changed_by(lambda o: ours.SequentialLR(o, [part], [], last_epoch=4), driven)


def test_the_warnings_of_this_page_are_the_only_ones() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for make in (SIMPLE | COMPOSITE).values():
            rates(make(ours, optimizer([1.0])), 5)
