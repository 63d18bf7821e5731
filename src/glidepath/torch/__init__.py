"""PyTorch: one scheduler for any hyperparameter of any optimizer, and torch's own by their names (`lr_scheduler`)."""

from importlib.util import find_spec

if find_spec("torch") is None:
    raise ModuleNotFoundError('glidepath.torch needs PyTorch: pip install "glidepath[torch]"', name="torch")

from . import lr_scheduler as lr_scheduler
from .scheduler import Scheduler as Scheduler

__all__ = ["Scheduler", "lr_scheduler"]
