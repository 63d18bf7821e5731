"""Optimizers under schedules: what is written to them, and what must be noticed about them."""

from __future__ import annotations

import warnings
from dataclasses import replace
from operator import is_
from typing import TYPE_CHECKING, Any

import torch

from ..errors import ScheduleError
from .driven import ByGroup, Group, label, slots_of
from .watching import Watch
from .writing import Plan, keep_tensors

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from torch.optim import Optimizer
    from torch.utils.hooks import RemovableHandle

    from ..plateau import PlateauState
    from .configuration import Configuration
    from .driven import Groups, Slot
    from .writing import Function

__all__ = ["Drive", "detach"]


class Drive:
    """Some optimizers, and the values of one configuration in their parameter groups.

    Its hooks on the optimizers notice an update (`Watch`), a loaded state, and parameter groups that are others. A
    hook must hold nothing of the scheduler, or an optimizer would keep every scheduler that it ever had.

    plan: writes the values of a step, on the clock of the configuration.
    metric: the state of the configuration's Plateau.
    handles: of the hooks. Whoever removes them frees the optimizers.
    """

    def __init__(
        self,
        optimizers: Sequence[Optimizer],
        configuration: Configuration,
        t: int = 0,
        metric: PlateauState | None = None,
    ) -> None:
        self.optimizers = tuple(optimizers)
        self.handles: list[RemovableHandle] = []
        self.metric: PlateauState | None = None
        self._factor = [1.0]
        self.groups = self._present_groups()
        if not configuration.groups:  # those of a copied scheduler are known
            noted = tuple(_read_group(self.groups, i, configuration) for i in range(len(self.groups)))
            configuration = replace(configuration, groups=noted)
        self.adopt(self.planned(configuration), configuration, t, metric)
        self._attach()

    # The groups -----------------------------------------------------------------------------------------------

    def _present_groups(self) -> Groups:
        return [group for optimizer in self.optimizers for group in optimizer.param_groups]

    def planned(self, configuration: Configuration) -> Plan:
        """The plan of a configuration for the groups as they are. Raises where they do not fit."""
        driven, relative = configuration.hyperparameters, configuration.relative
        return self._plan(slots_of(driven, relative, self.groups, configuration.groups), configuration)

    def _plan(self, slots: Sequence[Slot], configuration: Configuration) -> Plan:
        factor = self._factor

        def scaled(function: Function) -> Function:
            return lambda t: function(t) * factor[0]

        return Plan(slots, self.groups, None if configuration.plateau is None else scaled)

    def adopt(self, plan: Plan, configuration: Configuration, t: int, metric: PlateauState | None) -> None:
        """Put a plan into force at step ``t``. Raises, and changes nothing, where a value cannot be written."""
        if metric is None and configuration.plateau is not None:
            metric = configuration.plateau.init()
        before = self._factor[0]
        self._factor[0] = 1.0 if metric is None else metric.factor
        try:
            if t >= 0:
                plan.write(t)
            else:  # not begun: the groups are another scheduler's still
                plan.per_schedule(0)
                plan.t = t
        except BaseException:
            self._factor[0] = before
            raise
        self.plan, self.configuration, self.metric = plan, configuration, metric
        self._groups_of = {id(optimizer): [*optimizer.param_groups] for optimizer in self.optimizers}
        self._note_in_groups()

    def _note_in_groups(self) -> None:
        """Leave in the groups what is in force: it is saved with the optimizer, and a load may have changed it."""
        for group, noted in zip(self.groups, self.configuration.groups, strict=True):
            if noted.name is not None:
                group["name"] = noted.name
            if noted.scale != 1.0 or "lr_scale" in group:
                group["lr_scale"] = noted.scale
            for key, base in noted.bases.items():
                group[f"initial_{key}"] = tuple(base) if isinstance(base, list) else base

    # What is noticed ------------------------------------------------------------------------------------------

    def _attach(self) -> None:
        self.watch = Watch(self.optimizers)
        self.handles.clear()  # the same list always: it is what the scheduler's finalizer knows
        for optimizer in self.optimizers:
            self.handles += [
                optimizer.register_step_post_hook(self.watch.after_step),
                optimizer.register_step_pre_hook(self._before_step),
                optimizer.register_load_state_dict_post_hook(self._after_load),
                optimizer.register_state_dict_post_hook(self._after_save),
            ]

    def _is_attached(self) -> bool:
        """Whether each optimizer still has its hooks: a copied or unpickled one has none."""
        mine = {handle.id for handle in self.handles}
        return not any(mine.isdisjoint(optimizer._optimizer_step_post_hooks) for optimizer in self.optimizers)

    def has_missed(self) -> bool:
        """Whether there was an update that no hook has told of (see `Watch`)."""
        if self._is_attached():
            return self.watch.has_missed()
        warnings.warn(
            "the optimizer has lost the hooks of its scheduler, as one that was copied or unpickled does; they are "
            "there again, and this call of step() counts as an update",
            stacklevel=3,
        )
        detach(self.handles)
        self._attach()
        self._regroup(self._present_groups())
        return True

    def notice_groups(self) -> None:
        """Drive the parameter groups as they are now, if they are others than before."""
        present = self._present_groups()
        if not _are_same(present, self.groups):
            self._regroup(present)

    def _before_step(self, optimizer: Optimizer, _args: Any, _kwargs: Any) -> None:
        # A look at this optimizer alone: some programs have one for each parameter.
        if not _are_same(optimizer.param_groups, self._groups_of.get(id(optimizer), ())):
            self.notice_groups()

    def _after_load(self, _optimizer: Optimizer) -> None:
        # The loaded groups stand for those of before, one by one, with the values of the time of the save.
        before, self.groups = self.groups, self._present_groups()
        try:
            keep_tensors(self.plan.slots, before, self.groups)
            self.adopt(self._plan(self.plan.slots, self.configuration), self.configuration, self.plan.t, self.metric)
        except BaseException:
            self.groups = before
            raise
        self.watch.updated = False

    def _after_save(self, _optimizer: Optimizer, state: dict[str, Any]) -> dict[str, Any]:
        """Give a saved state tensors of its own: what it holds must not move when the schedule does."""
        keys = self.configuration.hyperparameters
        groups = [{key: _own(x) if key in keys else x for key, x in group.items()} for group in state["param_groups"]]
        return {**state, "param_groups": groups}

    def _regroup(self, present: Groups) -> None:
        """Drive other parameter groups; those that were there before keep what was noted of them."""
        before, configuration = self.groups, self.configuration
        noted = {id(group): kept for group, kept in zip(before, configuration.groups, strict=True)}
        found = [noted.get(id(group)) for group in present]
        if found[: len(before)] != list(configuration.groups) and _goes_by_index(configuration):
            raise ScheduleError(
                "parameter groups have other indices now, since one was removed or replaced, or added to an optimizer "
                "that is not the last: name the groups instead"
            )
        made = tuple(kept or _read_group(present, i, configuration) for i, kept in enumerate(found))
        configuration = replace(configuration, groups=made)
        self.groups = present
        try:
            self.adopt(self.planned(configuration), configuration, self.plan.t, self.metric)
        except BaseException:
            self.groups = before  # so that the next update is refused too
            raise


def detach(handles: Iterable[RemovableHandle]) -> None:
    """Leave the optimizers alone from now on."""
    for handle in handles:
        handle.remove()


def _are_same(a: Sequence[object], b: Sequence[object]) -> bool:
    return len(a) == len(b) and all(map(is_, a, b))


def _goes_by_index(configuration: Configuration) -> bool:
    driven = configuration.hyperparameters.values()
    return any(isinstance(d, ByGroup) and any(type(name) is int for name, _ in d.items) for d in driven)


def _read_group(groups: Groups, index: int, configuration: Configuration) -> Group:
    """What a parameter group says of itself. A starting value that torch has noted goes before the present one."""
    group = groups[index]
    keys = configuration.hyperparameters if configuration.relative else ()
    bases = {key: _plain(group.get(f"initial_{key}", group[key])) for key in keys if key in group}
    return Group(group.get("name"), _plain(group.get("lr_scale", 1.0)), bases).checked(label(groups, index))


def _plain(held: Any) -> Any:
    """Tensors of one number as Python numbers."""
    if isinstance(held, tuple | list):
        return [_plain(x) for x in held]
    return held.item() if isinstance(held, torch.Tensor) and held.numel() == 1 else held


def _own(x: Any) -> Any:
    if isinstance(x, torch.Tensor):
        return x.clone()
    return type(x)(map(_own, x)) if isinstance(x, tuple | list) else x
