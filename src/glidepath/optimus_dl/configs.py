"""Configurations of any make, read as plain dicts: mappings, dataclasses, OmegaConf's, objects with attributes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from ..errors import fail

__all__ = ["contents", "is_omegaconf", "is_plain"]


def is_omegaconf(cfg: Any) -> bool:
    """Whether it is a configuration of OmegaConf's; without importing it."""
    omegaconf = sys.modules.get("omegaconf")
    return omegaconf is not None and bool(omegaconf.OmegaConf.is_config(cfg))


def is_plain(cfg: Any) -> bool:
    """Whether it is a name alone, or a mapping that is nothing else."""
    return isinstance(cfg, str) or (isinstance(cfg, Mapping) and not is_dataclass(cfg) and not is_omegaconf(cfg))


def contents(cfg: Any) -> dict[str, Any]:
    """What a configuration holds. Of OmegaConf's, all levels are made plain and interpolations resolved.

    >>> from types import SimpleNamespace
    >>> contents({"a": 1}), contents(SimpleNamespace(a=1))
    ({'a': 1}, {'a': 1})
    """
    if is_omegaconf(cfg):
        from omegaconf import OmegaConf

        cfg = OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True)
    if isinstance(cfg, type) or not (isinstance(cfg, Mapping) or hasattr(cfg, "__dict__")):
        fail("a configuration", "a mapping, a dataclass or an object with attributes", cfg)
    declared = {field.name: getattr(cfg, field.name) for field in fields(cfg)} if is_dataclass(cfg) else {}
    held = {**cfg, **declared} if isinstance(cfg, Mapping) else declared or dict(vars(cfg))
    for key in held:
        if type(key) is not str:
            fail("a key of a configuration", "text", key)
    return held
