"""Train a small character model with PyTorch. Stopped at any step, it goes on from its last checkpoint."""

import argparse
import signal
from dataclasses import asdict
from pathlib import Path

import torch
from tqdm import tqdm

import glidepath
from glidepath.lab import Settings, checkpoint, topics
from glidepath.lab.task import batch, initial_weights, pack, unpack
from glidepath.lab.torch import Model

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("schedule", help="the learning rate, as a YAML file")
parser.add_argument("--steps", type=int, default=1500, help="updates of the whole run")
parser.add_argument("--checkpoint", default="torch.ckpt", help="the file to save to and to go on from")
parser.add_argument("--every", type=int, default=50, help="updates from one checkpoint to the next")
parser.add_argument("--log", type=Path, help="a CSV file for the learning rate and the loss of each update")
args = parser.parse_args()
if args.every < 1:
    parser.error(f"--every must be at least 1, got {args.every}")

schedule = glidepath.load(args.schedule, run=glidepath.Run(total=args.steps))
settings, text = Settings(steps=args.steps), topics()
run = {
    "library": "torch",
    "schedule": schedule.to_dict(),
    "settings": asdict(settings),
    "seed": 0,
    "text": text.checksum,
}

torch.set_num_threads(1)  # so small a model gains nothing from more, and sums come out alike everywhere
rates, losses = [], []
model = Model(initial_weights(settings, len(text.characters), seed=0))
optimizer = torch.optim.SGD(model.parameters(), lr=schedule(0), momentum=settings.momentum)
first, saved = checkpoint.resume(args.checkpoint, run) or (0, None)
if saved:
    rates, losses, weights, velocity = unpack(saved)
    model.load_state_dict({name: torch.from_numpy(w) for name, w in weights.items()})
    for name, w in model.named_parameters():
        optimizer.state[w]["momentum_buffer"] = torch.from_numpy(velocity[name])

stop = []  # Ctrl-C fills it; the update under way is finished first
signal.signal(signal.SIGINT, lambda *_: stop.append(True))

for step in tqdm(range(first, args.steps), initial=first, total=args.steps):
    for group in optimizer.param_groups:
        group["lr"] = schedule(step)
    loss = model(*map(torch.from_numpy, batch(text.train, settings, seed=0, step=step)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    rates.append(optimizer.param_groups[0]["lr"])
    losses.append(loss.item())

    done = step + 1
    if stop or done % args.every == 0 or done == args.steps:
        if args.log:
            args.log.write_text("".join(f"{k},{rates[k]!r},{losses[k]!r}\n" for k in range(done)))
        weights = {name: w.detach().numpy() for name, w in model.named_parameters()}
        velocity = {name: optimizer.state[w]["momentum_buffer"].numpy() for name, w in model.named_parameters()}
        checkpoint.save(args.checkpoint, pack(rates, losses, weights, velocity), {"step": done, **run})
    if stop:
        print(f"Stopped after {done} of {args.steps} updates. The same command goes on from there.")
        break
else:
    print(f"Done: {args.steps} updates, last loss {losses[-1]:.3f}, saved in {args.checkpoint}.")
