"""States of torch's schedulers: what ``scheduler.state_dict()`` holds, alone or in a checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ScheduleError, fail, show, unknown
from .read import Given, Imported, reader, whole
from .torch_classes import BUILDERS, KEYS, State, joined

if TYPE_CHECKING:
    from ..schedule import Schedule

__all__ = ["load_checkpoint", "read"]

#: Where checkpoints of whole trainings keep the state of a scheduler, and that of the optimizer.
_PLACES = (
    *("scheduler", "lr_scheduler", "schedulers", "lr_schedulers"),
    *("scheduler_state_dict", "lr_scheduler_state_dict", "scheduler_state", "lr_scheduler_state"),
)
_OPTIMIZERS = ("optimizer", "optimizers", "optimizer_states", "optimizer_state_dict", "optimizer_state")

#: Keys that every state may have, in this version of torch or another.
_COMMON = {
    *("base_lrs", "last_epoch", "_step_count", "_last_lr", "verbose"),
    *("_initial_step", "_is_initial", "_get_lr_called_within_step", "_scale_fn_ref", "_scale_fn_custom"),
}

#: Whose values come from the metrics or from other schedulers, with the key that tells them.
_NO_FORMULA = {
    "patience": ("ReduceLROnPlateau", "its rates depend on a metric, not on the step (see glidepath.Plateau)"),
    "anneal_epochs": ("SWALR", "it goes on from the rates that other schedulers have led to"),
}


def load_checkpoint(path: str) -> Any:
    """What ``torch.save`` wrote, if it is nothing but data and tensors; other code is never run."""
    import warnings

    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception:  # whatever the bytes lead to; torch's own text advises to run the code in the file
        raise ScheduleError(
            f"{path} must be a checkpoint that torch.save wrote, of nothing but data and tensors: nothing else is "
            "loaded (save the state_dict() of a scheduler, not the scheduler)"
        ) from None


def _is_state(data: Any) -> bool:
    return isinstance(data, dict) and bool({"base_lrs", "_schedulers", "num_bad_epochs", "anneal_epochs"} & set(data))


def _first(data: dict[str, Any], places: tuple[str, ...]) -> Any:
    """What lies at the first of some keys, or the first of several there."""
    for place in places:
        held = data.get(place)
        held = held[0] if isinstance(held, list | tuple) and held else held
        if isinstance(held, dict):
            return held
    return None


def _knows(data: dict[str, Any]) -> bool:
    return _is_state(data) or _is_state(_first(data, _PLACES))


@reader("torch", _knows)
def read(data: dict[str, Any], given: Given) -> Imported:
    """The state of a scheduler, or a checkpoint with one in it under a usual name.

    A state does not name its class: it is told by its keys, or given.
    """
    state = data if _is_state(data) else _first(data, _PLACES)
    if not _is_state(state):
        raise ScheduleError(
            f"no state of a torch scheduler lies in {show(list(data))} (looked in {', '.join(_PLACES)})"
        )
    optimizer = None if state is data else _first(data, _OPTIMIZERS)
    groups = optimizer.get("param_groups") if optimizer else None
    notes: list[str] = []
    name = _class_of(state, given.kind)
    rates = [_one(name, state, groups, index, "lr", given.total, notes) for index in range(_count(state))]
    schedules = _named(rates, "lr")
    if state.get("cycle_momentum"):
        momenta = [_one(name, state, groups, index, "momentum", given.total, []) for index in range(len(rates))]
        schedules |= _named(momenta, "beta1" if state.get("use_beta1") else "momentum")
    _compare(state, rates, notes)
    return Imported(schedules, given.total, name, tuple(dict.fromkeys(notes)))


def _named(schedules: list[Schedule], name: str) -> dict[str, Schedule]:
    """One for all groups where they are the same, else one for each."""
    if all(one == schedules[0] for one in schedules):
        return {name: schedules[0]}
    return {f"{name}_{index}": one for index, one in enumerate(schedules)}


def _count(state: dict[str, Any]) -> int:
    """How many parameter groups a state is of."""
    while "base_lrs" not in state:
        children = state.get("_schedulers")
        if not isinstance(children, list | tuple) or not children or not isinstance(children[0], dict):
            fail("_schedulers", "a list of states", children)
        state = children[0]
    rates = state["base_lrs"]
    if not isinstance(rates, list | tuple) or not rates:
        fail("base_lrs", "a list of at least one rate", rates)
    return len(rates)


def _class_of(state: dict[str, Any], given: str | None = None) -> str:
    """The name of the class that a state is of."""
    if given is not None:
        if given not in KEYS:
            unknown("--as", "class", given, KEYS)
        missing = sorted(KEYS[given] - set(state))
        if missing:
            raise ScheduleError(f"--as: a {given} has {', '.join(missing)}, which this state has not")
        return given
    own = set(state) - _COMMON
    if "lr_lambdas" in own:
        held = [one for one in state["lr_lambdas"] or () if one]
        rest = f"; of its objects, the state has {show(held)}" if held else ""
        raise ScheduleError(
            "a LambdaLR or MultiplicativeLR computes its rates with functions, which are not in its state: "
            f"write the schedule by hand, from the base rates {show(state.get('base_lrs'))}{rest}"
        )
    for key, (name, why) in _NO_FORMULA.items():
        if key in own:
            raise ScheduleError(f"a {name} has no formula of the step: {why}")
    found = [name for name, keys in KEYS.items() if keys == own]
    if len(found) != 1:
        known = ", ".join(sorted(KEYS))
        raise ScheduleError(f"the keys {show(sorted(map(str, own)))} do not tell the class: say it with --as ({known})")
    return found[0]


def _one(
    name: str, state: dict[str, Any], groups: Any, index: int, what: str, span: int | None, notes: list[str]
) -> Schedule:
    """The schedule of one parameter group."""
    if name == "SequentialLR":
        return _sequential(state, groups, index, span, notes)
    if name == "ChainedScheduler":
        return _chained(state, groups, index, span, notes)
    return BUILDERS[name](State(name, state, groups, index, what, span, notes))


def _children(state: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(_class_of(child), child) for child in state["_schedulers"]]


def _sequential(state: dict[str, Any], groups: Any, index: int, span: int | None, notes: list[str]) -> Schedule:
    children, milestones = _children(state), [whole("SequentialLR: each milestone", m) for m in state["_milestones"]]
    if sorted(milestones) != milestones:
        fail("SequentialLR._milestones", "in ascending order", milestones)
    if len(milestones) != len(children) - 1:
        fail("SequentialLR._milestones", f"one fewer than the {len(children)} schedulers", milestones)
    starts, parts = [0, *milestones], []
    for (name, child), start, end in zip(children, starts, [*milestones, span], strict=True):
        if "_schedulers" in child:
            notes.append(
                f"torch takes the {name} in a SequentialLR a step too far before the first update (its own milestones "
                "come one step early); this one goes by the milestones"
            )
        length = None if end is None else end - start
        if length is None or length > 0:
            parts.append((start, _one(name, child, groups, index, "lr", length, notes)))
        if child.get("cycle_momentum"):
            notes.append(f"the momentum that the {name} drives is left out")
    return joined(parts)


def _chained(state: dict[str, Any], groups: Any, index: int, span: int | None, notes: list[str]) -> Schedule:
    product: Schedule | None = None
    for name, child in _children(state):
        if name not in ("ConstantLR", "ExponentialLR", "LinearLR", "MultiStepLR", "PolynomialLR", "StepLR"):
            raise ScheduleError(
                f"a ChainedScheduler with a {name} has no formula: torch changes whatever rate the others have left"
            )
        alone = child if product is None else {**child, "base_lrs": [1.0] * len(child["base_lrs"])}
        factor = _one(name, alone, groups, index, "lr", span, notes)
        product = factor if product is None else product * factor
    if product is None:
        fail("_schedulers", "a list of at least one state", state["_schedulers"])
    return product


def _compare(state: dict[str, Any], rates: list[Schedule], notes: list[str]) -> None:
    """Note where the rate that the state was saved with is another one: someone else has changed it."""
    last, step = state.get("_last_lr"), state.get("last_epoch")
    if not isinstance(last, list | tuple) or len(last) != len(rates) or type(step) is not int or step < 0:
        return
    for saved, schedule in zip(last, rates, strict=True):
        held, own = float(saved), schedule(step)
        if abs(held - own) > 1e-4 * max(abs(held), abs(own)):
            notes.append(
                f"at step {step} the state has the rate {held:.6g}, and its formula gives {own:.6g}: the rate was "
                "changed by hand or by another scheduler, which is not in the state"
            )
            return
