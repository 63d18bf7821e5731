"""What the torch Scheduler cannot do is refused by name, and nothing has changed then: no value, step or hook."""

from __future__ import annotations

import copy
import json
import math
import random
from contextlib import contextmanager

import numpy as np
import pytest
import torch

import glidepath
from glidepath import ScheduleError
from glidepath.torch import Scheduler

POLICIES = ["strict", "config", "checkpoint", "rebase"]

FALL = glidepath.Linear(start=0.5, end=0.0, steps=10)
BELOW_0 = glidepath.Linear(start=0.4, end=-0.6, steps=10)
COSINE = glidepath.Cosine(start=0.1, end=0.01, steps=20)

#: What `training` drives.
DRIVEN = {"lr": {"backbone": FALL, "head": COSINE}, "weight_decay": FALL, "betas": (None, FALL)}


def turning(at_step, into):
    """A schedule that is 0.25 up to some step, and what ``into()`` gives from then on."""
    return glidepath.Custom(function=lambda t: 0.25 if t < at_step else into())


def adamw(tensor=False, **more):
    """An optimizer with two groups, ``backbone`` and ``head``."""
    groups = [
        {"params": [torch.zeros(2)], "name": "backbone", "lr": torch.tensor(0.1) if tensor else 0.1, **more},
        {"params": [torch.zeros(3), torch.zeros(1)], "name": "head", "lr": torch.tensor(0.2) if tensor else 0.2},
    ]
    return torch.optim.AdamW(groups, lr=torch.tensor(0.3) if tensor else 0.3)


def training(tensor=False, **options):
    """An optimizer and its scheduler, some steps into a run."""
    optimizer = adamw(tensor)
    scheduler = Scheduler(optimizer, **{**DRIVEN, **options})
    scheduler.step(n=3)
    return optimizer, scheduler


def numbers(held):
    """What an optimizer holds, in a form that can be compared: which tensor, and its numbers."""
    if isinstance(held, torch.Tensor):
        return id(held), str(held.dtype), held.tolist()
    if isinstance(held, list | tuple):
        return type(held), [numbers(x) for x in held]
    return {key: numbers(x) for key, x in held.items()} if isinstance(held, dict) else held


def everything(optimizer):
    """All that an optimizer is: its groups, its state, and the hooks on it."""
    hooks = {name: list(held) for name, held in vars(optimizer).items() if "hooks" in name}
    return numbers(optimizer.param_groups), numbers(dict(optimizer.state)), hooks, sorted(vars(optimizer))


def holds_its_values(scheduler):
    return scheduler.values() == pytest.approx(scheduler.schedule_at(scheduler.last_epoch), rel=1e-6)


@contextmanager
def refused(message, optimizer, scheduler=None):
    """A block must raise a `ScheduleError` that begins with ``message``, and change nothing. Gives the error."""
    before = copy.deepcopy(everything(optimizer)), scheduler and copy.deepcopy(scheduler.state_dict())
    with pytest.raises(ScheduleError) as caught:
        yield caught
    assert str(caught.value).startswith(message), str(caught.value)
    assert (everything(optimizer), scheduler and scheduler.state_dict()) == before
    if scheduler is not None:
        assert holds_its_values(scheduler)


# A new scheduler ----------------------------------------------------------------------------------------------

HEAD = "parameter group 'head'"
BACK = "parameter group 'backbone'"

NEW = [
    ({}, "Scheduler needs a hyperparameter to drive"),
    *(({"lr": bad}, "lr must be a schedule or a number, got") for bad in ("0.1", None, True, object(), {1, 2}, abs)),
    *(({"lr": bad}, "Constant.value must be a finite number, got") for bad in (math.nan, math.inf)),
    ({"lr": -0.1}, f"lr of {BACK} at step 0 must be a finite number of at least 0, got -0.1"),
    ({"lr": {"head": -0.1}}, f"lr of {HEAD} at step 0 must be a finite number of at least 0, got -0.1"),
    ({"weight_decay": -0.1}, f"weight_decay of {BACK} at step 0 must be"),
    ({"betas": (None, -0.1)}, f"betas[1] of {BACK} at step 0 must be"),
    ({"lr": glidepath.Custom(function=lambda t: math.nan)}, f"lr of {BACK} at step 0 must be"),
    *(
        ({"lr": glidepath.Constant(value=array)}, "lr must be a schedule of plain numbers, got one that holds")
        for array in (np.array([0.1, 0.2]), torch.tensor(0.1))
    ),
    ({"lr": {"heads": 0.1}}, "lr: unknown parameter group 'heads'; did you mean 'head'? (known: backbone, head)"),
    ({"lr": {2: 0.1}}, "lr: there is no parameter group 2: there are 2 parameter groups, counted from 0"),
    ({"lr": {-1: 0.1}}, "lr: there is no parameter group -1"),
    ({"lr": {"head": 0.1, 1: 0.2}}, "lr must be a mapping that names each parameter group once"),
    ({"lr": {}}, "lr must be a schedule, a number, or a mapping with at least one parameter group"),
    *(({"lr": {bad: 0.1}}, "lr: each parameter group must be a name or an index") for bad in (1.0, True, None)),
    ({"lr": {"head": "0.1"}}, "lr['head'] must be a schedule or a number, got '0.1'"),
    ({"lrr": 0.1}, "the parameter groups: unknown hyperparameter 'lrr'; did you mean 'lr'?"),
    (
        {"momentum": 0.9},
        "the parameter groups: unknown hyperparameter 'momentum' (known: betas, eps, lr, weight_decay)",
    ),
    ({"momentum": {"head": 0.9}}, f"{HEAD}: unknown hyperparameter 'momentum'"),
    ({"amsgrad": 0.9}, f"amsgrad of {BACK} must be a number to be driven"),
    ({"foreach": 0.9}, f"foreach of {BACK} must be a number to be driven"),
    ({"name": 0.9}, f"name of {BACK} must be a number to be driven"),
    *(({"params": bad}, f"{BACK}: unknown hyperparameter 'params'") for bad in (0.9, (0.5,))),
    ({"betas": 0.9}, f"betas of {BACK} has 2 elements: drive them with betas=(..., ...)"),
    ({"betas": (0.9, 0.9, 0.9)}, f"betas of {BACK} has 2 elements, but 3 are given"),
    ({"betas": (None, None)}, "betas must be a tuple with a schedule or a number for at least one element"),
    ({"betas": (None, "0.9")}, "betas[1] must be a schedule or a number, got '0.9'"),
    ({"lr": (0.1, 0.2)}, f"lr of {BACK} must be a tuple, since a tuple of schedules is to drive it, got 0.1"),
    ({"lr": 0.1, "resume": "stric"}, "resume must be one of 'strict', 'config', 'checkpoint', 'rebase', got 'stric'"),
    ({"lr": 0.1, "resume": None}, "resume must be one of"),
    ({"lr": 0.1, "resume": []}, "resume must be one of"),
    ({"lr": 0.1, "clock": "epochs"}, "clock must be one of 'updates', 'tokens', 'samples', got 'epochs'"),
    ({"lr": 0.1, "relative": 1}, "relative must be True or False, got 1"),
    ({"lr": 0.1, "gate": None}, "gate must be True or False, got None"),
    ({"lr": 0.1, "plateau": 0.5}, "plateau must be a glidepath.Plateau, got 0.5"),
]


@pytest.mark.parametrize(("given", "message"), NEW, ids=[f"{'-'.join(g)}-{i}" for i, (g, _) in enumerate(NEW)])
def test_what_a_new_scheduler_cannot_drive_is_refused_by_name(given, message):
    optimizer = adamw()
    with refused(message, optimizer):
        Scheduler(optimizer, **given)


def test_a_schedule_given_without_a_name_is_refused():
    optimizer = adamw()
    with refused("say by name what to drive, Scheduler(optimizer, lr=...), got Linear", optimizer):
        Scheduler(optimizer, FALL)


def test_the_groups_of_an_optimizer_that_have_no_names_are_not_found_by_name():
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    with refused("lr: there is no parameter group named 'head': none has a name", optimizer):
        Scheduler(optimizer, lr={"head": 0.1})
    with refused("lr: there is no parameter group 1: there is one parameter group, counted from 0", optimizer):
        Scheduler(optimizer, lr={1: 0.1})


def test_a_name_that_two_groups_have_is_refused():
    optimizer = torch.optim.SGD([{"params": [torch.zeros(1)], "name": "body"} for _ in range(2)], lr=0.1)
    with refused("lr: 2 parameter groups are named 'body': use the index of one", optimizer):
        Scheduler(optimizer, lr={"body": 0.1})


@pytest.mark.parametrize(
    ("rate", "message"),
    [
        (torch.tensor(1), "lr of parameter group 0 must be a tensor of floating point to be driven, got"),
        (torch.tensor([0.1, 0.2]), "lr of parameter group 0 must be a tensor of one number to be driven, got"),
        (torch.tensor(1j), "lr of parameter group 0 must be a tensor of floating point to be driven, got"),
        ("0.1", "lr of parameter group 0 must be a number to be driven"),
        (None, "lr of parameter group 0 must be a number to be driven"),
    ],
    ids=str,
)
def test_a_group_that_holds_what_cannot_be_written_to_is_refused(rate, message):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    optimizer.param_groups[0]["lr"] = rate
    with refused(message, optimizer):
        Scheduler(optimizer, lr=FALL)


@pytest.mark.parametrize("scale", [-1.0, math.nan, math.inf, "2", None, True])
def test_a_scale_of_a_group_that_is_no_factor_is_refused(scale):
    optimizer = adamw(lr_scale=scale)
    with refused(f"lr_scale of {BACK} must be a finite number of at least 0, got", optimizer):
        Scheduler(optimizer, lr=FALL)


@pytest.mark.parametrize("start", [-0.1, math.nan, "0.1", None])
def test_a_starting_value_that_cannot_be_multiplied_is_refused(start):
    optimizer = adamw(initial_lr=start)
    with refused(f"lr of {BACK} must be a finite number of at least 0, got", optimizer):
        Scheduler(optimizer, lr=FALL, relative=True)


@pytest.mark.parametrize(
    "bad",
    [None, 0.1, [], (), [None], torch.zeros(1), [adamw(), 3], torch.optim.AdamW, iter([])],
    ids=["None", "number", "list", "tuple", "None in a list", "tensor", "number in a list", "class", "iterator"],
)
def test_what_is_no_optimizer_is_refused(bad):
    with pytest.raises(ScheduleError, match=r"^optimizer must be a torch.optim.Optimizer, or a sequence of them, got "):
        Scheduler(bad, lr=0.1)


def test_an_optimizer_that_is_given_twice_is_refused():
    optimizer = adamw()
    with refused("optimizer must be a sequence that holds each optimizer once", optimizer):
        Scheduler([optimizer, optimizer], lr=0.1)


def test_where_the_second_optimizer_lacks_a_hyperparameter_the_first_is_left_alone():
    first, second = torch.optim.SGD([torch.zeros(1)], lr=0.1), torch.optim.AdamW([torch.zeros(1)])
    before = copy.deepcopy(everything(first))
    with refused("parameter group 1: unknown hyperparameter 'momentum'", second):
        Scheduler([first, second], momentum={0: 0.5, 1: 0.5})
    assert everything(first) == before


# Steps --------------------------------------------------------------------------------------------------------

STEPS = [
    (lambda s: s.step(3), "step(3) would be an epoch in torch: say step(n=...)"),
    (lambda s: s.step(epoch=0), "step(0) would be an epoch in torch"),
    *((lambda s, n=n: s.step(n=n), "n must be a non-negative integer") for n in (-1, 1.0, True, "1", math.nan, 2**53)),
    (lambda s: s.step(n=2**53 - 2), "step must be a non-negative integer of at most 2**53 - 1, got"),
    (lambda s: s.step(n=1, tokens=2), "step() takes one of n, tokens"),
    (lambda s: s.step(tokens=5), 'this scheduler counts updates: for tokens, make it with clock="tokens"'),
    (lambda s: s.step(samples=5), "this scheduler counts updates: for samples"),
    (lambda s: s.step(metric=1.0), "step(metric=...) needs a plateau"),
    *(
        (lambda s, k=k: s.set_step(k), "step must be a non-negative integer of at most 2**53 - 1, got")
        for k in (-1, 2**53, 1.5, None, "3", True, np.int64(3), torch.tensor(3))
    ),
    (lambda s: s.schedule_at(-1), "step must be a non-negative integer"),
]


@pytest.mark.parametrize("tensor", [False, True], ids=["float", "tensor"])
@pytest.mark.parametrize(("go", "message"), STEPS, ids=[str(i) for i in range(len(STEPS))])
def test_a_step_that_is_none_is_refused(go, message, tensor):
    optimizer, scheduler = training(tensor)
    with refused(message, optimizer, scheduler):
        go(scheduler)


def test_a_clock_of_tokens_must_be_told_how_many():
    optimizer, scheduler = training(clock="tokens")
    with refused("this scheduler counts tokens: say how many, step(tokens=...)", optimizer, scheduler):
        scheduler.step()
    with refused("tokens must be a non-negative integer", optimizer, scheduler):
        scheduler.step(tokens=0.5)


@pytest.mark.parametrize("bad", ["1.0", True, [1.0], torch.tensor([1.0, 2.0]), torch.tensor(True)], ids=str)
def test_a_metric_that_is_no_number_is_refused(bad):
    optimizer, scheduler = training(plateau=glidepath.Plateau(patience=0))
    scheduler.step(metric=1.0)
    with refused("", optimizer, scheduler):
        scheduler.step(metric=bad)


@pytest.mark.parametrize("tensor", [False, True], ids=["float", "tensor"])
@pytest.mark.parametrize("alone", [False, True], ids=["beside others", "alone"])
@pytest.mark.parametrize("bad", [-0.25, math.nan, math.inf, -1e-300])
def test_a_value_that_is_negative_or_not_finite_is_refused_at_its_step_and_none_is_written(bad, alone, tensor):
    turns = turning(5, lambda: bad)
    driven = {"lr": turns} if alone else {"weight_decay": FALL, "lr": {"head": turns, "backbone": FALL}}
    optimizer = adamw(tensor)
    scheduler = Scheduler(optimizer, gate=False, **driven)
    scheduler.step(n=3)
    scheduler.step()
    message = f"lr of {BACK if alone else HEAD} at step 5 must be a finite number of at least 0, got {bad}"
    for go in (scheduler.step, lambda: scheduler.step(n=1), lambda: scheduler.set_step(5)):
        with refused(message, optimizer, scheduler):
            go()
    with refused(f"lr of {BACK if alone else HEAD} at step 9 must be", optimizer, scheduler):
        scheduler.schedule_at(9)


def test_an_error_inside_of_a_formula_leaves_everything_as_it_was():
    optimizer = adamw()
    scheduler = Scheduler(optimizer, gate=False, weight_decay=FALL, lr=turning(1, lambda: 1 / 0))
    before = copy.deepcopy(everything(optimizer)), scheduler.state_dict()
    with pytest.raises(ZeroDivisionError):
        scheduler.step()
    assert (everything(optimizer), scheduler.state_dict()) == before


# Parameter groups that come and go ----------------------------------------------------------------------------


def test_a_new_group_that_cannot_be_driven_is_refused_before_the_next_update():
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    scheduler = Scheduler(optimizer, lr=FALL)
    scheduler.step(n=2)
    optimizer.add_param_group({"params": [torch.zeros(1)], "lr_scale": -1.0})
    before = numbers(optimizer.param_groups)
    for go in (optimizer.step, optimizer.step):
        with pytest.raises(
            ScheduleError, match=r"^lr_scale of parameter group 1 must be a finite number of at least 0"
        ):
            go()
    assert numbers(optimizer.param_groups) == before
    assert scheduler.last_epoch == 2
    optimizer.param_groups[1]["lr_scale"] = 0.5
    optimizer.step()
    assert [group["lr"] for group in optimizer.param_groups] == [FALL(2), FALL(2) * 0.5]


# States -------------------------------------------------------------------------------------------------------


def load(scheduler, state):
    scheduler.load_state_dict(state)


def with_segments(state, change):
    """A copy of a state, with its segments changed in place by a function."""
    segments = json.loads(state["segments"])
    change(segments)
    return {**state, "segments": json.dumps(segments)}


def configured(**changes):
    return lambda segments: segments[-1]["configuration"].update(changes)


DAMAGED = [
    (lambda s: None, "the state must be a mapping, from state_dict(), got None"),
    (lambda s: [s], "the state must be a mapping"),
    (lambda s: json.dumps(s), "the state must be a mapping"),
    (lambda s: {}, "the state is not of a Scheduler: its keys are none"),
    (lambda s: {"param_groups": [], "state": {}}, "the state is not of a Scheduler: its keys are param_groups, state"),
    *(
        (lambda s, k=key: {x: held for x, held in s.items() if x != k}, f"the state has lost {key!r}")
        for key in ("step", "segments", "metric")
    ),
    (lambda s: s | {"gamma": 0.1}, "the state has a key 'gamma', which no Scheduler writes"),
    *((lambda s, v=v: s | {"version": v}, "version of the state must be 1") for v in (2, 0, "1", None)),
    *(
        (lambda s, k=k: s | {"step": k}, "step of the state must be a non-negative integer")
        for k in (-2, 3.0, "3", None, True, torch.tensor(3))
    ),
    *(
        (lambda s, text=text: s | {"segments": text}, "the state is damaged: ")
        for text in ("", "[", "[]", "{}", "null", "3", '"x"', "[1]", "[{}]", '[{"start": 0}]', None, 3, [], "[" * 9999)
    ),
    *(
        (lambda s, text=text: s | {"metric": text}, "the state is damaged: ")
        for text in ("", "{", "[]", "3", "{}", None, '{"factor": 1}')
    ),
    (lambda s: s | {"segments": s["segments"][:-1]}, "the state is damaged: "),
    (lambda s: s | {"segments": s["segments"][: len(s["segments"]) // 2]}, "the state is damaged: "),
    *(
        (lambda s, x=x: with_segments(s, lambda segments: segments[0].update(start=x)), "the state is damaged: ")
        for x in (4, -1, 0.5, None, "0", True)
    ),
    (lambda s: with_segments(s, lambda segments: segments[0].update(end=3)), "the state is damaged: "),
    (lambda s: with_segments(s, lambda segments: segments[0].update(configuration=[])), "the state is damaged: "),
    *(
        (lambda s, change=change: with_segments(s, configured(**change)), "the state is damaged: ")
        for change in (
            {"clock": "epochs"},
            {"relative": 1},
            {"hyperparameters": []},
            {"hyperparameters": {}},
            {"hyperparameters": {"lr": 3}},
            {"hyperparameters": {"lr": {"kind": "Linear"}}},
            {"hyperparameters": {"lr": {"kind": "Lineal", "start": 1, "end": 0, "steps": 3}}},
            {"hyperparameters": {"lr": {"kind": "Linear", "start": 1, "end": 0, "steps": -3}}},
            {"hyperparameters": {"lr": {"kind": "Constant", "value": math.nan}}},
            {"hyperparameters": {"lr": {"by_group": 3}}},
            {"plateau": {"kind": "Plateau", "factor": 2}},
            {"plateau": 3},
            {"groups": 3},
            {"groups": [{"name": None, "scale": -1.0, "bases": {}}] * 2},
            {"groups": [{"name": None, "scale": 1.0, "bases": {"lr": "x"}}] * 2},
            {"groups": [{"scale": 1.0}] * 2},
        )
    ),
]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("damage", "message"), DAMAGED, ids=[str(i) for i in range(len(DAMAGED))])
def test_a_damaged_state_is_refused_under_every_policy(damage, message, policy):
    _, saved = training()
    optimizer, scheduler = training(resume=policy)
    with refused(message, optimizer, scheduler):
        load(scheduler, damage(saved.state_dict()))


@pytest.mark.parametrize("policy", POLICIES)
def test_a_state_cut_or_edited_anywhere_is_loaded_whole_or_refused(policy):
    rng = random.Random(policy)
    _, saved = training()
    text = json.dumps(saved.state_dict())
    optimizer, scheduler = training(True, resume=policy)
    was_refused = 0
    for _ in range(120):
        at, kind = rng.randrange(len(text)), rng.random()
        if kind < 0.3:
            edited = text[:at] + text[at + rng.randrange(1, 30) :]
        elif kind < 0.8:
            edited = text[:at] + rng.choice(list('0-1e9.x"{}[],:\\ntfN')) + text[at + 1 :]
        else:
            words = ["null", "true", "-1", "NaN", "1e999", "{}", "[]", '\\"x\\"', "0.5", "99999999999999999999"]
            edited = text[:at] + rng.choice(words) + text[at + rng.randrange(8) :]
        try:
            state = json.loads(edited)
        except ValueError:
            continue
        before = everything(optimizer), scheduler.state_dict()
        try:
            scheduler.load_state_dict(state)
        except ScheduleError:
            was_refused += 1
            assert (everything(optimizer), scheduler.state_dict()) == before, edited
        assert holds_its_values(scheduler), edited
    assert was_refused > 20


@pytest.mark.parametrize("policy", POLICIES)
def test_a_step_beyond_all_counting_is_refused(policy):
    _, saved = training()
    optimizer, scheduler = training(resume=policy)
    for step in (2**53, 10**30, 10**400):
        with refused("step of the state must be", optimizer, scheduler):
            load(scheduler, saved.state_dict() | {"step": step})


CHANGES = {
    "lr['backbone'].end: 0.0 in the state, 0.125 here": {"lr": {"backbone": FALL.replace(end=0.125), "head": COSINE}},
    "lr['head']: Cosine in the state, Linear here": {"lr": {"backbone": FALL, "head": FALL}},
    "weight_decay: Linear in the state, Cosine here": {"weight_decay": COSINE},
    "betas[1].steps: 10 in the state, 11 here": {"betas": (None, FALL.replace(steps=11))},
    "relative: False in the state, True here": {"relative": True},
    "eps: not given in the state, Constant here": {"eps": 1e-8},
    "plateau: not given in the state, Plateau here": {"plateau": glidepath.Plateau()},
}


@pytest.mark.parametrize("line", CHANGES)
def test_strict_refuses_another_configuration_and_names_the_field(line):
    _, saved = training()
    optimizer, scheduler = training(**CHANGES[line])
    with refused("the state was written under another configuration:\n", optimizer, scheduler) as caught:
        load(scheduler, saved.state_dict())
    assert f"\n  {line}\n" in str(caught.value)


def test_strict_lists_every_difference():
    _, saved = training()
    optimizer = adamw(lr_scale=0.5)
    scheduler = Scheduler(optimizer, lr=FALL, weight_decay=FALL.replace(steps=12, start=1.0), relative=True)
    with refused("the state was written under another configuration", optimizer, scheduler) as caught:
        load(scheduler, saved.state_dict())
    for field in ("lr", "weight_decay.steps: 10", "weight_decay.start: 0.5", "betas", "relative", "scale: 1.0"):
        assert f"  {field}" in str(caught.value) or f".{field}" in str(caught.value)


@pytest.mark.parametrize("policy", ["strict", "checkpoint"])
def test_the_state_of_another_number_of_groups_is_refused(policy):
    one = torch.optim.AdamW([torch.zeros(1)], lr=0.1)
    saved = Scheduler(one, lr=FALL)
    optimizer = adamw()
    scheduler = Scheduler(optimizer, lr=FALL, resume=policy)
    with refused("the state ", optimizer, scheduler) as caught:
        load(scheduler, saved.state_dict())
    listed = {
        "strict": "groups: 1 in the state, 2 here",
        "checkpoint": "of 1 parameter groups, but the optimizer has 2",
    }
    assert listed[policy] in str(caught.value)
    back = Scheduler(one, lr=FALL, resume=policy)
    with refused("the state ", one, back):
        load(back, scheduler.state_dict())


@pytest.mark.parametrize("policy", POLICIES)
def test_a_saved_group_name_that_the_optimizer_lacks_is_refused_or_not_needed(policy):
    _, saved = training()
    optimizer = torch.optim.AdamW([{"params": [torch.zeros(1)]} for _ in range(2)], lr=0.1)
    scheduler = Scheduler(optimizer, lr=FALL, resume=policy)
    if policy in ("config", "rebase"):
        scheduler.load_state_dict(saved.state_dict())
        assert scheduler.last_epoch == 3
    else:
        with refused("", optimizer, scheduler):
            load(scheduler, saved.state_dict())


def test_a_saved_hyperparameter_that_the_optimizer_lacks_is_refused_by_name():
    _, saved = training()
    groups = [{"params": [torch.zeros(1)], "name": name} for name in ("backbone", "head")]
    optimizer = torch.optim.SGD(groups, lr=0.1)
    scheduler = Scheduler(optimizer, lr=FALL, resume="checkpoint")
    with refused("the parameter groups: unknown hyperparameter 'betas'", optimizer, scheduler):
        load(scheduler, saved.state_dict())


@pytest.mark.parametrize("policy", POLICIES)
def test_the_state_of_another_clock_is_refused(policy):
    _, saved = training(clock="tokens")
    optimizer, scheduler = training(resume=policy)
    if policy == "checkpoint":
        scheduler.load_state_dict(saved.state_dict())
        scheduler.step(tokens=2)
        assert scheduler.last_epoch == 5
    else:
        with refused("the state ", optimizer, scheduler):
            load(scheduler, saved.state_dict())


@pytest.mark.parametrize("policy", ["strict", "config", "checkpoint"])
def test_a_state_whose_values_cannot_be_written_is_refused(policy):
    plateau = glidepath.Plateau(factor=0.5, patience=0)
    saved = Scheduler(adamw(), lr=BELOW_0, plateau=plateau)
    saved.step(n=3)
    for _ in range(2):
        saved.step(metric=1.0)
    optimizer = adamw()
    mine = FALL if policy == "checkpoint" else BELOW_0
    scheduler = Scheduler(optimizer, lr=mine, plateau=plateau, resume=policy)
    with refused(f"lr of {BACK} at step 7 must be a finite number of at least 0, got -0.1", optimizer, scheduler):
        load(scheduler, saved.state_dict() | {"step": 7})


def torch_states():
    """States of torch's own schedulers and of others, with a counter in them."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    theirs = torch.optim.lr_scheduler
    return {
        "StepLR": theirs.StepLR(optimizer, 3).state_dict(),
        "LambdaLR": theirs.LambdaLR(optimizer, lambda t: 0.9**t).state_dict(),
        "SequentialLR": theirs.SequentialLR(
            optimizer, [theirs.ConstantLR(optimizer), theirs.ExponentialLR(optimizer, 0.9)], [2]
        ).state_dict(),
        "ReduceLROnPlateau": theirs.ReduceLROnPlateau(optimizer).state_dict(),
        "torchtitan": {"last_epoch": 3},
    }


@pytest.mark.parametrize("name", torch_states())
@pytest.mark.parametrize("policy", ["strict", "checkpoint"])
def test_the_state_of_another_class_is_refused_where_it_would_have_to_be_compared(policy, name):
    optimizer, scheduler = training(resume=policy)
    with refused("the state is of another scheduler and holds a step but no schedule to compare", optimizer, scheduler):
        load(scheduler, torch_states()[name])


@pytest.mark.parametrize("policy", ["config", "rebase"])
@pytest.mark.parametrize("step", [-1, 2.5, None, "3", True, 2**53])
def test_a_counter_that_is_none_is_refused(policy, step):
    optimizer, scheduler = training(resume=policy)
    with refused("last_epoch of the state must be a non-negative integer", optimizer, scheduler):
        load(scheduler, {"last_epoch": step})


@pytest.mark.parametrize("policy", POLICIES)
def test_the_state_of_an_optimizer_or_of_a_chain_is_refused(policy):
    optimizer, scheduler = training(resume=policy)
    chain = torch.optim.lr_scheduler.ChainedScheduler([torch.optim.lr_scheduler.StepLR(adamw(), 3)])
    for state in (optimizer.state_dict(), chain.state_dict()):
        with refused("the state is not of a Scheduler: its keys are ", optimizer, scheduler):
            load(scheduler, state)
