"""One task, three libraries: the same model, the same batches, and the learning rates that the schedule states."""

from __future__ import annotations

import subprocess
import sys
from statistics import fmean
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from glidepath import Constant, Cosine, Custom, Schedule, ScheduleError, warmup_cosine, wsd
from glidepath.lab import topics
from glidepath.lab.jax import loss as jax_loss
from glidepath.lab.numpy import loss, loss_and_gradients
from glidepath.lab.task import BACKENDS, Settings, batch, every_example, initial_weights, training

SMALL = Settings(steps=60, batch=16, embedding=8, hidden=24)
SCHEDULE = warmup_cosine(0.1, warmup=10, total=60)

every_backend = pytest.mark.parametrize("backend", BACKENDS)


def same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return list(a) == list(b) and all(a[name].tobytes() == b[name].tobytes() for name in a)


# The text and the task --------------------------------------------------------------------------------------------


def test_the_text_is_the_help_of_python_in_order_of_its_pages() -> None:
    from pydoc_data.topics import topics as pages

    text = topics()
    written = "".join(text.characters[code] for code in np.concatenate([text.train, text.valid]))
    assert written == "\n".join(pages[name] for name in sorted(pages))


def test_the_last_tenth_of_the_text_is_held_out() -> None:
    text = topics()
    assert len(text.valid) == pytest.approx(0.1 * (len(text.train) + len(text.valid)), abs=1)


def test_everyone_shares_one_text_that_cannot_be_written_to() -> None:
    assert topics() is topics()
    assert not topics().train.flags.writeable
    assert not topics().valid.flags.writeable


def test_the_batch_of_an_update_follows_from_seed_and_step_alone() -> None:
    codes = topics().train
    once, again = batch(codes, SMALL, seed=3, step=40), batch(codes, SMALL, seed=3, step=40)
    assert (once[0] == again[0]).all()
    assert (once[1] == again[1]).all()
    assert (once[0] != batch(codes, SMALL, seed=3, step=41)[0]).any()
    assert (once[0] != batch(codes, SMALL, seed=4, step=40)[0]).any()


def test_an_example_is_a_character_and_the_ones_before_it() -> None:
    contexts, targets = every_example(np.arange(100, dtype=np.int32), context=8)
    assert contexts[0].tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert (targets == contexts[:, -1] + 1).all()
    assert targets.tolist() == list(range(8, 100))


def test_the_weights_at_the_start_follow_from_the_seed_alone() -> None:
    once, again, other = (initial_weights(SMALL, 103, seed) for seed in (0, 0, 1))
    assert same(once, again)
    assert not same(once, other)
    assert {w.dtype for w in once.values()} == {np.dtype(np.float32)}


def test_the_weights_do_not_repeat_the_numbers_that_chose_the_first_batch() -> None:
    first_batch = np.random.default_rng([0, 0]).standard_normal(4).astype(np.float32)
    assert (initial_weights(SMALL, 103, seed=0)["embedding"].ravel()[:4] != first_batch).all()


def test_a_context_of_no_information_costs_the_logarithm_of_the_alphabet() -> None:
    weights = {name: 0 * w for name, w in initial_weights(SMALL, 103, seed=0).items()}
    assert loss(weights, *batch(topics().train, SMALL, seed=0, step=0)) == pytest.approx(np.log(103))


@pytest.mark.parametrize("name", ["embedding", "hidden", "hidden_bias", "output", "output_bias"])
def test_the_gradients_by_hand_are_the_slopes_of_the_loss(name: str) -> None:
    weights = {key: w.astype(np.float64) for key, w in initial_weights(SMALL, 103, seed=0).items()}
    examples = batch(topics().train, SMALL, seed=0, step=0)
    direction = np.random.default_rng(0).standard_normal(weights[name].shape)

    def along(distance: float) -> float:
        return loss({**weights, name: weights[name] + distance * direction}, *examples)  # type: ignore[dict-item]

    slope = (along(1e-4) - along(-1e-4)) / 2e-4
    _, gradients = loss_and_gradients(weights, *examples)  # type: ignore[arg-type]
    assert (gradients[name] * direction).sum() == pytest.approx(slope, rel=1e-5)


def test_the_gradients_by_hand_are_those_of_jax() -> None:
    weights = initial_weights(SMALL, 103, seed=0)
    examples = batch(topics().train, SMALL, seed=0, step=0)
    theirs = jax.grad(jax_loss)(jax.tree.map(jnp.asarray, weights), *examples)
    for name, ours in loss_and_gradients(weights, *examples)[1].items():
        np.testing.assert_allclose(ours, theirs[name], rtol=1e-4, atol=1e-7)


# Trainings --------------------------------------------------------------------------------------------------------


@every_backend
def test_a_training_goes_through_its_steps_and_stops_at_the_last(backend: str) -> None:
    run = training(backend, SCHEDULE, SMALL, seed=0)
    steps = []
    for updates in (0, 1, 20, 1000, 5):
        run.run(updates)
        steps.append((run.step, len(run.learning_rates), len(run.losses)))
    assert steps == [(0, 0, 0), (1, 1, 1), (21, 21, 21), (60, 60, 60), (60, 60, 60)]


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("schedule", [SCHEDULE, wsd(0.3, warmup=7, decay=13, total=50, shape="sqrt")])
def test_the_learning_rates_are_those_of_the_schedule_to_the_last_bit(backend: str, schedule: Schedule) -> None:
    run = training(backend, schedule, SMALL, seed=0)
    run.run(60)
    assert run.learning_rates == [schedule(k) for k in range(60)]
    assert {type(rate) for rate in run.learning_rates} == {float}


@pytest.mark.parametrize("schedule", [SCHEDULE, wsd(0.25, warmup=7, decay=13, total=50, shape="sqrt")])
def test_the_learning_rates_inside_jax_are_those_of_the_schedule_in_float32(schedule: Schedule) -> None:
    run = training("jax", schedule, SMALL, seed=0)
    run.run(60)
    # Half a unit in the last place of the peak, and what the formula may lose.
    assert run.learning_rates == pytest.approx([schedule(k) for k in range(60)], rel=4.8e-7 + 2**-24, abs=0)


def test_the_three_libraries_train_the_same_model() -> None:
    runs = [training(backend, SCHEDULE, SMALL, seed=1) for backend in BACKENDS]
    for run in runs:
        run.run(60)
    first, *others = runs
    for other in others:
        assert other.losses == pytest.approx(first.losses, rel=1e-4)
        assert other.validation_loss() == pytest.approx(first.validation_loss(), rel=1e-4)
    assert first.losses[-1] < first.losses[0]


@every_backend
def test_a_training_in_pieces_and_from_states_is_the_training_at_once(backend: str) -> None:
    whole = training(backend, SCHEDULE, SMALL, seed=0)
    whole.run(60)
    state = training(backend, SCHEDULE, SMALL, seed=0).state()
    for updates in (0, 1, 16, 2, 41):
        piece = training(backend, SCHEDULE, SMALL, seed=0)
        piece.load_state(state)
        piece.run(updates)
        state = piece.state()
    assert same(state, whole.state())
    assert piece.validation_loss() == whole.validation_loss()


def test_a_state_of_one_library_is_gone_on_from_in_another() -> None:
    whole = training("numpy", SCHEDULE, SMALL, seed=0)
    whole.run(60)
    state = training("numpy", SCHEDULE, SMALL, seed=0).state()
    for backend in BACKENDS:
        run = training(backend, SCHEDULE, SMALL, seed=0)
        run.load_state(state)
        run.run(20)
        state = run.state()
    assert state["losses"] == pytest.approx(whole.losses, rel=1e-4)


@every_backend
def test_a_state_is_not_changed_by_the_updates_after_it(backend: str) -> None:
    run = training(backend, SCHEDULE, SMALL, seed=0)
    run.run(5)
    state = run.state()
    before = {name: array.copy() for name, array in state.items()}
    run.run(5)
    again = training(backend, SCHEDULE, SMALL, seed=0)
    again.load_state(state)
    again.run(5)
    assert same(state, before)
    assert same(again.state(), run.state())


def changed(state: dict[str, Any], **changes: Any) -> dict[str, Any]:
    merged = {**state, **{name.replace("__", "."): held for name, held in changes.items()}}
    return {name: held for name, held in merged.items() if held is not None}


@every_backend
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weights__hidden": None}, r"state\.weights\.hidden must be float32 of shape \(64, 24\), got None"),
        ({"weights__hiden": np.zeros(3)}, r"unknown name 'weights\.hiden'; did you mean 'weights\.hidden'\?"),
        ({"velocity__output_bias": np.zeros(3, np.float32)}, r"float32 of shape \(103,\), got float32 of shape \(3,\)"),
        ({"weights__embedding": np.zeros((103, 8))}, r"float32 of shape \(103, 8\), got float64 of shape"),
        ({"weights__output_bias": [0.0] * 103}, r"state\.weights\.output_bias must be float32"),
        ({"losses": np.zeros(4)}, r"state\.learning_rates must be float64 of shape \(4,\), got float64 of shape"),
        ({"losses": np.zeros(61), "learning_rates": np.zeros(61)}, r"state\.losses must be at most 60 numbers"),
        ({"losses": np.zeros((1, 5))}, r"state\.losses must be float64 of shape \(5,\), got float64 of shape \(1, 5\)"),
        ({"losses": None}, r"state\.learning_rates must be"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(backend: str, changes: Any, message: str) -> None:
    run = training(backend, SCHEDULE, SMALL, seed=0)
    donor = training("numpy", SCHEDULE, SMALL, seed=1)
    donor.run(5)
    before = run.state()
    with pytest.raises(ScheduleError, match=message):
        run.load_state(changed(donor.state(), **changes))
    assert same(run.state(), before)


def test_jax_compiles_once_for_schedules_of_one_structure() -> None:
    traces = []

    def shape(step: Any) -> Any:
        traces.append(step)
        return 1.0 / (1.0 + step)

    seen = []
    for peak in (0.1, 0.2, 0.3):
        run = training("jax", peak * Custom(function=shape), SMALL, seed=0)
        run.run(60)
        assert run.learning_rates[1] == pytest.approx(peak / 2)
        seen.append(len(traces))
    assert seen == [seen[0]] * 3
    assert seen[0] > 0


def test_jax_trains_in_float32_where_64_bits_are_switched_on_too() -> None:
    narrow = training("jax", SCHEDULE, SMALL, seed=0)
    narrow.run(60)
    with jax.enable_x64(True):
        wide = training("jax", SCHEDULE, SMALL, seed=0)
        wide.run(60)
    assert wide.learning_rates == pytest.approx(narrow.learning_rates, rel=6e-7)
    assert {name: w.dtype for name, w in wide.state().items()} == {name: w.dtype for name, w in narrow.state().items()}


@every_backend
def test_a_rate_far_too_high_gives_losses_that_are_not_finite_and_no_error(backend: str) -> None:
    run = training(backend, Constant(value=1e38), SMALL, seed=0)
    run.run(10)
    assert not np.isfinite(run.losses[-1])
    assert not np.isfinite(run.validation_loss())


def test_wsd_and_cosine_beat_constant_by_more_than_a_twentieth_of_a_nat() -> None:
    settings = Settings(steps=500)  # a third of the default; the gap grows from there
    steps = settings.steps
    losses = {}
    for name, schedule in {
        "constant": Constant(value=0.1),
        "cosine": Cosine(start=0.1, end=0.0, steps=steps),
        "wsd": wsd(0.1, warmup=0, decay=150, total=steps),
    }.items():
        runs = [training("numpy", schedule, settings, seed) for seed in range(3)]
        for run in runs:
            run.run(steps)
        losses[name] = fmean(run.validation_loss() for run in runs)
    assert losses["wsd"] < losses["constant"] - 0.05
    assert losses["cosine"] < losses["constant"] - 0.05


# Errors and imports -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, r"Settings\.steps must be a positive integer, got 0"),
        ({"batch": 2.0}, r"Settings\.batch must be a positive integer, got 2\.0"),
        ({"hidden": True}, r"Settings\.hidden must be a positive integer, got True"),
        ({"context": "8"}, r"Settings\.context must be a positive integer, got '8'"),
        ({"momentum": 1.0}, r"Settings\.momentum must be a float of at least 0 and less than 1, got 1\.0"),
        ({"momentum": float("nan")}, r"Settings\.momentum must be a float .* got nan"),
    ],
)
def test_wrong_settings_are_refused(changes: Any, message: str) -> None:
    with pytest.raises(ScheduleError, match=message):
        Settings(**changes)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("numpi", SCHEDULE, SMALL, 0), r"unknown backend 'numpi'; did you mean 'numpy'\? \(known: jax"),
        (("numpy", lambda step: 0.1, SMALL, 0), r"training\.schedule must be a glidepath schedule, got"),
        (("numpy", SCHEDULE, {"steps": 5}, 0), r"training\.settings must be a Settings, got"),
        (("numpy", SCHEDULE, SMALL, -1), r"training\.seed must be an integer from 0 to 2\*\*32 - 1, got -1"),
        (("numpy", SCHEDULE, SMALL, 2**32), r"training\.seed must be an integer from 0 to"),
        (("numpy", SCHEDULE, SMALL, True), r"training\.seed must be an integer from 0 to"),
    ],
)
def test_a_training_that_cannot_be_is_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ScheduleError, match=message):
        training(*arguments)


BARE = """
import sys
from glidepath import Constant, ScheduleError
from glidepath.lab import Settings, training
training("numpy", Constant(value=0.1), Settings(steps=2), seed=0).run(2)
assert not {"jax", "torch"} & set(sys.modules), "a library that was not asked for is loaded"
for backend in ("jax", "torch"):
    sys.modules[backend] = None  # as where it is not installed
    try:
        training(backend, Constant(value=0.1), Settings(steps=2), seed=0)
    except ScheduleError as error:
        print(error)
"""


def test_a_backend_loads_its_library_alone_and_says_how_to_install_it() -> None:
    run = subprocess.run([sys.executable, "-c", BARE], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [
        'the jax backend needs a package: pip install "glidepath[jax]"',
        'the torch backend needs a package: pip install "glidepath[torch]"',
    ]


def test_the_lab_says_how_to_install_numpy() -> None:
    code = "import sys; sys.modules['numpy'] = None; import glidepath.lab"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1] == (
        'ModuleNotFoundError: glidepath.lab needs NumPy: pip install "glidepath[lab]"'
    )
