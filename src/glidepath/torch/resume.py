"""The state of a `Scheduler`, and what a load makes of it under each policy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..arrays import LAST_STEP
from ..errors import ScheduleError, fail, show
from ..plateau import PlateauState
from .configuration import Configuration, Unsaved, differences

__all__ = ["POLICIES", "Resumed", "Segment", "resume", "state_of", "whole_step"]

VERSION = 1

#: What a load does about a state that was written under another configuration.
POLICIES = ("strict", "config", "checkpoint", "rebase")

_KEYS = ("version", "step", "segments", "metric")


class Segment(NamedTuple):
    """A configuration, as data, and the step of the run at which its own clock begins."""

    start: int
    configuration: dict[str, Any]


class Resumed(NamedTuple):
    """What a state comes to under a policy."""

    step: int
    segments: list[Segment]
    configuration: Configuration
    metric: PlateauState | None


def whole_step(where: str, x: Any, least: int = 0) -> int:
    """``x``, if it is a step: a whole number that is not negative, or -1 where that is ``least``."""
    if type(x) is not int or not least <= x <= LAST_STEP:
        fail(where, "a non-negative integer of at most 2**53 - 1", x)
    return x


def state_of(step: int, segments: list[Segment], metric: PlateauState | None) -> dict[str, Any]:
    """Numbers and text alone, under keys that never change: a distributed checkpoint looks each of them up."""
    return {
        "version": VERSION,
        "step": step,
        "segments": json.dumps([segment._asdict() for segment in segments]),
        "metric": json.dumps(None if metric is None else metric.to_dict()),
    }


def resume(policy: str, state: Any, own: Configuration) -> Resumed:
    """Check a state, and say what follows from it for a scheduler of configuration ``own``."""
    if not isinstance(state, Mapping):
        fail("the state", "a mapping, from state_dict()", state)
    if "version" not in state and "last_epoch" in state:
        return _counter_of_torch(policy, state, own)
    step, segments, metric = _checked(state)
    latest = segments[-1]
    mine = json.loads(json.dumps(own.to_dict()))
    if policy == "checkpoint":
        saved = Configuration.from_dict(latest.configuration)
        if len(saved.groups) != len(own.groups):
            raise ScheduleError(
                f"the state is of {len(saved.groups)} parameter groups, but the optimizer has {len(own.groups)}"
            )
        return Resumed(step, segments, saved, metric)
    if latest.configuration["clock"] != own.clock:
        raise ScheduleError(f"the state counts {latest.configuration['clock']}, this scheduler {own.clock}")
    if policy == "config":
        return Resumed(step, [Segment(0, mine)], own, metric if own.plateau is not None else None)
    if policy == "rebase":
        if latest.configuration != mine:  # else a run that was rebased, and interrupted since, goes on
            segments, metric = [*segments, Segment(max(step, 0), mine)], None
        return Resumed(step, segments, own, metric)
    found = [*differences(latest.configuration, mine)]
    if found:
        raise ScheduleError(
            "the state was written under another configuration:\n  "
            + "\n  ".join(found)
            + '\nSay what is meant: resume="config" (this configuration, the saved step), "checkpoint" (the saved '
            'configuration), or "rebase" (this configuration from the saved step on)'
        )
    return Resumed(step, segments, own, metric)


def _counter_of_torch(policy: str, state: Mapping[str, Any], own: Configuration) -> Resumed:
    """Torch's own schedulers keep a counter, and nothing by which another schedule could be noticed."""
    step = whole_step("last_epoch of the state", state["last_epoch"])
    if own.clock != "updates":
        raise ScheduleError(f"the state is of another scheduler and counts updates, this scheduler {own.clock}")
    if policy not in ("config", "rebase"):
        raise ScheduleError(
            "the state is of another scheduler and holds a step but no schedule to compare: load it with "
            'Scheduler(..., resume="config"), which takes its step and this configuration'
        )
    return Resumed(step, [Segment(0 if policy == "config" else step, own.to_dict())], own, None)


def _checked(state: Mapping[str, Any]) -> tuple[int, list[Segment], PlateauState | None]:
    if "version" not in state:
        raise ScheduleError(f"the state is not of a Scheduler: its keys are {', '.join(map(str, state)) or 'none'}")
    if type(state["version"]) is not int or state["version"] != VERSION:
        fail("version of the state", f"{VERSION}, which this release of glidepath reads", state["version"])
    for key in _KEYS:
        if key not in state:
            raise ScheduleError(f"the state has lost {key!r}: its keys are {', '.join(map(str, state))}")
    for key in state:
        if key not in _KEYS:
            raise ScheduleError(f"the state has a key {show(key)}, which no Scheduler writes")
    step = whole_step("step of the state", state["step"], -1)  # -1: a member of torch's SequentialLR, not begun
    try:
        segments, metric = json.loads(state["segments"]), json.loads(state["metric"])
        return step, _segments(segments, step), _metric(metric, segments[-1]["configuration"]["plateau"])
    except ScheduleError as error:
        raise ScheduleError(f"the state is damaged: {error}") from None
    except (TypeError, ValueError, KeyError, AttributeError, IndexError, RecursionError) as error:
        raise ScheduleError(f"the state is damaged: segments and metric cannot be read ({error!r})") from None


def _segments(data: Any, step: int) -> list[Segment]:
    segments = [Segment(**segment) for segment in data]
    if not segments:
        fail("segments", "a list of at least one", segments)
    starts = [segment.start for segment in segments]
    if starts != sorted(starts) or not all(type(k) is int and 0 <= k <= max(step, 0) for k in starts):
        fail("the starts of segments", f"ascending steps up to {step}", starts)
    for segment in segments:
        try:
            Configuration.from_dict(segment.configuration)
        except Unsaved:
            continue  # it matters where it is used, which is not everywhere
    return segments


def _metric(data: Any, plateau: Any) -> PlateauState | None:
    if (data is None) != (plateau is None):
        rule = "null, without a plateau" if plateau is None else "the state of the plateau"
        fail("metric", rule, data)
    return None if data is None else PlateauState.from_dict(data)
