"""A factor that falls on a plateau: what is counted, in every library, against PyTorch's scheduler of that name."""

from __future__ import annotations

import copy
import json
import math
import pickle
import random
from dataclasses import FrozenInstanceError, fields, replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import glidepath
from glidepath import ScheduleError
from glidepath.plateau import Plateau, PlateauState


def run(plateau, metrics, state=None):
    """The states after each of some metrics."""
    states = []
    state = plateau.init() if state is None else state
    for metric in metrics:
        state = plateau.update(state, metric)
        states.append(state)
    return states


def factors(plateau, metrics):
    return [state.factor for state in run(plateau, metrics)]


def torch_factors(plateau, metrics):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    named = {f.name: getattr(plateau, f.name) for f in fields(plateau) if f.name not in ("floor", "warmup")}
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **named, min_lr=plateau.floor)
    rates = []
    for metric in metrics:
        scheduler.step(metric)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def random_case(rng):
    """A machine, and metrics that are not negative: falling and rising, with repeats, steps and NaN among them."""
    plateau = Plateau(
        mode=rng.choice(["min", "max"]),
        factor=rng.choice([0.1, 0.5, 0.9, 0.99, 0.0]),
        patience=rng.randrange(5),
        threshold=rng.choice([0.0, 1e-4, 0.05, 0.3]),
        threshold_mode=rng.choice(["rel", "abs"]),
        cooldown=rng.randrange(5),
        floor=rng.choice([0.0, 1e-3, 0.3]),
        eps=rng.choice([0.0, 1e-8, 0.01, 0.2]),
    )
    level, metrics = rng.choice([1.0, 1e-3, 40.0]), []
    trend = rng.choice([0.9, 0.99, 1.0, 1.02])
    for _ in range(rng.randrange(1, 80)):
        level *= trend
        kind = rng.random()
        noisy = level * rng.choice([0.5, 0.9, 0.95, 1.0, 1.0, 1.05, 2.0])
        metrics.append(math.nan if kind < 0.03 else 0.0 if kind < 0.04 else round(noisy, 2) if kind < 0.3 else noisy)
    return plateau, metrics


# What is counted ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_the_factors_are_those_of_torch_for_metrics_that_are_not_negative(seed):
    rng = random.Random(seed)
    lowered = 0
    for _ in range(60):
        plateau, metrics = random_case(rng)
        ours = factors(plateau, metrics)
        assert ours == torch_factors(plateau, metrics), (plateau, metrics)
        lowered += ours[-1] < 1
    assert lowered > 20


def test_the_factor_falls_after_more_bad_metrics_in_a_row_than_patience():
    assert factors(Plateau(factor=0.5, patience=2), [1, 1, 1, 1, 1, 1, 1]) == [1, 1, 1, 0.5, 0.5, 0.5, 0.25]


def test_a_good_metric_starts_the_count_of_bad_ones_anew():
    assert factors(Plateau(factor=0.5, patience=1), [3, 3, 2, 2, 1, 1, 1]) == [1, 1, 1, 1, 1, 1, 0.5]


def test_metrics_of_the_cooldown_do_not_count_as_bad_but_may_be_the_best():
    states = run(Plateau(factor=0.5, patience=0, cooldown=2), [2, 2, 1, 2, 1.5])
    assert [state.factor for state in states] == [1, 0.5, 0.5, 0.5, 0.25]
    assert [state.cooldown for state in states] == [0, 2, 1, 0, 2]
    assert [state.best for state in states] == [2, 2, 1, 1, 1]


def test_metrics_of_the_warmup_are_not_looked_at():
    states = run(Plateau(factor=0.5, patience=0, warmup=3), [1, math.nan, 5, 7, 6, 6])
    assert [state.factor for state in states] == [1, 1, 1, 1, 1, 0.5]
    assert [state.best_at for state in states] == [0, 0, 0, 4, 5, 5]
    assert states[-1] == PlateauState(factor=0.5, best=6.0, best_at=5, bad=0, cooldown=0, seen=6)


@pytest.mark.parametrize(("mode", "sign"), [("min", -1), ("max", 1)])
@pytest.mark.parametrize("best", [-2.0, 2.0])
def test_a_relative_threshold_is_a_share_of_the_size_of_the_best(mode, sign, best):
    plateau = Plateau(mode=mode, threshold=0.1, patience=0)
    worse, better = best + sign * 0.19, best + sign * 0.21
    assert factors(plateau, [best, worse]) == [1, 0.1]
    assert factors(plateau, [best, better]) == [1, 1]


def test_a_negative_metric_that_does_not_change_is_a_plateau_which_torch_does_not_see():
    plateau = Plateau(patience=1)
    assert factors(plateau, [-1.0] * 4) == [1, 1, 0.1, 0.1]
    assert torch_factors(plateau, [-1.0] * 4) == [1, 1, 1, 1]


def test_from_a_best_of_0_anything_below_is_better():
    assert factors(Plateau(patience=0), [0.0, -1e-300, -1.0, 0.0]) == [1, 1, 1, 0.1]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("mode", ["min", "max"])
def test_a_metric_that_is_not_finite_is_bad_and_never_the_best(mode, bad):
    states = run(Plateau(mode=mode, factor=0.5, patience=1), [bad, bad, 3.0, bad, bad])
    assert [state.factor for state in states] == [1, 0.5, 0.5, 0.5, 0.25]
    assert states[-1] == PlateauState(factor=0.25, best=3.0, best_at=3, bad=0, cooldown=0, seen=5)


def test_the_factor_stops_at_the_floor():
    assert factors(Plateau(patience=0, floor=0.02), [1] * 4) == [1, 0.1, 0.02, 0.02]


def test_a_change_that_is_not_more_than_eps_is_not_made():
    assert factors(Plateau(factor=0.5, patience=0, eps=0.125), [1] * 5) == [1, 0.5, 0.25, 0.25, 0.25]


def test_reducing_never_raises_a_value():
    plateau = Plateau(factor=0.5, floor=0.2)
    assert [plateau.reduce(x) for x in (1.0, 0.3, 0.2, 0.1, 0.0)] == [0.5, 0.2, 0.2, 0.1, 0.0]


def test_the_factor_multiplies_a_schedule_as_a_number_or_as_a_schedule():
    schedule = glidepath.wsd(0.1, warmup=10, decay=20, total=100)
    state = run(Plateau(factor=0.5, patience=0), [1, 1])[-1]
    assert schedule(50) * state.factor == (schedule * state.factor)(50) == 0.05


# In every library ---------------------------------------------------------------------------------------------


def numbers(state):
    return [float(x) for x in state]


def in_float32(metrics):
    return [float(np.float32(metric)) for metric in metrics]


def test_jax_under_jit_finds_what_plain_numbers_give():
    rng = random.Random(1)
    for _ in range(4):
        plateau, metrics = random_case(rng)
        plateau = replace(plateau, threshold=0.07, eps=0.005)  # nothing falls on the edge in float64 and off in float32
        update, state = jax.jit(plateau.update), plateau.init()
        for metric, plain in zip(metrics, run(plateau, in_float32(metrics)), strict=True):
            state = update(state, metric)
            assert numbers(state) == pytest.approx(numbers(plain), rel=1e-5), (plateau, metrics)


def test_jax_compiles_the_machine_once_for_a_state_of_arrays():
    plateau, traces = Plateau(patience=0), []

    @jax.jit
    def update(state, metric):
        traces.append(1)
        return plateau.update(state, metric)

    state = update(plateau.init(), jnp.float32(1))
    for metric in (1.0, 0.5, 0.5, 0.5):
        state = update(state, jnp.float32(metric))
    assert float(state.factor) == pytest.approx(0.001)
    assert len(traces) <= 2


def test_jax_scans_over_metrics():
    plateau = Plateau(factor=0.5, patience=1, cooldown=1)
    metrics = [3.0, 2.0, 2.0, 2.0, 2.0, 2.0, math.nan, 1.0]

    def body(state, metric):
        state = plateau.update(state, metric)
        return state, state.factor

    last, found = jax.jit(lambda m: jax.lax.scan(body, plateau.init(), m))(jnp.array(metrics))
    assert found.tolist() == factors(plateau, metrics)
    assert last.to_dict() == run(plateau, metrics)[-1].to_dict()


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float32, jnp.int32])
def test_jax_takes_metrics_of_any_number_type_in_a_loop(dtype):
    plateau = Plateau(factor=0.5, patience=0)
    metrics = jnp.array([4, 3, 3, 2], dtype)
    state = jax.lax.fori_loop(0, 4, lambda i, s: plateau.update(s, metrics[i]), plateau.init())
    assert state.to_dict() == run(plateau, [4, 3, 3, 2])[-1].to_dict()


def test_jax_makes_no_nan_of_its_own():
    with jax.debug_nans(True):
        state = jax.jit(Plateau(mode="max").update)(PlateauState(), 1.0)
    assert float(state.best) == 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_torch_tensors_give_what_plain_numbers_give(dtype):
    rng = random.Random(2)
    for _ in range(6):
        plateau, metrics = random_case(rng)
        plateau = replace(plateau, threshold=0.07, eps=0.005)
        plain = run(plateau, in_float32(metrics))
        for ours, theirs in zip(run(plateau, torch.tensor(metrics, dtype=torch.float32).to(dtype)), plain, strict=True):
            assert ours.factor.dtype == ours.best.dtype == dtype or ours.seen == 1
            assert numbers(ours) == pytest.approx(numbers(theirs), rel=1e-5), (plateau, metrics)


def test_the_best_keeps_no_graph_of_a_loss_alive():
    loss = torch.tensor(2.0, requires_grad=True) * 3
    assert not Plateau().update(PlateauState(), loss).best.requires_grad


@pytest.mark.parametrize("array", [np.array, jnp.array, torch.tensor])
def test_an_array_of_metrics_runs_as_many_machines(array):
    plateau = Plateau(factor=0.5, patience=0)
    columns = [[3.0, 2.0, 1.0], [1.0, 1.0, 1.0], [1.0, math.nan, 0.5]]
    state = plateau.init()
    for row in zip(*columns, strict=True):
        state = plateau.update(state, array(row))
    assert state.factor.tolist() == [factors(plateau, column)[-1] for column in columns] == [1, 0.25, 0.5]
    assert state.best.tolist() == [1, 1, 0.5]


@pytest.mark.parametrize("metric", [np.float64(2), np.float32(2), np.array(2.0), np.int64(2), 2])
def test_a_numpy_number_and_a_whole_number_are_plain_numbers(metric):
    state = Plateau().update(PlateauState(), metric)
    assert state == PlateauState(best=2.0, best_at=1, seen=1)
    assert [type(x) for x in state] == [float, float, int, int, int, int]


@pytest.mark.parametrize(
    "metric", [None, True, "1.0", [1.0], 1j, np.array("a"), np.True_, torch.tensor(True), jnp.array(1j), 10**400]
)
def test_what_is_no_number_is_refused_as_a_metric(metric):
    with pytest.raises(ScheduleError, match=r"^metric must be a number"):
        Plateau().update(PlateauState(), metric)


@pytest.mark.parametrize("state", [None, (1.0, 0.0, 0, 0, 0, 0), {}, Plateau().init])
def test_what_is_no_state_is_refused(state):
    with pytest.raises(ScheduleError, match=r"^state must be a PlateauState, from init\(\) or update\(\), got "):
        Plateau().update(state, 1.0)


# Values -------------------------------------------------------------------------------------------------------

SOME = [
    Plateau(),
    Plateau(mode="max", factor=0.5, patience=3, threshold=2, threshold_mode="abs", cooldown=1),
    Plateau(floor=0.01, eps=1e-8, warmup=100, factor=0),
]


@pytest.mark.parametrize("plateau", SOME, ids=repr)
def test_a_machine_is_a_value(plateau):
    for other in (
        eval(repr(plateau)),
        pickle.loads(pickle.dumps(plateau)),
        copy.deepcopy(plateau),
        Plateau.from_dict(json.loads(json.dumps(plateau.to_dict(), allow_nan=False))),
    ):
        assert other == plateau
        assert hash(other) == hash(plateau)
    assert len(set(SOME)) == len(SOME)
    with pytest.raises(FrozenInstanceError):
        plateau.patience = 1


def test_numpy_numbers_in_fields_become_plain_ones():
    plateau = Plateau(factor=np.float32(0.5), patience=np.int64(3))
    assert repr(plateau) == repr(Plateau(factor=0.5, patience=3))


BAD_FIELDS = [
    ("mode", "low", "one of 'min', 'max'"),
    ("threshold_mode", None, "one of 'rel', 'abs'"),
    *(("factor", x, "a non-negative finite number") for x in (-0.1, math.nan, math.inf, True, "0.1", None, [0.1])),
    *(("factor", x, "less than 1") for x in (1.0, 2)),
    *(("factor", x, "a plain number") for x in (jnp.array(0.1), torch.tensor(0.1), np.array([0.1]))),
    *((name, x, "a non-negative") for name in ("patience", "cooldown", "warmup") for x in (-1, 1.5, True, math.nan)),
    *((name, x, "a non-negative finite number") for name in ("threshold", "floor", "eps") for x in (-1e-9, math.nan)),
    ("threshold", 1.0, "less than 1, as a share of the best"),
]


@pytest.mark.parametrize(
    ("name", "bad", "rule"), BAD_FIELDS, ids=[f"{n}-{i}" for i, (n, _, _) in enumerate(BAD_FIELDS)]
)
def test_a_field_refuses_what_cannot_be_right_by_name_and_rule(name, bad, rule):
    with pytest.raises(ScheduleError, match=rf"^Plateau\.{name} must be {rule}.*, got "):
        Plateau(**{name: bad})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([1], "a Plateau as data must be a mapping, got"),
        ({"patience": 3}, "kind must be 'Plateau', got None"),
        ({"kind": "Linear"}, "kind must be 'Plateau', got 'Linear'"),
        ({"kind": "Plateau", "glidepath": 2}, "glidepath must be 1, the version that is read here, got 2"),
        ({"kind": "Plateau", "patiense": 3}, "unknown field 'patiense'; did you mean 'patience'?"),
        ({"kind": "Plateau", "patience": "3"}, "Plateau.patience must be a non-negative integer"),
    ],
)
def test_data_that_is_no_machine_is_refused(data, message):
    with pytest.raises(ScheduleError) as caught:
        Plateau.from_dict(data)
    assert message in str(caught.value)


# The state ----------------------------------------------------------------------------------------------------


def test_every_state_goes_through_json_and_on_as_if_nothing_had_been():
    rng = random.Random(3)
    for _ in range(100):
        plateau, metrics = random_case(rng)
        states = run(plateau, metrics)
        at = rng.randrange(len(metrics))
        text = json.dumps(states[at].to_dict(), allow_nan=False)
        loaded = PlateauState.from_dict(json.loads(text))
        assert loaded == states[at]
        assert run(plateau, metrics[at + 1 :], loaded) == states[at + 1 :]


def test_a_state_is_picklable_and_loads_with_weights_only(tmp_path):
    state = run(Plateau(), [1.0, 2.0])[-1]
    assert pickle.loads(pickle.dumps(state)) == state
    torch.save(state.to_dict(), tmp_path / "state")
    assert PlateauState.from_dict(torch.load(tmp_path / "state", weights_only=True)) == state


GOOD = {"factor": 0.5, "best": -1.0, "best_at": 2, "bad": 1, "cooldown": 0, "seen": 3}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"factor": -0.5}, "factor must be a number from 0 to 1"),
        ({"factor": 1.5}, "factor must be a number from 0 to 1"),
        ({"factor": math.nan}, "factor must be a number from 0 to 1"),
        ({"best": math.inf}, "best must be a finite number"),
        ({"best": None}, "best must be a finite number"),
        ({"best": True}, "best must be a finite number"),
        ({"best": torch.tensor(1.0)}, "best must be a finite number"),
        ({"bad": 1.5}, "bad must be a non-negative integer"),
        ({"cooldown": -1}, "cooldown must be a non-negative integer"),
        ({"seen": "3"}, "seen must be a non-negative integer"),
        ({"best_at": 4}, "best_at must be at most seen, got (4, 3)"),
        ({"num_bad_epochs": 1}, "unknown name 'num_bad_epochs'"),
    ],
    ids=lambda change: next(iter(change)) if isinstance(change, dict) else "",
)
def test_an_edited_state_is_refused(change, message):
    assert PlateauState.from_dict(GOOD).to_dict() == GOOD
    with pytest.raises(ScheduleError) as caught:
        PlateauState.from_dict({**GOOD, **change})
    assert f"the state of a Plateau: {message}" in str(caught.value)


@pytest.mark.parametrize("name", GOOD)
def test_a_truncated_state_is_refused(name):
    with pytest.raises(ScheduleError, match=rf"^the state of a Plateau must have {name}, got "):
        PlateauState.from_dict({n: x for n, x in GOOD.items() if n != name})


def test_what_is_no_mapping_is_refused_as_a_state():
    with pytest.raises(ScheduleError, match=r"^the state of a Plateau must be a mapping"):
        PlateauState.from_dict((1.0, 0.0))


def test_the_states_of_many_machines_are_not_written_as_one():
    state = Plateau().update(PlateauState(), np.array([1.0, 2.0]))
    with pytest.raises(ScheduleError, match="must be one number to be written as data"):
        state.to_dict()
