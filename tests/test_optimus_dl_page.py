"""optimus_dl's page on `BaseLRScheduler`: its class, word for word, beside that of `glidepath.optimus_dl`."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from inspect import isabstract, signature
from typing import TYPE_CHECKING, Any

import pytest
import torch

import glidepath.optimus_dl
import glidepath.optimus_dl.base
from glidepath import ScheduleError
from glidepath.optimus_dl import BaseLRScheduler, BaseLRSchedulerConfig, RegistryConfig

if TYPE_CHECKING:
    from torch.optim import Optimizer

# fmt: off


class ThePage(ABC):
    """Abstract base class for learning rate schedulers.

    This class provides a uniform interface for learning rate scheduling that
    is decoupled from specific optimizer implementations. It manages the
    stepping of learning rates across multiple parameter groups and handles
    state serialization for checkpointing.

    Attributes:
        optimizer: The PyTorch optimizer whose learning rates are managed.
        base_lrs: Initial learning rates for each parameter group.
    """

    def __init__(self, optimizer: Optimizer, **kwargs):
        """Initialize the scheduler.

        Args:
            optimizer: The optimizer to manage.
            **kwargs: Additional keyword arguments.
        """
        self.optimizer = optimizer
        self._step_count = 0
        self.base_lrs = [group["lr"] for group in optimizer.param_groups]

    @abstractmethod
    def get_lr(self) -> list[float]:
        """Calculate the target learning rates for the current step.

        Returns:
            List of floats representing the new learning rates for each
            parameter group in the optimizer.
        """
        pass  # noqa: PIE790

    def step(self) -> None:
        """Update the optimizer's learning rates based on the current step count.

        This should be called at the end of each training iteration.
        """
        self._step_count += 1
        self.set()

    def set(self) -> None:
        """Set the learning rates of the optimizer to the current values."""
        values = self.get_lr()
        for param_group, lr in zip(self.optimizer.param_groups, values, strict=True):
            param_group["lr"] = lr

    def get_last_lr(self) -> list[float]:
        """Return the most recently computed learning rates."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Return the scheduler's state for checkpointing."""
        return {
            "step_count": self._step_count,
            "base_lrs": self.base_lrs,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the scheduler's state from a checkpoint."""
        self._step_count = state_dict["step_count"]
        self.base_lrs = state_dict["base_lrs"]

    @property
    def last_epoch(self) -> int:
        """The current step count (for compatibility with PyTorch schedulers)."""
        return self._step_count


# fmt: on
BASES = [pytest.param(ThePage, id="page"), pytest.param(BaseLRScheduler, id="glidepath")]


def users(base: type) -> type:
    """A user's scheduler on a base class."""

    class Halving(base):  # type: ignore[misc]
        def get_lr(self) -> list[float]:
            return [base_lr * 0.5**self._step_count for base_lr in self.base_lrs]

    return Halving


def optimizer(*rates: Any) -> torch.optim.SGD:
    groups = [{"params": [torch.nn.Parameter(torch.ones(1))], "lr": rate} for rate in rates]
    return torch.optim.SGD(groups)


@pytest.mark.parametrize("base", BASES)
def test_a_scheduler_does_what_the_page_says(base: type) -> None:
    driven = optimizer(0.5, 0.25)
    scheduler = users(base)(driven, iterations=100, anything="else")

    assert scheduler.optimizer is driven
    assert scheduler.base_lrs == [0.5, 0.25]
    assert scheduler.last_epoch == 0
    assert scheduler.set() is None
    assert scheduler.get_last_lr() == [0.5, 0.25]
    assert scheduler.step() is None
    assert scheduler.last_epoch == 1
    assert [group["lr"] for group in driven.param_groups] == scheduler.get_last_lr() == [0.25, 0.125]
    assert scheduler.state_dict() == {"step_count": 1, "base_lrs": [0.5, 0.25]}


@pytest.mark.parametrize("base", BASES)
def test_the_constructor_writes_nothing(base: type) -> None:
    class Loud(users(base)):  # type: ignore[misc]
        def set(self) -> None:
            raise AssertionError

    assert Loud(optimizer(0.5)).get_last_lr() == [0.5]


@pytest.mark.parametrize("base", BASES)
def test_a_load_takes_both_and_writes_nothing(base: type) -> None:
    scheduler = users(base)(optimizer(0.5))
    assert scheduler.load_state_dict({"step_count": 3, "base_lrs": [8.0], "more": 1}) is None

    assert scheduler.last_epoch == 3
    assert scheduler.get_last_lr() == [0.5]
    scheduler.set()
    assert scheduler.get_last_lr() == [1.0]


@pytest.mark.parametrize("base", BASES)
def test_the_last_rate_is_what_the_optimizer_holds(base: type) -> None:
    scheduler = users(base)(optimizer(0.5))
    scheduler.optimizer.param_groups[0]["lr"] = 7.0

    assert scheduler.get_last_lr() == [7.0]


@pytest.mark.parametrize("base", BASES)
def test_the_count_can_be_moved_by_hand(base: type) -> None:
    scheduler = users(base)(optimizer(0.5))
    scheduler._step_count = 2

    assert scheduler.get_lr() == [0.125]
    assert scheduler.last_epoch == 2


@pytest.mark.parametrize("base", BASES)
def test_rates_for_another_number_of_groups_are_a_value_error(base: type) -> None:
    scheduler = users(base)(optimizer(0.5))
    scheduler.optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))]})

    with pytest.raises(ValueError, match=r"zip\(\)|parameter groups"):
        scheduler.step()


@pytest.mark.parametrize("base", BASES)
def test_the_base_class_is_abstract_in_get_lr_alone(base: type) -> None:
    assert issubclass(base, ABC)
    assert base.__abstractmethods__ == {"get_lr"}
    assert isabstract(base)
    with pytest.raises(TypeError, match="abstract"):
        base(optimizer(0.5))
    assert isinstance(vars(base)["last_epoch"], property)


@pytest.mark.parametrize("base", BASES)
def test_anything_with_parameter_groups_can_be_driven(base: type) -> None:
    class Foreign:
        param_groups = [{"lr": 0.5}]

    scheduler = users(base)(Foreign())
    scheduler.step()

    assert scheduler.get_last_lr() == [0.25]


def test_the_signatures_are_those_of_the_page() -> None:
    for name in ("__init__", "get_lr", "step", "set", "get_last_lr", "state_dict", "load_state_dict"):
        ours, theirs = (list(signature(getattr(base, name)).parameters) for base in (BaseLRScheduler, ThePage))
        assert ours == theirs


def test_the_base_class_lies_where_the_page_has_it() -> None:
    assert glidepath.optimus_dl.base.BaseLRScheduler is BaseLRScheduler
    assert glidepath.optimus_dl.base.BaseLRSchedulerConfig is BaseLRSchedulerConfig
    assert issubclass(BaseLRSchedulerConfig, RegistryConfig)


# What is better than on the page --------------------------------------------------------------------------------------


def test_a_step_that_fails_counts_nothing_and_writes_nothing() -> None:
    scheduler = users(BaseLRScheduler)(optimizer(0.5))
    scheduler.step()
    scheduler.optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))], "lr": 0.1})

    with pytest.raises(ScheduleError, match=r"Halving\.get_lr must give a rate for each of the 2 .* got 1"):
        scheduler.step()
    assert (scheduler.last_epoch, scheduler.get_last_lr()) == (1, [0.25, 0.1])


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"step_count": 3}, "the state has no base_lrs"),
        ({"base_lrs": [1.0]}, "the state has no step_count"),
        ({"step_count": 3, "base_lrs": [1.0, 2.0]}, "of 2 parameter groups, the optimizer has 1"),
        ({"step_count": 3.0, "base_lrs": [1.0]}, "step_count must be a non-negative integer, got 3.0"),
        ({"step_count": -3, "base_lrs": [1.0]}, "step_count must be a non-negative integer, got -3"),
        ({"step_count": True, "base_lrs": [1.0]}, "step_count must be a non-negative integer, got True"),
        ({"step_count": 3, "base_lrs": ["1"]}, r"base_lrs\[0\] must be a finite number, got '1'"),
        ({"step_count": 3, "base_lrs": [float("nan")]}, r"base_lrs\[0\] must be a finite number, got nan"),
        ({"step_count": 2**53, "base_lrs": [1.0]}, "step_count must be .*, at most 2.*53 - 1, got 9007199254740992"),
        ({"step_count": 3, "base_lrs": None}, "base_lrs must be a list of numbers, got None"),
        ({"step_count": 3, "base_lrs": "1"}, "base_lrs must be a list of numbers, got '1'"),
        ({"step_count": 3, "base_lrs": [10**400]}, r"base_lrs\[0\] must be a finite number, got 1000"),
        ({"step_count": 3, "base_lrs": [torch.ones(2)]}, r"base_lrs\[0\] must be a finite number, got tensor"),
        ([3, [1.0]], "the state must be a mapping"),
    ],
)
def test_a_state_is_taken_whole_or_not_at_all(state: Any, message: str) -> None:
    scheduler = users(BaseLRScheduler)(optimizer(0.5))
    with pytest.raises(ScheduleError, match=message):
        scheduler.load_state_dict(state)

    assert scheduler.state_dict() == {"step_count": 0, "base_lrs": [0.5]}


def test_a_state_that_lacks_a_key_is_a_key_error_too() -> None:
    with pytest.raises(KeyError, match="the state has no base_lrs"):
        users(BaseLRScheduler)(optimizer(0.5)).load_state_dict({"step_count": 3})


def test_a_state_shares_nothing_with_the_scheduler() -> None:
    scheduler = users(BaseLRScheduler)(optimizer(0.5))
    state = scheduler.state_dict()
    state["base_lrs"][0] = 7.0
    assert scheduler.base_lrs == [0.5]
    scheduler.load_state_dict(given := {"step_count": 0, "base_lrs": [0.5]})
    given["base_lrs"][0] = 7.0

    assert scheduler.base_lrs == [0.5]


def test_tensors_are_filled_in_place() -> None:
    rate = torch.tensor(0.5)
    scheduler = users(BaseLRScheduler)(optimizer(rate))
    scheduler.step()
    held = scheduler.optimizer.param_groups[0]["lr"]
    scheduler.step()

    assert held is rate
    assert rate.item() == 0.125
    assert json.loads(json.dumps(scheduler.state_dict())) == {"step_count": 2, "base_lrs": [0.5]}


def test_a_tensor_that_several_groups_share_is_one_for_each_of_them() -> None:
    shared = torch.tensor(1.0)
    driven = torch.optim.SGD([{"params": [torch.nn.Parameter(torch.ones(1))]} for _ in range(2)], lr=shared)

    class Apart(BaseLRScheduler):
        def get_lr(self) -> list[float]:
            return [0.5, 0.25]

    scheduler = Apart(driven)
    scheduler.set()
    first = driven.param_groups[0]["lr"]
    scheduler.set()

    assert scheduler.get_last_lr() == [0.5, 0.25]
    assert driven.param_groups[0]["lr"] is first
    assert driven.defaults["lr"].item() == 1.0


def test_a_tensor_of_integers_gives_way_to_the_rate_it_cannot_hold() -> None:
    scheduler = users(BaseLRScheduler)(optimizer(torch.tensor(1)))
    scheduler.step()

    assert scheduler.get_last_lr() == [0.5]


def test_rates_that_are_no_list_are_refused() -> None:
    class Forgetful(BaseLRScheduler):
        def get_lr(self) -> list[float]:
            pass

    scheduler = Forgetful(optimizer(0.5))
    with pytest.raises(ScheduleError, match=r"the rates of Forgetful\.get_lr must be a list, got None"):
        scheduler.step()
    assert (scheduler.last_epoch, scheduler.get_last_lr()) == (0, [0.5])


def test_a_scheduler_shows_where_it_is() -> None:
    scheduler = users(BaseLRScheduler)(optimizer(0.5))
    scheduler.step()

    assert repr(scheduler) == "Halving(step_count=1, base_lrs=[0.5])"
