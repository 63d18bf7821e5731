"""Train a small character model with JAX. Stopped at any step, it goes on from its last checkpoint."""

import argparse
import signal
from dataclasses import asdict
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from tqdm import tqdm

import glidepath.jax
from glidepath.lab import Settings, checkpoint, topics
from glidepath.lab.jax import loss
from glidepath.lab.task import batch, initial_weights, pack, unpack

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("schedule", help="the learning rate, as a YAML file")
parser.add_argument("--steps", type=int, default=1500, help="updates of the whole run")
parser.add_argument("--checkpoint", default="jax.ckpt", help="the file to save to and to go on from")
parser.add_argument("--every", type=int, default=50, help="updates in one call of the program, then a checkpoint")
parser.add_argument("--log", type=Path, help="a CSV file for the learning rate and the loss of each update")
args = parser.parse_args()
if args.every < 1:
    parser.error(f"--every must be at least 1, got {args.every}")

schedule = glidepath.load(args.schedule, run=glidepath.Run(total=args.steps))
settings, text = Settings(steps=args.steps), topics()
run = {"library": "jax", "schedule": schedule.to_dict(), "settings": asdict(settings), "text": text.checksum, "seed": 0}


@jax.jit
def updates(schedule, weights, velocity, steps, contexts, targets):
    """One program for many updates. The schedule is an argument: another one of its kind runs the same program."""

    def update(carry, batch):
        (weights, velocity), (step, contexts, targets) = carry, batch
        rate = schedule(step)
        value, gradients = jax.value_and_grad(loss)(weights, contexts, targets)
        velocity = jax.tree.map(lambda v, g: settings.momentum * v + g, velocity, gradients)
        weights = jax.tree.map(lambda w, v: w - (rate * v).astype(w.dtype), weights, velocity)
        return (weights, velocity), (rate, value)

    return jax.lax.scan(update, (weights, velocity), (steps, contexts, targets))


rates, losses = [], []
weights = initial_weights(settings, len(text.characters), seed=0)
velocity = jax.tree.map(jnp.zeros_like, weights)
first, saved = checkpoint.resume(args.checkpoint, run) or (0, None)
if saved:
    rates, losses, weights, velocity = unpack(saved)

stop = []  # Ctrl-C fills it; the updates under way are finished first
signal.signal(signal.SIGINT, lambda *_: stop.append(True))

for start in tqdm(range(first, args.steps, args.every), unit_scale=args.every):
    steps = np.arange(start, min(start + args.every, args.steps))
    contexts, targets = map(np.stack, zip(*(batch(text.train, settings, 0, k) for k in steps.tolist()), strict=True))
    (weights, velocity), (rate, loss_of_each) = updates(schedule, weights, velocity, steps, contexts, targets)
    rates += rate.tolist()
    losses += loss_of_each.tolist()

    done = len(rates)
    if args.log:
        args.log.write_text("".join(f"{k},{rates[k]!r},{losses[k]!r}\n" for k in range(done)))
    checkpoint.save(args.checkpoint, pack(rates, losses, weights, velocity), {"step": done, **run})
    if stop:
        print(f"Stopped after {done} of {args.steps} updates. The same command goes on from there.")
        break
else:
    print(f"Done: {args.steps} updates, last loss {losses[-1]:.3f}, saved in {args.checkpoint}.")
