"""Bad input to the theory: every argument of every function refuses it by name, and nothing else happens."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from glidepath import Constant, Linear, Piecewise, Run, ScheduleError, theory, warmup_constant, wsd
from glidepath.theory import (
    Curve,
    Forecast,
    Functional,
    Momentum,
    MultiPower,
    OmegaPower,
    Optimizer,
    Reference,
    advise,
    batch_growth,
    best_scale,
    bound,
    bound_curve,
    efficiency,
    fit,
    from_averaging,
    optimal,
    refine,
    replan,
    to_averaging,
    tuned_distance,
    weight_memory,
    worst_case,
)

FALLING = Linear(start=0.1, end=0.0, steps=10)
HELD = Constant(0.1)
OMEGA = OmegaPower(L0=2.0, A=1.0, alpha=0.5, B=1.0)
FORECAST = Forecast((OMEGA,))
STEPS = [1, 2, 4, 5, 6, 7, 8, 9]
CURVE = Curve(FALLING, STEPS, np.linspace(3, 2, 8))

# Every argument -----------------------------------------------------------------------------------------------

#: What may be given by mistake.
VALUES = {
    "None": None,
    "text": "x",
    "True": True,
    "nan": math.nan,
    "inf": math.inf,
    "-1": -1,
    "0": 0,
    "2.5": 2.5,
    "10**12": 10**12,
    "array(3)": np.array(3),
    "array of 3": np.array([1.0, 1.0, 1.0]),
    "array of bool": np.array([True, True, True]),
    "table": np.ones((3, 3)),
    "list of 2": [2, 1],
    "list with True": [1.0, True],
    "empty list": [],
    "dict": {"a": 1.0},
    "object": object(),
    "function": math.cos,
    "schedule": HELD,
    "negative schedule": Constant(-0.1),
    "two schedules in arrays": Linear(start=np.array([0.1, 0.2]), end=0.0, steps=10),
    "two lengths in arrays": Linear(start=0.1, end=0.0, steps=np.array([10, 20])),
    "another kind of run": Run(total=10),
}

FUNCTIONS = {
    "bound": (bound, {"schedule": [0.3, 0.2, 0.1], "steps": 3, "G": 1.0, "D": 1.0}),
    "best_scale": (best_scale, {"schedule": [0.3, 0.2, 0.1], "steps": 3, "G": 1.0, "D": 1.0}),
    "tuned_distance": (tuned_distance, {"schedule": [0.3, 0.2, 0.1], "steps": 3, "G": 1.0}),
    "bound_curve": (bound_curve, {"schedule": [0.3, 0.2, 0.1], "steps": 3, "G": 1.0, "D": 1.0}),
    "worst_case": (worst_case, {"schedule": [0.3, 0.2, 0.1], "steps": 3, "G": 1.0, "D": 1.0, "tuned": False}),
    "efficiency": (efficiency, {"schedule": [0.3, 0.2, 0.1], "steps": 3}),
    "optimal": (optimal, {"steps": 3, "G": 1.0, "D": 1.0, "cap": None, "warmup": None, "fixed": None}),
    "replan": (
        replan,
        {"history": FALLING, "remaining": 3, "done": 3, "planned": 10, "G": 1.0, "D": 1.0, "cap": 0.1, "cooldown": 0.2},
    ),
    "refine": (refine, {"gradient_norms": [1.0, 2.0], "peak": 1.0, "smoothing": 0.0, "power": 2.0}),
    "to_averaging": (to_averaging, {"schedule": [0.3, 0.2, 0.1], "steps": 3}),
    "from_averaging": (from_averaging, {"weights": [0.0, 1.0, 1.0], "rate": 0.1}),
    "batch_growth": (
        batch_growth,
        {"schedule": [0.3, 0.2, 0.1], "steps": 3, "batch": 2, "optimizer": "sgd", "largest": None},
    ),
    "weight_memory": (weight_memory, {"schedule": [0.3, 0.2, 0.1], "steps": 3, "weight_decay": 0.1}),
    "advise": (
        advise,
        {
            "schedule": FALLING,
            "optimizer": Optimizer(),
            "run": Run(total=10),
            "reference": Reference(peak=0.1),
            "width": 8,
        },
    ),
    "Optimizer": (Optimizer, {"name": "adamw", "beta2": 0.999, "weight_decay": 0.0}),
    "Reference": (Reference, {"peak": 0.1, "total": 10, "batch_size": 8, "width": 8}),
    "Curve": (Curve, {"schedule": [0.1, 0.1, 0.1], "steps": [0, 1, 2], "losses": [3.0, 2.0, 1.0]}),
    "fit": (fit, {"curves": CURVE, "law": "omega-power"}),
    "OmegaPower": (OmegaPower, {"L0": 2.0, "A": 1.0, "alpha": 0.5, "B": 1.0}),
    "Momentum": (Momentum, {"L0": 2.0, "A": 1.0, "alpha": 0.5, "B": 1.0, "decay": 0.9}),
    "Functional": (Functional, {"L0": 2.0, "A": 1.0, "alpha": 0.5, "B": 1.0, "c": 1.0, "gamma": 1.0}),
    "MultiPower": (MultiPower, {"L0": 2.0, "A": 1.0, "alpha": 0.5, "B": 1.0, "C": 1.0, "beta": 1.0, "gamma": 1.0}),
    "Law.predict": (OMEGA.predict, {"schedule": [0.3, 0.2, 0.1], "steps": 3}),
    "Law.curve": (OMEGA.curve, {"schedule": [0.3, 0.2, 0.1], "steps": 3, "at": [0, 1]}),
    "Forecast": (Forecast, {"laws": [OMEGA]}),
    "Forecast.predict": (FORECAST.predict, {"schedule": [0.3, 0.2, 0.1], "steps": 3}),
    "Forecast.choose": (FORECAST.choose, {"candidates": {"a": [0.3, 0.2, 0.1]}, "steps": 3}),
    "Forecast.optimise": (FORECAST.optimise, {"steps": 10, "peak": 0.1, "warmup": 0, "knots": 2}),
}

NUMBER = {"2.5", "10**12", "array(3)"}
COUNT = {"10**12", "array(3)"}

#: What each argument takes of these, by its name or by that of the function too; all else is refused.
TAKEN = {
    "schedule": {"array of 3", "schedule"},
    "history": {"schedule"},
    "steps": {"None", "array(3)"},
    "remaining": {"array(3)"},
    "done": {"array(3)"},
    "planned": {"None", "array(3)"},
    "G": NUMBER | {"array of 3"},
    "replan.G": NUMBER,
    "D": NUMBER,
    "replan.D": NUMBER | {"None"},
    "tuned": {"True"},
    "cap": NUMBER | {"None"},
    "warmup": {"0", "array(3)"},
    "optimal.steps": {"array(3)"},
    "optimal.warmup": {"None", "0"},
    "optimal.fixed": {"None", "list of 2"},
    "gradient_norms": {"array of 3", "list of 2"},
    "peak": NUMBER,
    "smoothing": {"0"},
    "power": {"2.5", "array(3)"},
    "weights": {"array of 3"},
    "rate": NUMBER,
    "batch": COUNT,
    "largest": COUNT | {"None"},
    "weight_memory.weight_decay": {"2.5", "array(3)"},
    "Optimizer.weight_decay": NUMBER | {"0"},
    "beta2": {"0"},
    "advise.schedule": {"schedule"},
    "optimizer": {"None"},
    "batch_growth.optimizer": set(),
    "run": {"None", "another kind of run"},
    "reference": {"None"},
    "width": COUNT | {"None"},
    "total": COUNT | {"None"},
    "batch_size": COUNT | {"None"},
    "Curve.steps": set(),
    "losses": {"array of 3"},
    "at": {"None", "empty list"},
    "L0": NUMBER | {"0"},
    "A": NUMBER | {"0"},
    "B": NUMBER | {"0"},
    "alpha": {"0", "2.5", "array(3)"},
    "beta": {"2.5", "array(3)"},
    "gamma": {"2.5", "array(3)"},
    "c": NUMBER,
    "C": NUMBER,
    "Forecast.optimise.steps": set(),
    "knots": {"array(3)"},
}

ARGUMENTS = [f"{function}.{name}" for function, (_, given) in FUNCTIONS.items() for name in given]


def outcome(argument, value):
    """ "taken", "refused", or what else happens."""
    name, _, changed = argument.rpartition(".")
    function, given = FUNCTIONS[name]
    try:
        function(**{**given, changed: VALUES[value]})
    except ScheduleError as error:
        return "refused" if re.search(rf"\b{changed}\b", str(error)) else f"refused, and not by name: {error}"
    except Exception as error:
        return repr(error)
    return "taken"


@pytest.mark.parametrize("argument", ARGUMENTS)
def test_an_argument_takes_what_it_should_and_refuses_all_else_by_name(argument):
    taken = TAKEN.get(argument, TAKEN.get(argument.rpartition(".")[2], set()))

    assert {value: outcome(argument, value) for value in VALUES} == {
        value: "taken" if value in taken else "refused" for value in VALUES
    }


def test_every_public_function_and_law_is_among_them():
    public = {name for name in vars(theory) if callable(getattr(theory, name))} - {"find_spec"}
    results = {"BatchGrowth", "Bound", "Choice", "Continuation", "Finding", "Law", "Memory", "Prediction", "Scaled"}

    assert {name for name in public if name[0] != "_"} - results == {name for name in FUNCTIONS if "." not in name}


def test_schedules_in_arrays_and_traced_ones_are_refused():
    jax = pytest.importorskip("jax")
    from glidepath.jax import stack

    stacked = stack([FALLING, Linear(start=0.2, end=0.0, steps=10)])
    for call in (
        lambda s: bound(s, 5),
        lambda s: advise(s),
        lambda s: replan(s, 5, done=3),
        lambda s: OMEGA.predict(s, 5),
        lambda s: Curve(s, [1, 2], [3.0, 2.0]),
    ):
        with pytest.raises(ScheduleError, match="one schedule, of numbers that are known"):
            call(stacked)
        with pytest.raises(ScheduleError, match="one schedule, of numbers that are known"):
            jax.jit(lambda start, call=call: call(Linear(start=start, end=0.0, steps=10)))(0.1)
    with pytest.raises(ScheduleError, match="D must be a positive finite number"):
        jax.jit(lambda distance: bound([0.1, 0.1], D=distance).value)(1.0)
    assert bound([0.1, 0.1], G=jax.numpy.array(2.0)).value == bound([0.1, 0.1], G=2.0).value


# What the messages say ----------------------------------------------------------------------------------------

TWO = {"steps": [5, 10], "losses": [3.0, 2.5]}
MOMENTUM = Momentum(L0=2.5, A=0.6, alpha=0.5, B=2.0, decay=0.99)

MESSAGES = [
    (lambda: bound(FALLING, 11), r"the rate of schedule at step 10 must be a positive finite number .*, got 0\.0"),
    (lambda: bound([0.1, -0.2, 0.1]), r"the rate of schedule at step 1 .* got -0\.2"),
    (lambda: bound([0.1, math.nan]), r"the rate of schedule at step 1 .* got nan"),
    (lambda: bound([0.1, math.inf]), r"the rate of schedule at step 1 .* got inf"),
    (lambda: bound([0.0, 0.1, 0.0, 0.1]), r"at step 2 .* got 0\.0"),
    (lambda: bound([0.0, 0.0]), r"at step 1 .* got 0\.0"),
    (lambda: bound([0.0, 0.1, 1e-60]), r"the rate of schedule at step 2 must be from 1e-50 to 1e\+50, got 1e-60"),
    (lambda: bound([0.1, 1e60]), r"the rate of schedule at step 1 must be from 1e-50 to 1e\+50, got 1e\+60"),
    (lambda: bound(FALLING, 2, G=[1.0, 1e60]), r"G\[1\] must be from 1e-50 to 1e\+50, got 1e\+60"),
    (lambda: bound(FALLING, 2, D=1e60), r"D must be from 1e-50 to 1e\+50, got 1e\+60"),
    (lambda: bound([0.1]), r"schedule must be .* at least 2 rates, got 1 of them"),
    (lambda: bound(FALLING, 1), r"steps must be a whole number of at least 2, got 1"),
    (lambda: bound(FALLING), r"steps must be given with a schedule"),
    (lambda: bound(FALLING, 5.0), r"steps must be a whole number"),
    (lambda: bound([0.1, 0.2], 3), r"schedule must be .* at least 3 rates, got 2 of them"),
    (lambda: bound("0.1"), r"schedule must be a schedule or a sequence of rates, got '0.1'"),
    (lambda: bound([True, True]), r"schedule must be a schedule or a sequence of rates"),
    (lambda: bound([[0.1], [0.2]]), r"schedule must be a schedule or a sequence of rates"),
    (lambda: bound([[0.1], [0.2, 0.3]]), r"schedule must be a schedule or a sequence of rates"),
    (lambda: bound(FALLING, 5, G=0.0), r"G must be a positive finite number, got 0\.0"),
    (lambda: bound(FALLING, 5, G=[1.0, 2.0]), r"G must be one number, or 5 of them"),
    (lambda: bound(FALLING, 2, G=[1.0, -2.0]), r"G\[1\] must be a positive finite number, got -2\.0"),
    (lambda: bound(FALLING, 5, G="much"), r"G must be"),
    (lambda: bound(FALLING, 5, D=-1.0), r"D must be a positive finite number, got -1\.0"),
    (lambda: bound_curve([0.1, 0.0]), r"at step 1 .* got 0\.0"),
    (lambda: best_scale([0.1, 0.0]), r"at step 1 .* got 0\.0"),
    (lambda: tuned_distance([0.1, 0.0]), r"at step 1 .* got 0\.0"),
    (lambda: optimal(1), r"steps must be a whole number of at least 2, got 1"),
    (lambda: optimal(5, cap=0.0), r"cap must be a positive finite number, got 0\.0"),
    (lambda: optimal(5, warmup=4), r"warmup must be less than steps - 1 \(4\), got 4"),
    (lambda: optimal(5, warmup=-1), r"warmup must be a whole number of at least 0, got -1"),
    (lambda: optimal(5, fixed=[0.1] * 5), r"fixed must be less than the 5 steps, got 5 rates"),
    (lambda: optimal(5, fixed=[0.1], warmup=2), r"fixed and warmup cannot both be given"),
    (lambda: optimal(5, fixed=[math.nan]), r"the rate of fixed at step 0 .* got nan"),
    (lambda: replan([0.1], 1, D=1.0), r"remaining must be a whole number of at least 2, got 1"),
    (lambda: replan([], 5, D=1.0), r"history must be .* at least 1 rate, got 0 of them"),
    (lambda: replan([0.1], 5), r"D must be given with rates"),
    (lambda: replan([0.1], 5, D=0.0), r"D must be a positive finite number, got 0\.0"),
    (lambda: replan([0.1, -0.1], 5, D=1.0), r"the rate of history at step 1 .* got -0\.1"),
    (lambda: replan([0.1], 5, D=1.0, done=1), r"done must not be given with a history of rates"),
    (lambda: replan(FALLING, 5), r"done must be given with a schedule"),
    (lambda: replan(Constant(0.1), 5, done=3), r"planned must be given \(or D\) where the schedule does not say"),
    (lambda: replan(FALLING, 5, done=8, planned=5), r"planned must be at least the 8 updates that are done, got 5"),
    (lambda: replan([0.1], 5, D=1.0, cap=-1.0), r"cap must be a positive finite number"),
    (lambda: replan([0.1], 5, D=1.0, cooldown=1.5), r"cooldown must be above 0 and at most 1"),
    (lambda: refine([1.0]), r"gradient_norms must be those of at least 2 updates, got 1"),
    (lambda: refine([1.0, 0.0]), r"gradient_norms\[1\] must be a positive finite number, got 0\.0"),
    (lambda: refine([1.0, math.nan]), r"gradient_norms\[1\] must be a positive finite number, got nan"),
    (lambda: refine(2.0), r"gradient_norms must be a sequence"),
    (lambda: refine([1.0, 1.0], smoothing=0.6), r"smoothing must be a share of the run from 0 to 0.5"),
    (lambda: refine([1.0, 1.0], power=0.0), r"power must be a positive finite number"),
    (lambda: refine([1.0, 1.0], peak=-1.0), r"peak must be a positive finite number"),
    (lambda: worst_case([0.1, 0.0, 0.1]), r"the rate of schedule at step 1 must be .* got 0\.0"),
    (lambda: worst_case([0.1, -1.0]), r"the rate of schedule at step 1 must be .* got -1\.0"),
    (lambda: worst_case([0.1, math.nan]), r"the rate of schedule at step 1 must be .* got nan"),
    (lambda: worst_case([0.1]), r"schedule must be .* at least 2 rates, got 1 of them"),
    (lambda: worst_case(Constant(0.1)), r"steps must be given with a schedule"),
    (lambda: worst_case(Constant(0.1), 2, G=-1.0), r"G must be a positive finite number, got -1\.0"),
    (lambda: worst_case(Constant(0.1), 2, D=math.inf), r"D must be a positive finite number, got inf"),
    (lambda: worst_case(Constant(0.1), 2, G=[1.0]), r"G must be one number, or 2 of them"),
    (lambda: efficiency([0.1, math.inf]), r"the rate of schedule at step 1 must be .* got inf"),
    (lambda: efficiency([0.0, 0.0]), r"the rate of schedule at step 1 must be .* got 0\.0"),
    (lambda: Curve(Constant(0.1), [5, 10], [3.0, math.nan]), r"Curve\.losses\[1\] must be a positive .* got nan"),
    (lambda: Curve(Constant(0.1), [5, 10], [3.0, -1.0]), r"Curve\.losses\[1\] must be a positive .* got -1\.0"),
    (lambda: Curve(Constant(0.1), [5, 10], [3.0, None]), r"Curve\.losses must be a sequence of numbers"),
    (lambda: Curve(Constant(0.1), [5, 10], [3.0]), r"Curve\.losses must be one for each .* got 1 losses and 2"),
    (lambda: Curve(Constant(0.1), [], []), r"Curve\.losses must be one for each of at least one step"),
    (lambda: Curve(Constant(0.1), [5, 5], [3.0, 2.0]), r"Curve\.steps\[1\] must be more than the one before, 5"),
    (lambda: Curve(Constant(0.1), [5.5, 6], [3.0, 2.0]), r"Curve\.steps\[0\] must be a whole number"),
    (lambda: Curve(Constant(0.1), [-1, 6], [3.0, 2.0]), r"Curve\.steps\[0\] must be a whole number of at least 0"),
    (lambda: Curve([0.1] * 6, [5, 10], [3.0, 2.0]), r"Curve\.schedule must be .* at least 11 rates"),
    (lambda: Curve([0.1, -0.1], [1], [3.0]), r"the rate of Curve\.schedule at step 1 must be .* got -0\.1"),
    (lambda: fit([]), r"curves must be a Curve or several"),
    (lambda: fit([[1.0, 2.0]]), r"curves must be a Curve or several"),
    (lambda: fit(Curve(Constant(0.1), **TWO)), r"curves must be of at least 8 points in all"),
    (
        lambda: fit(Curve(Constant(0.1), range(13), [2.0] * 13), law="multi-power"),
        r"at least 14 points in all for 'multi-power', two for each of its numbers, got 13",
    ),
    (lambda: fit(Curve(Constant(0.1), **TWO), law="omega"), r"unknown law 'omega'; did you mean 'omega-power'"),
    (lambda: fit(Curve(Constant(0.1), **TWO), law=[]), r"law must be the name of a law or several"),
    (lambda: OmegaPower(L0=-1.0, A=1.0, alpha=0.5, B=1.0), r"OmegaPower\.L0 must be a non-negative finite"),
    (lambda: OmegaPower(L0=1.0, A=math.nan, alpha=0.5, B=1.0), r"OmegaPower\.A must be .* got nan"),
    (lambda: MOMENTUM.predict([0.1, 0.0]), r"the rate of schedule at step 1 .* got 0\.0"),
    (lambda: MOMENTUM.predict(Constant(0.1), 1), r"steps must be a whole number of at least 2"),
    (lambda: MOMENTUM.curve(Constant(0.1), 5, at=[5]), r"at\[0\] must be one of the steps 0 \.\. 4"),
    (lambda: MOMENTUM.curve(Constant(0.1), 5, at=[3, 2]), r"at must be in ascending order"),
    (lambda: Forecast(()), r"Forecast\.laws must be one law or more"),
    (lambda: Forecast((MOMENTUM,) * 2), r"Forecast\.laws must be of different kinds"),
    (lambda: Forecast((MOMENTUM,)).choose({}), r"candidates must be one schedule or more, by name, got \{\}"),
    (lambda: Forecast((MOMENTUM,)).optimise(5, 0.1, warmup=2), r"steps must be .* at least 6, got 5"),
    (lambda: Forecast((MOMENTUM,)).optimise(9, 0.0), r"peak must be a positive finite number"),
    (lambda: Forecast((MOMENTUM,)).optimise(9, 0.1, knots=0), r"knots must be .* at least 1, got 0"),
    (lambda: to_averaging([0.1, 0.2]), r"the rate of schedule at step 1 must be at most the one before, 0\.1"),
    (lambda: to_averaging([0.1, 0.0]), r"the rate of schedule at step 1 must be a positive"),
    (lambda: from_averaging([0.5, 0.5], 0.1), r"weights must be those of at least 3 iterates"),
    (lambda: from_averaging([0.5, -0.5, 1.0], 0.1), r"weights\[1\] must be finite and not negative.* got -0\.5"),
    (
        lambda: from_averaging([0.5, 0.5, 0.0], 0.1),
        r"weights\[2\] must be .* more than 1e-50 of the largest, got 0\.0",
    ),
    (lambda: from_averaging([0.5, 0.5, 1.0], 0.0), r"rate must be a positive finite number"),
    (lambda: batch_growth([0.1, 0.1], batch=0), r"batch must be a whole number of at least 1, got 0"),
    (lambda: batch_growth([0.1, 0.1], batch=8, largest=4), r"largest must be a whole number of at least 8, got 4"),
    (
        lambda: batch_growth([0.1, 0.1], batch=8, optimizer="lion"),
        r"optimizer must be one of 'sgd', 'adam', got",
    ),
    (lambda: weight_memory([0.1, 0.1], weight_decay=10.0), r"weight_decay must be below 1 divided .* got 10\.0"),
    (lambda: weight_memory([0.1, 0.1], weight_decay=0.0), r"weight_decay must be a positive finite number"),
    (lambda: Optimizer(name="lion"), r"Optimizer\.name must be one of 'sgd', 'adam', 'adamw', got 'lion'"),
    (lambda: Optimizer(beta2=1.0), r"Optimizer\.beta2 must be from 0 to below 1, got 1\.0"),
    (lambda: Optimizer(weight_decay=-0.1), r"Optimizer\.weight_decay must be a non-negative finite number"),
    (lambda: Reference(peak=0.0), r"Reference\.peak must be a positive finite number"),
    (lambda: Reference(peak=0.1, width=0), r"Reference\.width must be a whole number of at least 1"),
    (lambda: advise(Constant(0.1)), r"schedule has no end: say how many updates the run has, run=Run\(total=\.\.\.\)"),
    (lambda: advise(Constant(-0.1), run=Run(total=10)), r"schedule must be of rates that are finite, not negative"),
    (lambda: advise(Constant(0.0), run=Run(total=10)), r"schedule must be of rates that are .* not all 0"),
    (lambda: advise([0.1, 0.2]), r"schedule must be a schedule, got \[0\.1, 0\.2\]"),
    (lambda: advise(FALLING, width=0), r"width must be a whole number of at least 1"),
    (lambda: advise(warmup_constant(0.1, warmup=100)), r"schedule has no end: say how many updates"),
    (lambda: advise(Piecewise(boundaries=(50, 75), values=(1.0, 0.1, 0.01))), r"schedule has no end"),
    (lambda: advise(FALLING, run=Run(total=1)), r"run\.total must be a whole number of at least 2, got 1"),
    (lambda: advise(FALLING, Run(total=10)), r"optimizer must be a glidepath\.theory\.Optimizer, got Run\(total=10"),
    (lambda: advise(FALLING, run=10), r"run must be a glidepath\.Run, got 10"),
    (lambda: replan(warmup_constant(0.1, warmup=100), 100, done=50), r"planned must be given \(or D\)"),
    (lambda: replan(wsd(0.1, warmup=0, decay=5, total=10, end=0.01), 100, done=50), r"planned must be given \(or D\)"),
    (lambda: replan([0.1], 5, D=1.0, planned=10), r"planned must not be given with a history of rates, got 10: give D"),
    (lambda: replan(FALLING, 5, done=3, G=[1.0] * 8), r"D must be given where G is one number for each update"),
    (lambda: optimal(6, fixed=[]), r"fixed must be .* at least 1 rate, got 0 of them"),
    (lambda: optimal(6, cap=1e-3, G=[1.0, 1e10] * 3), r"G, cap and the rates before must be nearer"),
    (lambda: optimal(10**12), r"steps must be at most 100000000, got 1000000000000"),
    (lambda: bound([1.0, 2.0], G=[1.0, True]), r"G must be a positive finite number, or one for each update"),
    (lambda: bound(range(10**12)), r"schedule must be a schedule or a sequence of rates, got range\("),
    (lambda: refine([1.0, 1e10], power=50, smoothing=0.0), r"the weight of gradient_norms\[1\].* from 1e-50"),
    (lambda: batch_growth([1.0, 1e-40], batch=10**19), r"batch must be at most 4503599627370495"),
    (lambda: Curve(HELD, [0, 2**52], [3.0, 2.0]), r"Curve\.steps\[1\] must be .* below 100000000"),
    (lambda: fit(5), r"curves must be a Curve or several, got 5"),
    (lambda: fit(CURVE, law=5), r"law must be the name of a law or several, got 5"),
    (lambda: fit(CURVE, law=[["momentum"]]), r"law must be the name of a law or several, each once"),
    (lambda: fit(CURVE, law=["omega-power"] * 2), r"law must be the name of a law or several, each once"),
    (lambda: Forecast(OMEGA), r"Forecast\.laws must be one law or more, got OmegaPower\("),
    (lambda: FORECAST.choose([FALLING], 5), r"candidates must be one schedule or more, by name"),
    (lambda: FORECAST.choose({"a": [0.1, -0.1]}), r"the rate of candidates\['a'\] at step 1 must be .* got -0\.1"),
    (lambda: OmegaPower(L0=1.0, A=1.0, alpha=5.0, B=1.0), r"OmegaPower\.alpha must be an exponent of at most 4\.0"),
]


@pytest.mark.parametrize(("call", "message"), MESSAGES, ids=[re.sub(r"\W+", " ", message) for _, message in MESSAGES])
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ScheduleError, match=message):
        call()
