"""What the PyTorch scheduler drives, and when it goes on."""

from __future__ import annotations

import copy
import gc
import pickle
import types
import weakref

import pytest
import torch

import glidepath
from glidepath import Constant, Linear, Piecewise, Plateau, ScheduleError
from glidepath.torch import Scheduler

LR = glidepath.warmup_cosine(peak=0.1, warmup=3, total=20)
DECAY = Linear(start=0.1, end=0.0, steps=10)


def parameters(count):
    return [torch.nn.Parameter(torch.ones(3)) for _ in range(count)]


def make(kind=torch.optim.AdamW, groups=2, lr=0.5, **options):
    """An optimizer of some named groups with one parameter each."""
    each = [{"params": [p], "name": name} for p, name in zip(parameters(groups), "abcdefgh", strict=False)]
    return kind(each, lr=lr, **options)


def update(optimizer):
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad = torch.ones_like(p) if p.requires_grad else None
    optimizer.step()


def go(scheduler, updates=1):
    for _ in range(updates):
        update(scheduler.optimizer)
        scheduler.step()


def held(optimizer, key="lr"):
    return [float(group[key]) for group in optimizer.param_groups]


# What is driven -----------------------------------------------------------------------------------------------


def test_every_update_uses_the_value_of_its_number():
    optimizer = make()
    scheduler = Scheduler(optimizer, lr=LR)
    for k in range(25):
        assert held(optimizer) == [LR(k), LR(k)]
        go(scheduler)
    assert scheduler.last_epoch == 25


def test_any_number_of_a_group_can_be_driven_and_the_others_stay():
    optimizer = make(torch.optim.SGD, momentum=0.9, weight_decay=0.1)
    scheduler = Scheduler(optimizer, momentum=Linear(start=0.5, end=0.9, steps=4), weight_decay=0.3)
    go(scheduler, 2)
    assert (held(optimizer, "momentum"), held(optimizer, "weight_decay")) == ([0.7, 0.7], [0.3, 0.3])
    assert held(optimizer) == [0.5, 0.5]


def test_an_element_of_a_tuple_is_driven_and_the_others_stay():
    optimizer = make(betas=(0.9, 0.99))
    scheduler = Scheduler(optimizer, betas=(Linear(start=0.5, end=0.7, steps=2), None))
    go(scheduler)
    assert [group["betas"] for group in optimizer.param_groups] == [(0.6, 0.99)] * 2


@pytest.mark.parametrize("first", ["a", 0])
def test_a_mapping_drives_the_groups_that_it_names(first):
    optimizer = make(groups=3)
    scheduler = Scheduler(optimizer, lr={first: LR, "c": 0.25})
    go(scheduler, 5)
    assert held(optimizer) == [LR(5), 0.5, 0.25]


def test_a_mapping_may_hold_tuples():
    optimizer = make(betas=(0.9, 0.99))
    Scheduler(optimizer, betas={"b": (None, 0.95)})
    assert [group["betas"] for group in optimizer.param_groups] == [(0.9, 0.99), (0.9, 0.95)]


def test_lr_scale_multiplies_the_learning_rate_of_its_group_alone():
    optimizer = make(weight_decay=0.1)
    optimizer.param_groups[1]["lr_scale"] = 0.5
    scheduler = Scheduler(optimizer, lr=LR, weight_decay=DECAY)
    go(scheduler, 4)
    assert held(optimizer) == [LR(4), LR(4) * 0.5]
    assert held(optimizer, "weight_decay") == [DECAY(4)] * 2


def test_relative_schedules_multiply_what_each_group_starts_with():
    optimizer = make(betas=(0.8, 0.9))
    optimizer.param_groups[1].update(lr=0.05, betas=(0.4, 0.9))
    scheduler = Scheduler(optimizer, relative=True, lr=LR, betas=(0.5, None))
    go(scheduler, 4)
    assert held(optimizer) == [0.5 * LR(4), 0.05 * LR(4)]
    assert [group["betas"] for group in optimizer.param_groups] == [(0.4, 0.9), (0.2, 0.9)]


def test_absolute_schedules_leave_no_trace_in_the_groups():
    optimizer = make()
    before = [set(group) for group in optimizer.param_groups]
    Scheduler(optimizer, lr=LR)
    assert [set(group) for group in optimizer.param_groups] == before


def test_a_second_relative_scheduler_starts_from_the_same_values():
    optimizer = make()
    go(Scheduler(optimizer, relative=True, lr=LR), 5)
    again = Scheduler(optimizer, relative=True, lr=LR)
    go(again, 4)
    assert held(optimizer) == [0.5 * LR(4)] * 2


def test_several_optimizers_have_one_clock():
    first, second = make(torch.optim.SGD), make(groups=1)
    scheduler = Scheduler([first, second], lr={0: LR, 1: LR * 0.5, 2: DECAY}, weight_decay={2: 0.125})
    for k in range(4):
        assert (held(first), held(second)) == ([LR(k), LR(k) * 0.5], [DECAY(k)])
        update(first)
        update(second)
        scheduler.step()
    assert held(second, "weight_decay") == [0.125]


def test_one_of_several_optimizers_is_enough_to_go_on():
    first, second = make(), make()
    scheduler = Scheduler([first, second], lr=LR)
    update(second)
    scheduler.step()
    assert scheduler.last_epoch == 1


def test_a_key_that_one_optimizer_has_is_driven_there():
    sgd, adam = make(torch.optim.SGD), make(torch.optim.AdamW)
    Scheduler([sgd, adam], lr=LR, eps=1e-5)
    assert held(adam, "eps") == [1e-5] * 2
    assert "eps" not in sgd.param_groups[0]


def test_a_group_at_zero_does_not_move_and_moves_when_its_schedule_says_so():
    optimizer = make(weight_decay=0.1)
    frozen = optimizer.param_groups[0]["params"][0]
    before = frozen.detach().clone()
    scheduler = Scheduler(optimizer, lr={"a": Constant(value=0.0).then(LR, at=4), "b": LR})
    go(scheduler, 5)  # the warmup starts from 0: update 4 does nothing either
    assert torch.equal(frozen, before)
    go(scheduler)
    assert not torch.equal(frozen, before)


def test_groups_may_be_frozen_by_their_parameters_too():
    optimizer = make()
    p = optimizer.param_groups[0]["params"][0]
    scheduler = Scheduler(optimizer, lr=LR)
    p.requires_grad_(False)
    go(scheduler, 3)
    assert torch.equal(p, torch.ones(3))
    p.requires_grad_(True)
    p.grad = None
    go(scheduler, 3)
    assert not torch.equal(p, torch.ones(3))
    assert scheduler.last_epoch == 6


# Parameter groups that come later ------------------------------------------------------------------------------


@pytest.mark.parametrize("tensor", [False, True])
def test_a_group_that_is_added_has_its_value_in_its_first_update(tensor):
    optimizer = make(lr=torch.tensor(0.5) if tensor else 0.5)
    scheduler = Scheduler(optimizer, lr=LR)
    go(scheduler, 4)
    added = {"params": parameters(1), "lr_scale": 0.5}
    optimizer.add_param_group(added)
    used = []
    optimizer.register_step_pre_hook(lambda o, _a, _k: used.extend(held(o)))
    go(scheduler)
    assert used == pytest.approx([LR(4), LR(4), LR(4) * 0.5])
    assert held(optimizer) == pytest.approx([LR(5), LR(5), LR(5) * 0.5])
    assert "lr/2" in scheduler.values()


def test_a_group_that_is_added_to_an_earlier_optimizer_takes_nothing_from_the_later_ones():
    first, second = make(groups=1), make(groups=1)
    second.param_groups[0]["lr_scale"] = 0.25
    scheduler = Scheduler([first, second], lr=LR)
    first.add_param_group({"params": parameters(1), "name": "new"})
    go(scheduler, 4)
    assert (held(first), held(second)) == ([LR(4)] * 2, [LR(4) * 0.25])


def test_a_group_in_the_place_of_another_is_driven():
    optimizer = make()
    scheduler = Scheduler(optimizer, lr=LR)
    go(scheduler, 3)
    del optimizer.param_groups[1]
    optimizer.add_param_group({"params": parameters(1), "name": "head", "lr_scale": 0.5})
    assert scheduler.values() == {"lr/a": LR(3), "lr/head": LR(3) * 0.5}
    go(scheduler, 2)
    assert held(optimizer) == [LR(5), LR(5) * 0.5]


@pytest.mark.parametrize(
    "look", [Scheduler.values, Scheduler.get_last_lr, Scheduler.state_dict, lambda s: s.set_step(4)]
)
def test_a_group_that_was_added_is_there_for_whoever_looks(look):
    scheduler = Scheduler(make(), lr=LR)
    go(scheduler, 4)
    scheduler.optimizer.add_param_group({"params": parameters(1)})
    look(scheduler)
    assert held(scheduler.optimizer) == [LR(4)] * 3


def test_indices_that_have_moved_are_an_error():
    first, second = make(groups=1), make(groups=1)
    scheduler = Scheduler([first, second], lr={1: LR})
    first.add_param_group({"params": parameters(1), "name": "new"})
    with pytest.raises(ScheduleError, match="name the groups instead"):
        go(scheduler)


# Tensors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (1,)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_tensors_are_filled_in_place_with_their_dtype_and_shape(dtype, shape):
    optimizer = make(torch.optim.SGD, lr=torch.full(shape, 0.5, dtype=dtype))
    scheduler = Scheduler(optimizer, lr=LR)
    tensors = [group["lr"] for group in optimizer.param_groups]
    go(scheduler, 5)
    for group, tensor in zip(optimizer.param_groups, tensors, strict=True):
        assert group["lr"] is tensor
        assert (tensor.dtype, tensor.shape) == (dtype, shape)
        assert tensor.item() == torch.tensor(LR(5), dtype=dtype).item()


def test_a_tensor_that_groups_share_becomes_one_for_each():
    optimizer = make(lr=torch.tensor(0.5))
    scheduler = Scheduler(optimizer, lr={"a": LR, "b": LR * 0.5})
    go(scheduler, 5)
    assert held(optimizer) == pytest.approx([LR(5), LR(5) * 0.5])


def test_the_tensor_that_was_given_is_left_alone():
    given = torch.tensor(0.5)
    first, second = make(lr=given), make(lr=given)
    go(Scheduler(first, lr=LR), 5)
    assert given.item() == first.defaults["lr"].item() == held(second)[0] == 0.5


def test_tensors_in_tuples_are_filled_in_place():
    optimizer = make(torch.optim.AdamW, lr=torch.tensor(0.5), betas=(torch.tensor(0.9), torch.tensor(0.99)))
    scheduler = Scheduler(optimizer, betas=(Linear(start=0.5, end=0.75, steps=2), None))
    tensor = optimizer.param_groups[0]["betas"][0]
    scheduler.step(n=2)
    assert optimizer.param_groups[0]["betas"][0] is tensor
    assert tensor.item() == 0.75
    assert optimizer.param_groups[0]["betas"][1].item() == pytest.approx(0.99)


def test_scaled_tensors_take_their_own_values():
    optimizer = make(lr=torch.tensor(0.5, dtype=torch.float64), groups=3)
    for i, group in enumerate(optimizer.param_groups):
        group["lr_scale"] = 0.5**i
    scheduler = Scheduler(optimizer, lr=LR)
    go(scheduler, 5)
    assert held(optimizer) == [LR(5), LR(5) / 2, LR(5) / 4]


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_a_tensor_that_was_swapped_is_driven_from_the_next_step_on(scale):
    optimizer = make(lr=torch.tensor(0.5))
    optimizer.param_groups[0]["lr_scale"] = scale
    scheduler = Scheduler(optimizer, lr=LR)
    optimizer.param_groups[1]["lr"] = torch.tensor(7.0, dtype=torch.float64)
    go(scheduler, 3)
    assert held(optimizer) == pytest.approx([LR(3) * scale, LR(3)])
    assert optimizer.param_groups[1]["lr"].dtype == torch.float64


def test_numbers_that_became_tensors_are_filled():
    optimizer = make()
    scheduler = Scheduler(optimizer, lr=LR)
    tensors = [torch.tensor(0.0), torch.tensor(0.0)]
    for group, tensor in zip(optimizer.param_groups, tensors, strict=True):
        group["lr"] = tensor
    go(scheduler, 3)
    assert all(isinstance(group["lr"], torch.Tensor) for group in optimizer.param_groups)
    assert held(optimizer) == pytest.approx([LR(3)] * 2)


@pytest.mark.parametrize("inference", [False, True])
def test_a_metric_leaves_the_tensors_where_they_are(inference):
    optimizer = make(lr=torch.tensor(0.5))
    scheduler = Scheduler(optimizer, lr=LR, plateau=Plateau(factor=0.5, patience=0))
    tensors = [group["lr"] for group in optimizer.param_groups]
    go(scheduler, 5)
    with torch.inference_mode(inference):
        for _ in range(2):
            scheduler.step(metric=1.0)
    scheduler.load_state_dict(scheduler.state_dict())
    go(scheduler)
    assert all(group["lr"] is tensor for group, tensor in zip(optimizer.param_groups, tensors, strict=True))
    assert held(optimizer) == pytest.approx([LR(6) / 2] * 2)


def test_tensors_may_be_bound_in_an_evaluation():
    optimizer = make(lr=torch.tensor(0.5))
    with torch.inference_mode():
        scheduler = Scheduler(optimizer, lr=LR)
    go(scheduler, 3)
    assert held(optimizer) == pytest.approx([LR(3)] * 2)


def test_a_value_that_its_tensor_cannot_hold_is_refused_before_anything_is_written():
    optimizer = make(lr=torch.tensor(0.5, dtype=torch.float16), groups=1)
    scheduler = Scheduler(optimizer, weight_decay=DECAY, lr=Piecewise(values=(0.5, 1e6), boundaries=(2,)))
    go(scheduler)
    with pytest.raises(
        ScheduleError, match=r"lr of parameter group 'a' at step 2 must be at most 65504 to fit its place"
    ):
        go(scheduler)
    assert (scheduler.last_epoch, held(optimizer, "weight_decay")) == (1, [DECAY(1)])
    optimizer.param_groups[0]["lr_scale"] = 2e5
    with pytest.raises(
        ScheduleError, match=r"lr of parameter group .a. at step 0 must be at most 0\.32752 to fit its place"
    ):
        Scheduler(optimizer, lr=0.5)


def test_a_saved_optimizer_state_does_not_move_with_the_schedule():
    optimizer = make(lr=torch.tensor(0.5))
    scheduler = Scheduler(optimizer, lr=LR)
    go(scheduler, 3)
    saved = optimizer.state_dict()
    go(scheduler, 5)
    assert [group["lr"].item() for group in saved["param_groups"]] == pytest.approx([LR(3)] * 2)
    assert saved["param_groups"][0]["lr"].untyped_storage().nbytes() == 4


# When it goes on ----------------------------------------------------------------------------------------------


def test_a_call_without_an_update_and_a_second_call_do_nothing():
    scheduler = Scheduler(make(), lr=LR)
    scheduler.step()
    assert scheduler.last_epoch == 0
    update(scheduler.optimizer)
    scheduler.step()
    scheduler.step()
    assert scheduler.last_epoch == 1


def test_several_updates_between_two_calls_are_one_step():
    scheduler = Scheduler(make(), lr=LR)
    for _ in range(3):
        update(scheduler.optimizer)
    scheduler.step()
    assert scheduler.last_epoch == 1


def test_without_the_gate_every_call_counts():
    scheduler = Scheduler(make(), lr=LR, gate=False)
    for _ in range(7):
        scheduler.step()
    assert held(scheduler.optimizer) == [LR(7)] * 2


def test_an_overflow_in_a_fused_optimizer_is_no_update():
    optimizer = make(fused=True)
    optimizer.grad_scale = None
    scheduler = Scheduler(optimizer, lr=LR)
    optimizer.found_inf = torch.tensor(1.0)
    update(optimizer)
    scheduler.step()
    assert scheduler.last_epoch == 0
    optimizer.found_inf = torch.tensor(0.0)
    update(optimizer)
    scheduler.step()
    assert scheduler.last_epoch == 1


def test_lost_hooks_are_noticed_and_no_update_is_missed():
    optimizer = make()
    scheduler = Scheduler(optimizer, lr=LR)
    go(scheduler, 2)
    optimizer.__setstate__(optimizer.__getstate__())
    for hooks in ("_optimizer_step_post_hooks", "_optimizer_step_pre_hooks", "_optimizer_load_state_dict_post_hooks"):
        getattr(optimizer, hooks).clear()
    update(optimizer)
    with pytest.warns(UserWarning, match="lost the hooks"):
        scheduler.step()
    assert scheduler.last_epoch == 3
    go(scheduler)
    assert held(optimizer) == [LR(4)] * 2


def test_an_optimizer_step_that_calls_no_hooks_is_noticed():
    optimizer = make(torch.optim.SGD)
    scheduler = Scheduler(optimizer, lr=LR + 0.01)
    raw = type(optimizer).step.__wrapped__
    optimizer.step = types.MethodType(raw, optimizer)
    for k in range(3):
        update(optimizer)
        with pytest.warns(UserWarning, match="replaced by a function that calls no hooks"):
            scheduler.step()
        assert scheduler.last_epoch == k + 1


def test_an_optimizer_step_that_calls_no_hooks_from_the_middle_of_a_run_on_loses_no_update():
    optimizer = make(torch.optim.SGD)
    scheduler = Scheduler(optimizer, lr=LR + 0.01)
    go(scheduler, 2)
    optimizer.step = types.MethodType(type(optimizer).step.__wrapped__, optimizer)
    update(optimizer)
    with pytest.warns(UserWarning, match="calls no hooks"):
        scheduler.step()
    assert scheduler.last_epoch == 3


def test_another_optimizer_that_updates_the_parameters_is_warned_about_soon():
    optimizer = make()
    scheduler = Scheduler(optimizer, lr=LR)
    other = torch.optim.SGD([p for group in optimizer.param_groups for p in group["params"]], lr=0.1)
    for _ in range(19):
        update(other)
        scheduler.step()
    update(other)
    with pytest.warns(UserWarning, match="Is another optimizer being stepped"):
        scheduler.step()


def test_a_wrapper_around_step_does_not_make_a_skipped_update_count():
    optimizer = make()
    scheduler = Scheduler(optimizer, lr=LR)
    step = optimizer.step
    optimizer.step = lambda closure=None: step(closure)
    go(scheduler, 2)
    scheduler.step()
    scheduler.step()
    assert scheduler.last_epoch == 2


def test_a_wrapper_that_let_a_hook_be_called_is_not_taken_for_a_bypass():
    optimizer = make()
    scheduler = Scheduler(optimizer, lr=LR)
    step = optimizer.step
    optimizer.step = lambda closure=None: step(closure)
    for _ in range(3):
        update(optimizer)
        scheduler.step()
        with torch.no_grad():
            optimizer.param_groups[0]["params"][0].clamp_(-1, 1)
        scheduler.step()
    assert scheduler.last_epoch == 3


def test_a_schedule_that_stands_still_is_warned_about():
    scheduler = Scheduler(make(), lr=LR)
    for _ in range(999):
        scheduler.step()
    with pytest.warns(UserWarning, match="gate=False"):
        scheduler.step()


def test_hooks_that_were_lost_are_put_back_once_and_all_of_them():
    optimizer = make()
    scheduler = Scheduler(optimizer, lr=LR)
    optimizer._optimizer_step_post_hooks.clear()
    update(optimizer)
    with pytest.warns(UserWarning, match="lost the hooks"):
        scheduler.step()
    assert [
        len(getattr(optimizer, f"_optimizer_{hooks}_hooks"))
        for hooks in ("step_pre", "step_post", "load_state_dict_post", "state_dict_post")
    ] == [1, 1, 1, 1]


def test_one_of_several_optimizers_may_lose_its_hooks():
    first, second = make(), make()
    scheduler = Scheduler([first, second], lr=LR)
    second._optimizer_step_post_hooks.clear()
    update(second)
    with pytest.warns(UserWarning, match="lost the hooks"):
        scheduler.step()
    assert scheduler.last_epoch == 1


def test_the_optimizer_in_a_wrapper_is_the_one_that_is_driven():
    class Wrapper:
        def __init__(self, optimizer):
            self.optimizer = optimizer

    optimizer = make()
    assert Scheduler(Wrapper(optimizer), lr=LR).optimizer is optimizer


def test_loading_the_optimizer_forgets_an_update_that_was_not_counted():
    scheduler = Scheduler(make(), lr=LR)
    update(scheduler.optimizer)
    scheduler.optimizer.load_state_dict(scheduler.optimizer.state_dict())
    scheduler.step()
    assert scheduler.last_epoch == 0


def test_the_scales_of_an_optimizer_that_takes_the_place_of_another_are_its_own():
    scheduler, other = Scheduler(make(), lr=LR), make()
    other.param_groups[1]["lr_scale"] = 0.5
    scheduler.optimizer = other
    go(scheduler, 4)
    assert held(other) == [LR(4), LR(4) / 2]


def test_another_optimizer_may_take_the_place_of_the_first():
    scheduler = Scheduler(make(), lr=LR)
    go(scheduler, 3)
    before, scheduler.optimizer = scheduler.optimizer, make(groups=2)
    go(scheduler, 2)
    assert held(scheduler.optimizer) == [LR(5)] * 2
    assert held(before) == [LR(3)] * 2
    update(before)
    scheduler.step()
    assert scheduler.last_epoch == 5
    assert not before._optimizer_step_pre_hooks


def test_an_optimizer_does_not_keep_its_schedulers():
    optimizer = make()
    old = Scheduler(optimizer, lr=LR)
    gone = weakref.ref(old)
    del old
    gc.collect()
    assert gone() is None
    new = Scheduler(optimizer, lr=DECAY)
    go(new, 3)
    optimizer.load_state_dict(optimizer.state_dict())
    assert held(optimizer) == [DECAY(3)] * 2
    assert len(optimizer._optimizer_step_post_hooks) == 1


def test_updates_after_many_micro_batches_are_no_reason_to_warn():
    scheduler = Scheduler(make(), lr=LR)
    for _ in range(4):
        for _ in range(600):
            scheduler.step()
        update(scheduler.optimizer)
    scheduler.step()
    assert scheduler.last_epoch == 4


def test_loaded_weights_are_no_update_even_where_torch_has_wrapped_the_step():
    optimizer = make()
    scheduler = Scheduler(optimizer, lr=LR)
    torch.optim.swa_utils.SWALR(optimizer, swa_lr=0.1)
    with torch.no_grad():
        optimizer.param_groups[0]["params"][0].zero_()
    scheduler.step()
    assert scheduler.last_epoch == 0


def test_everything_is_freed_at_once_with_the_last_name_for_it():
    optimizer = make()
    scheduler = Scheduler(optimizer, lr=LR, plateau=Plateau())
    go(scheduler, 2)
    gone = [weakref.ref(optimizer.param_groups[0]["params"][0]), weakref.ref(scheduler)]
    gc.disable()
    try:
        del scheduler, optimizer
        assert [reference() for reference in gone] == [None, None]
    finally:
        gc.enable()


def test_a_hook_that_steps_the_scheduler_does_not_keep_it_for_ever():
    def use():
        optimizer = make()
        scheduler = Scheduler(optimizer, lr=LR)
        optimizer.register_step_post_hook(lambda *_: scheduler.step())
        return weakref.ref(scheduler)

    gone = use()
    gc.collect()
    assert gone() is None


# Clocks -------------------------------------------------------------------------------------------------------


def test_step_and_set_step_go_as_far_as_they_are_told():
    scheduler = Scheduler(make(), lr=LR)
    scheduler.step(n=7)
    assert held(scheduler.optimizer) == [LR(7)] * 2
    scheduler.set_step(2)
    assert held(scheduler.optimizer) == [LR(2)] * 2
    scheduler.set_step(10**9)
    assert held(scheduler.optimizer) == [LR(10**9)] * 2


def test_an_update_that_was_not_counted_is_forgotten_where_a_step_is_set():
    scheduler = Scheduler(make(), lr=LR)
    update(scheduler.optimizer)
    scheduler.set_step(2)
    scheduler.step()
    assert scheduler.last_epoch == 2


@pytest.mark.parametrize("clock", ["tokens", "samples"])
def test_a_clock_of_tokens_or_samples_is_told_how_many(clock):
    schedule = Linear(start=1.0, end=0.0, steps=10_000)
    scheduler = Scheduler(make(), lr=schedule, clock=clock)
    for count in (100, 250):
        scheduler.step(**{clock: count})
    assert (scheduler.last_epoch, held(scheduler.optimizer)) == (350, [schedule(350)] * 2)


def test_to_assign_last_epoch_changes_what_get_lr_answers_and_writes_nothing():
    scheduler = Scheduler(make(), lr=LR)
    scheduler.last_epoch += 4
    assert (scheduler.get_lr(), held(scheduler.optimizer)) == ([LR(4)] * 2, [LR(0)] * 2)
    go(scheduler)
    assert held(scheduler.optimizer) == [LR(5)] * 2


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda s: s.step(3), r"step\(3\) would be an epoch in torch: say step\(n=...\)"),
        (lambda s: s.step(tokens=3), 'this scheduler counts updates: for tokens, make it with clock="tokens"'),
        (lambda s: s.step(n=1, tokens=3), "step\\(\\) takes one of n, tokens"),
        (lambda s: s.step(n=-1), "n must be a non-negative integer"),
        (lambda s: s.step(n=1.5), "n must be a non-negative integer"),
        (lambda s: s.step(n=True), "n must be a non-negative integer"),
        (lambda s: s.step(metric=1.0), "needs a plateau"),
        (lambda s: s.set_step(-1), "step must be a non-negative integer"),
        (lambda s: s.schedule_at(-1), "step must be a non-negative integer"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused_and_nothing_moves(call, words):
    scheduler = Scheduler(make(), lr=LR)
    scheduler.set_step(4)
    with pytest.raises(ScheduleError, match=words):
        call(scheduler)
    assert (scheduler.last_epoch, held(scheduler.optimizer)) == (4, [LR(4)] * 2)


@pytest.mark.parametrize("bad", [5.5, True, 2**60, -7])
def test_last_epoch_must_be_a_step(bad):
    scheduler = Scheduler(make(), lr=LR)
    with pytest.raises(ScheduleError, match="last_epoch must be a non-negative integer"):
        scheduler.last_epoch = bad


def test_a_clock_of_tokens_does_not_go_on_unasked():
    scheduler = Scheduler(make(), lr=LR, clock="tokens")
    with pytest.raises(ScheduleError, match=r"this scheduler counts tokens: say how many, step\(tokens=...\)"):
        scheduler.step()


# What there is to see -------------------------------------------------------------------------------------------


def test_values_are_named_by_key_position_and_group():
    optimizer = make()
    optimizer.add_param_group({"params": parameters(1)})
    scheduler = Scheduler(optimizer, lr=LR, betas={"a": (None, 0.95)})
    assert scheduler.values() == {"lr/a": 0.0, "lr/b": 0.0, "lr/2": 0.0, "betas[1]/a": 0.95}
    assert Scheduler(make(groups=1), lr=LR).values() == {"lr": 0.0}


def test_looking_ahead_moves_nothing():
    scheduler = Scheduler(make(groups=1), lr=LR, weight_decay=DECAY)
    assert scheduler.schedule_at(7) == {"lr": LR(7), "weight_decay": DECAY(7)}
    assert scheduler.values() == {"lr": LR(0), "weight_decay": DECAY(0)}


def test_learning_rates_that_are_not_driven_are_shown_as_they_are():
    scheduler = Scheduler(make(), lr={"b": LR})
    assert scheduler.get_last_lr() == [0.5, LR(0)]
    assert scheduler.base_lrs == [0.5, LR(0)]


def test_groups_that_share_a_name_are_shown_by_their_indices():
    optimizer = make()
    for group in optimizer.param_groups:
        group["name"] = "same"
    assert list(Scheduler(optimizer, lr=LR).values()) == ["lr/0", "lr/1"]


def test_a_callable_without_a_hash_can_be_driven_by():
    class Unhashable:
        __hash__ = None

        def __call__(self, t):
            return 0.5 / (1 + t)

    scheduler = Scheduler(make(), lr=glidepath.Custom(Unhashable()))
    go(scheduler)
    assert held(scheduler.optimizer) == [0.25] * 2


def test_it_shows_what_it_drives():
    shown = repr(Scheduler(make(), relative=True, clock="tokens", lr=0.5))
    assert shown == "Scheduler(lr=Constant(value=0.5), relative=True, clock='tokens') at step 0"
    assert repr(Scheduler(make(), lr={"b": 0.5})) == "Scheduler(lr={'b': Constant(value=0.5)}) at step 0"


# A metric -----------------------------------------------------------------------------------------------------


def test_a_plateau_lowers_the_learning_rates_at_once_and_nothing_else():
    optimizer = make(weight_decay=0.1)
    scheduler = Scheduler(optimizer, lr=LR, weight_decay=DECAY, plateau=Plateau(factor=0.5, patience=1))
    go(scheduler, 4)
    for loss in (1.0, 2.0, torch.tensor(2.0)):
        scheduler.step(metric=loss)
    assert held(optimizer) == [LR(4) * 0.5] * 2
    go(scheduler)
    assert (held(optimizer), held(optimizer, "weight_decay")) == ([LR(5) * 0.5] * 2, [DECAY(5)] * 2)
    assert scheduler.last_epoch == 5


def test_the_state_of_a_plateau_is_saved_and_loaded():
    plateau = Plateau(factor=0.5, patience=1)
    scheduler = Scheduler(make(), lr=LR, plateau=plateau)
    go(scheduler, 4)
    for loss in (1.0, 2.0, 2.0, 3.0):
        scheduler.step(metric=loss)
    again = Scheduler(make(), lr=LR, plateau=plateau)
    again.load_state_dict(scheduler.state_dict())
    assert held(again.optimizer) == [LR(4) * 0.5] * 2
    again.step(metric=3.0)
    assert held(again.optimizer) == [LR(4) * 0.25] * 2


def test_a_group_that_is_added_takes_part_in_what_a_plateau_has_lowered():
    scheduler = Scheduler(make(), lr=LR, plateau=Plateau(factor=0.5, patience=0))
    go(scheduler, 4)
    for _ in range(2):
        scheduler.step(metric=1.0)
    scheduler.optimizer.add_param_group({"params": parameters(1)})
    go(scheduler)
    assert held(scheduler.optimizer) == [LR(5) / 2] * 3


def test_a_schedule_that_learning_rate_and_weight_decay_share_is_lowered_for_the_one_alone():
    optimizer = make(weight_decay=0.1)
    scheduler = Scheduler(optimizer, lr=DECAY, weight_decay=DECAY, plateau=Plateau(factor=0.5, patience=0))
    for _ in range(2):
        scheduler.step(metric=1.0)
    assert (held(optimizer), held(optimizer, "weight_decay")) == ([DECAY(0) / 2] * 2, [DECAY(0)] * 2)


def test_a_rebase_begins_a_plateau_anew():
    scheduler = Scheduler(make(), lr=LR, plateau=Plateau(factor=0.5, patience=0))
    for _ in range(2):
        scheduler.step(metric=1.0)
    again = Scheduler(make(), lr=DECAY, plateau=Plateau(factor=0.5, patience=0), resume="rebase")
    again.load_state_dict(scheduler.state_dict())
    assert held(again.optimizer) == [DECAY(0)] * 2


# Copies -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tensor", [False, True])
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))], ids=["copy", "pickle"])
def test_a_copy_goes_on_by_itself(duplicate, tensor):
    optimizer = make(lr=torch.tensor(0.5) if tensor else 0.5)
    optimizer.param_groups[1]["lr_scale"] = 0.5
    scheduler = Scheduler(optimizer, lr=LR, plateau=Plateau(factor=0.5, patience=0))
    go(scheduler, 3)
    scheduler.step(metric=1.0)
    scheduler.step(metric=1.0)
    other = duplicate(scheduler)
    go(other, 2)
    assert held(other.optimizer) == pytest.approx([LR(5) / 2, LR(5) / 4])
    assert held(optimizer) == pytest.approx([LR(3) / 2, LR(3) / 4])
    assert (scheduler.last_epoch, other.last_epoch) == (3, 5)


def test_a_copy_knows_of_an_update_that_was_not_yet_counted():
    scheduler = Scheduler(make(), lr=LR)
    update(scheduler.optimizer)
    other = copy.deepcopy(scheduler)
    other.step()
    assert other.last_epoch == 1


def test_a_copy_is_not_moved_by_the_updates_of_the_original():
    scheduler = Scheduler(make(), lr=LR)
    other = copy.deepcopy(scheduler)
    go(scheduler)
    other.step()
    assert other.last_epoch == 0


# What is refused at once ----------------------------------------------------------------------------------------


def test_a_value_that_a_schedule_reaches_later_is_refused_then_and_nothing_moves():
    scheduler = Scheduler(make(), lr=Piecewise(values=(0.1, -0.1), boundaries=(3,)), weight_decay=DECAY)
    go(scheduler, 2)
    update(scheduler.optimizer)
    with pytest.raises(
        ScheduleError, match="lr of parameter group 'a' at step 3 must be a finite number of at least 0"
    ):
        scheduler.step()
    assert (scheduler.last_epoch, scheduler.values()["weight_decay/a"]) == (2, DECAY(2))


def test_torch_and_trainers_see_one_of_their_own():
    scheduler = Scheduler(make(), lr=LR)
    assert isinstance(scheduler, torch.optim.lr_scheduler.LRScheduler)
    assert "step" not in vars(scheduler.optimizer)
    go(scheduler, 2)
    scheduler._step_count += 1
    assert (scheduler._step_count, scheduler._last_lr) == (3, [LR(2)] * 2)
    assert not callable(scheduler)
    assert not hasattr(scheduler, "total_steps")
