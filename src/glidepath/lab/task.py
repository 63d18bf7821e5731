"""The task that the lab trains: guess the next character from the ones before it.

The model is an embedding of the characters, one hidden tanh layer and a softmax, trained by gradient descent with
momentum. It is the same in each library, starts from the same weights and sees the same batches, so that
trainings differ by nothing but the schedule and the rounding of the library.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ..errors import ScheduleError, fail, show, unknown
from ..schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

__all__ = ["BACKENDS", "Settings", "Training", "training"]

#: The libraries that can train.
BACKENDS = ("numpy", "jax", "torch")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of the task.

    steps: updates of a whole training.
    batch: examples in an update.
    context: characters that the model sees before the one to guess.
    embedding: numbers that stand for a character.
    hidden: units of the hidden layer.
    momentum: the share of the last update that the next one keeps; at least 0, less than 1.

    Each but the last is a positive integer.
    """

    steps: int = 1500
    batch: int = 64
    context: int = 8
    embedding: int = 16
    hidden: int = 96
    momentum: float = 0.9

    def __post_init__(self) -> None:
        for field in fields(self):
            given = getattr(self, field.name)
            if field.name == "momentum":
                if type(given) is not float or not 0 <= given < 1:
                    fail("Settings.momentum", "a float of at least 0 and less than 1", given)
            elif type(given) is not int or given < 1:
                fail(f"Settings.{field.name}", "a positive integer", given)


class Training(Protocol):
    """A training under way.

    learning_rates: the rate that each update used, by step: what the library applied, read back from it.
    losses: the loss of each update on its batch, before the update, in nats per character.
    """

    learning_rates: list[float]
    losses: list[float]

    def __init__(self, schedule: Schedule, settings: Settings, seed: int) -> None: ...

    @property
    def step(self) -> int:
        """How many updates are done."""

    def run(self, updates: int) -> None:
        """Do that many updates, or as many as are left of ``settings.steps``."""

    def validation_loss(self) -> float:
        """The loss on the text held out, in nats per character."""

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything that is needed to go on exactly."""

    def load_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a `state`. One that does not fit raises `ScheduleError`, and nothing has changed."""


def training(backend: str, schedule: Schedule, settings: Settings, seed: int) -> Training:
    """A training at its first step, in one library; no other is imported.

    backend: ``"numpy"``, ``"jax"`` or ``"torch"``.
    schedule: the learning rate.
    settings: the task.
    seed: what weights and batches follow from; from 0 to 2**32 - 1.

    Raises `ScheduleError` where the library is not installed.

    >>> from glidepath import Constant
    >>> run = training("numpy", Constant(value=0.1), Settings(steps=20), seed=0)
    >>> run.run(15), run.run(15), run.step, run.learning_rates[-1]
    (None, None, 20, 0.1)
    """
    if not isinstance(schedule, Schedule):
        fail("training.schedule", "a glidepath schedule", schedule)
    if not isinstance(settings, Settings):
        fail("training.settings", "a Settings", settings)
    if type(seed) is not int or not 0 <= seed < 2**32:
        fail("training.seed", "an integer from 0 to 2**32 - 1", seed)
    return _room(backend)(schedule, settings, seed)


def _room(backend: str) -> type[Training]:
    try:
        if backend == "numpy":
            from .numpy import NumpyTraining

            return NumpyTraining
        if backend == "jax":
            from .jax import JaxTraining

            return JaxTraining
        if backend == "torch":
            from .torch import TorchTraining

            return TorchTraining
    except ModuleNotFoundError as error:
        if error.name not in ("jax", "jaxlib", "torch"):
            raise
        raise ScheduleError(f'the {backend} backend needs a package: pip install "glidepath[{backend}]"') from error
    unknown("training", "backend", backend, BACKENDS)


# What the libraries share ---------------------------------------------------------------------------------------


def initial_weights(settings: Settings, characters: int, seed: int) -> dict[str, NDArray[np.float32]]:
    """The weights at step 0, in float32. They follow from the seed alone.

    characters: the size of the alphabet.
    """
    # Not [seed] or [seed, 0], which are one stream, and that of the first batch.
    draw = np.random.default_rng([seed, 0, 1]).standard_normal
    seen = settings.context * settings.embedding
    weights = {
        "embedding": draw((characters, settings.embedding)),
        "hidden": draw((seen, settings.hidden)) / seen**0.5,
        "hidden_bias": np.zeros(settings.hidden),
        "output": draw((settings.hidden, characters)) / settings.hidden**0.5,
        "output_bias": np.zeros(characters),
    }
    return {name: w.astype(np.float32) for name, w in weights.items()}


def batch(
    codes: NDArray[np.int32], settings: Settings, seed: int, step: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The contexts (one a row) and the characters to guess of update ``step``.

    They follow from the seed and the step alone, so that no random state needs to be saved.
    """
    at = np.random.default_rng([seed, step]).integers(settings.context, len(codes), size=settings.batch)
    return examples(codes, at, settings.context)


def examples(
    codes: NDArray[np.int32], at: NDArray[np.intp], context: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The contexts of the characters at some places, and these characters."""
    return codes[at[:, None] + np.arange(-context, 0)], codes[at]


def every_example(codes: NDArray[np.int32], context: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The contexts of all characters that have one, and these characters."""
    return examples(codes, np.arange(context, len(codes)), context)


def pack(
    learning_rates: Sequence[float], losses: Sequence[float], weights: Mapping[str, Any], velocity: Mapping[str, Any]
) -> dict[str, NDArray[Any]]:
    """A state: one flat dict of arrays with the same names in every library. The arrays are copies."""
    return {
        "learning_rates": np.array(learning_rates, dtype=np.float64),
        "losses": np.array(losses, dtype=np.float64),
        **{f"weights.{name}": np.array(w) for name, w in weights.items()},
        **{f"velocity.{name}": np.array(v) for name, v in velocity.items()},
    }


def unpack(
    state: Mapping[str, NDArray[Any]],
) -> tuple[list[float], list[float], dict[str, NDArray[np.float32]], dict[str, NDArray[np.float32]]]:
    """The reverse of `pack`."""

    def group(name: str) -> dict[str, NDArray[np.float32]]:
        return {key.removeprefix(name): held.copy() for key, held in state.items() if key.startswith(name)}

    return state["learning_rates"].tolist(), state["losses"].tolist(), group("weights."), group("velocity.")


def check_state(state: Mapping[str, NDArray[Any]], expected: Mapping[str, NDArray[Any]], steps: int) -> None:
    """Raise where ``state`` is not made of what ``expected`` is made of.

    Names, shapes and dtypes must be the same, but that the histories may have any one length up to ``steps``.
    """
    for name in state:
        if name not in expected:
            unknown("state", "name", name, expected)
    done = np.size(state.get("losses", ()))
    if done > steps:
        fail("state.losses", f"at most {steps} numbers, as many as the training has steps", done)
    for name, like in expected.items():
        shape = (done,) if name in ("learning_rates", "losses") else like.shape
        given = state.get(name)
        if not isinstance(given, np.ndarray) or (given.shape, given.dtype) != (shape, like.dtype):
            found = f"{given.dtype} of shape {given.shape}" if isinstance(given, np.ndarray) else show(given)
            raise ScheduleError(f"state.{name} must be {like.dtype} of shape {shape}, got {found}")
