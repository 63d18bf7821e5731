"""Configurations of optimus_dl's schedulers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..arrays import LAST_STEP
from ..compose import Join, Piecewise, Shift
from ..errors import ScheduleError, fail, unknown
from ..fields import number
from ..recipes import RECIPES, warmup_constant
from ..schedule import KINDS
from ..schedules import Constant, Cosine, Exponential, Linear, Polynomial, Sqrt
from ..spec import from_dict
from ..units import Run
from .read import Given, Imported, reader, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..schedule import Schedule

__all__ = ["read"]

#: What stands before the name of one of our own kinds and recipes in its registry.
_OURS = "glidepath."

#: The fields of each configuration and their defaults. `glidepath.optimus_dl` has them too, and would import
#: optimus_dl with them, where that is installed.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "cosine_annealing": {"T_max": 1000, "eta_min": 0.0, "last_epoch": -1},
    "linear_warmup": {"warmup_steps": None, "warmup_percent": 0.05, "target_lr": None, "start_lr": 0.0},
    "wsd": {
        "final_lr_factor": 0.0,
        "warmup_steps": 300,
        "warmup_steps_fraction": None,
        "init_div_factor": 100,
        "fract_decay": 0.1,
        "decay_type": "linear",
        "sqrt_power": 0.5,
        "linear_pw_subdivisions": None,
        "cooldown_start_lr_factor": 1.0,
    },
}


def _knows(data: dict[str, Any]) -> bool:
    return "_name" in data or (isinstance(data.get("lr_scheduler"), dict) and "_name" in data["lr_scheduler"])


@reader("optimus_dl", _knows)
def read(data: dict[str, Any], given: Given) -> Imported:
    """A scheduler's configuration (with ``_name``), or that of a whole training, with ``lr_scheduler`` in it.

    The updates of the run are ``optimization.iterations``, the rate ``lr`` of ``optimizer``, there or beside it;
    what is given goes before both. Without a rate the schedule is that of a rate of 1.
    """
    cfg = data.get("lr_scheduler", data)
    if not isinstance(cfg, dict) or type(cfg.get("_name")) is not str:
        fail("lr_scheduler", "a configuration with a _name", cfg)
    name = cfg["_name"]
    total, lr = given.total or _iterations(data), given.lr or _rate(data)
    if total is None:
        raise ScheduleError(f"{name} needs to know how many updates the run has: --steps N")
    notes: list[str] = []
    if name.startswith(_OURS):
        return Imported({"lr": _ours(cfg, name, total, lr)}, total, name, ())
    if name not in _DEFAULTS:
        unknown("lr_scheduler._name", "scheduler", name, _DEFAULTS)
    if lr is None:
        notes.append("the rate of the optimizer is not said (--lr): the schedule is that of a rate of 1")
    known = (*_DEFAULTS[name], "_name", "optimization", "optimizer")
    notes += [f"{name} has no {key}: it is left out" for key in cfg if key not in known]
    settings = {**_DEFAULTS[name], **{key: held for key, held in cfg.items() if key in _DEFAULTS[name]}}
    schedule = _BUILDERS[name](settings, 1.0 if lr is None else lr, total, notes)
    return Imported({"lr": schedule}, total, name, tuple(notes))


def _iterations(data: dict[str, Any]) -> int | None:
    """The updates of the run that a whole configuration says."""
    said = _found(data, ("optimization", "iterations"))
    return None if said is None else whole("optimization.iterations", said, 1)


def _rate(data: dict[str, Any]) -> float | None:
    """The rate of the optimizer that a whole configuration says."""
    for path in (("optimization", "optimizer", "lr"), ("optimizer", "lr")):
        if (said := _found(data, path)) is not None:
            made: float = number(".".join(path), said, "a positive finite number", lambda x: x > 0, float)
            return made
    return None


def _found(data: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _ours(cfg: dict[str, Any], name: str, total: int, lr: float | None) -> Schedule:
    """One of our own kinds or recipes, which optimus_dl has in its registry by our room for it."""
    bare = name.removeprefix(_OURS)
    what = "recipe" if bare in RECIPES else "kind"
    if what == "kind" and bare not in KINDS:
        unknown("lr_scheduler._name", "schedule", bare, {**RECIPES, **KINDS})
    fields = {key: held for key, held in cfg.items() if key not in ("_name", "relative", "run")}
    measures = cfg.get("run") or {}
    if not isinstance(measures, dict):
        fail("lr_scheduler.run", "a mapping", measures)
    schedule = from_dict({what: bare, **fields}, Run(**{**measures, "total": total}))
    return schedule * lr if cfg.get("relative") and lr is not None else schedule


def _number(settings: dict[str, Any], name: str, key: str) -> float:
    made: float = number(f"{name}.{key}", settings[key], "a finite number", lambda _: True, float)
    return made


def _cosine_annealing(settings: dict[str, Any], lr: float, total: int, notes: list[str]) -> Schedule:
    if settings["T_max"] not in (_DEFAULTS["cosine_annealing"]["T_max"], total):
        notes.append(f"T_max {settings['T_max']!r} is not used: optimus_dl takes the iterations of the run")
    end = _number(settings, "cosine_annealing", "eta_min")
    done = whole("cosine_annealing.last_epoch", settings["last_epoch"], -1) + 1
    curve = Cosine(start=lr, end=end, steps=total)
    if done:
        notes.append(f"past its step {total}, which is step {total - done} here, optimus_dl's cosine rises: this holds")
    return Shift(schedule=curve, steps=-done) if done else curve


def _linear_warmup(settings: dict[str, Any], lr: float, total: int, notes: list[str]) -> Schedule:
    steps = settings["warmup_steps"]
    if steps is None:
        steps = int(total * _number(settings, "linear_warmup", "warmup_percent"))
    steps = max(whole("linear_warmup.warmup_steps", steps, -LAST_STEP), 0)
    peak = _number(settings, "linear_warmup", "target_lr") if settings["target_lr"] else lr
    start = _number(settings, "linear_warmup", "start_lr")
    return warmup_constant(peak, warmup=steps, start=start)


def _wsd(settings: dict[str, Any], lr: float, total: int, notes: list[str]) -> Schedule:
    warmup = settings["warmup_steps"]
    if warmup is None:
        warmup = int(_number(settings, "wsd", "warmup_steps_fraction") * total)
    elif settings["warmup_steps_fraction"] is not None:
        notes.append(f"warmup_steps_fraction is not used: warmup_steps {warmup!r} goes before it")
    warmup = max(whole("wsd.warmup_steps", warmup, -LAST_STEP), 0)
    decay = int(_number(settings, "wsd", "fract_decay") * total)
    end = lr * _number(settings, "wsd", "final_lr_factor")
    parts: list[tuple[int, Schedule]] = []
    if warmup:
        divisor = number("wsd.init_div_factor", settings["init_div_factor"], "other than 0", bool, float)
        parts.append((0, Linear(start=lr / divisor, end=lr, steps=warmup)))
    hold = total - decay
    if warmup < hold:
        parts.append((warmup, Constant(value=lr)))
    begin = max(warmup, hold, 0)
    if decay > 0 and begin < total:
        shape = _DECAYS.get(settings["decay_type"])
        if shape is None:
            unknown("wsd.decay_type", "decay", settings["decay_type"], _DECAYS)
        start = lr * _number(settings, "wsd", "cooldown_start_lr_factor")
        down = shape(settings, start, end, decay, lr, notes)
        parts.append((begin, Shift(schedule=down, steps=hold - begin) if begin > hold else down))
        if begin > hold:
            notes.append("the decay begins before the warmup ends: the rate jumps")
    else:
        parts.append((max(begin, total), Constant(value=end)))
    if len(parts) == 1:
        return parts[0][1]
    return Join(parts=tuple(part for _, part in parts), boundaries=tuple(start for start, _ in parts[1:]))


# The decays ---------------------------------------------------------------------------------------------------


def _square(start: float, end: float, steps: int) -> Schedule:
    """``start + (end - start) * x**2``: twice the line, less what is left of it squared."""
    return Polynomial(start=end - start, end=0.0, steps=steps, power=2.0) + Linear(
        start=2 * start - end, end=end, steps=steps
    )


def _root(settings: dict[str, Any], start: float, end: float, steps: int, lr: float, notes: list[str]) -> Schedule:
    power = _number(settings, "wsd", "sqrt_power")
    known = {0.5: Sqrt, 1.0: Linear}
    if power == 2:
        return _square(start, end, steps)
    if power not in known:
        raise ScheduleError(
            f"wsd.sqrt_power: no kind rises as the power {power!r} of the step (0.5, 1 and 2 are known)"
        )
    return known[power](start=start, end=end, steps=steps)


def _exponential(
    settings: dict[str, Any], start: float, end: float, steps: int, lr: float, notes: list[str]
) -> Schedule:
    rate = _number(settings, "wsd", "final_lr_factor")
    if rate == 0:
        notes.append("final_lr_factor 0 makes the exponential decay one step long")
        return Piecewise(boundaries=(1,), values=(lr, 0.0))
    return Exponential(start=lr, rate=rate, steps=steps, end=end)


def _pieces(settings: dict[str, Any], start: float, end: float, steps: int, lr: float, notes: list[str]) -> Schedule:
    between = [
        lr * number("wsd.linear_pw_subdivisions", x, "finite numbers", lambda _: True, float)
        for x in (settings["linear_pw_subdivisions"] or ())
    ]
    values = (start, *between, end)
    count = len(values) - 1
    if steps < count:
        fail(
            "wsd.linear_pw_subdivisions",
            f"at most {steps - 1} factors for a decay of {steps} steps",
            settings["linear_pw_subdivisions"],
        )
    if steps % count:
        notes.append(f"the {count} lines of the decay meet between steps: at the nearest steps here")
    boundaries = tuple(round(steps * i / count) for i in range(1, count + 1))
    return Piecewise(boundaries=boundaries, values=values, interpolation="linear")


_DECAYS: dict[str, Callable[[dict[str, Any], float, float, int, float, list[str]], Schedule]] = {
    "cosine": lambda _, start, end, steps, *__: Cosine(start=start, end=end, steps=steps),
    "exp": _exponential,
    "linear": lambda _, start, end, steps, *__: Linear(start=start, end=end, steps=steps),
    "linear_pw": _pieces,
    "miror_cosine": lambda _, start, end, steps, *__: (
        Linear(start=start, end=end, steps=steps) * 2.0 + Cosine(start=start, end=end, steps=steps) * -1.0
    ),
    "sqrt": _root,
    "square": lambda _, start, end, steps, *__: _square(start, end, steps),
}

_BUILDERS = {"cosine_annealing": _cosine_annealing, "linear_warmup": _linear_warmup, "wsd": _wsd}
