"""The schedulers of `glidepath.torch.lr_scheduler` have torch's rates, where torch's are right."""

from __future__ import annotations

import math
import random

import pytest
import torch

from glidepath.torch import lr_scheduler
from torch_lr_scheduler_samples import ARGUMENTS, NAMES, difference, factory, optimizer


@pytest.mark.parametrize("name", NAMES)
def test_rates_and_momenta_are_those_of_torch(name: str) -> None:
    for seed in range(6):
        found, where = difference(name, seed)
        assert found <= 1e-12, f"configuration {seed}: {where}"


@pytest.mark.parametrize("name", NAMES)
def test_rates_in_float64_tensors_are_those_of_torch(name: str) -> None:
    found, where = difference(name, 1000, 120, torch.float64)
    assert found <= 1e-12, where


@pytest.mark.parametrize("name", [name for name in ARGUMENTS if name != "ReduceLROnPlateau"])
def test_float32_tensors_hold_the_rounded_value_however_many_steps_are_taken(name: str) -> None:
    r = random.Random(name)
    build = factory(name, r, 2)
    rates = [0.5, 0.25]  # the same in float32
    exact, rounded = optimizer(rates), optimizer(rates, torch.float32)
    one, other = build(lr_scheduler, exact), build(lr_scheduler, rounded)
    for _ in range(200):
        exact.step()
        rounded.step()
        one.step()
        other.step()
    for group, tensor in zip(exact.param_groups, rounded.param_groups, strict=True):
        assert tensor["lr"].item() == pytest.approx(group["lr"], rel=2.5e-7, abs=1e-12)


def test_a_recursion_in_float32_drifts_with_torch_and_not_here() -> None:
    def after(room):
        driven = optimizer([1.0], torch.float32)
        scheduler = room.ExponentialLR(driven, 0.9999)
        driven.step()
        for _ in range(20_000):
            scheduler.step()
        return abs(driven.param_groups[0]["lr"].item() / 0.9999**20_000 - 1)

    assert after(torch.optim.lr_scheduler) > 1e-5
    assert after(lr_scheduler) < 1e-7


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_subclass_of_the_class_of_torch(name: str) -> None:
    peer = getattr(torch.optim.swa_utils if name == "SWALR" else torch.optim.lr_scheduler, name)
    assert issubclass(getattr(lr_scheduler, name), peer)


def test_every_public_name_of_torch_is_there() -> None:
    assert set(torch.optim.lr_scheduler.__all__) <= set(lr_scheduler.__all__)


def test_a_cosine_alone_rises_again_past_its_end_as_with_torch() -> None:
    driven = optimizer([1.0])
    scheduler = lr_scheduler.CosineAnnealingLR(driven, T_max=4)
    driven.step()
    seen = []
    for _ in range(9):
        seen.append(round(scheduler.get_last_lr()[0], 12))
        scheduler.step()
    half = round((1 + math.cos(math.pi / 4)) / 2, 12)
    assert seen == [1.0, half, 0.5, round(1 - half, 12), 0.0, round(1 - half, 12), 0.5, half, 1.0]
