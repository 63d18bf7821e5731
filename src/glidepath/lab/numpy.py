"""The training in NumPy, with the gradients written out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .data import topics
from .task import batch, check_state, every_example, initial_weights, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

    from ..schedule import Schedule
    from .task import Settings

    Weights = dict[str, NDArray[np.float32]]

__all__ = ["NumpyTraining", "loss", "loss_and_gradients"]


def loss(weights: Weights, contexts: NDArray[np.int32], targets: NDArray[np.int32]) -> float:
    """The mean of ``-log p(target | context)``, in nats per character."""
    return _forward(weights, contexts, targets)[0]


def _forward(
    w: Weights, contexts: NDArray[np.int32], targets: NDArray[np.int32]
) -> tuple[float, NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """The loss; what the hidden layer sees, what it says, and the probabilities."""
    seen = w["embedding"][contexts].reshape(len(contexts), -1)
    hidden = np.tanh(seen @ w["hidden"] + w["hidden_bias"])
    scores = hidden @ w["output"] + w["output_bias"]
    scores -= scores.max(axis=1, keepdims=True)
    right = scores[np.arange(len(targets)), targets]
    odds = np.exp(scores)
    total = odds.sum(axis=1)
    return float((np.log(total) - right).mean()), seen, hidden, odds / total[:, None]


def loss_and_gradients(
    weights: Weights, contexts: NDArray[np.int32], targets: NDArray[np.int32]
) -> tuple[float, Weights]:
    """The `loss`, and its derivative by every weight."""
    value, seen, hidden, by_scores = _forward(weights, contexts, targets)
    by_scores[np.arange(len(targets)), targets] -= 1
    by_scores /= len(targets)
    by_hidden = (by_scores @ weights["output"].T) * (1 - hidden * hidden)
    by_seen = (by_hidden @ weights["hidden"].T).reshape(contexts.size, -1)
    # Which character stood where: a product with it adds up the rows of each, faster than np.add.at.
    stood = np.arange(len(weights["embedding"]))[:, None] == contexts.ravel()
    return value, {
        "embedding": stood.astype(np.float32) @ by_seen,
        "hidden": seen.T @ by_hidden,
        "hidden_bias": by_hidden.sum(axis=0),
        "output": hidden.T @ by_scores,
        "output_bias": by_scores.sum(axis=0),
    }


class NumpyTraining:
    """A `Training` in NumPy and float32. The learning rates are Python floats, straight from the schedule."""

    def __init__(self, schedule: Schedule, settings: Settings, seed: int) -> None:
        self.learning_rates: list[float] = []
        self.losses: list[float] = []
        self._schedule, self._settings, self._seed = schedule, settings, seed
        self._text = topics()
        self._weights = initial_weights(settings, len(self._text.characters), seed)
        self._velocity = {name: np.zeros_like(w) for name, w in self._weights.items()}

    @property
    def step(self) -> int:
        return len(self.learning_rates)

    def run(self, updates: int) -> None:
        with np.errstate(over="ignore", invalid="ignore"):  # a rate too high may lead to infinity: that is a result
            for step in range(self.step, min(self.step + updates, self._settings.steps)):
                self._update(step)

    def _update(self, step: int) -> None:
        rate = self._schedule(step)
        contexts, targets = batch(self._text.train, self._settings, self._seed, step)
        value, gradients = loss_and_gradients(self._weights, contexts, targets)
        for name, gradient in gradients.items():
            velocity = self._velocity[name]
            velocity *= self._settings.momentum
            velocity += gradient
            self._weights[name] -= rate * velocity
        self.learning_rates.append(rate)
        self.losses.append(value)

    def validation_loss(self) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            return loss(self._weights, *every_example(self._text.valid, self._settings.context))

    def state(self) -> dict[str, NDArray[Any]]:
        return pack(self.learning_rates, self.losses, self._weights, self._velocity)

    def load_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        check_state(state, self.state(), self._settings.steps)
        self.learning_rates, self.losses, self._weights, self._velocity = unpack(state)
