"""A registry of components by name, for when optimus_dl, whose interface it has, is not installed."""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import ScheduleError, fail, unknown
from .configs import contents, is_omegaconf

if TYPE_CHECKING:
    from collections.abc import Callable

    Class = TypeVar("Class", bound=type)
    Entry = tuple[type, Any]

__all__ = ["RegistryConfig", "RegistryConfigStrict", "make_registry", "registries"]

#: Every registry by its name: from the name of a component to its class and its configuration.
registries: dict[str, dict[str, Entry]] = {}


@dataclass
class RegistryConfigStrict:
    """The base of configurations that hold their fields and nothing else.

    _name: of the component that it configures.
    """

    _name: str | None = None


@dataclass
class RegistryConfig(dict[str, Any]):
    """The base of configurations that may hold other keys too. Fields are items, and items attributes.

    _name: of the component that it configures.

    >>> config = RegistryConfig(_name="mine")
    >>> config["peak"] = 0.1
    >>> config.peak, config["_name"]
    (0.1, 'mine')
    """

    _name: str | None = None

    def __setattr__(self, name: str, held: Any) -> None:
        self[name] = held

    def __getattribute__(self, name: str) -> Any:
        # Not __getattr__: the default of a field is an attribute of the class, and would be found first.
        if not name.startswith("__") and not hasattr(dict, name) and name in self:
            return self[name]
        return super().__getattribute__(name)


def make_registry(
    registry_name: str, base_class: type | None = None
) -> tuple[dict[str, Entry], Callable[..., Any], Callable[..., Any]]:
    """The registry of that name, which is made when it is first asked for.

    base_class: what all components must be instances of.

    Returns the dict itself; ``register(name, config=None)``, a decorator for classes; and
    ``build(config, cast_to=None, **arguments)``, which calls the class that the configuration names.

    >>> _, register, build = make_registry("greeting")
    >>> @register("hello")
    ... class Hello:
    ...     pass
    >>> type(build("hello")).__name__
    'Hello'
    """
    registry = registries.setdefault(registry_name, {})
    where = f"the {registry_name} registry"

    def register(name: str, cfg: type | None = None) -> Callable[[Class], Class]:
        if name in registry:
            raise ScheduleError(f"{where} has a component named {name!r} already")
        if cfg is not None and not is_dataclass(cfg):
            fail(f"the configuration of {name!r}", "a dataclass, such as a subclass of RegistryConfig", cfg)

        def enter(component: Class) -> Class:
            registry[name] = (component, cfg)
            component.register_arch = partial(variant, class_name=name)  # type: ignore[attr-defined]
            return component

        return enter

    def variant(name: str, class_name: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
        """Register the component of a name once more, with the configuration that a function returns."""
        full_name = f"{class_name}-{name}"
        if full_name in registry:
            raise ScheduleError(f"{where} has a component named {full_name!r} already")
        if registry[class_name][1] is None:
            raise ScheduleError(f"{class_name!r} in {where} has no configuration of which there could be variants")

        def enter(make: Callable[[], Any]) -> Callable[[], Any]:
            registry[full_name] = (registry[class_name][0], make())
            return make

        return enter

    def build(cfg: Any, cast_to: type | None = None, **arguments: Any) -> Any:
        if cfg is None:
            return None
        given = {"_name": cfg} if isinstance(cfg, str) else contents(cfg)
        name = given.get("_name")
        if type(name) is not str:
            fail("_name of a configuration", f"a name in {where}", name)
        if name not in registry:
            unknown(where, "name", name, registry)
        component, defaults = registry[name]
        made = component(**arguments) if defaults is None else component(_merged(defaults, cfg, given), **arguments)
        for wanted in (cast_to, base_class):
            if wanted is not None and not isinstance(made, wanted):
                fail(f"{name!r} in {where}", f"a {wanted.__name__}", made)
        return made

    return registry, register, build


def _merged(defaults: Any, cfg: Any, given: dict[str, Any]) -> Any:
    """A new configuration: the defaults, with what is given in their place. OmegaConf's stays OmegaConf's."""
    known = [field.name for field in fields(defaults)]
    kind = defaults if isinstance(defaults, type) else type(defaults)
    if not issubclass(kind, dict):
        for key in given:
            if key not in known:
                unknown(kind.__name__, "field", key, known)
    if is_omegaconf(cfg):
        from omegaconf import OmegaConf

        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Class `.*` subclasses `Dict`", UserWarning)
            return OmegaConf.merge(OmegaConf.structured(defaults), given)
    merged = defaults() if isinstance(defaults, type) else copy.deepcopy(defaults)
    for key, held in given.items():
        setattr(merged, key, copy.deepcopy(held))
    return merged
