"""Schedules of other programs, imported and compared with what those programs compute."""

from __future__ import annotations

import contextlib
import json
import math
import warnings

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch.optim import lr_scheduler as theirs

import glidepath as g
from glidepath.convert import READERS, Imported, convert, load_foreign, reader

BASE = 0.5

SIZES = st.integers(1, 12)
FACTORS = st.sampled_from([0.1, 0.25, 0.5, 0.9, 1.0])


def optimizer_of(rates=(BASE,), kind=torch.optim.SGD, **more):
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": rate} for rate in rates]
    return kind(groups, lr=BASE, **more)


def simple(draw):
    """A class of torch's that multiplies, with arguments."""
    return draw(
        st.one_of(
            st.tuples(st.just(theirs.StepLR), st.fixed_dictionaries({"step_size": SIZES, "gamma": FACTORS})),
            st.tuples(
                st.just(theirs.MultiStepLR),
                st.fixed_dictionaries({"milestones": st.lists(st.integers(0, 30), max_size=4), "gamma": FACTORS}),
            ),
            st.tuples(st.just(theirs.ConstantLR), st.fixed_dictionaries({"factor": FACTORS, "total_iters": SIZES})),
            st.tuples(
                st.just(theirs.LinearLR),
                st.fixed_dictionaries({"start_factor": FACTORS, "end_factor": FACTORS, "total_iters": SIZES}),
            ),
            st.tuples(st.just(theirs.ExponentialLR), st.fixed_dictionaries({"gamma": FACTORS})),
            st.tuples(
                st.just(theirs.PolynomialLR),
                st.fixed_dictionaries({"total_iters": SIZES, "power": st.sampled_from([0.5, 1.0, 2.0])}),
            ),
        )
    )


def whole_curve(draw):
    """A class of torch's that sets the rate, with arguments."""
    low = st.sampled_from([0.0, 0.01, 0.2])
    return draw(
        st.one_of(
            st.tuples(st.just(theirs.CosineAnnealingLR), st.fixed_dictionaries({"T_max": SIZES, "eta_min": low})),
            st.tuples(
                st.just(theirs.CosineAnnealingWarmRestarts),
                st.fixed_dictionaries({"T_0": SIZES, "T_mult": st.integers(1, 3), "eta_min": low}),
            ),
        )
    )


def walked(scheduler, optimizer, steps, key="lr"):
    """The values of every group at each of so many steps."""
    found = []
    for _ in range(steps):
        found.append([group["betas"][0] if key == "beta1" else group[key] for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step()
    return found


def assert_same(schedule, values, base=BASE):
    for step, value in enumerate(values):
        assert math.isclose(schedule(step), value, rel_tol=1e-9, abs_tol=1e-12 * base), (step, schedule(step), value)


# torch ----------------------------------------------------------------------------------------------------------


@settings(max_examples=80)
@given(st.data())
def test_a_state_of_torch_gives_the_rates_of_its_scheduler(data):
    kind, arguments = data.draw(st.sampled_from([simple, whole_curve]).map(lambda make: make(data.draw)))
    optimizer = optimizer_of()
    scheduler = kind(optimizer, **arguments)
    found = convert(scheduler.state_dict())
    assert found.what == kind.__name__
    assert_same(found.schedules["lr"], [rate for (rate,) in walked(scheduler, optimizer, 45)])


@settings(max_examples=40)
@given(st.data())
def test_a_sequence_gives_the_rates_of_its_parts(data):
    optimizer = optimizer_of()
    makes = data.draw(st.lists(st.sampled_from([simple, whole_curve]), min_size=1, max_size=4))
    children = [kind(optimizer, **arguments) for kind, arguments in (make(data.draw) for make in makes)]
    count = len(children) - 1
    milestones = sorted(data.draw(st.lists(st.integers(1, 40), min_size=count, max_size=count, unique=True)))
    scheduler = theirs.SequentialLR(optimizer, children, milestones)
    found = convert(scheduler.state_dict())
    values = [rate for (rate,) in walked(scheduler, optimizer, 45)]
    assert_same(found.schedules["lr"], values)


@settings(max_examples=30)
@given(st.data())
def test_a_chain_gives_the_product_of_its_factors(data):
    optimizer = optimizer_of()
    makes = data.draw(st.lists(st.just(simple), min_size=1, max_size=3))
    children = [kind(optimizer, **arguments) for kind, arguments in (make(data.draw) for make in makes)]
    scheduler = theirs.ChainedScheduler(children, optimizer)
    found = convert(scheduler.state_dict())
    assert_same(found.schedules["lr"], [rate for (rate,) in walked(scheduler, optimizer, 40)])


@pytest.mark.parametrize("mode", ["triangular", "triangular2", "exp_range"])
@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.AdamW])
def test_cycles_give_the_rates_and_the_momentum(mode, kind):
    optimizer = optimizer_of(kind=kind, **({"momentum": 0.9} if kind is torch.optim.SGD else {}))
    scheduler = theirs.CyclicLR(optimizer, 0.1, 0.7, step_size_up=4, step_size_down=6, mode=mode, gamma=0.95)
    found = convert(scheduler.state_dict())
    name = "momentum" if kind is torch.optim.SGD else "beta1"
    saved = torch.get_default_dtype(), [], []
    for _ in range(45):
        group = optimizer.param_groups[0]
        saved[1].append(group["lr"])
        saved[2].append(group["momentum"] if name == "momentum" else group["betas"][0])
        optimizer.step()
        scheduler.step()
    assert_same(found.schedules["lr"], saved[1])
    assert_same(found.schedules[name], saved[2])


@pytest.mark.parametrize("three_phase", [False, True])
@pytest.mark.parametrize("shape", ["cos", "linear"])
def test_one_cycle_gives_the_rates_and_the_momentum_with_its_optimizer(shape, three_phase):
    optimizer = optimizer_of((0.1, 0.2), momentum=0.9)
    scheduler = theirs.OneCycleLR(optimizer, [1.0, 2.0], total_steps=50, anneal_strategy=shape, three_phase=three_phase)
    found = convert({"scheduler": scheduler.state_dict(), "optimizer": optimizer.state_dict()})
    rates, momenta = [], []
    for _ in range(50):
        rates.append([group["lr"] for group in optimizer.param_groups])
        momenta.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        if len(rates) < 50:
            scheduler.step()
    assert sorted(found.schedules) == ["lr_0", "lr_1", "momentum"]
    for index in range(2):
        assert_same(found.schedules[f"lr_{index}"], [one[index] for one in rates])
    assert_same(found.schedules["momentum"], momenta)
    assert found.notes == ()


def test_a_phase_that_ends_between_two_steps_is_rounded_and_said_to_be():
    optimizer = optimizer_of(momentum=0.9)
    scheduler = theirs.OneCycleLR(optimizer, 1.0, total_steps=47)
    found = convert({"scheduler": scheduler.state_dict(), "optimizer": optimizer.state_dict()})
    assert found.notes == ("OneCycleLR: the end of a phase is at 13.1, between two steps; here it is at step 13",)
    assert found.schedules["lr"](13) == 1.0


def test_one_cycle_without_its_optimizer_is_refused():
    scheduler = theirs.OneCycleLR(optimizer_of(momentum=0.9), 1.0, total_steps=50)
    with pytest.raises(g.ScheduleError, match="keeps its rates in the optimizer: import a checkpoint with both"):
        convert(scheduler.state_dict())


def test_a_sequence_in_a_sequence_goes_by_its_milestones_and_it_is_said_that_torch_does_not():
    optimizer = optimizer_of()
    inner = theirs.SequentialLR(optimizer, [theirs.ConstantLR(optimizer, 0.5, 9), theirs.StepLR(optimizer, 3)], [5])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says that it takes a step before the optimizer does
        outer = theirs.SequentialLR(optimizer, [inner, theirs.StepLR(optimizer, 4)], [9])
    found = convert(outer.state_dict(), total=12)
    assert found.schedules["lr"](4) == 0.5 * found.schedules["lr"](5)
    assert "torch takes the SequentialLR in a SequentialLR a step too far" in found.notes[0]


@pytest.mark.parametrize(
    ("milestones", "message"),
    [
        ([5, 3], r"SequentialLR._milestones must be in ascending order, got \[5, 3\]"),
        ([5], r"SequentialLR._milestones must be one fewer than the 3 schedulers, got \[5\]"),
        (["5", 6], "SequentialLR: each milestone must be a whole number of steps"),
    ],
)
def test_milestones_that_cannot_be_are_refused(milestones, message):
    child = theirs.StepLR(optimizer_of(), 3).state_dict()
    with pytest.raises(g.ScheduleError, match=message):
        convert({"_milestones": milestones, "_schedulers": [child] * 3})


def test_groups_with_rates_of_their_own_get_schedules_of_their_own():
    optimizer = optimizer_of((0.5, 0.1))
    scheduler = theirs.StepLR(optimizer, 3, 0.5)
    found = convert(scheduler.state_dict())
    rates = walked(scheduler, optimizer, 10)
    assert_same(found.schedules["lr_0"], [one[0] for one in rates])
    assert_same(found.schedules["lr_1"], [one[1] for one in rates])


def test_a_cosine_whose_run_ends_in_time_is_a_cosine_alone():
    scheduler = theirs.CosineAnnealingLR(optimizer_of(), 20)
    assert convert(scheduler.state_dict(), total=20).schedules["lr"] == g.Cosine(start=BASE, end=0.0, steps=20)
    found = convert(scheduler.state_dict())
    assert found.schedules["lr"](40) == BASE
    assert "rises again" in found.notes[0]


def test_a_state_in_the_middle_of_a_run_gives_the_whole_curve_and_one_changed_by_hand_is_noticed():
    optimizer = optimizer_of()
    scheduler = theirs.SequentialLR(
        optimizer, [theirs.LinearLR(optimizer, 0.1, 1.0, 5), theirs.CosineAnnealingLR(optimizer, 20)], [5]
    )
    walked(scheduler, optimizer, 11)
    found = convert(scheduler.state_dict(), total=25)
    assert found.notes == ()
    assert found.schedules["lr"] == g.warmup_cosine(BASE, warmup=5, total=25, start=0.05)

    scheduler = theirs.StepLR(optimizer := optimizer_of(), 3)
    optimizer.param_groups[0]["lr"] = 0.2
    walked(scheduler, optimizer, 2)
    assert (
        convert(scheduler.state_dict())
        .notes[0]
        .startswith("at step 2 the state has the rate 0.2, and its formula gives 0.5: the rate was changed")
    )


def test_a_checkpoint_is_read_from_a_file_of_torch_and_of_json(tmp_path):
    optimizer = optimizer_of()
    scheduler = theirs.MultiStepLR(optimizer, [3, 5, 5], 0.5)
    state = {"epoch": 3, "lr_schedulers": [scheduler.state_dict()], "optimizer_states": [optimizer.state_dict()]}
    torch.save(state, tmp_path / "last.ckpt")
    (tmp_path / "state.json").write_text(json.dumps(scheduler.state_dict()))
    want = g.Piecewise(boundaries=(3, 5), values=(0.5, 0.25, 0.0625))
    for name in ("last.ckpt", "state.json"):
        assert convert(load_foreign(tmp_path / name)).schedules == {"lr": want}


class Code:
    def __reduce__(self):
        return print, ("run",)


def test_a_checkpoint_with_code_in_it_is_refused_and_nothing_of_it_runs(tmp_path, capsys):
    torch.save({"scheduler": Code()}, tmp_path / "evil.pt")
    (tmp_path / "broken.pt").write_bytes(b"not a checkpoint")
    for name in ("evil.pt", "broken.pt"):
        with pytest.raises(
            g.ScheduleError, match=f"{name} must be a checkpoint that torch.save wrote, of nothing but data"
        ):
            load_foreign(tmp_path / name)
    assert capsys.readouterr().out == ""


def test_tensors_for_rates_are_read_as_numbers():
    scheduler = theirs.StepLR(optimizer_of((torch.tensor(0.5),)), 3)
    assert convert(scheduler.state_dict()).schedules["lr"] == g.Exponential(
        start=0.5, rate=0.1, steps=3, staircase=True
    )


def refusals():
    optimizer = optimizer_of(momentum=0.9)
    cosine = theirs.CosineAnnealingLR(optimizer, 5)
    return {
        "LambdaLR": (theirs.LambdaLR(optimizer, lambda step: 1.0), "functions, which are not in its state"),
        "MultiplicativeLR": (theirs.MultiplicativeLR(optimizer, lambda step: 1.0), "functions, which are not"),
        "ReduceLROnPlateau": (theirs.ReduceLROnPlateau(optimizer), "depend on a metric"),
        "SWALR": (torch.optim.swa_utils.SWALR(optimizer, 0.1), "other schedulers have led to"),
        "ChainedScheduler": (theirs.ChainedScheduler([cosine]), "has no formula: torch changes whatever"),
    }


@pytest.mark.parametrize("name", refusals())
def test_what_has_no_formula_is_refused_with_the_reason(name):
    scheduler, message = refusals()[name]
    with pytest.raises(g.ScheduleError, match=message):
        convert(scheduler.state_dict())


def test_a_class_that_its_keys_do_not_tell_is_asked_for():
    state = {**theirs.CosineAnnealingLR(optimizer_of(), 20).state_dict(), "warmup": 3}
    with pytest.raises(g.ScheduleError, match="do not tell the class: say it with --as"):
        convert(state)
    assert convert(state, kind="CosineAnnealingLR", total=20).what == "CosineAnnealingLR"
    with pytest.raises(g.ScheduleError, match="a StepLR has gamma, step_size, which this state has not"):
        convert(state, kind="StepLR")
    with pytest.raises(g.ScheduleError, match="did you mean 'CosineAnnealingLR'"):
        convert(state, kind="CosineAnealingLR")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step_size": 0}, "StepLR.step_size must be a whole number of steps, at least 1, got 0"),
        ({"step_size": 2.5}, "StepLR.step_size must be a whole number of steps"),
        ({"gamma": "x"}, "StepLR.gamma must be a finite number of at least 0, got 'x'"),
        ({"gamma": float("nan")}, "StepLR.gamma must be a finite number"),
        ({"base_lrs": []}, "base_lrs must be a list of at least one rate"),
        ({"base_lrs": ["x"]}, "base_lrs"),
    ],
)
def test_a_state_with_values_that_cannot_be_is_refused_by_their_names(change, message):
    state = {**theirs.StepLR(optimizer_of(), 3).state_dict(), **change}
    with pytest.raises(g.ScheduleError, match=message):
        convert(state)


# optimus_dl -----------------------------------------------------------------------------------------------------


def optimus_rates(cfg, total):
    """What the scheduler of that configuration gives at every update."""
    from glidepath.optimus_dl import build_lr_scheduler

    optimizer = optimizer_of()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scheduler = build_lr_scheduler(cfg, optimizer=optimizer, iterations=total)
        found = []
        for _ in range(total):
            found.append(optimizer.param_groups[0]["lr"])
            scheduler.step()
    return found


WSD = {"_name": "wsd", "warmup_steps": 10, "fract_decay": 0.3, "final_lr_factor": 0.1}
CONFIGS = {
    "wsd": WSD,
    "defaults": {"_name": "wsd", "warmup_steps": None, "warmup_steps_fraction": 0.05},
    **{
        shape: {**WSD, "decay_type": shape, "cooldown_start_lr_factor": 0.8}
        for shape in ("linear", "cosine", "miror_cosine", "square", "sqrt", "exp")
    },
    "sqrt 1": {**WSD, "decay_type": "sqrt", "sqrt_power": 1.0},
    "sqrt 2": {**WSD, "decay_type": "sqrt", "sqrt_power": 2},
    "linear_pw": {**WSD, "decay_type": "linear_pw", "linear_pw_subdivisions": [0.9, 0.3]},
    "exp to 0": {**WSD, "decay_type": "exp", "final_lr_factor": 0.0},
    "exp up": {**WSD, "decay_type": "exp", "final_lr_factor": 2.0},
    "no warmup": {**WSD, "warmup_steps": 0},
    "long warmup": {**WSD, "warmup_steps": 85},
    "longer warmup": {**WSD, "warmup_steps": 300},
    "no decay": {**WSD, "fract_decay": 0.0},
    "decay alone": {**WSD, "fract_decay": 1.0, "warmup_steps": 0},
    "linear_warmup": {"_name": "linear_warmup", "target_lr": 0.3, "start_lr": 0.01},
    "linear_warmup of steps": {"_name": "linear_warmup", "warmup_steps": 7},
    "cosine": {"_name": "cosine_annealing", "eta_min": 0.02},
    "ours": {"_name": "glidepath.warmup_cosine", "peak": 0.4, "warmup": "5%"},
    "ours, relative": {"_name": "glidepath.Linear", "start": 1.0, "end": 0.0, "steps": 100, "relative": True},
}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_configuration_of_optimus_dl_gives_the_rates_of_its_scheduler(name):
    found = convert(CONFIGS[name], lr=BASE, total=100)
    assert_same(found.schedules["lr"], optimus_rates(CONFIGS[name], 100))
    assert found.total == 100


def test_a_whole_configuration_says_the_rate_and_the_updates(tmp_path):
    (tmp_path / "train.yaml").write_text(
        "experiment: runs/${now:%Y}/a b\n"
        "optimization: {iterations: 100, optimizer: {_name: adamw, lr: 5e-1}}\n"
        "lr_scheduler:\n  _name: wsd\n  warmup_steps: 10\n  fract_decay: 0.3\n  final_lr_factor: 0.1\n"
    )
    found = convert(load_foreign(tmp_path / "train.yaml"))
    assert found == convert(WSD, lr=0.5, total=100)
    assert found.notes == ()


def test_what_optimus_dl_leaves_unused_is_noted():
    cosine = {"_name": "cosine_annealing", "warmup_percent": 0.05, "T_max": 500}
    assert convert(cosine, total=100).notes == (
        "the rate of the optimizer is not said (--lr): the schedule is that of a rate of 1",
        "cosine_annealing has no warmup_percent: it is left out",
        "T_max 500 is not used: optimus_dl takes the iterations of the run",
    )
    shares = {"_name": "wsd", "warmup_steps_fraction": 0.05}
    assert convert(shares, lr=1.0, total=1000).notes == (
        "warmup_steps_fraction is not used: warmup_steps 300 goes before it",
    )


@pytest.mark.parametrize(
    ("cfg", "message"),
    [
        ({"_name": "wds"}, "unknown scheduler 'wds'; did you mean 'wsd'"),
        ({"_name": "glidepath.wds"}, "unknown schedule 'wds'; did you mean 'wsd'"),
        ({**WSD, "decay_type": "cosin"}, "unknown decay 'cosin'; did you mean 'cosine'"),
        ({**WSD, "decay_type": "sqrt", "sqrt_power": 0.7}, "no kind rises as the power 0.7"),
        ({**WSD, "fract_decay": "x"}, "wsd.fract_decay must be a finite number, got 'x'"),
        ({**WSD, "init_div_factor": 0}, "wsd.init_div_factor must be other than 0, got 0"),
        ({"_name": 3}, "lr_scheduler must be a configuration with a _name"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(cfg, message):
    with pytest.raises(g.ScheduleError, match=message):
        convert(cfg, lr=BASE, total=100)


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ({"iterations": 0}, "optimization.iterations must be a whole number of steps, at least 1, got 0"),
        ({"iterations": 9, "optimizer": {"lr": -1}}, "optimization.optimizer.lr must be a positive finite number"),
    ],
)
def test_a_run_that_cannot_be_is_refused(run, message):
    with pytest.raises(g.ScheduleError, match=message):
        convert({"lr_scheduler": WSD, "optimization": run})


def test_a_decay_too_short_for_its_lines_is_refused():
    cfg = {**WSD, "decay_type": "linear_pw", "linear_pw_subdivisions": [0.5, 0.2], "fract_decay": 0.02}
    with pytest.raises(g.ScheduleError, match=r"linear_pw_subdivisions must be at most 1 factors for a decay of 2"):
        convert(cfg, lr=BASE, total=100)


def test_a_warmup_below_0_is_none_as_in_optimus_dl():
    cfg = {"_name": "linear_warmup", "warmup_steps": -1}
    found = convert(cfg, lr=BASE, total=10).schedules["lr"]
    assert [found(k) for k in range(10)] == optimus_rates(cfg, 10)


def test_a_cosine_that_has_begun_before_the_run_says_where_it_ends():
    cfg = {"_name": "cosine_annealing", "last_epoch": 9}
    found = convert(cfg, lr=BASE, total=100)
    assert found.notes == ("past its step 100, which is step 90 here, optimus_dl's cosine rises: this holds",)
    assert [found.schedules["lr"](k) for k in range(91)] == pytest.approx(optimus_rates(cfg, 100)[:91])


def test_without_the_updates_of_the_run_optimus_dl_cannot_be_read():
    with pytest.raises(g.ScheduleError, match="wsd needs to know how many updates the run has: --steps N"):
        convert(WSD)


# Readers --------------------------------------------------------------------------------------------------------


def test_a_reader_registers_itself_and_is_found_by_its_data():
    @reader("mine", lambda data: "my_rate" in data)
    def read(data, given):
        return Imported({"lr": g.Constant(value=data["my_rate"])}, given.total, "mine", ())

    try:
        assert convert({"my_rate": 0.1}).schedules == {"lr": g.Constant(value=0.1)}
        assert convert({"my_rate": 0.1}, "mine", total=5).total == 5
    finally:
        del READERS["mine"]
    with pytest.raises(g.ScheduleError, match=r"no reader knows data with the keys .*'my_rate'.* \(known sources: "):
        convert({"my_rate": 0.1})
    with pytest.raises(g.ScheduleError, match="unknown source 'mine'"):
        convert({"my_rate": 0.1}, "mine")


def states():
    """States and configurations that can be read, to be spoilt."""
    optimizer = optimizer_of(momentum=0.9)
    kinds = [theirs.StepLR(optimizer, 3), theirs.MultiStepLR(optimizer, [3, 5]), theirs.LinearLR(optimizer)]
    kinds += [theirs.CosineAnnealingLR(optimizer, 9), theirs.CosineAnnealingWarmRestarts(optimizer, 9)]
    kinds += [theirs.SequentialLR(optimizer, kinds[:2], [4]), theirs.ChainedScheduler(kinds[:3])]
    kinds += [theirs.CyclicLR(optimizer, 0.1, 0.5)]
    one = theirs.OneCycleLR(optimizer, 1.0, total_steps=20)
    whole = {"scheduler": one.state_dict(), "optimizer": {"param_groups": optimizer.state_dict()["param_groups"]}}
    return [*(kind.state_dict() for kind in kinds), whole, *CONFIGS.values()]


STATES = states()

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)


def spoilt(draw, data):
    """A copy with something else in one place, or without it."""
    if isinstance(data, dict) and data and draw(st.integers(0, 3)):
        key = draw(st.sampled_from(sorted(data, key=str)))
        return {k: spoilt(draw, held) if k == key else held for k, held in data.items()}
    if isinstance(data, dict) and data and draw(st.booleans()):
        key = draw(st.sampled_from(sorted(data, key=str)))
        return {k: held for k, held in data.items() if k != key}
    if isinstance(data, list) and data and draw(st.booleans()):
        at = draw(st.integers(0, len(data) - 1))
        return [spoilt(draw, held) if i == at else held for i, held in enumerate(data)]
    return draw(JUNK)


@settings(max_examples=300)
@given(st.data())
def test_whatever_data_gives_a_schedule_or_a_schedule_error(data):
    wrong = spoilt(data.draw, data.draw(st.sampled_from(STATES)))
    with contextlib.suppress(g.ScheduleError):
        assert convert(wrong, lr=BASE, total=100).schedules
