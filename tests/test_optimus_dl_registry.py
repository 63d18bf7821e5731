"""The registry: with plain dicts, dataclasses, OmegaConf and Hydra; without optimus_dl, and inside of it."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import textwrap
import warnings
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from omegaconf import DictConfig, OmegaConf

import glidepath.optimus_dl as room
from glidepath import ScheduleError
from glidepath.optimus_dl import (
    BaseLRScheduler,
    BaseLRSchedulerConfig,
    RegistryConfig,
    RegistryConfigStrict,
    build_lr_scheduler,
    make_registry,
    register_lr_scheduler,
)
from glidepath.optimus_dl.registered import _registry
from glidepath.optimus_dl.standalone import registries
from optimus_dl_samples import CLASSES, Optimizer

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class MineConfig(RegistryConfig):
    peak: float = 0.1
    parts: list[float] = field(default_factory=lambda: [1.0])


class Mine(BaseLRScheduler):
    def __init__(self, cfg: Any, optimizer: Any, iterations: int, **kwargs: Any) -> None:
        super().__init__(optimizer)
        self.cfg, self.peak = cfg, cfg.peak
        cfg.peak = 99.0  # as some constructors do
        cfg.parts.append(2.0)
        self.set()

    def get_lr(self) -> list[float]:
        return [self.peak] * len(self.base_lrs)


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch) -> type[Mine]:
    for name in ("mine", "mine-high"):
        monkeypatch.setitem(_registry, name, (Mine, None))
        del _registry[name]
    registered: type[Mine] = register_lr_scheduler("mine", MineConfig)(Mine)
    return registered


def built(cfg: Any, **more: Any) -> Any:
    return build_lr_scheduler(cfg, optimizer=Optimizer([0.5]), iterations=1000, **more)


def structured(cfg: Any) -> Any:
    with warnings.catch_warnings():  # it warns of every dataclass that is a dict, as optimus_dl's are
        warnings.simplefilter("ignore")
        return OmegaConf.structured(cfg)


# What a configuration may be ------------------------------------------------------------------------------------------

WSD = {"warmup_steps": None, "warmup_steps_fraction": 0.1, "decay_type": "sqrt"}


@pytest.mark.parametrize(
    "cfg",
    [
        pytest.param(lambda: {"_name": "wsd", **WSD}, id="dict"),
        pytest.param(lambda: room.WSDSchedulerConfig(_name="wsd", **WSD), id="dataclass"),  # type: ignore[arg-type]
        pytest.param(lambda: SimpleNamespace(_name="wsd", **WSD), id="object"),
        pytest.param(lambda: OmegaConf.create({"_name": "wsd", **WSD}), id="omegaconf"),
        pytest.param(lambda: structured(room.WSDSchedulerConfig(_name="wsd", **WSD)), id="structured"),  # type: ignore[arg-type]
        pytest.param(
            lambda: (
                OmegaConf.create(
                    {"run": {"kind": "sqrt"}, "lr": {"_name": "wsd", **WSD, "decay_type": "${run.kind}"}}
                ).lr
            ),
            id="interpolated",
        ),
    ],
)
def test_a_configuration_may_be_of_any_make(cfg: Any) -> None:
    given = cfg()
    before = copy.deepcopy(given)
    scheduler = built(given)

    assert type(scheduler) is room.WSDScheduler
    assert (scheduler.warmup_steps, scheduler.decay_type, scheduler.fract_decay) == (100, "sqrt", 0.1)
    assert given == before


def test_a_name_alone_is_a_configuration() -> None:
    assert type(built("linear_warmup")) is room.LinearWarmupLR


def test_none_builds_nothing() -> None:
    assert built(None) is None


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_configurations_can_be_structured_by_omegaconf(name: str) -> None:
    _, config = CLASSES[name]
    cfg = structured(config)

    assert OmegaConf.to_container(cfg) == asdict(config())
    assert type(built(OmegaConf.merge(cfg, {"_name": name}))) is CLASSES[name][0]


def test_omegaconf_says_what_has_the_wrong_type() -> None:
    with pytest.raises(ValueError, match="'many' of type 'str' could not be converted to Integer"):
        built(OmegaConf.create({"_name": "wsd", "warmup_steps": "many"}))


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(Exception, match="Missing mandatory value: peak"):
        built(OmegaConf.create({"_name": "glidepath.sgdr", "peak": "???", "period": 10}))


def test_a_hydra_configuration_is_switched_by_an_override(tmp_path: Path) -> None:
    from hydra import compose, initialize_config_dir

    (tmp_path / "lr_scheduler").mkdir()
    (tmp_path / "config.yaml").write_text("defaults: [lr_scheduler: cosine, _self_]\nsteps: 200\n")
    (tmp_path / "lr_scheduler" / "cosine.yaml").write_text("_name: cosine_annealing\neta_min: 1e-4\n")
    (tmp_path / "lr_scheduler" / "sgdr.yaml").write_text("_name: glidepath.sgdr\npeak: 3e-4\nperiod: 10%\n")
    with initialize_config_dir(str(tmp_path), version_base="1.3"):
        first = compose("config", [])
        second = compose(
            "config", ["lr_scheduler=sgdr", "lr_scheduler.period=2 epochs", "+lr_scheduler.run.steps_per_epoch=7"]
        )

    assert built(first.lr_scheduler).eta_min == 1e-4
    assert built(second.lr_scheduler).schedule.period == 14
    assert built(second.lr_scheduler).schedule.body.start == 3e-4


# What a constructor gets ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [dict, OmegaConf.create], ids=["dict", "omegaconf"])
def test_a_users_scheduler_gets_defaults_and_what_is_given(mine: Any, make: Any) -> None:
    given = make({"_name": "mine", "peak": 0.2, "more": 3})
    scheduler = built(given)

    assert scheduler.get_last_lr() == [0.2]
    assert (scheduler.cfg.more, scheduler.cfg["more"], scheduler.cfg.get("parts")) == (3, 3, [1.0, 2.0])
    assert isinstance(scheduler.cfg, DictConfig if make is OmegaConf.create else MineConfig)


@pytest.mark.parametrize(
    "make", [MineConfig, lambda **given: OmegaConf.create(given), dict], ids=["own", "omega", "dict"]
)
def test_a_constructor_cannot_change_the_configuration_it_was_built_from(mine: Any, make: Any) -> None:
    given = make(_name="mine", peak=0.2, parts=[1.0])
    before = copy.deepcopy(given)
    first, second = built(given), built(given)

    assert given == before
    assert first.get_last_lr() == second.get_last_lr() == [0.2]
    assert built("mine").cfg.parts == [1.0, 2.0]


def test_a_registered_scheduler_can_have_variants(mine: Any) -> None:
    @mine.register_arch("high")
    def high() -> MineConfig:
        return MineConfig(peak=7.0)

    assert built("mine-high").get_last_lr() == [7.0]
    assert built("mine-high").get_last_lr() == [7.0]
    assert built({"_name": "mine-high", "peak": 3.0}).get_last_lr() == [3.0]
    with pytest.raises(ScheduleError, match="has a component named 'mine-high' already"):
        mine.register_arch("high")


def test_what_a_strict_configuration_does_not_have_is_refused() -> None:
    _, register, build = make_registry("strict things")

    @dataclass
    class Config(RegistryConfigStrict):
        size: int = 3

    @register("thing", Config)
    class Thing:
        def __init__(self, cfg: Any) -> None:
            self.size = cfg.size

    assert build({"_name": "thing", "size": 5}).size == 5
    with pytest.raises(ScheduleError, match="Config: unknown field 'sice'; did you mean 'size'"):
        build({"_name": "thing", "sice": 5})
    del registries["strict things"]


def test_a_registry_is_made_once() -> None:
    held, register, _ = make_registry("things")
    again, _, build = make_registry("things")
    register("thing")(Driven := type("Driven", (), {}))

    assert held is again is registries["things"]
    assert type(build("thing")) is Driven
    del registries["things"]


def test_what_cannot_be_registered_is_refused(mine: Any) -> None:
    with pytest.raises(ScheduleError, match="the lr_scheduler registry has a component named 'mine' already"):
        register_lr_scheduler("mine", MineConfig)
    with pytest.raises(ScheduleError, match="the configuration of 'other' must be a dataclass"):
        register_lr_scheduler("other", dict)
    assert "other" not in _registry


def test_what_is_built_is_a_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_registry, "no scheduler", (dict, None))
    with pytest.raises(ScheduleError, match="'no scheduler' in the lr_scheduler registry must be a BaseLRScheduler"):
        built("no scheduler")
    with pytest.raises(ScheduleError, match="must be a WSDScheduler"):
        built("linear_warmup", cast_to=room.WSDScheduler)


@pytest.mark.parametrize("cfg", [5, [], object(), BaseLRSchedulerConfig], ids=["number", "list", "object", "class"])
def test_what_is_no_configuration_is_refused(cfg: Any) -> None:
    with pytest.raises(ScheduleError, match="a configuration must be a mapping, a dataclass or an object with attrib"):
        built(cfg)


@pytest.mark.parametrize("name", [None, 5, ["wsd"]], ids=repr)
def test_a_name_that_is_no_text_is_refused(name: Any) -> None:
    with pytest.raises(
        ScheduleError, match="_name of a configuration must be a name in the lr_scheduler registry, got"
    ):
        built({"_name": name})


def test_a_configuration_without_a_name_is_refused() -> None:
    with pytest.raises(
        ScheduleError, match="_name of a configuration must be a name in the lr_scheduler registry, got None"
    ):
        built({"peak": 1})


# The base of configurations -------------------------------------------------------------------------------------------


def test_a_configuration_is_a_dataclass_and_a_dict() -> None:
    cfg = MineConfig(peak=0.3)
    cfg["more"] = 1
    cfg.other = 2  # type: ignore[attr-defined]

    assert is_dataclass(cfg)
    assert dict(cfg) == {"_name": None, "peak": 0.3, "parts": [1.0], "more": 1, "other": 2}
    assert (cfg.peak, cfg["peak"], cfg.more, cfg.get("none", 7)) == (0.3, 0.3, 1, 7)  # type: ignore[attr-defined]
    assert asdict(cfg) == {"_name": None, "peak": 0.3, "parts": [1.0]}
    assert replace(cfg, peak=0.4).peak == 0.4
    with pytest.raises(AttributeError):
        cfg.nothing  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_configuration_can_be_copied(again: Any) -> None:
    cfg = MineConfig(peak=0.3)
    cfg["more"] = 1

    assert again(cfg) == cfg
    assert dict(again(cfg)) == dict(cfg)


# Alone, and inside of optimus_dl --------------------------------------------------------------------------------------


def run(code: str, *folders: Path) -> str:
    """What a fresh interpreter prints, with folders in front of its path. A warning is an error in it."""
    start = f"import sys; sys.path[:0] = {list(map(str, folders))!r}\n"
    program = [sys.executable, "-W", "error", "-c", start + textwrap.dedent(code)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_room_needs_neither_torch_nor_omegaconf_nor_optimus_dl() -> None:
    code = """
    import sys
    from glidepath.optimus_dl import BaseLRScheduler, build_lr_scheduler
    class Driven:
        param_groups = [{"lr": 0.5}]
    print(build_lr_scheduler({"_name": "wsd", "warmup_steps": 0}, optimizer=Driven(), iterations=10).get_last_lr())
    print({"torch", "omegaconf", "optimus_dl", "numpy"} & set(sys.modules))
    """
    assert run(code) == "[0.5]\nset()\n"


#: A package of the shape of optimus_dl: it imports all of its modules when it is imported, in the order of its parts.
BOOTSTRAP = """
import pkgutil, importlib
def bootstrap_module(name):
    module = importlib.import_module(name)
    for found in sorted(info.name for info in pkgutil.iter_modules(module.__path__)):
        importlib.import_module(f"{name}.{found}")
"""
PACKAGE = "from optimus_dl.core.bootstrap import bootstrap_module\nbootstrap_module(__name__)\n"
REGISTRY = """
from dataclasses import dataclass
from typing import Any
from omegaconf import OmegaConf
registries = {}
@dataclass
class RegistryConfigStrict:
    _name: str | None = None
@dataclass
class RegistryConfig(dict[str, Any]):
    _name: str | None = None
def make_registry(name, base_class=None):
    registry = registries.setdefault(name, {})
    def register(name, cfg=None):
        assert name not in registry, f"Double registering of {name}"
        assert cfg is None or issubclass(cfg, (RegistryConfig, RegistryConfigStrict))
        def wrapper(cls):
            registry[name] = cls, cfg
            return cls
        return wrapper
    def build(cfg, cast_to=None, **kwargs):
        import warnings
        cls, config = registry[cfg["_name"]]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cfg = OmegaConf.merge(OmegaConf.structured(config), OmegaConf.to_container(cfg, resolve=True))
        made = cls(cfg, **kwargs)
        assert base_class is None or isinstance(made, base_class), f"Expected {base_class}"
        return made
    return registry, register, build
"""
THEIR_BASE = """
from abc import ABC, abstractmethod
from dataclasses import dataclass
from optimus_dl.core.registry import RegistryConfig
@dataclass
class BaseLRSchedulerConfig(RegistryConfig):
    pass
class BaseLRScheduler(ABC):
    def __init__(self, optimizer, **kwargs):
        self.optimizer, self._step_count = optimizer, 0
        self.base_lrs = [group["lr"] for group in optimizer.param_groups]
    @abstractmethod
    def get_lr(self): ...
"""
THEIR_ROOM = """
from optimus_dl.core.bootstrap import bootstrap_module
from optimus_dl.core.registry import make_registry
from .base import BaseLRScheduler, BaseLRSchedulerConfig
_, register_lr_scheduler, build_lr_scheduler = make_registry("lr_scheduler", BaseLRScheduler)
bootstrap_module(__name__)
"""
THEIRS = """
from . import register_lr_scheduler
from .base import BaseLRScheduler, BaseLRSchedulerConfig
@register_lr_scheduler("{name}", BaseLRSchedulerConfig)
class Theirs(BaseLRScheduler):
    def get_lr(self):
        return self.base_lrs
"""
OUR_ROOM = """
from glidepath.optimus_dl import BaseLRScheduler, BaseLRSchedulerConfig, build_lr_scheduler, register_lr_scheduler
from optimus_dl.core.bootstrap import bootstrap_module
bootstrap_module(__name__)
"""
MODULES = {"cosine_annealing": "cosine_annealing", "linear_warmup": "linear_warmup", "wsd_scheduler": "wsd"}


def stand_in(folder: Path, *, swapped: bool, early: str = "") -> Path:
    """Write the package.

    swapped: its folder of schedulers holds nothing but imports from here.
    early: a module of it that imports this library while it is itself being imported.
    """
    files = {
        "__init__": PACKAGE,
        "core/__init__": PACKAGE,
        "core/bootstrap": BOOTSTRAP,
        "core/registry": REGISTRY,
        "modules/__init__": PACKAGE,
        "modules/lr_scheduler/__init__": OUR_ROOM if swapped else THEIR_ROOM,
        "modules/lr_scheduler/base": "from glidepath.optimus_dl.base import *" if swapped else THEIR_BASE,
    }
    for module, name in MODULES.items():
        ours = f"from glidepath.optimus_dl.{module} import *"
        files[f"modules/lr_scheduler/{module}"] = ours if swapped else THEIRS.format(name=name)
    if early:
        files[early] = "from glidepath.optimus_dl import BaseLRScheduler, build_lr_scheduler"
    for name, text in files.items():
        path = folder / "optimus_dl" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


USE = """
import {first}
import glidepath.optimus_dl as ours
from omegaconf import OmegaConf
from optimus_dl.core import registry
from optimus_dl.modules import lr_scheduler as theirs

class Driven:
    def __init__(self):
        self.param_groups = [dict(lr=0.5)]

held = registry.registries["lr_scheduler"]
for name in ("cosine_annealing", "linear_warmup", "wsd"):
    assert held[name][0].__module__.startswith("glidepath.optimus_dl."), held[name]
assert issubclass(ours.BaseLRSchedulerConfig, registry.RegistryConfig)
assert ours.RegistryConfig is registry.RegistryConfig
assert issubclass(ours.WSDScheduler, theirs.BaseLRScheduler)

build = registry.make_registry("lr_scheduler")[2]
for make in (build, theirs.build_lr_scheduler, ours.build_lr_scheduler):
    cfg = OmegaConf.create(dict(_name="glidepath.sgdr", peak=0.25, period="10%"))
    made = make(cfg, optimizer=Driven(), iterations=100)
    assert (made.schedule.period, made.get_last_lr()) == (10, [0.25])
    made = make(OmegaConf.create(dict(_name="wsd", warmup_steps=0)), optimizer=Driven(), iterations=100)
    assert type(made) is ours.WSDScheduler
assert ours.build_lr_scheduler("cosine_annealing", optimizer=Driven(), iterations=9).T_max == 9
assert ours.build_lr_scheduler(dict(_name="glidepath.Constant", value=1), optimizer=Driven(), iterations=9)

class Mine(theirs.BaseLRScheduler):
    def __init__(self, cfg, optimizer, iterations):
        super().__init__(optimizer)
    def get_lr(self):
        return self.base_lrs
ours.register_lr_scheduler("mine", ours.BaseLRSchedulerConfig)(Mine)
assert type(ours.build_lr_scheduler("mine", optimizer=Driven(), iterations=9)) is Mine
print("all right")
"""


@pytest.mark.parametrize(
    "first", ["optimus_dl", "glidepath.optimus_dl", "optimus_dl.modules.lr_scheduler.wsd_scheduler"]
)
@pytest.mark.parametrize("swapped", [False, True], ids=["beside", "swapped"])
def test_the_registry_of_optimus_dl_is_used_where_it_is_installed(swapped: bool, first: str, tmp_path: Path) -> None:
    assert run(USE.format(first=first), stand_in(tmp_path, swapped=swapped)) == "all right\n"


@pytest.mark.parametrize("early", ["modules/amp/__init__", "modules/lr_scheduler/aaa", "modules/lr_scheduler/zzz"])
def test_the_room_can_be_imported_while_optimus_dl_is_half_imported(early: str, tmp_path: Path) -> None:
    folder = stand_in(tmp_path, swapped=False, early=early)
    assert run(USE.format(first="optimus_dl"), folder) == "all right\n"
