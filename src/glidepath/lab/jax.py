"""The training in JAX: one compiled program, with the schedule inside it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .. import jax as _pytrees  # noqa: F401  it makes schedules arguments that jax.jit takes
from .data import topics
from .task import batch, check_state, every_example, initial_weights, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

    from ..schedule import Schedule
    from .task import Settings

    Weights = dict[str, jax.Array]

__all__ = ["JaxTraining", "loss", "updates"]

#: Updates in one call of the compiled program. It is always called for so many, however few are asked for, since
#: another number would be another program, which may round otherwise.
BLOCK = 50


def loss(weights: Weights, contexts: jax.Array, targets: jax.Array) -> jax.Array:
    """The mean of ``-log p(target | context)``, in nats per character."""
    seen = weights["embedding"][contexts].reshape(len(contexts), -1)
    hidden = jnp.tanh(seen @ weights["hidden"] + weights["hidden_bias"])
    scores = jax.nn.log_softmax(hidden @ weights["output"] + weights["output_bias"])
    return -jnp.take_along_axis(scores, targets[:, None], axis=1).mean()


@partial(jax.jit, static_argnames="momentum")
def updates(
    schedule: Schedule,
    weights: Weights,
    velocity: Weights,
    steps: jax.Array,
    stop: jax.Array,
    contexts: jax.Array,
    targets: jax.Array,
    momentum: float,
) -> tuple[tuple[Weights, Weights], tuple[jax.Array, jax.Array]]:
    """The updates ``steps`` that come before ``stop``; the weights, and the rate and loss of each.

    The schedule is an argument: another one of the same kinds runs the same program.
    """

    def update(carry: tuple[Weights, Weights], xs: tuple[jax.Array, ...]) -> Any:
        weights, velocity = carry
        step, contexts, targets = xs
        rate = schedule(step).astype(jnp.float32)  # which it is, unless JAX is told to use 64 bits
        value, gradients = jax.value_and_grad(loss)(weights, contexts, targets)
        velocity = jax.tree.map(lambda v, g: momentum * v + g, velocity, gradients)
        weights = jax.tree.map(lambda w, v: w - rate * v, weights, velocity)
        return (weights, velocity), (rate, value)

    def skip(carry: tuple[Weights, Weights], xs: tuple[jax.Array, ...]) -> Any:
        return carry, (jnp.float32(0), jnp.float32(0))

    def maybe(carry: tuple[Weights, Weights], xs: tuple[jax.Array, ...]) -> Any:
        return lax.cond(xs[0] < stop, update, skip, carry, xs)

    return lax.scan(maybe, (weights, velocity), (steps, contexts, targets))


_compiled_loss = jax.jit(loss)


class JaxTraining:
    """A `Training` in JAX and float32. The learning rates are those that the compiled program computed."""

    def __init__(self, schedule: Schedule, settings: Settings, seed: int) -> None:
        self.learning_rates: list[float] = []
        self.losses: list[float] = []
        self._schedule, self._settings, self._seed = schedule, settings, seed
        self._text = topics()
        self._weights = jax.tree.map(jnp.asarray, initial_weights(settings, len(self._text.characters), seed))
        self._velocity = jax.tree.map(jnp.zeros_like, self._weights)

    @property
    def step(self) -> int:
        return len(self.learning_rates)

    def run(self, updates: int) -> None:
        stop = min(self.step + updates, self._settings.steps)
        while self.step < stop:
            self._block(stop)

    def _block(self, stop: int) -> None:
        steps = np.arange(self.step, self.step + BLOCK)
        batches = [batch(self._text.train, self._settings, self._seed, step) for step in steps.tolist()]
        contexts, targets = map(np.stack, zip(*batches, strict=True))
        (self._weights, self._velocity), (rates, losses) = updates(
            self._schedule, self._weights, self._velocity, steps, stop, contexts, targets, self._settings.momentum
        )
        done = min(stop - self.step, BLOCK)
        self.learning_rates += rates[:done].tolist()
        self.losses += losses[:done].tolist()

    def validation_loss(self) -> float:
        return float(_compiled_loss(self._weights, *every_example(self._text.valid, self._settings.context)))

    def state(self) -> dict[str, NDArray[Any]]:
        return pack(self.learning_rates, self.losses, self._weights, self._velocity)

    def load_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        check_state(state, self.state(), self._settings.steps)
        self.learning_rates, self.losses, *arrays = unpack(state)
        self._weights, self._velocity = jax.tree.map(jnp.asarray, arrays)
