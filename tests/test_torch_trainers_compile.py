"""Compiled optimizer steps: tensors that are filled in place give one graph for a whole run, and the eager result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from glidepath import Linear, wsd
from glidepath.torch import Scheduler
from torch_trainers import SCHEDULE, loss_of, network, rates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch import nn

# What importing the compiler's own parts says.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.:DeprecationWarning")

#: Warmup, a plateau and a decay, then the last value: four phases in one run.
PHASES = wsd(0.02, warmup=4, total=16, decay=4, start=0.001, end=0.0005)
UPDATES = 20


@pytest.fixture(autouse=True)
def fresh_compiler() -> Iterator[None]:
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


class Graphs(list[Any]):
    """A compiler that keeps each graph it is given, and runs it as it is."""

    def __call__(self, graph: Any, inputs: Any) -> Any:
        self.append(graph)
        return graph.forward


def tensor(value: float = 1.0) -> torch.Tensor:
    return torch.tensor(value)


def run(
    make: Callable[[Any], torch.optim.Optimizer],
    backend: Any,
    keys: Sequence[str] = ("lr",),
    updates: int = UPDATES,
    **driven: Any,
) -> tuple[list[list[float]], nn.Module]:
    """Train, with a compiled step where there is a backend: what every update used, and the model."""
    model = network().double()
    layers = [{"params": model[0].parameters()}, {"params": model[2].parameters(), "lr_scale": 0.5}]
    optimizer = make(layers)
    scheduler = Scheduler(optimizer, **driven)
    step = optimizer.step if backend is None else torch.compile(optimizer.step, backend=backend)
    used = []
    for _ in range(updates):
        optimizer.zero_grad(set_to_none=False)
        loss_of(model).backward()
        used.append([float(group[key]) for key in keys for group in optimizer.param_groups])
        step()
        scheduler.step()
    return used, model


def single(values: list[float]) -> list[float]:
    """The same numbers as a tensor of single precision holds them."""
    return torch.tensor(values, dtype=torch.float64).to(torch.float32).tolist()


def expect_close(one: nn.Module, other: nn.Module) -> None:
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


#: The optimizers, and how many graphs each needs: SGD makes its momentum buffers at the first update.
COMPILED = {
    "SGD": (lambda p: torch.optim.SGD(p, lr=tensor()), 1),
    "SGD, momentum": (lambda p: torch.optim.SGD(p, lr=tensor(), momentum=0.9), 2),
    "Adam": (lambda p: torch.optim.Adam(p, lr=tensor()), 1),
    "AdamW": (lambda p: torch.optim.AdamW(p, lr=tensor()), 1),
    "RMSprop": (lambda p: torch.optim.RMSprop(p, lr=tensor()), 1),
}


@pytest.mark.parametrize("schedule", [SCHEDULE, PHASES], ids=["cosine", "phases"])
@pytest.mark.parametrize("name", COMPILED)
def test_a_run_with_tensor_rates_needs_the_graphs_of_its_first_updates_only(name: str, schedule: Any) -> None:
    make, graphs = COMPILED[name]
    compiled = Graphs()
    used, model = run(make, compiled, lr=schedule)
    expected, eager = run(make, None, lr=schedule)

    assert len(compiled) == graphs
    assert [first for first, _ in used] == single(rates(UPDATES, schedule=schedule))
    assert [second for _, second in used] == single([0.5 * rate for rate in rates(UPDATES, schedule=schedule)])
    assert used == expected
    expect_close(model, eager)


def test_rates_that_are_plain_numbers_need_more_graphs() -> None:
    compiled = Graphs()
    run(lambda p: torch.optim.AdamW(p, lr=1.0), compiled, lr=SCHEDULE)

    assert len(compiled) > 1


def test_tensor_rates_and_tensor_weight_decays_add_no_graph_after_the_first_update() -> None:
    def make(groups: Any) -> torch.optim.Optimizer:
        return torch.optim.AdamW(groups, lr=tensor(), weight_decay=tensor(0.1))

    decay = Linear(start=0.1, end=0.4, steps=15)
    driven: dict[str, Any] = {"keys": ("lr", "weight_decay"), "lr": PHASES, "weight_decay": decay}
    first, whole = Graphs(), Graphs()  # torch asks whether a tensor of weight decay is 0, which parts the graph
    run(make, first, updates=1, **driven)
    torch._dynamo.reset()
    used, model = run(make, whole, **driven)
    expected, eager = run(make, None, **driven)

    assert len(whole) == len(first)
    assert [row[0] for row in used] == single(rates(UPDATES, schedule=PHASES))
    assert [row[2] for row in used] == [row[3] for row in used] == single(rates(UPDATES, schedule=decay))
    assert used == expected
    expect_close(model, eager)


def test_a_resumed_run_with_tensor_rates_is_one_graph_again() -> None:
    model = network()
    optimizer = torch.optim.AdamW(model.parameters(), lr=tensor())
    scheduler, compiled, used = Scheduler(optimizer, lr=SCHEDULE), Graphs(), []
    for part in range(2):
        step = torch.compile(optimizer.step, backend=compiled)
        for _ in range(6):
            optimizer.zero_grad(set_to_none=False)
            loss_of(model).backward()
            used.append(float(optimizer.param_groups[0]["lr"]))
            step()
            scheduler.step()
        assert len(compiled) == part + 1
        states = optimizer.state_dict(), scheduler.state_dict()
        optimizer = torch.optim.AdamW(model.parameters(), lr=tensor())
        scheduler = Scheduler(optimizer, lr=SCHEDULE)
        optimizer.load_state_dict(states[0])
        scheduler.load_state_dict(states[1])

    assert used == single(rates(12))


def test_a_compiler_that_takes_in_place_writes_apart_gives_the_eager_result() -> None:
    make, _ = COMPILED["SGD, momentum"]
    used, model = run(make, "aot_eager", lr=PHASES)
    expected, eager = run(make, None, lr=PHASES)

    assert used == expected
    expect_close(model, eager)
