"""Comparisons of schedules, with real trainings."""

from __future__ import annotations

import json
import math

import pytest
from joblib import parallel_config, register_parallel_backend
from joblib.parallel import ThreadingBackend

from glidepath import Constant, Custom, Linear, Schedule, ScheduleError, from_dict, value, wsd
from glidepath.lab.comparison import Comparison, compare, default_schedules
from glidepath.lab.task import Settings, training

SMALL = Settings(steps=30, batch=16, hidden=16, embedding=8)
RATES = {"fast": Constant(value=0.1), "falling": Linear(start=0.1, end=0.0, steps=30), "slow": Constant(value=1e-4)}


def quick(schedules: dict[str, Schedule] | None = None, **changes: object) -> Comparison:
    given = {"seeds": 2, "settings": SMALL, "progress": False, "jobs": 1, **changes}
    return compare(RATES if schedules is None else schedules, **given)  # type: ignore[arg-type]


# What a comparison holds ----------------------------------------------------------------------------------------


def test_a_row_holds_what_the_trainings_alone_give() -> None:
    found = {row.name: row for row in quick().rows}
    for name, schedule in RATES.items():
        losses = []
        for seed in range(2):
            run = training("numpy", schedule, SMALL, seed)
            run.run(SMALL.steps)
            losses.append(run.validation_loss())
        row = found[name]
        assert row.losses == tuple(losses)
        assert row.schedule == schedule
        assert row.learning_rates == tuple(schedule(step) for step in range(30))
        assert row.mean == pytest.approx(sum(losses) / 2, rel=1e-15)
        assert row.standard_deviation == pytest.approx(abs(losses[0] - losses[1]) / math.sqrt(2), rel=1e-12)


def test_rows_are_ranked_by_their_mean() -> None:
    found = quick()
    means = [row.mean for row in found.rows]
    assert means == sorted(means)
    assert [row.rank for row in found.rows] == [1, 2, 3]
    assert found.best is found.rows[0]
    assert found.rows[2].name == "slow"


def test_rows_of_one_mean_are_ranked_by_name() -> None:
    same = Constant(value=0.1)
    assert [row.name for row in quick({"b": same, "c": same, "a": same}).rows] == ["a", "b", "c"]


def test_the_loss_curve_is_the_mean_of_the_seeds_over_stretches_of_steps() -> None:
    settings = Settings(steps=130, batch=4, hidden=4, embedding=2)
    row = quick({"a": Constant(value=0.1)}, settings=settings).best
    losses = []
    for seed in range(2):
        run = training("numpy", Constant(value=0.1), settings, seed)
        run.run(130)
        losses.append(run.losses)
    assert [step for step, _ in row.curve] == [1 + 3 * i for i in range(43)] + [129]
    assert row.curve[0][1] == pytest.approx(sum(losses[0][:3] + losses[1][:3]) / 6, rel=1e-14)
    assert row.curve[-1][1] == pytest.approx((losses[0][-1] + losses[1][-1]) / 2, rel=1e-14)


def test_one_seed_has_no_spread() -> None:
    row = quick(seeds=1).best
    assert row.standard_deviation is None
    assert len(row.losses) == 1


def test_the_usual_schedules_share_their_peak_and_fit_the_run() -> None:
    usual = default_schedules(400, peak=0.3)
    assert list(usual) == ["constant", "cosine", "linear", "warmup+cosine", "wsd"]
    assert {max(schedule(step) for step in range(400)) for schedule in usual.values()} == {0.3}
    assert usual["warmup+cosine"](20) == usual["wsd"](20) == usual["wsd"](280) == 0.3
    assert usual["wsd"](281) < 0.3
    assert [schedule(400) for schedule in usual.values()] == [0.3, 0.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("steps", [1, 2, 3, 19, 20])
def test_the_usual_schedules_fit_the_shortest_runs(steps: int) -> None:
    assert len(default_schedules(steps)) == 5


# Where it runs --------------------------------------------------------------------------------------------------


def test_the_same_arguments_give_the_same_result_however_many_jobs_share_the_work() -> None:
    alone, shared = quick(jobs=1), quick(jobs=2)
    assert alone == shared
    assert alone.to_json() == shared.to_json()
    assert alone.table() == shared.table()


def test_a_comparison_runs_where_joblib_is_told_to_run_it() -> None:
    used = []

    class Noted(ThreadingBackend):
        def configure(self, n_jobs: int = 1, parallel: object = None, **others: object) -> int:
            used.append(n_jobs)
            return super().configure(n_jobs, parallel, **others)

    register_parallel_backend("noted", Noted)
    with parallel_config(backend="noted", n_jobs=3):
        found = quick(jobs=None)
    assert used == [3]
    assert found == quick()


def test_a_backend_that_hands_over_everything_at_the_end_gives_the_same_result() -> None:
    class Listing(ThreadingBackend):
        supports_return_generator = False

    register_parallel_backend("listing", Listing)
    with parallel_config(backend="listing", n_jobs=2):
        assert quick(jobs=None) == quick()


def test_a_callable_and_a_kind_of_ones_own_reach_the_processes() -> None:
    class Steady(Schedule, register=False):
        rate: float = value()

        def at(self, t, xp):
            return xp.where(t < 0, self.rate, self.rate)

    found = quick({"callable": Custom(function=lambda step: 0.1), "kind": Steady(rate=0.1)}, seeds=1, jobs=2)
    assert found.rows[0].losses == found.rows[1].losses == quick({"a": RATES["fast"]}, seeds=1).best.losses


def test_the_bar_counts_trainings_on_stderr_and_shows_the_best_so_far(capsys) -> None:
    quick(progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "6/6" in err
    assert "best f" in err.rsplit("6/6", 1)[1]


# What goes wrong ------------------------------------------------------------------------------------------------


def test_a_training_that_diverges_is_said_to_and_ranks_last() -> None:
    found = quick({"a wild": Constant(value=1e38), "calm": Constant(value=0.1)})
    assert [row.name for row in found.rows] == ["calm", "a wild"]
    wild = found.rows[1]
    assert wild.losses == (None, None)
    assert wild.mean is None
    assert wild.standard_deviation is None
    assert found.table().splitlines()[2].split() == ["2", "a", "wild", "diverged"]


def test_a_curve_ends_where_a_training_diverges() -> None:
    wild = quick({"wild": Constant(value=1e38)}).best
    assert len(wild.learning_rates) == 30
    assert 0 < len(wild.curve) < 30
    assert all(math.isfinite(loss) for _, loss in wild.curve)


def test_a_comparison_where_all_diverge_is_written_as_json_and_html(tmp_path) -> None:
    found = quick({"wild": Constant(value=1e38)})
    held = json.loads(found.to_json())
    assert held["best"] is None
    assert held["schedules"][0]["losses"] == [None, None]
    found.to_html(tmp_path / "report.html")
    assert "diverged" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_in_a_training_names_the_schedule_and_the_seed(jobs: int) -> None:
    def broken(step: float) -> float:
        raise KeyError("no such step")

    with pytest.raises(RuntimeError, match=r"^broken one, seed [01]: KeyError: 'no such step'$"):
        quick({"broken one": Custom(function=broken)}, jobs=jobs)


def test_a_schedule_error_in_a_training_stays_one_and_names_the_schedule_and_the_seed() -> None:
    def refused(step: float) -> float:
        raise ScheduleError("no")

    with pytest.raises(ScheduleError, match=r"^mine, seed 0: no$"):
        quick({"mine": Custom(function=refused)}, seeds=1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schedules": {}}, "compare.schedules must be at least one schedule"),
        ({"schedules": {"a": 0.1}}, r"compare.schedules\['a'\] must be a glidepath schedule, got 0.1"),
        ({"schedules": {1: Constant(value=0.1)}}, "compare.schedules must be named by non-empty strings, got 1"),
        ({"seeds": 0}, "compare.seeds must be a positive integer, got 0"),
        ({"seeds": True}, "compare.seeds must be a positive integer, got True"),
        ({"seeds": None}, "compare.seeds must be a positive integer, got None"),
        ({"jobs": 0}, "compare.jobs must be a positive integer, got 0"),
        ({"jobs": 1.0}, "compare.jobs must be a positive integer, got 1.0"),
        ({"settings": {"steps": 3}}, "compare.settings must be a Settings"),
        ({"backend": "nunpy"}, "compare: unknown backend 'nunpy'; did you mean 'numpy'"),
    ],
)
def test_arguments_that_cannot_be_right_are_refused_by_name(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ScheduleError, match=message):
        quick(**changes)


# JSON -----------------------------------------------------------------------------------------------------------


def test_the_json_holds_schedules_that_can_be_read_back() -> None:
    held = json.loads(quick({"wsd": wsd(0.1, warmup=3, decay=9, total=30)}).to_json())
    [row] = held["schedules"]
    assert from_dict(row["schedule"]) == wsd(0.1, warmup=3, decay=9, total=30)
    assert held["settings"]["steps"] == 30
    assert held["best"] == "wsd"
    assert len(row["curve"]["steps"]) == len(row["curve"]["losses"]) == len(row["curve"]["learning_rates"])


def test_the_json_of_a_custom_schedule_has_no_definition() -> None:
    held = json.loads(quick({"mine": Custom(function=lambda step: 0.1)}, seeds=1).to_json())
    assert held["schedules"][0]["schedule"] is None


# The claim of the README: 9 trainings at full length, several seconds ----------------------------------------------


def test_wsd_and_cosine_beat_constant_by_more_than_five_hundredths_of_a_nat() -> None:
    usual = default_schedules(1500, peak=0.1)
    chosen = {name: usual[name] for name in ("constant", "cosine", "wsd")}
    means = {row.name: row.mean for row in compare(chosen, seeds=3, progress=False).rows}
    assert means["constant"] - means["cosine"] > 0.05
    assert means["constant"] - means["wsd"] > 0.05
