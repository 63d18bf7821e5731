"""The code examples of braintools' pages on SequentialLR, PiecewiseConstantSchedule and ExponentialLR.

They stand here word for word (laid out by this project's formatter), but for the import, which is
``from glidepath import braintools``, and for ``...`` in calls, which is a small model on real text. What a comment
in them states is asserted where it is true.
"""

from __future__ import annotations

import pickle
from functools import cache

import brainstate
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from glidepath import braintools
from glidepath.lab import topics

WINDOW = 40


@cache
def data():
    """How often ten characters are in pieces of a text, and which of five kinds of character comes next."""
    codes, letters = topics().train[:20_000], topics().characters
    pieces = np.lib.stride_tricks.sliding_window_view(codes, WINDOW)[:-1:97]
    counts = [(pieces == letters.index(c)).sum(1) for c in " etaoinsr\n"]
    kinds = [" ", "\n", "aeiou", "bcdfghjklmnpqrstvwxyz"]
    following = [letters[c] for c in codes[WINDOW::97][: len(pieces)]]
    targets = [next((i for i, kind in enumerate(kinds) if c in kind), 4) for c in following]
    return jnp.asarray(np.array(counts).T / WINDOW, jnp.float32), jnp.asarray(targets)


class Task:
    """A model that learns which kind of character follows a piece of text."""

    def __init__(self, model, optimizer=None):
        self.inputs, self.targets = data()
        self.model = model
        self.optimizer = optimizer
        self.rates = []
        self.losses = []

    def loss(self):
        scores = jax.nn.log_softmax(self.model(self.inputs))
        return -jnp.mean(jnp.take_along_axis(scores, self.targets[:, None], axis=1))

    def gradients(self):
        weights = self.model.states(brainstate.ParamState)
        grads, loss = brainstate.transform.grad(self.loss, weights, return_value=True)()
        self.losses.append(float(loss))
        return grads

    def train(self, *_):
        """One update, eagerly; the rate that was used is noted."""
        self.rates.append(float(self.optimizer.current_lr))
        self.optimizer.step(self.gradients())

    def only_note(self, *_):
        """What `train` does, without the update: the rates are all that a long run is about."""
        self.rates.append(float(self.optimizer.current_lr))


def used(scheduler, epochs):
    """The rates of some epochs, when the scheduler is put there."""
    values = []
    for epoch in epochs:
        scheduler.step(epoch)
        values.append(scheduler.get_lr()[0])
    return values


# SequentialLR ------------------------------------------------------------------------------------------------------


def warmup_and_decay():
    # Warmup for 5 epochs, then exponential decay
    warmup = braintools.optim.LinearLR(
        base_lr=0.1,
        start_factor=0.01,
        end_factor=1.0,
        total_iters=5,
    )
    decay = braintools.optim.ExponentialLR(
        base_lr=0.1,
        gamma=0.95,
    )
    return braintools.optim.SequentialLR(
        schedulers=[warmup, decay],
        milestones=[5],
    )


def test_sequential_basic_usage_with_warmup_and_decay():
    model = brainstate.nn.Linear(10, 5)
    scheduler = warmup_and_decay()

    optimizer = braintools.optim.Adam(lr=scheduler)
    optimizer.register_trainable_weights(model.states(brainstate.ParamState))
    task = Task(model, optimizer)
    train = task.only_note

    for epoch in range(100):
        train(...)
        scheduler.step(epoch)

    formula = [0.1 * (0.01 + 0.99 * t / 5) if t < 5 else 0.1 * 0.95 ** (t - 5) for t in range(100)]
    # A step to the epoch that has just been trained comes one epoch late: epoch 0 is used twice.
    assert task.rates == pytest.approx([formula[0], *formula[:99]])


def test_sequential_the_basic_example_trains_a_model():
    model = brainstate.nn.Linear(10, 5)
    scheduler = warmup_and_decay()
    optimizer = braintools.optim.Adam(lr=scheduler)
    optimizer.register_trainable_weights(model.states(brainstate.ParamState))
    task = Task(model, optimizer)

    for epoch in range(12):
        task.train()
        scheduler.step(epoch)
    assert task.losses[-1] < task.losses[0]


def test_sequential_three_phase_training():
    # Phase 1: Warmup (epochs 0-5)
    warmup = braintools.optim.LinearLR(
        base_lr=0.001,
        start_factor=0.1,
        end_factor=1.0,
        total_iters=5,
    )

    # Phase 2: Main training (epochs 5-80)
    main_training = braintools.optim.CosineAnnealingLR(
        base_lr=0.001,
        T_max=75,
        eta_min=0.0001,
    )

    # Phase 3: Fine-tuning (epochs 80+)
    fine_tuning = braintools.optim.ConstantLR(
        base_lr=0.0001,
        factor=1.0,
    )

    scheduler = braintools.optim.SequentialLR(
        schedulers=[warmup, main_training, fine_tuning],
        milestones=[5, 80],
    )

    values = used(scheduler, [0, 5, 42, 79, 80, 200])
    half = 0.0001 + 0.0009 * (1 + np.cos(np.pi * np.array([37, 74]) / 75)) / 2
    assert values == pytest.approx([0.0001, 0.001, *half, 0.0001, 0.0001])


def test_sequential_complex_schedule_for_transformer_training():
    # Transformer training schedule
    # 1. Linear warmup
    warmup = braintools.optim.LinearLR(
        base_lr=0.0005,
        start_factor=0.0,
        end_factor=1.0,
        total_iters=4000,  # 4000 steps
    )

    # 2. Constant learning rate
    constant = braintools.optim.ConstantLR(
        base_lr=0.0005,
        factor=1.0,
    )

    # 3. Cosine decay to near zero
    cosine_decay = braintools.optim.CosineAnnealingLR(
        base_lr=0.0005,
        T_max=20000,
        eta_min=1e-6,
    )

    scheduler = braintools.optim.SequentialLR(
        schedulers=[warmup, constant, cosine_decay],
        milestones=[4000, 10000],
    )

    values = used(scheduler, [0, 1, 4000, 9999, 10000, 30000, 10**6])
    assert values == pytest.approx([0.0, 1.25e-7, 0.0005, 0.0005, 0.0005, 1e-6, 1e-6])


def test_sequential_state_persistence_across_training_sessions(tmp_path):
    scheduler1 = braintools.optim.LinearLR(base_lr=0.1, start_factor=0.1, total_iters=50)
    scheduler2 = braintools.optim.ExponentialLR(base_lr=0.1, gamma=0.9)
    model = brainstate.nn.Linear(10, 5)

    def save(checkpoint, name):
        (tmp_path / name).write_bytes(pickle.dumps(checkpoint))

    # Save scheduler state
    scheduler = braintools.optim.SequentialLR(
        schedulers=[scheduler1, scheduler2],
        milestones=[50],
    )
    # ... train for some epochs ...
    optimizer = braintools.optim.SGD(lr=scheduler)
    optimizer.register_trainable_weights(model.states(brainstate.ParamState))
    for epoch in range(61):
        scheduler.step(epoch)
    checkpoint = {
        "epoch": epoch,
        "scheduler": scheduler.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    save(checkpoint, "checkpoint.pkl")

    # Resume training
    scheduler = braintools.optim.SequentialLR(
        schedulers=[scheduler1, scheduler2],
        milestones=[50],
    )
    scheduler.load_state_dict(checkpoint["scheduler"])
    # Continue training from saved epoch
    assert scheduler.get_last_lr() == pytest.approx([0.1 * 0.9**10])
    resumed = braintools.optim.SGD(lr=scheduler)
    assert resumed.current_lr == optimizer.current_lr
    loaded = pickle.loads((tmp_path / "checkpoint.pkl").read_bytes())
    assert loaded["scheduler"] == scheduler.state_dict()


def test_sequential_using_with_different_optimizers():
    warmup_sched = braintools.optim.LinearLR(base_lr=0.1, start_factor=0.1, total_iters=10)
    main_sched = braintools.optim.ExponentialLR(base_lr=0.1, gamma=0.9)

    # Works with any optimizer
    scheduler = braintools.optim.SequentialLR(
        schedulers=[warmup_sched, main_sched],
        milestones=[10],
    )

    # With SGD
    sgd_opt = braintools.optim.SGD(lr=scheduler, momentum=0.9)

    # With Adam
    adam_opt = braintools.optim.Adam(lr=scheduler)

    # With LAMB for large batch training
    lamb_opt = braintools.optim.LAMB(lr=scheduler)

    for expected in (0.01, 0.019):
        assert [o.current_lr for o in (sgd_opt, adam_opt, lamb_opt)] == pytest.approx([expected] * 3)
        scheduler.step()


def test_sequential_monitoring_scheduler_transitions(capsys):
    sched1 = braintools.optim.LinearLR(base_lr=0.1, start_factor=0.1, total_iters=10)
    sched2 = braintools.optim.CosineAnnealingLR(base_lr=0.1, T_max=10, eta_min=0.01)
    sched3 = braintools.optim.ConstantLR(base_lr=0.01, factor=1.0)

    scheduler = braintools.optim.SequentialLR(
        schedulers=[sched1, sched2, sched3],
        milestones=[10, 20],
    )

    for epoch in range(30):
        scheduler.step(epoch)
        current_lr = scheduler.get_lr()
        active_scheduler = scheduler.current_scheduler_idx
        print(f"Epoch {epoch}: LR={current_lr[0]:.6f}, Active scheduler: {active_scheduler}")

        # Detect transitions
        if epoch in scheduler.milestones:
            print(f" -> Switching to scheduler {active_scheduler}")

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 32
    assert lines[0] == "Epoch 0: LR=0.010000, Active scheduler: 0"
    assert lines[9] == "Epoch 9: LR=0.091000, Active scheduler: 0"
    assert lines[10:12] == ["Epoch 10: LR=0.100000, Active scheduler: 1", " -> Switching to scheduler 1"]
    assert lines[21:23] == ["Epoch 20: LR=0.010000, Active scheduler: 2", " -> Switching to scheduler 2"]


# PiecewiseConstantSchedule -------------------------------------------------------------------------------------------


def test_piecewise_classic_imagenet_training_schedule(capsys):
    model = brainstate.nn.Linear(10, 5)

    # ResNet50 on ImageNet schedule
    scheduler = braintools.optim.PiecewiseConstantSchedule(
        base_lr=0.1,
        boundaries=[30, 60, 80],  # Epochs to decrease LR
        values=[1.0, 0.1, 0.01, 0.001],  # LR multipliers
    )
    optimizer = braintools.optim.SGD(lr=scheduler, momentum=0.9)
    optimizer.register_trainable_weights(model.states(brainstate.ParamState))
    task = Task(model, optimizer)
    train_epoch = task.only_note

    # Train for 90 epochs total
    for epoch in range(90):
        train_epoch(...)
        scheduler.step()
        lr = scheduler.get_lr()[0]
        print(f"Epoch {epoch}: LR = {lr:.6f}")
        # LR: 0.1 (epochs 0-29), 0.01 (30-59), 0.001 (60-79), 0.0001 (80-89)

    assert task.rates == pytest.approx([0.1] * 30 + [0.01] * 30 + [0.001] * 20 + [0.0001] * 10)
    # What is printed is the rate of the next epoch.
    lines = capsys.readouterr().out.splitlines()
    assert lines[28:30] == ["Epoch 28: LR = 0.100000", "Epoch 29: LR = 0.010000"]
    assert lines[79] == "Epoch 79: LR = 0.000100"


def test_piecewise_transfer_learning_with_progressive_unfreezing():
    model = brainstate.nn.Linear(10, 5)
    unfrozen = []
    unfreeze_top_layers = unfreeze_middle_layers = unfreeze_all_layers = unfrozen.append

    # Unfreeze layers progressively with different LRs
    scheduler = braintools.optim.PiecewiseConstantSchedule(
        base_lr=1e-3,
        boundaries=[5, 10, 15],  # Unfreeze stages
        values=[0.01, 0.1, 0.5, 1.0],  # Gradual increase
    )

    # Stage 1 (0-4): Only train head, very low LR
    # Stage 2 (5-9): Unfreeze top layers
    # Stage 3 (10-14): Unfreeze middle layers
    # Stage 4 (15+): Full model training

    task = Task(model, braintools.optim.SGD(lr=scheduler))
    train_epoch = task.only_note

    for epoch in range(20):
        if epoch == 5:
            unfreeze_top_layers(model)
        elif epoch == 10:
            unfreeze_middle_layers(model)
        elif epoch == 15:
            unfreeze_all_layers(model)

        train_epoch(...)
        scheduler.step()

    assert task.rates == pytest.approx([1e-5] * 5 + [1e-4] * 5 + [5e-4] * 5 + [1e-3] * 5)
    assert len(unfrozen) == 3


def test_piecewise_budget_aware_training_schedule():
    # Training with computational budget constraints
    # Fast initial training, then careful fine-tuning
    scheduler = braintools.optim.PiecewiseConstantSchedule(
        base_lr=0.01,
        boundaries=[100, 500, 800],
        values=[10.0, 1.0, 0.1, 0.01],  # Aggressive start, careful end
    )

    # Steps 0-99: Fast exploration (LR=0.1)
    # Steps 100-499: Normal training (LR=0.01)
    # Steps 500-799: Fine-tuning (LR=0.001)
    # Steps 800+: Final refinement (LR=0.0001)
    values = used(scheduler, [0, 99, 100, 499, 500, 799, 800, 5000])
    assert values == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.001, 0.001, 0.0001, 0.0001])


def test_piecewise_multi_phase_curriculum_learning():
    # Different learning rates for different curriculum stages
    scheduler = braintools.optim.PiecewiseConstantSchedule(
        base_lr=1e-3,
        boundaries=[1000, 3000, 6000, 9000],
        values=[0.1, 0.5, 1.0, 0.5, 0.1],
    )

    curriculum_difficulties = [0.2, 0.4, 0.6, 0.8, 1.0]

    pairs = []

    def get_curriculum_batch(difficulty):
        return difficulty

    def train_step(batch):
        pairs.append((batch, scheduler.get_last_lr()[0]))

    for step in range(10000):
        # Determine curriculum difficulty
        stage = sum(step >= b for b in scheduler.boundaries)
        difficulty = curriculum_difficulties[stage]

        # Train with appropriate difficulty
        batch = get_curriculum_batch(difficulty)
        train_step(batch)
        scheduler.step()

    expected = {0.2: 1e-4, 0.4: 5e-4, 0.6: 1e-3, 0.8: 5e-4, 1.0: 1e-4}
    assert all(rate == pytest.approx(expected[difficulty]) for difficulty, rate in sorted(set(pairs)))
    assert len(set(pairs)) == 5


def test_piecewise_reproducing_paper_schedules():
    # WideResNet schedule from paper
    scheduler = braintools.optim.PiecewiseConstantSchedule(
        base_lr=0.1,
        boundaries=[60, 120, 160],  # Specific to WideResNet
        values=[1.0, 0.2, 0.04, 0.008],
    )
    assert used(scheduler, [59, 60, 120, 160]) == pytest.approx([0.1, 0.02, 0.004, 0.0008])

    # CIFAR training schedule from "Bag of Tricks"
    scheduler = braintools.optim.PiecewiseConstantSchedule(
        base_lr=0.1,
        boundaries=[150, 250],
        values=[1.0, 0.1, 0.01],
    )
    assert used(scheduler, [149, 150, 250]) == pytest.approx([0.1, 0.01, 0.001])


def test_piecewise_step_based_scheduling():
    train_loader = range(7)

    # Define boundaries in terms of training steps
    steps_per_epoch = len(train_loader)
    epoch_boundaries = [30, 60, 80]  # Desired epoch boundaries
    step_boundaries = [e * steps_per_epoch for e in epoch_boundaries]

    scheduler = braintools.optim.PiecewiseConstantSchedule(
        base_lr=0.1,
        boundaries=step_boundaries,
        values=[1.0, 0.1, 0.01, 0.001],
    )

    rates = []

    def train_step(batch):
        rates.append(scheduler.get_last_lr()[0])

    global_step = 0
    for epoch in range(90):  # noqa: B007
        for batch in train_loader:
            train_step(batch)
            scheduler.step(global_step)
            global_step += 1

    # A step to the step that has just been trained comes one step late: step 0 is used twice.
    assert scheduler.last_epoch.value == 629
    assert [rates[k] for k in (210, 211, 420, 421, 560, 561)] == pytest.approx([0.1, 0.01, 0.01, 0.001, 0.001, 0.0001])


def test_piecewise_combining_with_warmup():
    # Add warmup to piecewise schedule
    warmup_steps = 500
    main_boundaries = [5000, 10000, 15000]

    # Combine warmup with main schedule
    all_boundaries = [warmup_steps] + main_boundaries  # noqa: RUF005
    all_values = [0.01, 1.0, 0.1, 0.01, 0.001]  # Low start for warmup

    scheduler = braintools.optim.PiecewiseConstantSchedule(
        base_lr=0.01,
        boundaries=all_boundaries,
        values=all_values,
    )
    assert used(scheduler, [0, 500, 5000, 10000, 15000]) == pytest.approx([1e-4, 1e-2, 1e-3, 1e-4, 1e-5])


def test_piecewise_dynamic_monitoring_and_adjustment(capsys):
    optimizer, resets = object(), []
    reset_optimizer_momentum = resets.append

    scheduler = braintools.optim.PiecewiseConstantSchedule(
        base_lr=0.1,
        boundaries=[1000, 2000, 3000],
        values=[1.0, 0.5, 0.1, 0.01],
    )

    for step in range(4000):
        old_lr = scheduler.get_lr()[0]
        scheduler.step()
        new_lr = scheduler.get_lr()[0]

        # Detect LR changes
        if old_lr != new_lr:
            print(f"Step {step}: LR changed from {old_lr:.6f} to {new_lr:.6f}")
            # Optionally reset momentum or other optimizer states
            reset_optimizer_momentum(optimizer)

        if step % 100 == 0:
            print(f"Step {step}: LR = {new_lr:.6f}")

    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "changed" in line] == [
        "Step 999: LR changed from 0.100000 to 0.050000",
        "Step 1999: LR changed from 0.050000 to 0.010000",
        "Step 2999: LR changed from 0.010000 to 0.001000",
    ]
    assert (len(resets), len(lines)) == (3, 43)


def test_piecewise_research_experimentation_with_multiple_schedules(capsys):
    # Compare different decay strategies
    schedules = {
        "aggressive": braintools.optim.PiecewiseConstantSchedule(
            base_lr=0.1,
            boundaries=[10, 20],
            values=[1.0, 0.01, 0.0001],
        ),
        "conservative": braintools.optim.PiecewiseConstantSchedule(
            base_lr=0.1,
            boundaries=[30, 60],
            values=[1.0, 0.5, 0.1],
        ),
        "multi_stage": braintools.optim.PiecewiseConstantSchedule(
            base_lr=0.1,
            boundaries=[10, 20, 30, 40],
            values=[1.0, 0.8, 0.4, 0.1, 0.01],
        ),
    }
    logged = {}
    log_results = logged.__setitem__

    def create_model():
        return brainstate.nn.Linear(10, 5)

    def train_model(model, optimizer):
        optimizer.register_trainable_weights(model.states(brainstate.ParamState))
        task = Task(model, optimizer)
        for _ in range(3):
            task.train()
            optimizer.lr_scheduler.step(20)
        return task.rates, task.losses

    # Run experiments
    for name, scheduler in schedules.items():
        print(f"Testing schedule: {name}")
        model = create_model()
        optimizer = braintools.optim.SGD(lr=scheduler)
        results = train_model(model, optimizer)
        log_results(name, results)

    assert capsys.readouterr().out.count("Testing schedule") == 3
    assert {name: rates[:2] for name, (rates, _) in logged.items()} == {
        "aggressive": pytest.approx([0.1, 1e-5]),
        "conservative": pytest.approx([0.1, 0.1]),
        "multi_stage": pytest.approx([0.1, 0.04]),
    }
    assert all(losses[1] < losses[0] for _, losses in logged.values())


def test_piecewise_state_persistence_and_checkpointing(tmp_path):
    model = brainstate.nn.Linear(10, 5)

    def save(checkpoint, name):
        (tmp_path / name).write_bytes(pickle.dumps(checkpoint))

    def train_step(_):
        pass

    # Save and restore schedule state
    scheduler = braintools.optim.PiecewiseConstantSchedule(
        base_lr=0.1,
        boundaries=[1000, 2000],
        values=[1.0, 0.1, 0.01],
    )

    # Train for some steps
    for step in range(1500):  # noqa: B007
        train_step(...)
        scheduler.step()

    # Save checkpoint
    checkpoint = {
        "step": 1500,
        "scheduler_state": scheduler.state_dict(),
        # The page has model.state_dict(), which a brainstate module does not have.
        "model_state": {name: state.value for name, state in model.states().items()},
    }
    save(checkpoint, "checkpoint.pkl")

    # Later: restore and continue
    scheduler = braintools.optim.PiecewiseConstantSchedule(
        base_lr=0.1,
        boundaries=[1000, 2000],
        values=[1.0, 0.1, 0.01],
    )
    scheduler.load_state_dict(checkpoint["scheduler_state"])
    # Continue from step 1500 with correct LR
    assert scheduler.get_last_lr() == pytest.approx([0.01])
    assert scheduler.last_epoch.value == 1500


# ExponentialLR -------------------------------------------------------------------------------------------------------


def test_exponential_basic_exponential_decay(capsys):
    model = brainstate.nn.Linear(10, 5)
    # Decay by 0.95 each epoch
    scheduler = braintools.optim.ExponentialLR(base_lr=0.1, gamma=0.95)
    optimizer = braintools.optim.SGD(lr=scheduler, momentum=0.9)
    optimizer.register_trainable_weights(model.states(brainstate.ParamState))

    for epoch in range(20):
        # Training code
        scheduler.step()
        if epoch % 5 == 0:
            print(f"Epoch {epoch}: lr = {optimizer.current_lr:.6f}")

    # The page has 0.100000, 0.077378, 0.059874 and 0.046329: what it would print before the step.
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 0: lr = 0.095000",
        "Epoch 5: lr = 0.073509",
        "Epoch 10: lr = 0.056880",
        "Epoch 15: lr = 0.044013",
    ]
    assert [f"{lr:.6f}" for lr in used(scheduler, [0, 5, 10, 15])] == ["0.100000", "0.077378", "0.059874", "0.046329"]


def test_exponential_slow_decay_for_fine_tuning():
    model, finetune_loader = brainstate.nn.Linear(10, 5), None

    # Very gentle decay with gamma=0.99
    scheduler = braintools.optim.ExponentialLR(base_lr=0.001, gamma=0.99)
    optimizer = braintools.optim.Adam(lr=scheduler)
    optimizer.register_trainable_weights(model.states(brainstate.ParamState))
    finetune_epoch = Task(model, optimizer).only_note

    for epoch in range(100):  # noqa: B007
        finetune_epoch(model, optimizer, finetune_loader)
        scheduler.step()
    # After 100 epochs: lr ≈ 0.001 * 0.99^100 ≈ 0.000366
    assert optimizer.current_lr == pytest.approx(0.001 * 0.99**100)
    assert optimizer.current_lr == pytest.approx(0.000366, abs=5e-7)


def test_exponential_moderate_decay_for_standard_training():
    model = brainstate.nn.Linear(10, 5)

    # Moderate decay with gamma=0.96
    scheduler = braintools.optim.ExponentialLR(base_lr=0.1, gamma=0.96)
    optimizer = braintools.optim.SGD(lr=scheduler, momentum=0.9, weight_decay=1e-4)
    optimizer.register_trainable_weights(model.states(brainstate.ParamState))
    grads = Task(model).gradients()

    assert optimizer.current_lr == 0.1
    for epoch in range(50):  # noqa: B007
        optimizer.step(grads)
        scheduler.step()  # lr smoothly decreases from 0.1 to ~0.013
    assert optimizer.current_lr == pytest.approx(0.013, abs=5e-4)


def test_exponential_combining_with_warmup():
    model = brainstate.nn.Linear(10, 5)

    # Warmup followed by exponential decay
    warmup = braintools.optim.LinearLR(
        start_factor=0.1,
        end_factor=1.0,
        total_iters=5,
    )
    decay = braintools.optim.ExponentialLR(base_lr=0.01, gamma=0.95)
    # The warmup has the default base learning rate, 0.001, and the first one's counts.
    with pytest.warns(UserWarning, match=r"LinearLR \[0.001\], ExponentialLR \[0.01\]"):
        scheduler = braintools.optim.ChainedScheduler([warmup, decay])

    optimizer = braintools.optim.Adam(lr=scheduler)
    optimizer.register_trainable_weights(model.states(brainstate.ParamState))
    task = Task(model, optimizer)
    grads = task.gradients()

    for epoch in range(100):  # noqa: B007
        task.only_note()
        optimizer.step(grads)
        scheduler.step()

    assert task.rates == pytest.approx([0.001 * (0.1 + 0.9 * min(t / 5, 1)) * 0.95**t for t in range(100)])


def test_exponential_using_with_different_optimizers():
    model = brainstate.nn.Linear(10, 5)

    # Works with any optimizer
    scheduler = braintools.optim.ExponentialLR(base_lr=0.001, gamma=0.98)

    # With Adam
    adam_opt = braintools.optim.Adam(lr=scheduler)
    adam_opt.register_trainable_weights(model.states(brainstate.ParamState))

    # Or with RMSprop
    model2 = brainstate.nn.Linear(10, 5)
    scheduler2 = braintools.optim.ExponentialLR(base_lr=0.001, gamma=0.98)
    rmsprop_opt = braintools.optim.RMSprop(lr=scheduler2)
    rmsprop_opt.register_trainable_weights(model2.states(brainstate.ParamState))

    for task in (Task(model, adam_opt), Task(model2, rmsprop_opt)):
        for _ in range(3):
            task.train()
            task.optimizer.lr_scheduler.step()
        assert task.rates == pytest.approx([0.001, 0.00098, 0.0009604])
        assert task.losses[-1] < task.losses[0]


def test_exponential_saving_and_loading_state():
    model = brainstate.nn.Linear(10, 5)

    scheduler = braintools.optim.ExponentialLR(base_lr=0.1, gamma=0.95)
    optimizer = braintools.optim.SGD(lr=scheduler, momentum=0.9)
    optimizer.register_trainable_weights(model.states(brainstate.ParamState))

    # Train for some epochs
    for epoch in range(50):  # noqa: B007
        scheduler.step()

    # Save checkpoint
    checkpoint = {
        "epoch": 50,
        # The page has model.state_dict(), which a brainstate module does not have.
        "model": {name: state.value for name, state in model.states().items()},
        "scheduler": scheduler.state_dict(),
    }

    # Resume training
    new_scheduler = braintools.optim.ExponentialLR(base_lr=0.1, gamma=0.95)
    new_scheduler.load_state_dict(checkpoint["scheduler"])
    # lr will be correctly set to 0.1 * 0.95^50
    assert new_scheduler.get_last_lr() == new_scheduler.get_lr() == pytest.approx([0.1 * 0.95**50])
    assert braintools.optim.SGD(lr=new_scheduler).current_lr == pytest.approx(0.1 * 0.95**50)


def test_exponential_aggressive_decay():
    model = brainstate.nn.Linear(10, 5)

    # Fast decay with gamma=0.9
    scheduler = braintools.optim.ExponentialLR(base_lr=0.1, gamma=0.9)
    optimizer = braintools.optim.SGD(lr=scheduler, momentum=0.9)
    optimizer.register_trainable_weights(model.states(brainstate.ParamState))
    grads = Task(model).gradients()

    for epoch in range(30):  # noqa: B007
        optimizer.step(grads)
        scheduler.step()
    # After 30 epochs: lr ≈ 0.1 * 0.9^30 ≈ 0.00424
    assert optimizer.current_lr == pytest.approx(0.1 * 0.9**30)
    assert optimizer.current_lr == pytest.approx(0.00424, abs=5e-6)


@pytest.mark.parametrize(("gamma", "epochs"), [(0.95, 14), (0.96, 17), (0.98, 35), (0.99, 69)])
def test_exponential_halves_after_about_as_many_epochs_as_the_page_says(gamma, epochs):
    scheduler = braintools.optim.ExponentialLR(base_lr=1.0, gamma=gamma)
    assert used(scheduler, [epochs])[0] == pytest.approx(0.5, abs=0.013)


# The room ------------------------------------------------------------------------------------------------------------


def test_everything_else_is_that_of_braintools():
    import braintools as real

    from glidepath.braintools import optim

    assert braintools.optim is optim
    assert braintools.__version__ == real.__version__
    assert braintools.metric is real.metric
    assert set(real.optim.__all__) < set(optim.__all__)
    ours = {scheduler.__name__ for scheduler in optim.SCHEDULERS}
    for name in real.optim.__all__:
        assert (getattr(optim, name) is getattr(real.optim, name)) != (name in ours)
    for name in ours:
        assert issubclass(getattr(braintools, name), real.optim.LRScheduler)
        assert getattr(braintools, name) is getattr(optim, name)


def test_modules_of_braintools_are_imported_from_here_too():
    import braintools as real
    import glidepath.braintools.surrogate as surrogate
    from glidepath.braintools.cogtask.tasks import decision_making
    from glidepath.braintools.metric import softmax_cross_entropy

    from glidepath.braintools.optim import StepLR

    assert softmax_cross_entropy is real.metric.softmax_cross_entropy
    assert surrogate is real.surrogate
    assert decision_making is real.cogtask.tasks.decision_making
    assert StepLR is braintools.StepLR is not real.optim.StepLR


def test_a_name_that_no_one_has_is_an_attribute_error():
    with pytest.raises(AttributeError, match="NoSuchThing"):
        braintools.optim.NoSuchThing  # noqa: B018
    with pytest.raises(AttributeError, match="no_such_thing"):
        braintools.no_such_thing  # noqa: B018


def test_importing_the_library_does_not_import_braintools():
    import subprocess
    import sys

    code = "import sys, glidepath; assert not {'braintools', 'brainstate', 'jax'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
