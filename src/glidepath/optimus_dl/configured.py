"""Schedulers that are made of a configuration.

What a configuration or a checkpoint says in vain is an error where the scheduler is strict, else a warning.
"""

from __future__ import annotations

import warnings
from abc import abstractmethod
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

from ..errors import ScheduleError, show, unknown
from ..fields import true_or_false
from .base import BaseLRScheduler
from .checks import finite, need, whole
from .configs import contents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from dataclasses import Field

    from torch.optim import Optimizer

__all__ = ["ConfiguredLR", "differences"]

_REMEDY = 'To go on as configured, load {**scheduler.state_dict(), "step_count": state["step_count"]}'


class ConfiguredLR(BaseLRScheduler):
    """A scheduler that is made of a configuration. Building and loading it pass through here.

    cfg: the configuration: a dataclass, a mapping, or OmegaConf's. It is read, and never changed.
    optimizer: the optimizer to drive.
    iterations: the updates of the run.
    strict: whether what has no effect is an error, and not only a warning. Also a key of the configuration.

    A subclass defines `_attributes`, which reads the configuration, `_findings`, which says what is in vain in
    it, and `get_lr`; and lists in `_saved` the attributes that belong to its state.
    """

    _config: type
    _saved: tuple[str, ...] = ()
    _is_strict = False

    def __init__(
        self, cfg: Any, optimizer: Optimizer, iterations: int, strict: bool | None = None, **kwargs: Any
    ) -> None:
        super().__init__(optimizer)
        name, given = type(self).__name__, contents(cfg)
        own = given.pop("strict", None)
        strict = own if strict is None else strict
        if strict is not None:
            self._is_strict = true_or_false(f"{name}.strict", strict)
        positive = whole(f"{name}.iterations", iterations, 1)
        self.base_lrs = [finite(f"{name}: the lr of param_groups[{i}]", lr) for i, lr in enumerate(self.base_lrs)]
        settings = {f.name: _default(f) for f in fields(self._config)} | given
        vars(self).update(self._attributes(settings, positive))
        self._judge([*self._unknown(given), *self._findings(settings, positive)])
        self.set()

    @abstractmethod
    def _attributes(self, settings: dict[str, Any], iterations: int) -> dict[str, Any]:
        """The attributes that a configuration makes. Raises for what cannot be right."""

    def _findings(self, settings: dict[str, Any], iterations: int) -> Iterable[str]:
        """What in a configuration has no effect, or another one than it seems, and what to do about it."""
        return ()

    def _unknown(self, given: Mapping[str, Any]) -> Iterator[str]:
        known = [f.name for f in fields(self._config)]
        for key in given:
            if key not in known:
                try:
                    unknown(type(self).__name__, "key", key, [name for name in known if name != "_name"])
                except ScheduleError as error:
                    yield f"{error}; it has no effect: correct it or remove it"

    def _judge(self, findings: Iterable[str]) -> None:
        """Raise all findings in one error where strict, else warn of each."""
        listed = list(findings)
        if listed and self._is_strict:
            raise ScheduleError("; ".join(listed))
        for finding in listed:
            warnings.warn(finding, UserWarning, stacklevel=3)

    # State ----------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """The state of the base class and the settings, as plain data."""
        settings = {name: getattr(self, name) for name in self._saved}
        return super().state_dict() | {key: list(x) if type(x) is list else x for key, x in settings.items()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a state, and write its rates.

        The state's settings replace those configured, with a warning that names them; where strict, other
        settings are refused. Raises, and changes nothing, for what cannot be loaded.
        """
        before, mine = dict(vars(self)), self._compared(self.state_dict())
        other = f": it is of another scheduler. {_REMEDY}"
        need(f"{type(self).__name__}.load_state_dict", state_dict, *self._saved, remedy=other)
        try:
            super().load_state_dict(state_dict)
            restored = self._restored(state_dict)
            saved = self._compared({**state_dict, **restored, "base_lrs": self.base_lrs})
            self._judge(self._overridden(list(differences(saved, mine))))
            vars(self).update(restored)
            self.set()
        except BaseException:
            vars(self).update(before)
            raise

    def _compared(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """What of a state is to be as configured."""
        return {name: state[name] for name in self._saved}

    def _overridden(self, found: Sequence[str]) -> Iterator[str]:
        """What to say of settings of the state that are not those configured."""
        if found:
            what = "is not of this configuration" if self._is_strict else "replaces what is configured"
            yield f"{type(self).__name__}: the checkpoint {what}: {'; '.join(found)}. {_REMEDY}"

    def _restored(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """The attributes that a state brings. Raises for what cannot be right."""
        return {name: state[name] for name in self._saved}

    def __repr__(self) -> str:
        held = ", ".join(f"{name}={held!r}" for name, held in self.state_dict().items())
        return f"{type(self).__name__}({held})"


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def differences(saved: Any, mine: Any, path: str = "") -> Iterator[str]:
    """Where plain data that was saved differs from one's own. Of schedules of different kinds, the kinds.

    >>> list(differences({"T_max": 100, "eta_min": 0.0}, {"T_max": 1000, "eta_min": 0.0}))
    ['T_max: 100 in the checkpoint, 1000 here']
    """
    if isinstance(saved, dict) and isinstance(mine, dict):
        if saved.get("kind") != mine.get("kind"):
            saved, mine = ({"kind": held.get("kind")} for held in (saved, mine))
        for key in saved | mine:
            inner = f"{path}.{key}" if path else key
            yield from differences(saved.get(key), mine.get(key), inner)
    elif isinstance(saved, list) and isinstance(mine, list) and len(saved) == len(mine):
        for i, (there, here) in enumerate(zip(saved, mine, strict=True)):
            yield from differences(there, here, f"{path}[{i}]")
    elif saved != mine:
        there, here = ("not given" if held is None else show(held) for held in (saved, mine))
        yield f"{path}: {there} in the checkpoint, {here} here"
