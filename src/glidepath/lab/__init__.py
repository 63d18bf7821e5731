"""Schedules on trial: one small task on real text, trained in NumPy, JAX or PyTorch."""

from importlib.util import find_spec

if find_spec("numpy") is None:
    raise ModuleNotFoundError('glidepath.lab needs NumPy: pip install "glidepath[lab]"', name="numpy")

from .comparison import (
    Comparison as Comparison,
    Row as Row,
    compare as compare,
    default_schedules as default_schedules,
)
from .data import (
    Text as Text,
    topics as topics,
)
from .task import (
    Settings as Settings,
    training as training,
)
