"""States are JSON, are checked before they are used, and schedulers are values."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from braintools_samples import ALL, advance, driven, optim
from glidepath import Linear, ScheduleError, braintools

every = pytest.mark.parametrize("name", list(ALL))


def moved(name, epochs=7):
    scheduler = ALL[name]()
    for _ in range(epochs):
        advance(scheduler)
    return scheduler


@every
def test_a_state_is_json_and_has_the_entries_that_braintools_writes(name):
    state = moved(name).state_dict()
    assert json.loads(json.dumps(state, allow_nan=False)) == state
    assert (state["class"], state["version"], state["last_epoch"]) == (name, 1, 7)
    assert {"base_lrs", "current_lrs"} <= set(state)
    more = {
        "CosineAnnealingWarmRestarts": {"T_cur", "T_i"},
        "ReduceLROnPlateau": {"best", "num_bad_epochs", "cooldown_counter"},
        "ChainedScheduler": {"schedulers"},
        "SequentialLR": {"schedulers", "milestones", "current_scheduler_idx"},
    }
    assert more.get(name, set()) <= set(state)


@every
def test_a_state_shares_nothing_with_its_scheduler(name):
    scheduler = moved(name)
    state = scheduler.state_dict()
    before = json.dumps(state)
    advance(scheduler)
    scheduler.base_lrs[0] = 5.0
    assert json.dumps(state) == before


def refused(scheduler, state, message):
    """Loading it is an error, and changes nothing, in the optimizer either."""
    optimizer, _ = driven(scheduler)
    before, shown = copy.deepcopy(scheduler.state_dict()), optimizer.current_lr
    with pytest.raises(ScheduleError, match=message):
        scheduler.load_state_dict(state)
    assert scheduler.state_dict() == before
    assert optimizer.current_lr == shown


@every
def test_a_state_without_one_of_its_entries_is_refused(name):
    state = moved(name).state_dict()
    for missing in state:
        rest = {key: held for key, held in state.items() if key != missing}
        refused(ALL[name](), rest, missing)


@every
def test_a_state_of_another_class_is_refused(name):
    for other in ("StepLR", "ExponentialLR"):
        if other != name:
            refused(ALL[name](), moved(other).state_dict(), rf"{name}: state must (be one of a {name}|have)")


@every
@pytest.mark.parametrize(
    ("key", "held"),
    [
        ("last_epoch", "seven"),
        ("last_epoch", float("nan")),
        ("last_epoch", True),
        ("base_lrs", []),
        ("base_lrs", 0.1),
        ("base_lrs", [0.1, "fast"]),
        ("current_lrs", [float("inf")]),
        ("version", 2),
        ("speed", 0.5),
    ],
)
def test_a_state_that_cannot_be_right_is_refused_by_name(name, key, held):
    refused(ALL[name](), {**moved(name).state_dict(), key: held}, key)


@pytest.mark.parametrize("state", [None, [1], "state", 7], ids=repr)
def test_what_is_no_state_is_refused(state):
    refused(ALL["StepLR"](), state, "StepLR: state must be a dictionary")


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (lambda at: optim.MultiStepLR(milestones=[at]), "milestones"),
        (lambda at: optim.PiecewiseConstantSchedule(boundaries=[at], values=[1.0, 2.0]), "boundaries"),
        (lambda at: optim.SequentialLR([optim.StepLR(), optim.StepLR()], milestones=[at]), "milestones"),
    ],
    ids=["MultiStepLR", "PiecewiseConstantSchedule", "SequentialLR"],
)
def test_a_state_with_other_milestones_is_refused(make, key):
    refused(make(10), make(20).state_dict(), key)


@every
@pytest.mark.parametrize("key", ["base_lrs", "current_lrs"])
def test_a_state_whose_lists_do_not_fit_each_other_is_refused(name, key):
    state = moved(name).state_dict()
    rule = rf"{name}: state\['current_lrs'\] must be as long as base_lrs \({2 if key == 'base_lrs' else 1}\), got"
    refused(ALL[name](), {**state, key: state[key] * 2}, rule)


@pytest.mark.parametrize(
    ("saved", "loaded", "key"),
    [
        (optim.StepLR(gamma=0.5), optim.StepLR(gamma=0.1), "gamma"),
        (optim.CosineAnnealingLR(T_max=10), optim.CosineAnnealingLR(T_max=20), "T_max"),
        (optim.ExponentialDecayLR(end_value=0.1), optim.ExponentialDecayLR(), "end_value"),
        (optim.CyclicLR(mode="triangular2"), optim.CyclicLR(), "mode"),
        (optim.CyclicLR(max_lr=[0.1, 0.2]), optim.CyclicLR(max_lr=[0.1, 0.3]), "max_lrs"),
        (optim.PiecewiseConstantSchedule(values=[3, 2, 1]), optim.PiecewiseConstantSchedule(), "values"),
        (optim.ReduceLROnPlateau(patience=3), optim.ReduceLROnPlateau(), "patience"),
    ],
    ids=lambda x: x if isinstance(x, str) else type(x).__name__,
)
def test_a_state_of_other_arguments_is_refused_by_name(saved, loaded, key):
    refused(
        loaded, json.loads(json.dumps(saved.state_dict())), rf"state\['{key}'\] must be .*, as in the scheduler, got"
    )


def test_a_function_among_the_arguments_is_left_out_of_a_state():
    def cyclic():
        return optim.CyclicLR(scale_fn=lambda cycle: 1 / cycle)

    scheduler = cyclic()
    scheduler.step(5)
    state = json.loads(json.dumps(scheduler.state_dict()))
    assert "scale_fn" not in state
    resumed = cyclic()
    resumed.load_state_dict(state)
    assert resumed.get_lr() == scheduler.get_lr()


def test_a_base_rate_that_a_schedule_from_zero_cannot_be_scaled_to_is_refused_in_a_state():
    scheduler = braintools.scheduler(Linear(start=0.0, end=1.0, steps=4))
    refused(scheduler, {**scheduler.state_dict(), "base_lrs": [0.5]}, "base_lr must be 0")
    scheduler = optim.SequentialLR([optim.StepLR(0.0), optim.StepLR(0.1)], [2])
    refused(scheduler, {**scheduler.state_dict(), "base_lrs": [0.5]}, "base_lr must be 0")
    whole = optim.SequentialLR([optim.StepLR(0.2), optim.StepLR(0.1)], [2])
    scheduler.load_state_dict(whole.state_dict())
    assert scheduler.get_lr() == [0.2]


def test_a_state_with_another_number_of_parts_is_refused():
    state = ALL["ChainedScheduler"]().state_dict()
    state["schedulers"].pop()
    refused(ALL["ChainedScheduler"](), state, "2 schedulers, got 1")


def test_a_wrong_state_of_a_part_is_refused_and_named_and_no_part_has_changed():
    state = moved("SequentialLR").state_dict()
    del state["schedulers"][3]["base_lrs"]
    refused(ALL["SequentialLR"](), state, r"SequentialLR.schedulers\[3\]: state must have 'base_lrs'")


def test_a_wrong_state_in_that_of_an_optimizer_changes_nothing_there():
    scheduler = ALL["StepLR"]()
    optimizer, _ = driven(scheduler)
    state = optimizer.state_dict()
    state["step_count"] = 99
    del state["lr_scheduler"]["last_epoch"]
    with pytest.raises(ScheduleError, match=r"SGD.lr_scheduler: state must have 'last_epoch'"):
        optimizer.load_state_dict(state)
    assert optimizer.step_count.value == 0


def test_the_state_of_an_optimizer_that_a_scheduler_of_braintools_drove_is_loaded_as_ever():
    optimizer, _ = driven(ALL["StepLR"]())
    state = optimizer.state_dict()
    del state["lr_scheduler"]
    state["lr"] = state["param_groups"]["0"]["lr"] = 0.7
    optimizer.load_state_dict(state)
    assert optimizer.current_lr == 0.7


# Values --------------------------------------------------------------------------------------------------------------


@every
@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))], ids=["copy", "deepcopy", "pickle"]
)
def test_a_copy_is_equal_and_goes_its_own_way_without_the_optimizer(name, again):
    scheduler = moved(name)
    optimizer, _ = driven(scheduler)
    other = again(scheduler)
    assert other == scheduler
    assert hash(other) == hash(scheduler)
    assert other.optimizer is None
    shown = optimizer.current_lr
    other.step(*([1.0] if name == "ReduceLROnPlateau" else []), epoch=500)
    assert other != scheduler
    assert (scheduler.last_epoch.value, optimizer.current_lr) == (7, shown)
    assert other.last_epoch.value == 500


@every
def test_schedulers_are_compared_by_class_arguments_and_state(name):
    assert ALL[name]() == ALL[name]()
    assert moved(name) != ALL[name]()
    assert ALL[name]() != optim.StepLR(base_lr=3.0)
    assert ALL[name]() != "scheduler"


def test_an_argument_makes_a_difference():
    assert optim.StepLR(gamma=0.5) != optim.StepLR(gamma=0.6)
    assert optim.StepLR(base_lr=0.5) != optim.StepLR(base_lr=0.6)


def test_a_scheduler_shows_its_arguments_and_its_epoch():
    assert repr(moved("StepLR")) == "StepLR(base_lrs=[0.1], step_size=30, gamma=0.5, last_epoch=7)"


def test_a_scheduler_of_a_core_schedule_has_a_name_to_be_saved_under():
    scheduler = braintools.scheduler(Linear(start=1.0, end=0.0, steps=4))
    assert repr(scheduler).startswith("ScheduleLR(base_lrs=[1.0], schedules=[Linear(")
    assert scheduler.state_dict()["class"] == "ScheduleLR"
