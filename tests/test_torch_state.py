"""What the PyTorch scheduler saves, and what a load does under each policy."""

from __future__ import annotations

import io
import json

import pytest
import torch
from torch.distributed import checkpoint

import glidepath
from glidepath import Constant, Custom, Linear, Plateau, ScheduleError
from glidepath.theory import replan
from glidepath.torch import Scheduler

OLD = glidepath.warmup_cosine(peak=0.1, warmup=3, total=20)
NEW = glidepath.warmup_cosine(peak=0.2, warmup=3, total=40)


def make(lr=0.5, groups=2):
    ps = [torch.nn.Parameter(torch.ones(3)) for _ in range(groups)]
    return torch.optim.AdamW([{"params": [p], "name": name} for p, name in zip(ps, "abc", strict=False)], lr=lr)


def go(scheduler, updates):
    for _ in range(updates):
        for group in scheduler.optimizer.param_groups:
            for p in group["params"]:
                p.grad = torch.ones_like(p)
        scheduler.optimizer.step()
        scheduler.step()


def trained(updates=5, **options):
    scheduler = Scheduler(make(), **({"lr": OLD} | options))
    go(scheduler, updates)
    return scheduler


def held(optimizer):
    return [float(group["lr"]) for group in optimizer.param_groups]


def through_a_file(state):
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


# What is saved ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tensor", [False, True])
def test_a_state_is_plain_and_goes_through_json_and_torch(tensor):
    scheduler = Scheduler(make(torch.tensor(0.5) if tensor else 0.5), lr={"a": OLD}, betas=(None, 0.9))
    go(scheduler, 2)
    state = scheduler.state_dict()
    assert json.loads(json.dumps(state)) == through_a_file(state) == state


def test_the_keys_of_a_state_are_always_the_same():
    one = trained(lr=Constant(value=0.1))
    many = trained(lr={"a": OLD}, betas=(0.9, NEW), weight_decay=0.1, plateau=Plateau(), relative=True)
    assert list(one.state_dict()) == list(many.state_dict()) == ["version", "step", "segments", "metric"]


def test_a_state_does_not_move_with_the_schedule():
    scheduler = trained()
    state = scheduler.state_dict()
    before = json.dumps(state)
    go(scheduler, 3)
    assert json.dumps(state) == before


# The policies -------------------------------------------------------------------------------------------------


def test_strict_goes_on_where_the_configuration_is_the_same():
    again = Scheduler(make(), lr=OLD)
    again.load_state_dict(trained(5).state_dict())
    assert held(again.optimizer) == [OLD(5)] * 2
    go(again, 1)
    assert held(again.optimizer) == [OLD(6)] * 2


def test_strict_lists_every_difference_and_changes_nothing():
    state = trained(plateau=Plateau(patience=3), weight_decay=0.1).state_dict()
    optimizer = make()
    optimizer.param_groups[1].update(lr_scale=0.5, name="z")
    again = Scheduler(optimizer, relative=True, lr=NEW, plateau=Plateau(), betas=(0.9, None))
    before = again.state_dict(), held(optimizer)
    with pytest.raises(ScheduleError) as error:
        again.load_state_dict(state)
    for line in [
        "relative: False in the state, True here",
        "lr.parts[0].end: 0.1 in the state, 0.2 here",
        "lr.parts[1].start: 0.1 in the state, 0.2 here",
        "lr.parts[1].steps: 17 in the state, 37 here",
        "weight_decay: Constant in the state, not given here",
        "betas: not given in the state, ",
        "plateau.patience: 3 in the state, not given here",
        "groups[1].name: 'b' in the state, 'z' here",
        "groups[1].scale: 1.0 in the state, 0.5 here",
    ]:
        assert f"\n  {line}" in str(error.value)
    assert (again.state_dict(), held(optimizer)) == before


def test_strict_compares_what_groups_start_with_where_it_matters():
    absolute, relative = trained().state_dict(), trained(relative=True).state_dict()
    Scheduler(make(0.7), lr=OLD).load_state_dict(absolute)
    with pytest.raises(ScheduleError, match=r"groups\[0\].bases.lr: 0.5 in the state, 0.7 here"):
        Scheduler(make(0.7), lr=OLD, relative=True).load_state_dict(relative)


def test_config_takes_the_step_and_the_new_schedule():
    again = Scheduler(make(), lr=NEW, resume="config")
    again.load_state_dict(trained(5).state_dict())
    assert held(again.optimizer) == [NEW(5)] * 2
    later = Scheduler(make(), lr=NEW)
    later.load_state_dict(again.state_dict())
    assert later.schedule_at(2) == {"lr/a": NEW(2), "lr/b": NEW(2)}


def test_checkpoint_takes_the_old_schedule_whole():
    state = trained(5, lr={"a": OLD, "b": 0.3}, relative=True).state_dict()
    optimizer = make(0.7)
    optimizer.param_groups[0]["lr_scale"] = 0.1
    again = Scheduler(optimizer, lr=NEW, resume="checkpoint")
    again.load_state_dict(state)
    assert held(optimizer) == [0.5 * OLD(5), 0.5 * 0.3]
    go(again, 1)
    assert held(optimizer) == [0.5 * OLD(6), 0.5 * 0.3]
    assert again.state_dict() == {**state, "step": 6}


def test_checkpoint_takes_the_clock_too():
    saved = Scheduler(make(), lr=OLD, clock="tokens")
    saved.step(tokens=5)
    again = Scheduler(make(), lr=NEW, resume="checkpoint")
    again.load_state_dict(saved.state_dict())
    with pytest.raises(ScheduleError, match="this scheduler counts tokens"):
        again.step()
    again.step(tokens=2)
    assert held(again.optimizer) == [OLD(7)] * 2


def test_rebase_begins_the_new_schedule_at_the_saved_step():
    again = Scheduler(make(), lr=NEW, resume="rebase")
    again.load_state_dict(trained(5).state_dict())
    assert (again.last_epoch, held(again.optimizer)) == (5, [NEW(0)] * 2)
    go(again, 2)
    assert held(again.optimizer) == [NEW(2)] * 2
    assert [again.schedule_at(k)["lr/a"] for k in (3, 4, 5, 6)] == [OLD(3), OLD(4), NEW(0), NEW(1)]


def test_a_rebased_run_that_is_killed_goes_on_under_the_same_program():
    first = Scheduler(make(), lr=NEW, resume="rebase")
    first.load_state_dict(trained(5).state_dict())
    go(first, 3)
    for policy in ("rebase", "strict", "checkpoint"):
        again = Scheduler(make(), lr=NEW, resume=policy)
        again.load_state_dict(first.state_dict())
        assert (again.last_epoch, held(again.optimizer)) == (8, [NEW(3)] * 2)
        assert again.state_dict() == first.state_dict()


@pytest.mark.parametrize("updates", [0, 5])
def test_a_program_that_always_rebases_goes_on_where_it_was_killed(updates):
    first = Scheduler(make(), lr=OLD, resume="rebase")
    go(first, updates)
    again = Scheduler(make(), lr=OLD, resume="rebase")
    again.load_state_dict(first.state_dict())
    assert (again.last_epoch, held(again.optimizer)) == (updates, [OLD(updates)] * 2)
    assert again.state_dict() == first.state_dict()


def test_a_run_may_be_rebased_many_times():
    schedules = [OLD, NEW, Linear(start=0.3, end=0.0, steps=10), Constant(value=0.25)]
    state, before = None, []
    for schedule in schedules:
        scheduler = Scheduler(make(), lr=schedule, resume="rebase")
        if state is not None:
            scheduler.load_state_dict(state)
        go(scheduler, 4)
        before += [schedule(t) for t in range(4)]
        state = json.loads(json.dumps(scheduler.state_dict()))
    assert [scheduler.schedule_at(k)["lr/a"] for k in range(16)] == before
    assert scheduler.last_epoch == 16


def test_the_best_way_on_after_a_longer_run_was_decided_plugs_in():
    planned = glidepath.wsd(0.1, warmup=0, decay=20, total=100)
    old = trained(40, lr=planned)
    best, *_ = replan(planned, remaining=110, done=40)
    again = Scheduler(make(), lr=best.schedule, resume="rebase")
    again.load_state_dict(old.state_dict())
    go(again, 3)
    assert held(again.optimizer) == [best.schedule(3)] * 2
    assert [again.schedule_at(k)["lr/a"] for k in (39, 40, 149)] == [planned(39), best.schedule(0), best.schedule(109)]


def test_a_step_before_the_rebase_cannot_be_gone_to():
    again = Scheduler(make(), lr=NEW, resume="rebase")
    again.load_state_dict(trained(5).state_dict())
    with pytest.raises(ScheduleError, match="step must be at least 5"):
        again.set_step(4)


def test_the_groups_of_an_old_state_may_be_others_where_it_gives_the_step_alone():
    state = trained(5).state_dict()
    for policy in ("config", "rebase"):
        again = Scheduler(make(groups=3), lr=NEW, resume=policy)
        again.load_state_dict(state)
        assert again.last_epoch == 5
    for policy in ("strict", "checkpoint"):
        with pytest.raises(ScheduleError, match=r"2 in the state, 3 here|of 2 parameter groups, .* has 3"):
            Scheduler(make(groups=3), lr=OLD, resume=policy).load_state_dict(state)


# Orders of loading --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("tensor", [False, True])
@pytest.mark.parametrize(
    "order", ["build optimizer scheduler", "build scheduler optimizer", "optimizer build scheduler"]
)
def test_every_order_of_loading_gives_the_same(order, tensor, relative):
    start = torch.tensor(0.5) if tensor else 0.5
    scheduler = Scheduler(make(start), lr=OLD, relative=relative)
    go(scheduler, 5)
    states = {"optimizer": scheduler.optimizer.state_dict(), "scheduler": scheduler.state_dict()}
    states = through_a_file(states)
    optimizer, again = make(start), None
    for what in order.split():
        if what == "build":
            again = Scheduler(optimizer, lr=OLD, relative=relative)
        elif what == "optimizer":
            optimizer.load_state_dict(states["optimizer"])
        else:
            again.load_state_dict(states["scheduler"])
    for k in range(5, 9):
        assert held(optimizer) == pytest.approx([OLD(k) * (0.5 if relative else 1)] * 2, rel=1e-7 if tensor else 1e-15)
        go(again, 1)
        assert again.last_epoch == k + 1


def test_a_new_schedule_is_not_undone_by_loading_the_optimizer_later():
    old = trained(5)
    again = Scheduler(make(), lr=NEW, resume="config")
    again.load_state_dict(old.state_dict())
    again.optimizer.load_state_dict(old.optimizer.state_dict())
    assert held(again.optimizer) == [NEW(5)] * 2


def test_a_scale_of_the_new_program_is_not_undone_by_loading_the_optimizer():
    old, optimizer = trained(5), make()
    optimizer.param_groups[0]["lr_scale"] = 0.5
    again = Scheduler(optimizer, lr=OLD, resume="config")
    again.load_state_dict(old.state_dict())
    optimizer.load_state_dict(old.optimizer.state_dict())
    assert held(optimizer) == [OLD(5) / 2, OLD(5)]


def test_names_and_scales_are_not_lost_where_a_loaded_optimizer_has_none():
    plain = torch.optim.AdamW([{"params": [torch.nn.Parameter(torch.ones(3))]} for _ in range(2)], lr=0.5)
    optimizer = make()
    optimizer.param_groups[1]["lr_scale"] = 0.5
    scheduler = Scheduler(optimizer, lr={"a": OLD, "b": OLD})
    optimizer.load_state_dict(plain.state_dict())
    assert [(group["name"], group.get("lr_scale")) for group in optimizer.param_groups] == [("a", None), ("b", 0.5)]
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(3))], "name": "c"})
    assert scheduler.values() == {"lr/a": OLD(0), "lr/b": OLD(0)}


def test_a_loaded_optimizer_that_lacks_what_is_driven_is_named():
    optimizer = make()
    for group in optimizer.param_groups:
        group["mine"] = 0.5
    scheduler = Scheduler(optimizer, mine=OLD)
    with pytest.raises(ScheduleError, match="mine of parameter group 'a' must be a number to be driven, got None"):
        optimizer.load_state_dict(make().state_dict())
    with pytest.raises(ScheduleError, match="mine"):  # and not left alone in silence
        scheduler.values()


@pytest.mark.parametrize("policy", ["config", "checkpoint"])
def test_what_is_in_force_is_what_an_own_restart_finds(policy):
    state = trained(5, relative=True)
    second = Scheduler(make(0.7), lr=OLD, relative=True, resume=policy)
    second.load_state_dict(state.state_dict())
    second.optimizer.load_state_dict(state.optimizer.state_dict())
    expected = held(second.optimizer)
    assert expected == [(0.7 if policy == "config" else 0.5) * OLD(5)] * 2
    optimizer = make(0.7)
    optimizer.load_state_dict(second.optimizer.state_dict())
    third = Scheduler(optimizer, lr=OLD, relative=True)
    third.load_state_dict(second.state_dict())
    assert held(optimizer) == expected


def test_the_update_of_before_a_load_does_not_count_after_it():
    again = Scheduler(make(), lr=OLD)
    again.optimizer.step()
    again.load_state_dict(trained(5).state_dict())
    again.step()
    assert again.last_epoch == 5


def test_a_tensor_stays_one_where_a_number_is_loaded():
    optimizer = make(torch.tensor(0.5, dtype=torch.float64))
    scheduler = Scheduler(optimizer, lr=OLD)
    optimizer.load_state_dict(trained(5).optimizer.state_dict())
    scheduler.load_state_dict(trained(5).state_dict())
    assert [group["lr"].dtype for group in optimizer.param_groups] == [torch.float64] * 2
    assert held(optimizer) == [OLD(5)] * 2


@pytest.mark.parametrize("saved_at", range(8))
@pytest.mark.parametrize("order", ["optimizer scheduler", "scheduler optimizer"])
def test_a_member_of_a_sequence_of_torch_resumes_before_and_after_its_milestone(order, saved_at):
    def sequence():
        optimizer = make(1.0, groups=1)
        first = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
        second = Scheduler(optimizer, lr=OLD + 0.5, gate=False)
        return optimizer, torch.optim.lr_scheduler.SequentialLR(optimizer, [first, second], [4])

    def train(optimizer, scheduler, updates):
        used = []
        for _ in range(updates):
            used += held(optimizer)
            optimizer.step()
            scheduler.step()
        return used

    expected = [0.5**k if k < 4 else OLD(k - 4) + 0.5 for k in range(12)]
    optimizer, scheduler = sequence()
    assert train(optimizer, scheduler, saved_at) == expected[:saved_at]
    states = {"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}
    optimizer, scheduler = sequence()
    for what in order.split():
        {"optimizer": optimizer, "scheduler": scheduler}[what].load_state_dict(states[what])
    assert train(optimizer, scheduler, 12 - saved_at) == expected[saved_at:]


# Distributed checkpoints, and states of others ------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:torch.distributed is disabled")
def test_a_rebased_state_goes_whole_into_a_scheduler_that_was_never_rebased(tmp_path):
    saved = Scheduler(make(), lr=NEW, resume="rebase")
    saved.load_state_dict(trained(5).state_dict())
    go(saved, 2)
    checkpoint.save({"scheduler": saved}, checkpoint_id=tmp_path / "state", no_dist=True)
    again = Scheduler(make(), lr=NEW)
    checkpoint.load({"scheduler": again}, checkpoint_id=tmp_path / "state", no_dist=True)
    assert again.state_dict() == saved.state_dict()
    assert held(again.optimizer) == [NEW(2)] * 2


def of_torch(name):
    optimizer, schedulers = make(), torch.optim.lr_scheduler
    made = {
        "LambdaLR": lambda: schedulers.LambdaLR(optimizer, lambda t: 0.9**t),
        "CosineAnnealingLR": lambda: schedulers.CosineAnnealingLR(optimizer, 10),
        "SequentialLR": lambda: schedulers.SequentialLR(
            optimizer, [schedulers.LinearLR(optimizer), schedulers.CosineAnnealingLR(optimizer, 10)], [3]
        ),
    }[name]()
    for _ in range(5):
        optimizer.step()
        made.step()
    return made.state_dict()


@pytest.mark.parametrize("state", ["LambdaLR", "CosineAnnealingLR", "SequentialLR", {"last_epoch": 5}], ids=str)
def test_a_state_of_torch_is_read_as_a_step(state):
    state = of_torch(state) if isinstance(state, str) else state
    for policy, k in (("config", 5), ("rebase", 0)):
        scheduler = Scheduler(make(), lr=NEW, resume=policy)
        scheduler.load_state_dict(state)
        assert (scheduler.last_epoch, held(scheduler.optimizer)) == (5, [NEW(k)] * 2)
    for policy in ("strict", "checkpoint"):
        scheduler = Scheduler(make(), lr=NEW, resume=policy)
        with pytest.raises(ScheduleError, match="holds a step but no schedule to compare"):
            scheduler.load_state_dict(state)
        assert scheduler.last_epoch == 0


def test_what_a_step_of_another_scheduler_used_is_not_made_up():
    scheduler = Scheduler(make(), lr=NEW, resume="rebase")
    scheduler.load_state_dict({"last_epoch": 5})
    with pytest.raises(ScheduleError, match="what step 3 used is not known"):
        scheduler.schedule_at(3)


def test_what_a_step_with_other_groups_used_is_not_made_up():
    scheduler = Scheduler(make(groups=3), lr=NEW, resume="rebase")
    scheduler.load_state_dict(trained(5).state_dict())
    with pytest.raises(ScheduleError, match="step 3 had 2 parameter groups, and now there are 3"):
        scheduler.schedule_at(3)


def test_a_step_of_updates_is_no_number_of_tokens():
    scheduler = Scheduler(make(), lr=NEW, clock="tokens", resume="config")
    for state, words in (
        ({"last_epoch": 5}, "counts updates, this scheduler tokens"),
        (trained().state_dict(), "counts"),
    ):
        with pytest.raises(ScheduleError, match=words):
            scheduler.load_state_dict(state)


@pytest.mark.parametrize(
    "bases", [{}, {"lr": [0.1]}, {"lr": 0.1, "betas": [0.1]}, {"lr": -1.0}, {"lr": "0.1"}], ids=str
)
def test_edited_starting_values_are_refused(bases):
    state = trained(relative=True, betas=(0.5, None)).state_dict()
    segments = json.loads(state["segments"])
    segments[0]["configuration"]["groups"][1]["bases"] = bases
    again = Scheduler(make(), lr=NEW, resume="checkpoint")
    before = again.state_dict(), held(again.optimizer)
    with pytest.raises(ScheduleError, match=r"of parameter group .b.|of groups\[1\]"):
        again.load_state_dict({**state, "segments": json.dumps(segments)})
    assert (again.state_dict(), held(again.optimizer)) == before


# Python functions -----------------------------------------------------------------------------------------------


def falling(t):
    return 1.0 / (1.0 + t)


def rising(t):
    return 0.1 * t


def test_a_schedule_of_a_function_is_told_from_others_by_its_name():
    state = trained(lr=Custom(falling) * 0.5).state_dict()
    again = Scheduler(make(), lr=Custom(falling) * 0.5)
    again.load_state_dict(state)
    assert held(again.optimizer) == [0.5 * falling(5)] * 2
    with pytest.raises(ScheduleError, match=r"lr.callable: .*falling.* in the state, .*rising.* here"):
        Scheduler(make(), lr=Custom(rising) * 0.5).load_state_dict(state)
    with pytest.raises(ScheduleError, match=r"a schedule that it cannot hold, .*falling"):
        Scheduler(make(), lr=OLD, resume="checkpoint").load_state_dict(state)


def test_a_state_that_names_a_function_can_be_rebased():
    again = Scheduler(make(), lr=NEW, resume="rebase")
    again.load_state_dict(trained(lr=Custom(falling)).state_dict())
    assert held(again.optimizer) == [NEW(0)] * 2
    with pytest.raises(ScheduleError, match="a schedule that it cannot hold"):
        again.schedule_at(2)
