"""Where components are registered by name: optimus_dl's own registry where it is installed, else one like it."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from .configs import is_plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["IS_INSIDE", "RegistryConfig", "RegistryConfigStrict", "make_registry", "registries"]

#: Whether optimus_dl is there, loaded or on its way.
IS_INSIDE = "optimus_dl" in sys.modules or find_spec("optimus_dl") is not None

if TYPE_CHECKING or not IS_INSIDE:
    from .standalone import RegistryConfig, RegistryConfigStrict, make_registry, registries
else:
    # While optimus_dl is being imported its parts can be, though the whole is not there yet.
    _theirs = import_module("optimus_dl.core.registry")
    RegistryConfig, RegistryConfigStrict = _theirs.RegistryConfig, _theirs.RegistryConfigStrict
    registries = _theirs.registries

    def make_registry(
        registry_name: str, base_class: type | None = None
    ) -> tuple[dict[str, tuple[type, Any]], Callable[..., Any], Callable[..., Any]]:
        """optimus_dl's registry of that name. ``build`` takes plain dicts and bare names too."""
        registry, register, build_theirs = _theirs.make_registry(registry_name, base_class)

        def build(cfg: Any, cast_to: type | None = None, **arguments: Any) -> Any:
            if is_plain(cfg):
                from omegaconf import OmegaConf

                cfg = OmegaConf.create({"_name": cfg} if isinstance(cfg, str) else cfg)
            return build_theirs(cfg, cast_to, **arguments)

        return registry, register, build
