"""Plain data (dicts, lists, numbers, words) from JSON and YAML text, and back.

The text may come from anyone, so that it is held to limits while it is read, and says one thing only: no key
twice, no alias or tag, no number that is another one to the next reader. YAML numbers are those of YAML 1.2,
where ``1e-3`` is a number, not those of PyYAML, where it is a word.
"""

from __future__ import annotations

import math

from .errors import ScheduleError, fail, show
from .units import MAX_WORD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Any, NoReturn, Self

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_ENTRIES",
    "MAX_NODES",
    "Source",
    "checked",
    "decoded",
    "read_text",
    "write_text",
]

#: The most bytes of a text.
MAX_BYTES = 2**20
#: The most mappings and lists in each other.
MAX_DEPTH = 32
#: The most mappings, lists and values of keys in all.
MAX_NODES = 10_000
#: The most numbers and words in lists, in all.
MAX_ENTRIES = 10_000

#: What words (keys, names, durations) are made of. It needs no escape in any language that they are shown in.
_WORD = r"[A-Za-z0-9_.%+ -]*"


class Source:
    """Where data comes from. As a context, it adds its name and the line to any `ScheduleError`.

    name: of the file; empty where the text has none; None where the data is no text.
    lines: the line on which the value of each path stands, where that is known.
    here: the path that is being looked at (``parts[1].steps``).
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name
        self.lines: dict[str, int] = {}
        self.here = ""

    def refuse(self, path: str, rule: str) -> NoReturn:
        """Raise ``<path> <rule>``."""
        self.here = path
        raise ScheduleError(f"{path or 'the specification'} {rule}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if isinstance(error, ScheduleError) and self.name is not None:
            line = self._line()
            raise ScheduleError(
                (f"{self.name}: " if self.name else "") + str(error) + (f" (line {line})" if line else "")
            ) from None

    def _line(self) -> int | None:
        path = self.here
        while path and path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.lines.get(path)


class _Refused:
    """Stands in data for what must not be read, until the path is known where it lies."""

    def __init__(self, rule: str) -> None:
        self.rule = rule


# Plain data -------------------------------------------------------------------------------------------------------


def checked(data: Any, source: Source, any_words: bool = False) -> Any:
    """A copy of ``data`` in plain dicts and lists, held to the limits.

    any_words: whether words may be made of anything, as in the files of other programs.
    """
    return _Checked(source, any_words).copy(data, "", 0)


class _Checked:
    """Copies and counts."""

    def __init__(self, source: Source, any_words: bool) -> None:
        self.source = source
        self.any_words = any_words
        self.nodes = 0
        self.entries = 0

    def copy(self, data: Any, path: str, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.source.refuse("", f"must have at most {MAX_NODES:,} values")
        if isinstance(data, dict):
            self._descend(path, depth)
            for key in data:
                self._key(key, path)
            return {key: self.copy(value, join(path, key), depth + 1) for key, value in data.items()}
        if type(data) in (list, tuple):
            self._descend(path, depth)
            return [self._item(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(data)]
        return self._scalar(data, path)

    def _descend(self, path: str, depth: int) -> None:
        if depth >= MAX_DEPTH:
            too_deep(self.source, path)

    def _key(self, key: Any, path: str) -> None:
        if type(key) is not str:
            self.source.refuse(path, f"must have words for keys, got {show(key)}")
        self._scalar(key, join(path, key) if len(key) <= MAX_WORD else path)

    def _item(self, item: Any, path: str, depth: int) -> Any:
        if isinstance(item, (dict, list, tuple)):
            return self.copy(item, path, depth)
        self.entries += 1
        if self.entries > MAX_ENTRIES:
            self.source.refuse("", f"must have at most {MAX_ENTRIES:,} numbers in lists")
        return self._scalar(item, path)

    def _scalar(self, data: Any, path: str) -> Any:
        kind = type(data)
        if kind is str:
            if not self.any_words:
                self._word(data, path)
        elif kind is _Refused:
            self.source.refuse(path, data.rule)
        elif kind is float:
            if not -math.inf < data < math.inf:
                self.source.refuse(path, f"must be a finite number, got {data!r}")
        elif kind not in (int, bool, type(None)):
            self._foreign(data, path)
        return data

    def _word(self, word: str, path: str) -> None:
        import re

        if len(word) > MAX_WORD:
            self.source.refuse(path, f"must have at most {MAX_WORD} characters, got {len(word):,}")
        if not re.fullmatch(_WORD, word):
            self.source.refuse(path, f"must be made of letters, digits, spaces and _ . % + -, got {show(word)}")

    def _foreign(self, data: Any, path: str) -> None:
        from collections.abc import Mapping, Sequence

        hint = ""
        if isinstance(data, (Mapping, Sequence)) and not isinstance(data, (str, bytes)):
            hint = " (make an OmegaConf config plain with OmegaConf.to_container(cfg, resolve=True))"
        self.source.refuse(path, f"must be a plain dict, list, number or string, got a {type(data).__name__}{hint}")


def join(path: str, key: str) -> str:
    """The path of ``key`` in the mapping at ``path``."""
    return f"{path}.{key}" if path else key


def too_deep(source: Source, path: str) -> NoReturn:
    """Raise for data that is nested too deeply."""
    source.here = path
    raise ScheduleError(f"the specification must be nested at most {MAX_DEPTH} deep")


# Text -------------------------------------------------------------------------------------------------------------


def decoded(data: bytes) -> str:
    """The bytes of a file as its text."""
    if len(data) > MAX_BYTES:
        raise ScheduleError(f"the text must have at most {MAX_BYTES:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScheduleError(f"the text must be UTF-8, but its byte {error.start} is not") from None


def read_text(text: str, language: str, source: Source, any_words: bool = False) -> Any:
    """The plain data that a text in ``"json"`` or ``"yaml"`` holds. See `checked` for ``any_words``."""
    if type(text) is not str:
        fail("the text", "a string", text)
    # Characters first: to count the bytes of a gigabyte takes another one.
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise ScheduleError(f"the text must have at most {MAX_BYTES:,} bytes")
    _scan(text, language, source)
    return checked(_read_json(text) if language == "json" else _Yaml(text, source).read(), source, any_words)


def write_text(data: Any, language: str, indent: int | None = None) -> str:
    """Plain data as text in ``"json"`` or ``"yaml"``."""
    if language == "json":
        import json

        return json.dumps(data, indent=indent, allow_nan=False)
    return _write_yaml(data)


#: What to pass over when brackets are counted. A string swallows the rest where it does not end, so that a
#: scan takes one pass. Strings in YAML cannot be told apart so simply; no word that is read has brackets.
_SKIPPED = {"json": r'"(?:[^"\\]|\\.)*+"?', "yaml": r"(?:^|(?<=\s))\#[^\n]*+"}


def _scan(text: str, language: str, source: Source) -> None:
    """Count brackets before a parser runs that would answer depth with recursion, or with patience."""
    import re

    depth = 0
    for found in re.finditer(rf"{_SKIPPED[language]}|[\[\]{{}}]", text, re.DOTALL | re.MULTILINE):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        if depth > MAX_DEPTH:
            too_deep(source, "")


def _number(text: str) -> Any:
    """The number that is written, or a refusal where no float is near it."""
    if len(text) > MAX_WORD:
        return _Refused(f"must have at most {MAX_WORD} characters, got {len(text):,}")
    if text.lstrip("+-").isdecimal():
        return int(text)
    value = float(text)
    if value in (math.inf, -math.inf) or (value == 0 and text.lower().partition("e")[0].strip("+-0.")):
        return _Refused(f"must be a number that a float can hold, got {text}")
    return value


# JSON -------------------------------------------------------------------------------------------------------------


def _read_json(text: str) -> Any:
    import json

    try:
        return json.loads(text, object_pairs_hook=_object, parse_float=_number, parse_int=_number)
    except json.JSONDecodeError as error:
        raise ScheduleError(f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None


def _object(pairs: list[tuple[str, Any]]) -> Any:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        return _Refused(f"must have every key once, got {show(next(k for k in keys if keys.count(k) > 1))} twice")
    return made


# YAML -------------------------------------------------------------------------------------------------------------


def _pyyaml() -> Any:
    try:
        import yaml
    except ModuleNotFoundError:
        raise ModuleNotFoundError('YAML files need PyYAML: pip install "glidepath[yaml]"', name="yaml") from None
    return yaml


class _Yaml:
    """Builds data from the events of PyYAML's own parser, one by one, and stops at the first that is too much.

    Nothing of PyYAML's that resolves, composes or constructs is used: numbers and words are told apart here.
    """

    def __init__(self, text: str, source: Source) -> None:
        self.yaml = _pyyaml()
        self.source = source
        self.events: Iterator[Any] = self.yaml.parse(text, Loader=self.yaml.SafeLoader)
        self.values = 0

    def read(self) -> Any:
        yaml = self.yaml
        try:
            next(self.events)  # the start of the stream
            event = next(self.events)
            if isinstance(event, yaml.StreamEndEvent):
                raise ScheduleError("the text is empty")
            if event.version or event.tags:
                raise ScheduleError("YAML directives (%YAML, %TAG) are not read here: leave them out")
            first = next(self.events)
            self.source.lines[""] = first.start_mark.line + 1
            data = self._value(first, "", 0)
            next(self.events)  # the end of the document
            if not isinstance(next(self.events), yaml.StreamEndEvent):
                raise ScheduleError("the text holds several YAML documents: one is read")
        except ScheduleError:
            raise
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
            self.source.lines.clear()
            raise ScheduleError(f"not YAML: {error.problem or error.context}{place}") from None
        except (yaml.YAMLError, ValueError, OverflowError) as error:  # PyYAML lets some of Python's through
            self.source.lines.clear()
            raise ScheduleError(f"not YAML: {str(error).splitlines()[0]}") from None
        return data

    def _value(self, event: Any, path: str, depth: int) -> Any:
        yaml = self.yaml
        self.source.here = path
        self.values += 1
        if self.values > MAX_NODES + MAX_ENTRIES:
            raise ScheduleError(f"the specification must have at most {MAX_NODES:,} values")
        self._check_plain(event)
        if isinstance(event, yaml.ScalarEvent):
            return _yaml_scalar(event.value) if event.style is None else event.value
        if depth >= MAX_DEPTH:
            too_deep(self.source, path)
        return self._list(path, depth) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(path, depth)

    def _check_plain(self, event: Any) -> None:
        if isinstance(event, self.yaml.AliasEvent) or event.anchor is not None:
            raise ScheduleError("YAML anchors and aliases (& and *) are not read here: write the value out")
        if event.tag is not None:
            raise ScheduleError(f"YAML tags are not read here: leave {show(event.tag)} out")

    def _list(self, path: str, depth: int) -> list[Any]:
        made: list[Any] = []
        while not isinstance(event := next(self.events), self.yaml.SequenceEndEvent):
            here = f"{path}[{len(made)}]"
            self.source.lines[here] = event.start_mark.line + 1
            made.append(self._value(event, here, depth + 1))
        return made

    def _mapping(self, path: str, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        while not isinstance(event := next(self.events), self.yaml.MappingEndEvent):
            self.source.here = path
            self._check_plain(event)
            if not isinstance(event, self.yaml.ScalarEvent):
                raise ScheduleError(f"{path or 'the specification'} must have words for keys, got a YAML collection")
            key = event.value
            if key == "<<" and event.style is None:
                raise ScheduleError("YAML merge keys (<<) are not read here: write the fields out")
            here = join(path, key) if len(key) <= MAX_WORD else path
            self.source.lines[here] = event.start_mark.line + 1
            if key in made:
                self.source.here = here
                raise ScheduleError(f"{path or 'the specification'} must have every key once, got {show(key)} twice")
            made[key] = self._value(next(self.events), here, depth + 1)
        return made


def _yaml_scalar(text: str) -> Any:
    """What an unquoted word means in YAML 1.2's core schema; refused where YAML 1.1 means another number."""
    import re

    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text[0] in "tT"
    if re.fullmatch(r"[-+]?0[0-9]+", text):
        return _Refused(f"must be a number without leading zeros, got {show(text)}")
    if re.fullmatch(r"[-+]?0[xob][0-9a-fA-F_]+", text):
        return _Refused(f"must be a decimal number, got {show(text)}")
    if re.fullmatch(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", text):
        return _Refused(f"must be a finite number, got {text}")
    if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", text):
        return _number(text)
    return text


def _write_yaml(data: Any) -> str:
    yaml = _pyyaml()

    class Dumper(yaml.SafeDumper):  # type: ignore[misc, name-defined]
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def word(dumper: Any, text: str) -> Any:
        # PyYAML quotes what YAML 1.1 takes for a number; this adds what 1.2 does.
        style = None if type(_yaml_scalar(text)) is str else '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    def table(dumper: Any, items: list[Any]) -> Any:
        flat = not any(isinstance(item, (dict, list)) for item in items)
        return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flat)

    Dumper.add_representer(str, word)
    Dumper.add_representer(list, table)
    text: str = yaml.dump(data, Dumper=Dumper, sort_keys=False, default_flow_style=False, width=100)
    return text
