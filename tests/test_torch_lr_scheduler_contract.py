"""What people rely on in torch's schedulers holds here: constructors, states, warnings, copies, subclasses."""

from __future__ import annotations

import copy
import gc
import inspect
import io
import math
import pickle
import random
import types
import warnings
import weakref
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler as theirs, swa_utils

from glidepath import ScheduleError
from glidepath.torch import lr_scheduler as ours
from torch_lr_scheduler_samples import ARGUMENTS, FACTORS, NAMES, factory, optimizer

pytestmark = pytest.mark.filterwarnings("ignore:The epoch parameter")


def pair(name: str, room: Any = ours, seed: int = 3, rates: tuple[float, ...] = (1.0, 0.25), **kw: Any) -> Any:
    """An optimizer and a scheduler of some configuration, the same for both rooms."""
    driven = optimizer(list(rates), **kw)
    return driven, factory(name, random.Random(seed), len(rates))(room, driven)


def go(driven: Any, scheduler: Any, steps: int) -> list[list[float]]:
    seen = []
    for k in range(steps):
        seen.append([float(group["lr"]) for group in driven.param_groups])
        driven.step()
        if isinstance(scheduler, theirs.ReduceLROnPlateau):
            scheduler.step(1.0 + k % 3)
        else:
            scheduler.step()
    return seen


@pytest.mark.parametrize("name", NAMES)
def test_constructors_take_what_those_of_torch_take(name: str) -> None:
    peer = swa_utils.SWALR if name == "SWALR" else getattr(theirs, name)
    wanted, got = inspect.signature(peer), inspect.signature(getattr(ours, name))
    assert [(p.name, p.default, p.kind) for p in got.parameters.values()] == [
        (p.name, p.default, p.kind) for p in wanted.parameters.values()
    ]


@pytest.mark.parametrize("name", NAMES)
def test_states_have_the_keys_of_those_of_torch(name: str) -> None:
    mine, peer = pair(name), pair(name, theirs)
    go(*mine, 5)
    go(*peer, 5)
    assert set(mine[1].state_dict()) == set(peer[1].state_dict())


@pytest.mark.parametrize("rooms", [(theirs, ours), (ours, theirs)], ids=["from torch", "to torch"])
@pytest.mark.parametrize("name", NAMES)
def test_a_checkpoint_of_one_goes_on_in_the_other(name: str, rooms: Any) -> None:
    one, other = pair(name, rooms[0]), pair(name, rooms[1])
    go(*one, 20)
    buffer = io.BytesIO()
    torch.save({"optimizer": one[0].state_dict(), "scheduler": one[1].state_dict()}, buffer)
    buffer.seek(0)
    state = torch.load(buffer, weights_only=False)
    other[0].load_state_dict(state["optimizer"])
    other[1].load_state_dict(state["scheduler"])
    for mine, wanted in zip(go(*other, 30), go(*one, 30), strict=True):
        assert mine == pytest.approx(wanted, rel=1e-11, abs=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_and_a_pickle_go_on_alike(name: str) -> None:
    driven, scheduler = pair(name)
    go(driven, scheduler, 12)
    copies = [copy.deepcopy((driven, scheduler))]
    if name not in ("LambdaLR", "MultiplicativeLR", "ChainedScheduler"):  # lambdas cannot be pickled
        copies.append(pickle.loads(pickle.dumps((driven, scheduler))))
    wanted = go(driven, scheduler, 12)
    for mine in copies:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for got, rates in zip(go(*mine, 12), wanted, strict=True):
                assert got == pytest.approx(rates, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_a_tensor_is_filled_and_never_replaced(name: str) -> None:
    driven, scheduler = pair(name, dtype=torch.float64)
    held = [group["lr"] for group in driven.param_groups]
    last = scheduler.get_last_lr()
    before = [rate.clone() for rate in last]
    go(driven, scheduler, 6)
    assert all(group["lr"] is tensor for group, tensor in zip(driven.param_groups, held, strict=True))
    assert last == before
    assert all(rate is not tensor for rate, tensor in zip(scheduler.get_last_lr(), held, strict=True))


def test_a_scheduler_before_the_first_update_is_warned_about() -> None:
    _, scheduler = pair("StepLR")
    with pytest.warns(UserWarning, match=r"`lr_scheduler.step\(\)` before `optimizer.step\(\)`"):
        scheduler.step()


def test_an_overridden_step_is_warned_about() -> None:
    driven, scheduler = pair("StepLR")
    driven.step = types.MethodType(lambda o: None, driven)
    driven.step()
    with pytest.warns(UserWarning, match=r"`optimizer.step\(\)` has been overridden"):
        scheduler.step()


def test_get_lr_outside_of_a_step_is_warned_about_and_depends_on_last_epoch_alone() -> None:
    driven, scheduler = pair("ExponentialLR")
    go(driven, scheduler, 3)
    with pytest.warns(UserWarning, match="please use `get_last_lr"):
        assert scheduler.get_lr() == scheduler.get_last_lr()
    scheduler.last_epoch += 1
    with pytest.warns(UserWarning, match="please use `get_last_lr"):
        assert scheduler.get_lr() == pytest.approx([scheduler.gamma * rate for rate in scheduler.get_last_lr()])


@pytest.mark.parametrize("name", [n for n in ARGUMENTS if n not in ("ReduceLROnPlateau", "MultiplicativeLR", "SWALR")])
def test_an_epoch_gives_the_rate_of_that_epoch(name: str) -> None:
    driven, scheduler = pair(name)
    peer = pair(name, theirs)
    driven.step()
    peer[0].step()
    for epoch in (7, 3, 3, 40):
        scheduler.step(epoch)
        peer[1].step(epoch)
        assert scheduler.last_epoch == epoch
        for mine, wanted in zip(driven.param_groups, peer[0].param_groups, strict=True):
            assert mine["lr"] == pytest.approx(wanted["lr"], rel=1e-12)


def test_initial_lr_is_needed_to_resume() -> None:
    with pytest.raises(KeyError, match="initial_lr"):
        ours.StepLR(optimizer([1.0]), 3, last_epoch=4)


def test_a_fresh_scheduler_goes_on_from_the_rate_it_finds() -> None:
    driven = optimizer([1.0])
    go(driven, ours.ExponentialLR(driven, 0.5), 3)
    scheduler = ours.ExponentialLR(driven, 0.9)
    assert scheduler.base_lrs == [1.0]
    assert go(driven, scheduler, 2) == [[0.125], [pytest.approx(0.1125)]]


def test_a_rate_set_by_hand_is_kept_by_those_that_scale_it() -> None:
    def seen(room):
        driven, scheduler = optimizer([1.0]), None
        scheduler = room.CosineAnnealingLR(driven, 10, 0.01)
        go(driven, scheduler, 3)
        driven.param_groups[0]["lr"] *= 0.1
        return go(driven, scheduler, 7)

    assert seen(ours) == [pytest.approx(rate, rel=1e-12) for rate in seen(theirs)]


def test_a_rate_set_by_hand_is_forgotten_by_those_that_set_it() -> None:
    driven = optimizer([1.0])
    scheduler = ours.LambdaLR(driven, lambda t: 0.5**t)
    driven.step()
    driven.param_groups[0]["lr"] = 7.0
    scheduler.step()
    assert driven.param_groups[0]["lr"] == 0.5


def test_a_changed_hyperparameter_counts_from_the_next_step() -> None:
    driven = optimizer([1.0])
    scheduler = ours.ExponentialLR(driven, 0.5)
    driven.step()
    scheduler.gamma = 0.1
    scheduler.step()
    assert driven.param_groups[0]["lr"] == pytest.approx(0.1)


def test_the_hyperparameters_of_a_checkpoint_win_and_are_named() -> None:
    state = ours.StepLR(optimizer([1.0]), 3, 0.1).state_dict()
    scheduler = ours.StepLR(optimizer([1.0]), 100, 0.9)
    with pytest.warns(UserWarning, match="step_size 100 -> 3, gamma 0.9 -> 0.1"):
        scheduler.load_state_dict(state)
    assert (scheduler.step_size, scheduler.gamma) == (3, 0.1)


def test_a_state_that_cannot_be_right_changes_nothing() -> None:
    _, scheduler = pair("CosineAnnealingLR")
    before = scheduler.state_dict()
    for wrong in ({"T_max": "x"}, {"last_epoch": None}, {"base_lrs": [1.0]}):
        with pytest.raises(ScheduleError):
            scheduler.load_state_dict({**before, **wrong})
        assert scheduler.state_dict() == before


def test_a_state_of_an_older_torch_loads() -> None:
    _, scheduler = pair("StepLR")
    state = {**scheduler.state_dict(), "verbose": False}
    del state["_is_initial"]
    scheduler.load_state_dict(state)


def test_an_older_state_of_one_cycle_loads() -> None:
    scheduler = ours.OneCycleLR(optimizer([1.0]), 1.0, 10)
    del scheduler._anneal_func_type
    state = {**scheduler.state_dict(), "anneal_func": theirs.OneCycleLR._annealing_linear}
    scheduler.load_state_dict(state)
    driven = scheduler.optimizer
    linear = ours.OneCycleLR(optimizer([1.0]), 1.0, 10, anneal_strategy="linear")
    assert go(driven, scheduler, 9)[1:] == go(linear.optimizer, linear, 9)[1:]


def test_no_reference_keeps_a_scheduler_or_an_optimizer_alive() -> None:
    gc.disable()
    try:
        driven = optimizer([1.0])
        scheduler = ours.LambdaLR(driven, lambda t: 1.0)
        go(driven, scheduler, 2)
        of_scheduler, of_optimizer = weakref.ref(scheduler), weakref.ref(driven)
        del scheduler
        assert of_scheduler() is None
        del driven
        assert of_optimizer() is None
    finally:
        gc.enable()


def test_a_subclass_with_its_own_get_lr_is_asked() -> None:
    class Halved(ours.LRScheduler):
        def get_lr(self):
            return [group["lr"] * (0.5 if self.last_epoch else 1) for group in self.optimizer.param_groups]

    class Doubled(ours.StepLR):
        def get_lr(self):
            return [2 * base for base in self.base_lrs]

    driven = optimizer([1.0])
    chain = ours.ChainedScheduler([Halved(driven), ours.ExponentialLR(driven, 0.1)])
    assert go(driven, chain, 3) == [[1.0], [pytest.approx(0.05)], [pytest.approx(0.0025)]]
    driven = optimizer([1.0])
    assert go(driven, Doubled(driven, 3), 2) == [[2.0], [2.0]]


@pytest.mark.parametrize("kind", ["SequentialLR", "ChainedScheduler"])
def test_composites_of_torch_work_around_these(kind: str) -> None:
    def seen(room):
        driven = optimizer([1.0])
        parts = [room.ConstantLR(driven, 0.1, 3), room.ExponentialLR(driven, 0.9)]
        made = theirs.SequentialLR(driven, parts, [3]) if kind == "SequentialLR" else theirs.ChainedScheduler(parts)
        return go(driven, made, 8)

    assert seen(ours) == [pytest.approx(rates) for rates in seen(theirs)]


def test_swa_takes_over_from_the_rate_that_it_finds() -> None:
    def seen(room, swa):
        driven = optimizer([1.0])
        before, after = room.MultiplicativeLR(driven, lambda t: 0.9), swa(driven, 0.05, 4)
        return go(driven, before, 5) + go(driven, after, 8)

    assert seen(ours, ours.SWALR) == [pytest.approx(rates) for rates in seen(theirs, swa_utils.SWALR)]


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda o: ours.StepLR(o, 0), "StepLR.step_size must be a positive"),
        (lambda o: ours.StepLR(o, 3, -0.1), "StepLR.gamma must be a finite number of at least 0"),
        (lambda o: ours.MultiStepLR(o, [2.5]), "MultiStepLR.milestones: each must be a whole number"),
        (lambda o: ours.ExponentialLR(o, float("nan")), "ExponentialLR.gamma"),
        (lambda o: ours.PolynomialLR(o, 0), "PolynomialLR.total_iters must be a positive"),
        (lambda o: ours.CosineAnnealingLR(o, 0), "CosineAnnealingLR.T_max must be a positive"),
        (lambda o: ours.CosineAnnealingLR(o, 5, "0"), "CosineAnnealingLR.eta_min must be a finite number"),
        (lambda o: ours.CyclicLR(o, 0.1, 1.0, 0), "CyclicLR.step_size_up must be a positive"),
        (lambda o: ours.CyclicLR(o, 0.1, float("nan")), "CyclicLR.max_lr must be a finite number"),
        (lambda o: ours.CyclicLR(o, 0.1, 1.0, scale_mode="steps"), "CyclicLR.scale_mode must be one of 'cycle'"),
        (lambda o: ours.CyclicLR(o, 0.1, 1.0, scale_fn=lambda x: math.nan), r"CyclicLR.scale_fn\(1\) must be a finite"),
        (lambda o: ours.OneCycleLR(o, -1.0, 10), "OneCycleLR.max_lr must be a finite number of at least 0, got -1.0"),
        (lambda o: ours.SWALR(o, float("nan")), "SWALR.swa_lr must be a finite number"),
        (lambda o: ours.ReduceLROnPlateau(o, min_lr=-1), "ReduceLROnPlateau.min_lr must be a finite number"),
        (lambda o: ours.OneCycleLR(o, 1.0, 10, div_factor=0.0), "OneCycleLR.div_factor must be a positive"),
        (lambda o: ours.LambdaLR(o, lambda t: float("inf")), "LambdaLR.lr_lambda at step 0 must be a finite number"),
        (lambda o: ours.ReduceLROnPlateau(o, patience=-1), "ReduceLROnPlateau.patience must be"),
    ],
)
def test_what_torch_takes_silently_is_named(make: Any, rule: str) -> None:
    with pytest.raises(ScheduleError, match=rule):
        make(optimizer([1.0]))


def test_an_integer_tensor_is_no_learning_rate() -> None:
    driven = optimizer([1.0])
    driven.param_groups[0]["lr"] = torch.tensor(1)
    with pytest.raises(ScheduleError, match="lr of parameter group 0 must be a number or a floating tensor"):
        ours.StepLR(driven, 3)


@pytest.mark.parametrize("name", FACTORS)
def test_schedulers_that_are_not_in_a_composite_multiply_too(name: str) -> None:
    driven, scheduler = pair(name)
    other = ours.ExponentialLR(driven, 0.5)
    peer = pair(name)
    for k in range(1, 6):
        driven.step()
        peer[0].step()
        other.step()
        scheduler.step()
        peer[1].step()
        for mine, alone in zip(driven.param_groups, peer[0].param_groups, strict=True):
            assert mine["lr"] == pytest.approx(alone["lr"] * 0.5**k, rel=1e-12)


def test_a_scheduler_made_anew_with_last_epoch_takes_the_place_of_the_one_before() -> None:
    driven = optimizer([1.0])
    before = ours.ExponentialLR(driven, 0.5)
    go(driven, before, 2)
    after = ours.ExponentialLR(driven, 0.5, last_epoch=1)
    assert after.get_last_lr() == before.get_last_lr() == [0.25]
    assert go(driven, after, 2) == [[0.25], [0.125]]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "CyclicLR"])
def test_a_scheduler_made_anew_takes_over_as_in_a_cell_that_is_run_again(name: str) -> None:
    def seen(room, first):
        driven, scheduler = pair(first, room)
        go(driven, scheduler, 5)
        scheduler = factory(name, random.Random(4), 2)(room, driven)  # the other one lives until here
        return go(driven, scheduler, 5)

    for first in (name, "ExponentialLR", "SWALR"):
        for mine, wanted in zip(seen(ours, first), seen(theirs, first), strict=True):
            assert mine == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_an_older_state_alone_takes_a_run_back(name: str) -> None:
    driven, scheduler = pair(name)
    states = []
    for _ in range(10):
        states.append((copy.deepcopy(scheduler.state_dict()), [group["lr"] for group in driven.param_groups]))
        go(driven, scheduler, 1)
    for k in (3, 0, 7):
        scheduler.load_state_dict(states[k][0])
        for wanted in (states[k][1], states[k + 1][1]):
            assert [group["lr"] for group in driven.param_groups] == pytest.approx(wanted, rel=1e-12)
            go(driven, scheduler, 1)


@pytest.mark.parametrize("name", NAMES)
def test_states_are_plain_data(name: str) -> None:
    driven, scheduler = pair(name)
    go(driven, scheduler, 3)
    buffer = io.BytesIO()
    torch.save(scheduler.state_dict(), buffer)
    buffer.seek(0)
    assert torch.load(buffer, weights_only=True) == scheduler.state_dict()


@pytest.mark.parametrize("dtype", [None, torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_attributes_have_the_names_and_types_of_those_of_torch(name: str, dtype: Any) -> None:
    (driven, mine), (peer_driven, peer) = (pair(name, room, dtype=dtype) for room in (ours, theirs))
    for one, other in ((driven, mine), (peer_driven, peer)):
        go(one, other, 3)
    assert {key: type(x) for key, x in vars(mine).items()} == {key: type(x) for key, x in vars(peer).items()}
    for group, wanted in zip(driven.param_groups, peer_driven.param_groups, strict=True):
        assert {key: type(x) for key, x in group.items()} == {key: type(x) for key, x in wanted.items()}
    for rate, wanted in zip(mine.get_last_lr(), peer.get_last_lr(), strict=True):
        assert type(rate) is type(wanted)
        assert getattr(rate, "dtype", None) == getattr(wanted, "dtype", None)


@pytest.mark.parametrize("name", NAMES)
def test_warnings_are_those_of_torch(name: str) -> None:
    def warned(room, what):
        driven, scheduler = pair(name, room)
        arguments = (1.0,) if name == "ReduceLROnPlateau" else ()
        if what != "early":
            driven.step()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                scheduler.step(*arguments, *((3,) if what == "epoch" else ()))
                scheduler.step(*arguments)
            except TypeError as error:  # the composites take no epoch
                return [str(error)]
        return [str(warning.message) for warning in caught]

    for what in ("early", "late", "epoch"):
        assert warned(ours, what) == warned(theirs, what)


def test_a_copy_that_was_never_stepped_writes_the_rates_that_it_loads() -> None:
    driven, scheduler = pair("ExponentialLR")
    start = copy.deepcopy((driven, scheduler))
    go(driven, scheduler, 4)
    start[1].load_state_dict(scheduler.state_dict())
    assert [group["lr"] for group in start[0].param_groups] == [group["lr"] for group in driven.param_groups]


def test_a_change_by_hand_in_one_group_is_noticed_in_all_orders() -> None:
    for index in range(3):
        driven = optimizer([1.0, 0.5, 0.25])
        scheduler = ours.ExponentialLR(driven, 0.5)
        go(driven, scheduler, 1)
        driven.param_groups[index]["lr"] = 8.0
        go(driven, scheduler, 1)
        wanted = [0.25, 0.125, 0.0625]
        wanted[index] = 4.0
        assert [group["lr"] for group in driven.param_groups] == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("loads_optimizer_first", [True, False])
def test_a_rate_set_by_hand_survives_a_checkpoint(loads_optimizer_first: bool) -> None:
    driven = optimizer([1.0])
    scheduler = ours.ExponentialLR(driven, 0.5)
    go(driven, scheduler, 2)
    driven.param_groups[0]["lr"] = 0.1
    go(driven, scheduler, 1)
    of_optimizer, of_scheduler = copy.deepcopy(driven.state_dict()), scheduler.state_dict()
    other = optimizer([1.0])
    if loads_optimizer_first:
        other.load_state_dict(of_optimizer)
    resumed = ours.ExponentialLR(other, 0.5)
    if not loads_optimizer_first:
        other.load_state_dict(of_optimizer)
    resumed.load_state_dict(of_scheduler)
    assert go(other, resumed, 2) == [[pytest.approx(0.05)], [pytest.approx(0.025)]]


def test_a_chain_takes_whatever_can_be_stepped() -> None:
    class Halver:
        def __init__(self, driven: Any) -> None:
            self.optimizer = driven

        def step(self) -> None:
            for group in self.optimizer.param_groups:
                group["lr"] *= 0.5

    driven = optimizer([1.0])
    chain = ours.ChainedScheduler([ours.ExponentialLR(driven, 0.1), Halver(driven)])
    assert go(driven, chain, 3) == [[1.0], [pytest.approx(0.05)], [pytest.approx(0.0025)]]
    assert chain.get_last_lr() == [pytest.approx(0.000125)]
