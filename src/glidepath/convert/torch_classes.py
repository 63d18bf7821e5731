"""What each of torch's schedulers computes, made of our own kinds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from ..arrays import LAST_STEP
from ..compose import Join, Piecewise, Repeat
from ..compose.powers import powers
from ..errors import ScheduleError, fail
from ..fields import number
from ..schedules import Constant, Cosine, Linear, Polynomial, Triangle
from .read import whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..schedule import Schedule

__all__ = ["BUILDERS", "KEYS", "State", "joined"]


class State(NamedTuple):
    """The state of a scheduler, for one parameter group.

    groups: those of the optimizer, where they are known.
    place: which of them it is.
    what: "lr" or "momentum".
    span: for how many steps the scheduler is in force, where that is known.
    notes: takes what is lost.
    """

    name: str
    held: dict[str, Any]
    groups: Any
    place: int
    what: str
    span: int | None
    notes: list[str]

    def number(self, key: str, least: float = -sys.float_info.max) -> float:
        return _plain(f"{self.name}.{key}", self.held[key], least)

    def rate(self, key: str = "base_lrs") -> float:
        """The entry of a list that belongs to the group."""
        entries = self.held[key]
        if not isinstance(entries, list | tuple) or len(entries) <= self.place:
            fail(f"{self.name}.{key}", "a list with an entry for each parameter group", entries)
        return _plain(f"{self.name}.{key}[{self.place}]", entries[self.place])

    def steps(self, key: str, least: int = 1) -> int:
        return whole(f"{self.name}.{key}", self.held[key], least)

    def group(self, key: str) -> float:
        """What the optimizer has for the group."""
        if not isinstance(self.groups, list | tuple) or len(self.groups) <= self.place:
            raise ScheduleError(
                f"{self.name} keeps its rates in the optimizer: import a checkpoint with both states, "
                '{"optimizer": ..., "scheduler": ...}'
            )
        group = self.groups[self.place]
        if key not in group:
            raise ScheduleError(f"{self.name}: parameter group {self.place} of the optimizer has no {key}")
        return _plain(f"{key} of parameter group {self.place}", group[key])


def _plain(where: str, x: Any, least: float = -sys.float_info.max) -> float:
    """A number, which may be in a tensor."""
    x = x.item() if hasattr(x, "item") and getattr(x, "ndim", None) == 0 else x
    rule = "a finite number" + ("" if least == -sys.float_info.max else f" of at least {least:g}")
    made: float = number(where, x, rule, lambda v: v >= least, float)
    return made


def joined(parts: list[tuple[int, Schedule]]) -> Schedule:
    """Schedules from their steps on; one alone as it is."""
    first, *rest = parts
    if not rest:
        return first[1]
    return Join(parts=tuple(part for _, part in parts), boundaries=tuple(start for start, _ in rest))


def _step(s: State) -> Schedule:
    steps = s.steps("step_size")
    return powers(s.rate(), s.number("gamma", 0), steps, staircase=steps > 1)


def _exponential(s: State) -> Schedule:
    return powers(s.rate(), s.number("gamma", 0))


def _multi_step(s: State) -> Schedule:
    gamma, rate, past = s.number("gamma", 0), s.rate(), 0
    milestones = s.held["milestones"]
    if not isinstance(milestones, dict):
        fail("MultiStepLR.milestones", "how often each step stands there", milestones)
    where = "MultiStepLR.milestones"  # whose keys are words in JSON
    counts = {
        whole(where, int(step) if str(step).isdecimal() else step): whole(where, count)
        for step, count in milestones.items()
    }
    values, boundaries = [rate], []
    for step in sorted(counts):
        past += counts[step]
        if step <= 0:
            values = [rate * gamma**past] if step == 0 else [rate]
            past = past if step == 0 else past - counts[step]
            continue
        boundaries.append(step)
        values.append(rate * gamma**past)
    if not boundaries:
        return Constant(value=values[0])
    return Piecewise(boundaries=tuple(boundaries), values=tuple(values))


def _constant(s: State) -> Schedule:
    rate, factor, steps = s.rate(), s.number("factor", 0), s.steps("total_iters", 0)
    if steps == 0:  # torch never takes the factor back
        return Constant(value=rate * factor)
    return Piecewise(boundaries=(steps,), values=(rate * factor, rate))


def _linear(s: State) -> Schedule:
    rate, steps = s.rate(), s.steps("total_iters", 0)
    start, end = rate * s.number("start_factor", 0), rate * s.number("end_factor", 0)
    return Linear(start=start, end=end, steps=steps) if steps else Constant(value=start)


def _polynomial(s: State) -> Schedule:
    rate, power, steps = s.rate(), s.number("power", 0), s.steps("total_iters", 0)
    if steps == 0 or power == 0:
        return Constant(value=rate)
    return Polynomial(start=rate, end=0.0, steps=steps, power=power)


def _cosine(s: State) -> Schedule:
    high, low, steps = s.rate(), s.number("eta_min"), s.steps("T_max")
    down = Cosine(start=high, end=low, steps=steps)
    if s.span is not None and s.span <= steps + 1:
        return down
    s.notes.append(
        f"past its T_max of {steps} steps, torch's cosine rises again, and so does this one"
        + ("" if s.span else " (a run that ends there, --steps, needs the fall alone)")
    )
    up = Cosine(start=low, end=high, steps=steps)
    return Repeat(body=Join(parts=(down, up), boundaries=(steps,)), period=2 * steps)


def _warm_restarts(s: State) -> Schedule:
    steps = s.steps("T_0")
    curve = Cosine(start=s.rate(), end=s.number("eta_min"), steps=steps)
    return Repeat(body=curve, period=steps, stretch=s.steps("T_mult"))


def _cyclic(s: State) -> Schedule:
    if s.what == "lr":
        base, top = s.rate(), s.rate("max_lrs")
    else:
        base, top = s.rate("max_momentums"), s.rate("base_momentums")
    if s.held.get("_scale_fn_custom"):
        raise ScheduleError("CyclicLR has a scale_fn of the user's own, which is not in its state")
    total = s.steps("total_size", 2)
    up = _at(s, "the top of a cycle", s.number("step_ratio", 0) * total, 1, total - 1)
    mode = s.held["mode"]
    if mode == "triangular":
        return Repeat(body=Triangle(low=base, high=top, up=up, down=total - up), period=total)
    triangle = Triangle(low=0.0, high=top - base, up=up, down=total - up)
    if mode == "triangular2":
        return Repeat(body=triangle, period=total, scale=0.5) + base
    if mode != "exp_range":
        fail("CyclicLR.mode", "triangular, triangular2 or exp_range", mode)
    return Repeat(body=triangle, period=total) * powers(1.0, s.number("gamma", 0)) + base


def _one_cycle(s: State) -> Schedule:
    shape = s.held["_anneal_func_type"]
    kind = {"cos": Cosine, "linear": Linear}.get(shape)
    if kind is None:
        fail("OneCycleLR.anneal_strategy", "cos or linear", shape)
    parts: list[tuple[int, Schedule]] = []
    start, last = 0, s.steps("total_steps", 1)
    for phase in s.held["_schedule_phases"]:
        end = _at(s, "the end of a phase", _plain("OneCycleLR: end_step", phase["end_step"]), start, last)
        near, far = s.group(phase[f"start_{s.what}"]), s.group(phase[f"end_{s.what}"])
        if end > start:
            parts.append((start, kind(start=near, end=far, steps=end - start)))
            start = end
    return joined(parts) if parts else Constant(value=s.group(s.held["_schedule_phases"][-1][f"end_{s.what}"]))


def _at(s: State, what: str, at: float, least: int, most: int) -> int:
    """The step nearest to ``at``, which torch may put between two steps."""
    nearest = min(max(round(at), least), most, LAST_STEP)
    if abs(nearest - at) > 1e-9 * max(abs(at), 1):
        s.notes.append(f"{s.name}: {what} is at {at:.6g}, between two steps; here it is at step {nearest}")
    return nearest


#: The keys by which a state of each class is told from the others, and what to make of it.
BUILDERS: dict[str, Callable[[State], Schedule]] = {
    "ConstantLR": _constant,
    "CosineAnnealingLR": _cosine,
    "CosineAnnealingWarmRestarts": _warm_restarts,
    "CyclicLR": _cyclic,
    "ExponentialLR": _exponential,
    "LinearLR": _linear,
    "MultiStepLR": _multi_step,
    "OneCycleLR": _one_cycle,
    "PolynomialLR": _polynomial,
    "StepLR": _step,
}

KEYS: dict[str, frozenset[str]] = {
    name: frozenset(keys.split())
    for name, keys in {
        "ChainedScheduler": "_schedulers",
        "ConstantLR": "factor total_iters",
        "CosineAnnealingLR": "T_max eta_min",
        "CosineAnnealingWarmRestarts": "T_0 T_i T_mult T_cur eta_min",
        "CyclicLR": "max_lrs total_size step_ratio mode gamma scale_mode cycle_momentum use_beta1 base_momentums "
        "max_momentums",
        "ExponentialLR": "gamma",
        "LinearLR": "start_factor end_factor total_iters",
        "MultiStepLR": "gamma milestones",
        "OneCycleLR": "total_steps _schedule_phases _anneal_func_type cycle_momentum use_beta1",
        "PolynomialLR": "total_iters power",
        "SequentialLR": "_milestones _schedulers",
        "StepLR": "step_size gamma",
    }.items()
}
