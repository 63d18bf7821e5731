"""The training in PyTorch: a module, `torch.optim.SGD`, and the rate of the schedule put in before each update."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from .data import topics
from .task import batch, check_state, every_example, initial_weights, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

    from ..schedule import Schedule
    from .task import Settings

__all__ = ["Model", "TorchTraining"]


class Model(nn.Module):
    """The model, from weights made with NumPy.

    weights: float32 arrays by name (`glidepath.lab.task.initial_weights`).
    """

    def __init__(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        super().__init__()
        self.embedding = nn.Parameter(torch.tensor(weights["embedding"]))
        self.hidden = nn.Parameter(torch.tensor(weights["hidden"]))
        self.hidden_bias = nn.Parameter(torch.tensor(weights["hidden_bias"]))
        self.output = nn.Parameter(torch.tensor(weights["output"]))
        self.output_bias = nn.Parameter(torch.tensor(weights["output_bias"]))

    def forward(self, contexts: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The mean of ``-log p(target | context)``, in nats per character."""
        seen = nn.functional.embedding(contexts, self.embedding).flatten(1)
        hidden = torch.tanh(seen @ self.hidden + self.hidden_bias)
        return nn.functional.cross_entropy(hidden @ self.output + self.output_bias, targets.long())


class TorchTraining:
    """A `Training` in PyTorch and float32. The learning rates are read back from the optimizer."""

    def __init__(self, schedule: Schedule, settings: Settings, seed: int) -> None:
        self.learning_rates: list[float] = []
        self.losses: list[float] = []
        self._schedule, self._settings, self._seed = schedule, settings, seed
        self._text = topics()
        self._model = Model(initial_weights(settings, len(self._text.characters), seed))
        self._optimizer = torch.optim.SGD(self._model.parameters(), lr=schedule(0), momentum=settings.momentum)

    @property
    def step(self) -> int:
        return len(self.learning_rates)

    def run(self, updates: int) -> None:
        for step in range(self.step, min(self.step + updates, self._settings.steps)):
            self._update(step)

    def _update(self, step: int) -> None:
        [group] = self._optimizer.param_groups
        group["lr"] = self._schedule(step)
        contexts, targets = batch(self._text.train, self._settings, self._seed, step)
        loss = self._model(torch.from_numpy(contexts), torch.from_numpy(targets))
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        self.learning_rates.append(group["lr"])
        self.losses.append(loss.item())

    def validation_loss(self) -> float:
        contexts, targets = every_example(self._text.valid, self._settings.context)
        with torch.no_grad():
            return float(self._model(torch.from_numpy(contexts), torch.from_numpy(targets)))

    def _velocity(self) -> dict[str, torch.Tensor]:
        """The momentum buffers by name; the optimizer makes them at its first update."""
        return {
            name: self._optimizer.state[w].get("momentum_buffer", torch.zeros_like(w, requires_grad=False))
            for name, w in self._model.named_parameters()
        }

    def state(self) -> dict[str, NDArray[Any]]:
        weights = {name: w.detach().numpy() for name, w in self._model.named_parameters()}
        velocity = {name: v.numpy() for name, v in self._velocity().items()}
        return pack(self.learning_rates, self.losses, weights, velocity)

    def load_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        check_state(state, self.state(), self._settings.steps)
        self.learning_rates, self.losses, weights, velocity = unpack(state)
        self._model.load_state_dict({name: torch.from_numpy(w) for name, w in weights.items()})
        for name, w in self._model.named_parameters():
            self._optimizer.state[w]["momentum_buffer"] = torch.from_numpy(velocity[name])
