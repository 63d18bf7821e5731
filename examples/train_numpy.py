"""Train a small character model with NumPy. Stopped at any step, it goes on from its last checkpoint."""

import argparse
import os
import signal
from dataclasses import asdict
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # so small a model gains nothing from more, and sums come out alike everywhere

import numpy as np
from tqdm import tqdm

import glidepath
from glidepath.lab import Settings, checkpoint, topics
from glidepath.lab.numpy import loss_and_gradients
from glidepath.lab.task import batch, initial_weights, pack, unpack

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("schedule", help="the learning rate, as a YAML file")
parser.add_argument("--steps", type=int, default=1500, help="updates of the whole run")
parser.add_argument("--checkpoint", default="numpy.ckpt", help="the file to save to and to go on from")
parser.add_argument("--every", type=int, default=50, help="updates from one checkpoint to the next")
parser.add_argument("--log", type=Path, help="a CSV file for the learning rate and the loss of each update")
args = parser.parse_args()
if args.every < 1:
    parser.error(f"--every must be at least 1, got {args.every}")

schedule = glidepath.load(args.schedule, run=glidepath.Run(total=args.steps))
settings, text = Settings(steps=args.steps), topics()
run = {
    "library": "numpy",
    "schedule": schedule.to_dict(),
    "settings": asdict(settings),
    "seed": 0,
    "text": text.checksum,
}

rates, losses = [], []
weights = initial_weights(settings, len(text.characters), seed=0)
velocity = {name: np.zeros_like(w) for name, w in weights.items()}
first, saved = checkpoint.resume(args.checkpoint, run) or (0, None)
if saved:
    rates, losses, weights, velocity = unpack(saved)

stop = []  # Ctrl-C fills it; the update under way is finished first
signal.signal(signal.SIGINT, lambda *_: stop.append(True))

for step in tqdm(range(first, args.steps), initial=first, total=args.steps):
    rate = schedule(step)
    loss, gradients = loss_and_gradients(weights, *batch(text.train, settings, seed=0, step=step))
    for name, gradient in gradients.items():
        velocity[name] = settings.momentum * velocity[name] + gradient
        weights[name] -= rate * velocity[name]
    rates.append(rate)
    losses.append(loss)

    done = step + 1
    if stop or done % args.every == 0 or done == args.steps:
        if args.log:
            args.log.write_text("".join(f"{k},{rates[k]!r},{losses[k]!r}\n" for k in range(done)))
        checkpoint.save(args.checkpoint, pack(rates, losses, weights, velocity), {"step": done, **run})
    if stop:
        print(f"Stopped after {done} of {args.steps} updates. The same command goes on from there.")
        break
else:
    print(f"Done: {args.steps} updates, last loss {losses[-1]:.3f}, saved in {args.checkpoint}.")
