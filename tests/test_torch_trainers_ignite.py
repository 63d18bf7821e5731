"""Ignite: its own handler for schedulers, a plain handler, and its simulation."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch

from glidepath.torch import Scheduler
from torch_trainers import SCHEDULE, Rates, loss_of, network, rates

# What torch says of itself where ignite imports its parts.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.:DeprecationWarning")

UPDATES = 12


def run(attach: Any, batches: int = UPDATES, **driven: Any) -> tuple[Rates, Scheduler, Any]:
    """Train with ignite's engine, the scheduler attached to it."""
    from ignite.engine import Engine

    model = network()
    optimizer = torch.optim.AdamW(
        [{"params": model[0].parameters()}, {"params": model[2].parameters(), "lr_scale": 0.1}], lr=1.0
    )
    used, scheduler = Rates(optimizer), Scheduler(optimizer, **(driven or {"lr": SCHEDULE}))

    def update(engine: Engine, batch: int) -> None:
        optimizer.zero_grad()
        loss_of(model, batch=batch).backward()
        optimizer.step()

    engine = Engine(update)
    attach(engine, scheduler)
    engine.run(range(batches), max_epochs=1)
    return used, scheduler, engine


def test_a_plain_handler_steps_it_after_every_iteration() -> None:
    from ignite.engine import Events

    used, scheduler, _ = run(
        lambda engine, scheduler: engine.add_event_handler(Events.ITERATION_COMPLETED, lambda: scheduler.step())
    )

    assert used == rates(UPDATES)
    assert scheduler.last_epoch == UPDATES


def test_the_handler_that_only_counts_and_asks_uses_the_rate_of_its_step() -> None:
    from ignite.engine import Events
    from ignite.handlers import LRScheduler

    used, scheduler, engine = run(
        lambda engine, scheduler: engine.add_event_handler(
            Events.ITERATION_STARTED, LRScheduler(scheduler, save_history=True)
        )
    )

    assert used == rates(UPDATES)
    assert scheduler.last_epoch == UPDATES
    second = [0.1 * rate for rate in rates(UPDATES)]
    assert engine.state.param_history["lr"] == [list(pair) for pair in zip(rates(UPDATES), second, strict=True)]


def test_the_state_of_that_handler_is_enough_to_go_on() -> None:
    from ignite.engine import Events
    from ignite.handlers import LRScheduler

    def attach(engine: Any, scheduler: Scheduler, state: Any = None) -> None:
        handler = LRScheduler(scheduler)
        if state is not None:
            handler.load_state_dict(state)
        engine.add_event_handler(Events.ITERATION_STARTED, handler)
        engine.state.handler = handler

    _, _, engine = run(attach, batches=5)
    state = engine.state.handler.state_dict()
    used, scheduler, _ = run(lambda engine, scheduler: attach(engine, scheduler, state))

    assert used == rates(UPDATES, start=5)
    assert scheduler.last_epoch == 5 + UPDATES


def test_a_simulation_shows_the_rates_to_come_and_changes_nothing() -> None:
    from ignite.handlers import LRScheduler

    model = network()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1.0)
    scheduler = Scheduler(optimizer, lr=SCHEDULE)
    before = copy.deepcopy((scheduler.state_dict(), optimizer.state_dict()["param_groups"]))
    shown = LRScheduler.simulate_values(num_events=UPDATES, lr_scheduler=scheduler)

    assert shown == [[event, rate] for event, rate in enumerate(rates(UPDATES))]
    assert (scheduler.state_dict(), optimizer.state_dict()["param_groups"]) == before


def test_a_checkpoint_of_ignite_holds_what_is_needed_to_go_on(tmp_path: Any) -> None:
    from ignite.engine import Engine, Events
    from ignite.handlers import Checkpoint, DiskSaver

    def parts() -> dict[str, Any]:
        model = network()
        optimizer = torch.optim.AdamW(model.parameters(), lr=1.0)
        return {"model": model, "optimizer": optimizer, "scheduler": Scheduler(optimizer, lr=SCHEDULE)}

    def train(kept: dict[str, Any], batches: range) -> Rates:
        used = Rates(kept["optimizer"])

        def update(engine: Engine, batch: int) -> None:
            kept["optimizer"].zero_grad()
            loss_of(kept["model"], batch=batch).backward()
            kept["optimizer"].step()
            kept["scheduler"].step()

        engine = Engine(update)
        if batches.start == 0:
            saver = Checkpoint(kept, DiskSaver(str(tmp_path)), filename_pattern="{name}.pt")
            engine.add_event_handler(Events.ITERATION_COMPLETED(once=5), saver)
        engine.run(batches, max_epochs=1)
        return used

    whole, resumed = parts(), parts()
    train(whole, range(10))
    saved = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    Checkpoint.load_objects(resumed, saved)

    assert train(resumed, range(5, 10)) == rates(5, start=5)
    for a, b in zip(whole["model"].parameters(), resumed["model"].parameters(), strict=True):
        assert torch.equal(a, b)


def test_its_warmup_in_front_of_a_schedule_ends_where_the_schedule_begins() -> None:
    from ignite.engine import Events
    from ignite.handlers import create_lr_scheduler_with_warmup

    def attach(engine: Any, scheduler: Scheduler) -> None:
        warmed_up = create_lr_scheduler_with_warmup(scheduler, warmup_start_value=0.0, warmup_duration=4)
        engine.add_event_handler(Events.ITERATION_STARTED, warmed_up)

    used, _, _ = run(attach, lr=SCHEDULE)
    first = SCHEDULE(0)

    assert used[:4] == pytest.approx([first * step / 3 for step in range(4)])
    assert used[4:] == pytest.approx(rates(UPDATES - 4, start=1))
