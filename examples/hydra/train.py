"""Train a small character model from a Hydra configuration. Stopped at any step, it goes on from its checkpoint."""

import os
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf
from tqdm import tqdm

import hydra
from glidepath import ScheduleError
from glidepath.lab import Settings, checkpoint, topics
from glidepath.lab.task import batch, initial_weights, pack, unpack
from glidepath.lab.torch import Model
from glidepath.optimus_dl import build_lr_scheduler


def resume(path: str, run: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The scheduler's state and the arrays of a checkpoint, if there is one, of this same run."""
    if not os.path.exists(path):
        return None
    header, arrays = checkpoint.load(path)
    found = list(checkpoint.differences(header["run"], run))
    if found:
        raise SystemExit(
            f"{path} is from a different run: {'; '.join(found)}. Put back what it was made with, or start anew with "
            "another checkpoint"
        )
    return header["lr_scheduler"], arrays


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(cfg: DictConfig) -> None:
    if cfg.every < 1:
        raise SystemExit(f"every must be at least 1, got {cfg.every}")
    settings, text = Settings(steps=cfg.steps, momentum=cfg.optimizer.momentum), topics()
    run = {"steps": cfg.steps, "seed": cfg.seed, "optimizer": OmegaConf.to_container(cfg.optimizer)}
    run["text"] = text.checksum

    torch.set_num_threads(1)  # so small a model gains nothing from more, and sums come out alike everywhere
    rates, losses = [], []
    model = Model(initial_weights(settings, len(text.characters), cfg.seed))
    optimizer = torch.optim.SGD(model.parameters(), lr=cfg.optimizer.lr, momentum=settings.momentum)
    scheduler = build_lr_scheduler(cfg.lr_scheduler, optimizer=optimizer, iterations=cfg.steps, strict=cfg.strict)
    saved = resume(cfg.checkpoint, run)
    if saved:
        try:
            scheduler.load_state_dict(saved[0])
        except ScheduleError as error:
            raise SystemExit(f"{cfg.checkpoint}: {error}") from None
        rates, losses, weights, velocity = unpack(saved[1])
        model.load_state_dict({name: torch.from_numpy(w) for name, w in weights.items()})
        for name, w in model.named_parameters():
            optimizer.state[w]["momentum_buffer"] = torch.from_numpy(velocity[name])

    for step in tqdm(range(scheduler.last_epoch, cfg.steps), initial=scheduler.last_epoch, total=cfg.steps):
        loss = model(*map(torch.from_numpy, batch(text.train, settings, cfg.seed, step)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rates.append(scheduler.get_last_lr()[0])
        losses.append(loss.item())
        scheduler.step()

        done = step + 1
        if done % cfg.every == 0 or done == cfg.steps:
            if cfg.log:
                Path(cfg.log).write_text("".join(f"{k},{rates[k]!r},{losses[k]!r}\n" for k in range(done)))
            weights = {name: w.detach().numpy() for name, w in model.named_parameters()}
            velocity = {name: optimizer.state[w]["momentum_buffer"].numpy() for name, w in model.named_parameters()}
            header = {"run": run, "lr_scheduler": scheduler.state_dict()}
            checkpoint.save(cfg.checkpoint, pack(rates, losses, weights, velocity), header)
    print(f"Done: {cfg.steps} updates, last loss {losses[-1]:.3f}, saved in {cfg.checkpoint}.")


if __name__ == "__main__":
    main()
