"""PyTorch: one scheduler for any hyperparameter of any optimizer (see `Scheduler`)."""

from importlib.util import find_spec

if find_spec("torch") is None:
    raise ModuleNotFoundError('glidepath.torch needs PyTorch: pip install "glidepath[torch]"', name="torch")

from .scheduler import Scheduler as Scheduler

__all__ = ["Scheduler"]
