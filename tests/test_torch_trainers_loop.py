"""The scheduler in loops written by hand: every update uses the closed form's rate, whatever the loop does."""

from __future__ import annotations

import copy
import io
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
import torch

from glidepath import Constant, Linear
from glidepath.torch import Scheduler
from torch_trainers import SCHEDULE, TOTAL, Rates, by_hand, loss_of, network, rates, train

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

SGD, AdamW = torch.optim.SGD, torch.optim.AdamW

OPTIMIZERS = {
    "SGD": lambda p: SGD(p, lr=1.0, momentum=0.9),
    "AdamW": lambda p: AdamW(p, lr=1.0),
    "AdamW, foreach": lambda p: AdamW(p, lr=1.0, foreach=True),
    "AdamW, fused": lambda p: AdamW(p, lr=1.0, fused=True),
    "AdamW, tensor": lambda p: AdamW(p, lr=torch.tensor(1.0, dtype=torch.float64)),
    "RMSprop": lambda p: torch.optim.RMSprop(p, lr=1.0),
    "Adagrad": lambda p: torch.optim.Adagrad(p, lr=1.0),
}


def expect_same(one: nn.Module, other: nn.Module) -> None:
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)


def written_by_hand(make: Callable[[Any], torch.optim.Optimizer], updates: int) -> nn.Module:
    """A model trained with the rate put into the group before every update."""
    model = network()
    optimizer = make(model.parameters())
    for step in range(updates):
        rate = optimizer.param_groups[0]["lr"]
        optimizer.param_groups[0]["lr"] = rate.fill_(SCHEDULE(step)) if torch.is_tensor(rate) else SCHEDULE(step)
        optimizer.zero_grad()
        loss_of(model).backward()
        optimizer.step()
    return model


def test_the_schedule_of_these_tests_is_its_closed_form() -> None:
    assert [SCHEDULE(step) for step in range(TOTAL + 5)] == pytest.approx(
        [by_hand(min(step, TOTAL)) for step in range(TOTAL + 5)], rel=1e-14
    )
    assert len({SCHEDULE(step) for step in range(TOTAL + 1)}) == TOTAL + 1


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_plain_loop_uses_the_rate_of_its_step_at_every_update_and_holds_the_last(name: str) -> None:
    model = network()
    optimizer = OPTIMIZERS[name](model.parameters())
    used, scheduler = Rates(optimizer), Scheduler(optimizer, lr=SCHEDULE)
    train(model, optimizer, scheduler, TOTAL + 5)

    assert used == rates(TOTAL + 5)
    assert scheduler.last_epoch == TOTAL + 5
    expect_same(model, written_by_hand(OPTIMIZERS[name], TOTAL + 5))


def test_the_distance_that_a_parameter_moves_is_the_rate() -> None:
    weight = torch.nn.Parameter(torch.zeros((), dtype=torch.float64))
    optimizer = SGD([weight], lr=1.0)
    scheduler, moved = Scheduler(optimizer, lr=SCHEDULE), []
    for _ in range(TOTAL):
        before = weight.item()
        weight.grad = torch.ones_like(weight)  # the gradient of the weight itself
        optimizer.step()
        scheduler.step()
        moved.append(before - weight.item())

    assert moved == pytest.approx(rates(TOTAL), abs=1e-15)


def test_calls_between_updates_do_not_advance_the_schedule() -> None:
    model = network()
    optimizer = SGD(model.parameters(), lr=1.0)
    used, scheduler = Rates(optimizer), Scheduler(optimizer, lr=SCHEDULE)
    for batch in range(24):  # three micro-batches to an update
        (loss_of(model, batch=batch) / 3).backward()
        if batch % 3 == 2:
            optimizer.step()
            optimizer.zero_grad()
        scheduler.step()

    assert used == rates(8)
    assert scheduler.last_epoch == 8


def test_doubled_calls_after_an_update_advance_the_schedule_once() -> None:
    model = network()
    optimizer = SGD(model.parameters(), lr=1.0)
    used, scheduler = Rates(optimizer), Scheduler(optimizer, lr=SCHEDULE)
    for _ in range(8):
        train(model, optimizer, scheduler, 1)
        scheduler.step()
        scheduler.step()

    assert used == rates(8)


def test_rate_weight_decay_and_betas_are_each_used_at_their_own_value_at_every_update() -> None:
    model = network()
    optimizer = AdamW(model.parameters(), lr=1.0)
    decay, beta = Linear(start=0.1, end=0.3, steps=10), Linear(start=0.8, end=0.95, steps=10)
    used = {key: Rates(optimizer, key) for key in ("lr", "weight_decay", "betas")}
    scheduler = Scheduler(optimizer, lr=SCHEDULE, weight_decay=decay, betas=(beta, 0.98))
    train(model, optimizer, scheduler, 15)

    assert used["lr"] == rates(15)
    assert used["weight_decay"] == rates(15, schedule=decay)
    assert used["betas"] == [(beta(step), 0.98) for step in range(15)]


# Mixed precision


def scaled_step(
    model: nn.Module, optimizer: torch.optim.Optimizer, scaler: torch.amp.GradScaler, overflow: bool, clip: bool
) -> None:
    optimizer.zero_grad()
    loss = loss_of(model) * (float("inf") if overflow else 1.0)
    scaler.scale(loss).backward()
    if clip:
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()


@pytest.mark.parametrize("clip", [False, True], ids=["plain", "unscaled and clipped"])
@pytest.mark.parametrize(
    "make",
    [
        lambda p: SGD(p, lr=1.0),
        lambda p: SGD(p, lr=1.0, fused=True),
        lambda p: AdamW(p, lr=1.0),
        lambda p: AdamW(p, lr=1.0, fused=True),
    ],
    ids=["SGD", "SGD, fused", "AdamW", "AdamW, fused"],
)
def test_updates_that_a_gradient_scaler_skips_do_not_advance_the_schedule(
    make: Callable[[Any], torch.optim.Optimizer], clip: bool
) -> None:
    model = network()
    optimizer = make(model.parameters())
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
    used, scheduler = Rates(optimizer), Scheduler(optimizer, lr=SCHEDULE)
    overflows = {0, 1, 4, 9, 10, 11, 17}  # before the first update too
    for step in range(20):
        before = [p.detach().clone() for p in model.parameters()]
        scaled_step(model, optimizer, scaler, step in overflows, clip)
        moved = any(not torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
        assert moved == (step not in overflows)
        scheduler.step()

    assert used == rates(20 - len(overflows))
    assert scheduler.last_epoch == 20 - len(overflows)


def test_of_two_optimizers_under_one_clock_one_that_updates_is_enough() -> None:
    one, two = network(), network(seed=2)
    optimizers = SGD(one.parameters(), lr=1.0), AdamW(two.parameters(), lr=1.0)
    used = [Rates(optimizer) for optimizer in optimizers]
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
    scheduler = Scheduler(list(optimizers), lr=SCHEDULE)
    for step in range(12):
        scaled_step(one, optimizers[0], scaler, overflow=step in {2, 3, 7}, clip=False)
        scaled_step(two, optimizers[1], scaler, overflow=step in {3, 5}, clip=False)
        scheduler.step()

    counted = [step for step in range(12) if step != 3]  # the only one that neither took
    assert used[0] == [SCHEDULE(counted.index(step)) for step in counted if step not in {2, 3, 7}]
    assert used[1] == [SCHEDULE(counted.index(step)) for step in counted if step not in {3, 5}]
    assert scheduler.last_epoch == 11


# Other optimizers' habits


def test_a_closure_that_is_called_many_times_is_one_update() -> None:
    model = network()
    optimizer = torch.optim.LBFGS(model.parameters(), lr=1.0, max_iter=4)
    used, scheduler = Rates(optimizer), Scheduler(optimizer, lr=SCHEDULE)
    calls = 0

    def closure() -> torch.Tensor:
        nonlocal calls
        calls += 1
        optimizer.zero_grad()
        loss = loss_of(model)
        loss.backward()
        return loss

    for _ in range(6):
        optimizer.step(closure)
        scheduler.step()

    assert calls > 6
    assert used == rates(6)


def test_an_average_of_the_weights_and_its_own_schedule_run_beside_it() -> None:
    model = network()
    optimizer = SGD(model.parameters(), lr=1.0)
    used, scheduler = Rates(optimizer), Scheduler(optimizer, lr=SCHEDULE)
    train(model, optimizer, scheduler, 10)
    averaged = torch.optim.swa_utils.AveragedModel(model)
    final = torch.optim.swa_utils.SWALR(optimizer, swa_lr=0.01, anneal_epochs=4, anneal_strategy="linear")
    train(model, optimizer, final, 6)
    averaged.update_parameters(model)

    start = SCHEDULE(10)
    annealed = [start + (0.01 - start) * min(step / 4, 1.0) for step in range(6)]
    assert used[:10] == rates(10)
    assert used[10:] == pytest.approx(annealed, rel=1e-12)
    assert scheduler.last_epoch == 10


# Copies and checkpoints


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))], ids=["copy", "pickle"]
)
def test_a_copy_with_its_optimizer_goes_on_alone(copied: Callable[[Any], Any]) -> None:
    model = network()
    optimizer = AdamW(model.parameters(), lr=1.0)
    scheduler = Scheduler(optimizer, lr=SCHEDULE)
    train(model, optimizer, scheduler, 7)
    other_model, other_optimizer, other = copied((model, optimizer, scheduler))
    used, other_used = Rates(optimizer), Rates(other_optimizer)
    train(other_model, other_optimizer, other, 9)
    assert scheduler.last_epoch == 7
    train(model, optimizer, scheduler, 9)

    assert other_used == used == rates(9, start=7)
    assert other.optimizer is other_optimizer
    expect_same(model, other_model)


@pytest.mark.parametrize("tensor", [False, True], ids=["float", "tensor"])
@pytest.mark.parametrize("first", ["scheduler", "optimizer"])
@pytest.mark.parametrize("built", ["before", "after"])
def test_a_saved_run_goes_on_with_the_rates_and_weights_of_an_unbroken_one(
    tensor: bool, first: str, built: str
) -> None:
    def fresh() -> tuple[nn.Module, torch.optim.Optimizer]:
        model = network()
        rate = torch.tensor(1.0, dtype=torch.float64) if tensor else 1.0
        return model, AdamW(model.parameters(), lr=rate)

    model, optimizer = fresh()
    scheduler = Scheduler(optimizer, lr=SCHEDULE, betas=(Linear(start=0.8, end=0.9, steps=20), 0.99))
    train(model, optimizer, scheduler, 11)
    file = io.BytesIO()
    states = {"model": model, "optimizer": optimizer, "scheduler": scheduler}
    torch.save({name: part.state_dict() for name, part in states.items()}, file)
    train(model, optimizer, scheduler, 9)

    file.seek(0)
    saved = torch.load(file, weights_only=True)
    assert json.loads(json.dumps(saved["scheduler"])) == saved["scheduler"]
    again, restarted = fresh()
    again.load_state_dict(saved["model"])
    if built == "after":
        restarted.load_state_dict(saved["optimizer"])
    resumed = Scheduler(restarted, lr=SCHEDULE, betas=(Linear(start=0.8, end=0.9, steps=20), 0.99))
    parts = {"scheduler": resumed, "optimizer": restarted}
    for name in sorted(parts, key=lambda name: name != first):
        if (name, built) != ("optimizer", "after"):
            parts[name].load_state_dict(saved[name])
    used = Rates(restarted)
    train(again, restarted, resumed, 9)

    assert used == rates(9, start=11)
    expect_same(model, again)


def test_the_dummy_update_of_a_distributed_checkpoint_is_not_counted() -> None:
    from torch.distributed.checkpoint.state_dict import get_optimizer_state_dict

    model = network()
    optimizer = AdamW(model.parameters(), lr=1.0)
    scheduler = Scheduler(optimizer, lr=SCHEDULE)
    updates: list[float] = []
    optimizer.register_step_pre_hook(lambda o, *_: updates.append(o.param_groups[0]["lr"]))
    get_optimizer_state_dict(model, optimizer)
    assert updates == [0.0]  # it sets the rate to 0, makes an update to see what the state looks like, and puts it back
    assert scheduler.get_last_lr() == [SCHEDULE(0)]
    used = Rates(optimizer)
    train(model, optimizer, scheduler, 6)

    assert used == rates(6)
    assert scheduler.last_epoch == 6


def test_a_schedule_that_other_code_overwrites_is_back_at_the_next_step() -> None:
    model = network()
    optimizer = SGD(model.parameters(), lr=1.0)
    used, scheduler = Rates(optimizer), Scheduler(optimizer, lr=Constant(value=0.01))
    for step in range(4):
        if step == 2:
            optimizer.param_groups[0]["lr"] = 0.5
        train(model, optimizer, scheduler, 1)

    assert used == [0.01, 0.01, 0.5, 0.01]


@pytest.mark.parametrize("first", ["scheduler", "optimizer"])
def test_nor_is_the_one_that_prepares_a_load(first: str) -> None:
    from torch.distributed.checkpoint.state_dict import get_optimizer_state_dict, set_optimizer_state_dict

    model = network()
    optimizer = AdamW(model.parameters(), lr=1.0)
    scheduler = Scheduler(optimizer, lr=SCHEDULE)
    train(model, optimizer, scheduler, 6)
    saved = get_optimizer_state_dict(model, optimizer), scheduler.state_dict()
    optimizer.zero_grad()  # as in a new process: with gradients at hand, there is no such update

    restarted = AdamW(model.parameters(), lr=1.0)
    resumed = Scheduler(restarted, lr=SCHEDULE)
    if first == "scheduler":
        resumed.load_state_dict(saved[1])
    set_optimizer_state_dict(model, restarted, saved[0])
    if first == "optimizer":
        resumed.load_state_dict(saved[1])
    resumed.step()  # as after a micro-batch that made no update
    assert resumed.last_epoch == 6
    used = Rates(restarted)
    train(model, restarted, resumed, 4)

    assert used == rates(4, start=6)


# Inside torch's own schedulers


@pytest.mark.parametrize("gate", [True, False], ids=["gated", "not gated"])
def test_as_a_part_of_a_sequence_of_torch_it_begins_at_its_own_first_step(gate: bool) -> None:
    model = network()
    optimizer = SGD(model.parameters(), lr=1.0)
    used, part = Rates(optimizer), Scheduler(optimizer, gate=gate, lr=SCHEDULE)
    warmup = torch.optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=100)
    sequence = torch.optim.lr_scheduler.SequentialLR(optimizer, [warmup, part], milestones=[3])
    train(model, optimizer, sequence, 10)

    assert used[3:] == rates(7)


def test_in_a_chain_of_torch_it_does_what_it_does_alone() -> None:
    model = network()
    optimizer = SGD(model.parameters(), lr=1.0)
    used, part = Rates(optimizer), Scheduler(optimizer, lr=SCHEDULE)
    train(model, optimizer, torch.optim.lr_scheduler.ChainedScheduler([part]), 10)

    assert used == rates(10)
