"""The scheduler: schedules, optimizers, and one integer."""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from ..arrays import library
from ..errors import ScheduleError, fail, show
from ..fields import one_of, true_or_false
from .configuration import Configuration
from .drive import Drive, detach
from .driven import accept, element, label, titles
from .resume import POLICIES, Segment, resume, state_of, whole_step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..plateau import Plateau
    from .writing import Plan

__all__ = ["Scheduler"]


class Scheduler(LRScheduler):
    """Drives hyperparameters of PyTorch optimizers by schedules.

    Definition: before update ``k`` of the optimizers, which counts from 0, each driven number is
    ``schedule(k)``; a learning rate is multiplied by the ``lr_scale`` of its parameter group, if the group has
    one, and by the factor of ``plateau``. The only state is ``k``.

    optimizer: a ``torch.optim.Optimizer``, or a sequence of them, which then have one clock. Their parameter
        groups are counted through, from 0.
    hyperparameters: what to drive, by its key in the parameter groups: ``lr=``, ``weight_decay=``,
        ``momentum=``, and any other. Each is a schedule or a number, for all groups that have the key; a mapping
        from a group's ``"name"`` or index to one of these, which leaves the other groups alone; or, where the
        groups hold a tuple, as in ``betas``, a tuple of them, with None for an element to leave alone.
    relative: whether schedules are factors of what each group starts with, and not the values themselves.
        What a group starts with is its ``initial_lr`` (``initial_weight_decay``, ...) where it has one, as after
        a load, and its present value otherwise.
    gate: whether `step` counts only where an optimizer has updated since the last call that counted. Without,
        every call counts: for a simulation that makes no updates.
    resume: what `load_state_dict` does about a state of another configuration. ``"strict"`` refuses it and lists
        each difference; ``"config"`` takes the saved step and this configuration; ``"checkpoint"`` takes the
        saved configuration too; ``"rebase"`` begins this configuration at the saved step, on a clock of its own,
        unless it is the one that the state follows.
    clock: what steps of the schedules are: ``"updates"``, or ``"tokens"`` or ``"samples"``, which `step` is then
        told.
    plateau: a `glidepath.Plateau`, whose factor multiplies the learning rates; `step` is told its metric.

    It is a ``torch.optim.lr_scheduler.LRScheduler``, since trainers ask for one, but it does not replace
    ``optimizer.step``: it registers hooks. Numbers in the groups are replaced; tensors are filled in place,
    after each got storage of its own when the scheduler was made, so make it before a CUDA graph is captured.

    Raises `ScheduleError` for what cannot be driven, or would get a value that is negative or not finite.

    >>> import torch, glidepath
    >>> from glidepath.torch import Scheduler
    >>> model = torch.nn.Linear(4, 1)
    >>> optimizer = torch.optim.AdamW(model.parameters())
    >>> scheduler = Scheduler(optimizer, lr=glidepath.warmup_cosine(0.1, warmup=2, total=10), weight_decay=0.01)
    >>> used = []
    >>> for _ in range(3):
    ...     used.append(scheduler.get_last_lr()[0])
    ...     model(torch.ones(4)).sum().backward()
    ...     optimizer.step()
    ...     scheduler.step()
    >>> used
    [0.0, 0.05, 0.1]
    """

    def __init__(
        self,
        optimizer: Optimizer | Sequence[Optimizer],
        *unnamed: Any,
        relative: bool = False,
        gate: bool = True,
        resume: str = "strict",
        clock: str = "updates",
        plateau: Plateau | None = None,
        **hyperparameters: Any,
    ) -> None:
        # Nothing of the base class: its constructor replaces optimizer.step and makes a step of its own.
        if unnamed:
            raise ScheduleError(f"say by name what to drive, Scheduler(optimizer, lr=...), got {show(unnamed[0])}")
        true_or_false("gate", gate)
        one_of("resume", resume, *POLICIES)
        configuration = Configuration(clock, relative, accept(hyperparameters), plateau)
        self._gate = gate
        self._resume = resume
        self._start = 0  # the step at which the clock of the configuration begins
        self._drive = Drive(_optimizers(optimizer), configuration)
        self._earlier: list[Segment] = []
        self._connect()

    def _connect(self) -> None:
        # The finalizer knows the hooks alone: whatever else it held would never be freed.
        weakref.finalize(self, detach, self._drive.handles).atexit = False
        self._counts_calls = self._drive.configuration.clock == "updates"

    # The clock ------------------------------------------------------------------------------------------------

    def step(  # type: ignore[override]  # torch takes an epoch
        self,
        epoch: None = None,
        n: int | None = None,
        tokens: int | None = None,
        samples: int | None = None,
        metric: Any = None,
    ) -> None:
        """Go on, and write the values of the next update.

        Without arguments: by one, if an optimizer has updated since the last call that counted. A call after an
        update that a gradient scaler skipped does nothing, nor does a second call.

        n: go on by so many steps, whatever the optimizers have done.
        tokens, samples: go on by so many, on a scheduler with that ``clock``.
        metric: a new value of the metric for ``plateau``. It changes the values at once; it is no step.
        epoch: not to be given: `set_step` goes to a step.
        """
        # No bare * above: defaults of keyword-only arguments cost a tenth of the whole step.
        if epoch is n is tokens is samples is metric is None and self._counts_calls:
            drive = self._drive
            watch = drive.watch
            if watch.updated or not self._gate or drive.has_missed():
                plan = drive.plan
                t = plan.t + 1
                if not plan.fast(t):
                    plan.write_all(t)
                plan.t = t
                watch.updated = False
            return
        self._step_by(epoch, {"n": n, "tokens": tokens, "samples": samples, "metric": metric})

    def _step_by(self, epoch: Any, amounts: dict[str, Any]) -> None:
        if epoch is not None:
            raise ScheduleError(
                f"step({show(epoch)}) would be an epoch in torch: say step(n=...) to go on by several steps, "
                "set_step(...) to go to one, or step(metric=...) for a plateau"
            )
        given = [name for name, amount in amounts.items() if amount is not None]
        clock = self._drive.configuration.clock
        if not given:
            raise ScheduleError(f"this scheduler counts {clock}: say how many, step({clock}=...)")
        if len(given) > 1:
            raise ScheduleError(f"step() takes one of {', '.join(given)}")
        name, amount = given[0], amounts[given[0]]
        if name == "metric":
            self._update_plateau(amount)
            return
        if name not in ("n", clock):
            raise ScheduleError(f'this scheduler counts {clock}: for {name}, make it with clock="{name}"')
        self.set_step(self.last_epoch + whole_step(name, amount))

    def _update_plateau(self, metric: Any) -> None:
        drive = self._drive
        plateau = drive.configuration.plateau
        if plateau is None or drive.metric is None:
            raise ScheduleError("step(metric=...) needs a plateau: make the scheduler with plateau=glidepath.Plateau()")
        if library(metric) is not None:
            if metric.shape != ():
                fail("metric", "one number", metric)
            metric = metric.item()
        drive.adopt(drive.plan, drive.configuration, drive.plan.t, plateau.update(drive.metric, metric))

    def set_step(self, step: int) -> None:
        """Go to a step, counted from 0, at once and however far, and write its values."""
        step = whole_step("step", step)
        if step < self._start:
            raise ScheduleError(f"step must be at least {self._start}, where this configuration began, got {step}")
        self._drive.notice_groups()
        self._drive.plan.write(step - self._start)
        self._drive.watch.updated = False

    @property
    def last_epoch(self) -> int:
        """The number of the next update, counted from 0.

        To assign it changes what `get_lr` answers, and writes nothing: ignite does so, and writes for itself.
        """
        return self._start + self._drive.plan.t

    @last_epoch.setter
    def last_epoch(self, step: int) -> None:
        # Torch's SequentialLR begins one before the first step.
        self._drive.plan.t = whole_step("last_epoch", step, -1) - self._start

    # What there is to see -------------------------------------------------------------------------------------

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer; the first, if there are several. Another one may be assigned."""
        return self._drive.optimizers[0]

    @optimizer.setter
    def optimizer(self, optimizer: Optimizer | Sequence[Optimizer]) -> None:
        before = self._drive
        configuration = replace(before.configuration, groups=())
        self._drive = Drive(_optimizers(optimizer), configuration, before.plan.t, before.metric)
        self._drive.watch.updated = before.watch.updated
        detach(before.handles)
        self._connect()

    def values(self) -> dict[str, float]:
        """What the next update uses, by name: every driven number of every parameter group.

        A name is the key in the group, with the position if it holds a tuple, and with the name of the group if
        there are several, or its index where it has no name of its own: ``lr``, ``betas[0]``, ``lr/backbone``,
        ``weight_decay/1``.
        """
        plan = self._present_plan()
        return self._named(plan, plan.held())

    def schedule_at(self, step: int) -> dict[str, float]:
        """What update number ``step`` uses, as `values` gives it, without going there.

        Before a rebase, it is what the configuration of that time gave, without its plateau; else the present
        factor of the plateau is in it.
        """
        step = whole_step("step", step)
        plan = self._present_plan()
        if step >= self._start:
            return self._named(plan, plan.per_slot(step - self._start))
        segment = next((segment for segment in reversed(self._earlier) if segment.start <= step), None)
        if segment is None:
            raise ScheduleError(f"what step {step} used is not known: the state that was loaded held the step alone")
        earlier = replace(Configuration.from_dict(segment.configuration), plateau=None)
        if len(earlier.groups) != len(self._drive.groups):
            raise ScheduleError(
                f"step {step} had {len(earlier.groups)} parameter groups, and now there are {len(self._drive.groups)}"
            )
        plan = self._drive.planned(earlier)
        return self._named(plan, plan.per_slot(step - segment.start))

    def _present_plan(self) -> Plan:
        self._drive.notice_groups()
        return self._drive.plan

    def _named(self, plan: Plan, numbers: Sequence[float]) -> dict[str, float]:
        names = titles(plan.groups)
        return {
            element(slot.key, slot.position) + ("" if len(names) == 1 else f"/{names[slot.group]}"): number
            for slot, number in zip(plan.slots, numbers, strict=True)
        }

    def get_last_lr(self) -> list[float]:  # type: ignore[override]
        """The learning rate of each parameter group that the next update uses, as Python numbers."""
        plan = self._present_plan()
        return _rates(plan, plan.held())

    def get_lr(self) -> list[float]:  # type: ignore[override]
        """The learning rate of each parameter group at the present step, by the schedule."""
        plan = self._present_plan()
        return _rates(plan, plan.per_slot(max(plan.t, 0)))

    @property
    def base_lrs(self) -> list[float]:  # type: ignore[override]
        """The learning rate of each parameter group at the first step."""
        plan = self._present_plan()
        return _rates(plan, plan.per_slot(0))

    # State ----------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """The state, under four keys that never change: whole numbers, and JSON texts.

        ``version``; ``step``; ``segments``, the configuration and those before each rebase, whole, with the steps
        at which they began; and ``metric``, the state of the plateau.
        """
        drive = self._drive
        drive.notice_groups()
        latest = Segment(self._start, drive.configuration.to_dict())
        return state_of(self.last_epoch, [*self._earlier, latest], drive.metric)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take up a state, as ``resume`` says, and write its values to the optimizers.

        It may be loaded before the optimizer's own state, after it, or without it. A state of one of torch's own
        schedulers, or anything with a ``last_epoch``, is read as a step under ``"config"`` and ``"rebase"``.

        Raises `ScheduleError`, and changes nothing, for a state that is damaged, of something else, or of another
        configuration than ``resume`` allows.
        """
        drive = self._drive
        drive.notice_groups()
        resumed = resume(self._resume, state_dict, drive.configuration)
        configuration, start = resumed.configuration, resumed.segments[-1].start
        plan = drive.plan if configuration is drive.configuration else drive.planned(configuration)
        drive.adopt(plan, configuration, resumed.step - start, resumed.metric)
        drive.watch.updated = False
        self._start, self._earlier = start, resumed.segments[:-1]
        self._counts_calls = configuration.clock == "updates"

    def __getstate__(self) -> dict[str, Any]:
        drive = self._drive
        kept = {name: held for name, held in vars(self).items() if name != "_drive"}
        bound = drive.optimizers, drive.configuration, drive.plan.t, drive.metric
        return {**kept, "_bound": bound, "_updated": bool(drive.watch.updated)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        self._drive = Drive(*state.pop("_bound"))
        self._drive.watch.updated = state.pop("_updated")
        vars(self).update(state)
        self._connect()

    # What trainers and torch's own classes look for -----------------------------------------------------------

    @property
    def _last_lr(self) -> list[float]:  # type: ignore[override]
        return self.get_last_lr()

    @property
    def _step_count(self) -> int:
        return self.last_epoch + 1

    @_step_count.setter
    def _step_count(self, count: int) -> None:
        pass  # Accelerate counts micro-batches here; the schedule counts updates

    def _initial_step(self) -> None:
        self._update_lr()

    def _update_lr(self, epoch: int | None = None) -> None:
        self.set_step(self.last_epoch + 1 if epoch is None else epoch)

    def __repr__(self) -> str:
        configuration = self._drive.configuration
        given = dict(configuration.hyperparameters)
        for name, default in (("relative", False), ("clock", "updates"), ("plateau", None)):
            if getattr(configuration, name) != default:
                given[name] = getattr(configuration, name)
        shown = ", ".join(f"{key}={held!r}" for key, held in given.items())
        return f"{type(self).__name__}({shown}) at step {self.last_epoch}"


def _optimizers(given: Any) -> list[Optimizer]:
    """The optimizers themselves: trainers hand over wrappers, on which hooks are not called."""
    several = list(given) if isinstance(given, tuple | list) else [given]
    rule = "a torch.optim.Optimizer, or a sequence of them"
    found: list[Optimizer] = []
    for optimizer in several:
        while isinstance(inner := getattr(optimizer, "optimizer", None), Optimizer) and inner is not optimizer:
            optimizer = inner
        if not isinstance(optimizer, Optimizer):
            fail("optimizer", rule, optimizer)
        if any(optimizer is known for known in found):
            fail("optimizer", "a sequence that holds each optimizer once", given)
        found.append(optimizer)
    if not found:
        fail("optimizer", rule, given)
    return found


def _rates(plan: Plan, numbers: Sequence[float]) -> list[float]:
    """The learning rate of each parameter group: the number of its slot, or what it holds where it is not driven."""
    driven = {slot.group: number for slot, number in zip(plan.slots, numbers, strict=True) if slot.key == "lr"}
    rates = []
    for i, group in enumerate(plan.groups):
        if i not in driven and "lr" not in group:
            raise ScheduleError(f"{label(plan.groups, i)} has no lr")
        rates.append(driven[i] if i in driven else float(group["lr"]))
    return rates
