"""A schedule as a tree: its numbers (the leaves) and its structure, taken apart and put together again.

The structure is hashable and holds no number that may be traced; two schedules of one structure differ in
their leaves alone. Nothing is checked here: leaves may be tracers, None or any object.

Many schedules of one structure are one schedule whose every leaf is a column, with an entry for each of
them (`Packed`). A long join is evaluated, and handed to JAX, in that form.
"""

from __future__ import annotations

from .arrays import PLAIN, depth, is_plain, library
from .fields import PLAIN_FIELD
from .schedule import Schedule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from .arrays import Namespace
    from .fields import Role

    #: ``(kind, ((field, how it was taken apart), ...))``
    Structure = tuple[type[Schedule], tuple[tuple[str, tuple[Any, ...]], ...]]

__all__ = ["Packed", "leaves", "longest", "merge", "split", "transform", "unpacked", "walk"]


class Packed:
    """A sequence of schedules, held as one schedule of columns for every structure among them.

    groups: a schedule for each structure. Where it stands for several, its leaves are columns.
    members: for each schedule of the sequence, its group and its row there.
    """

    __slots__ = ("groups", "members", "sizes")

    def __init__(self, groups: tuple[Schedule, ...], members: tuple[tuple[int, int], ...]) -> None:
        self.groups = groups
        self.members = members
        owners = [group for group, _ in members]
        self.sizes = tuple(owners.count(group) for group in range(len(groups)))

    @staticmethod
    def of(schedules: Sequence[Schedule]) -> Packed:
        """Pack some schedules."""
        rows: dict[Structure, list[list[Any]]] = {}
        members = []
        for schedule in schedules:
            numbers, structure = split(schedule)
            group = rows.setdefault(structure, [])
            members.append((structure, len(group)))
            group.append(numbers)
        place = {structure: i for i, structure in enumerate(rows)}
        groups = tuple(
            merge(structure, group[0] if len(group) == 1 else list(zip(*group, strict=True)))
            for structure, group in rows.items()
        )
        return Packed(groups, tuple((place[structure], row) for structure, row in members))

    def __len__(self) -> int:
        return len(self.members)

    def __getitem__(self, i: int) -> Schedule:
        group, row = self.members[i]
        return self.at_row(group, row, PLAIN)

    def __repr__(self) -> str:
        return repr(tuple(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return Packed, (self.groups, self.members)

    def __iter__(self) -> Iterator[Schedule]:
        return (self[i] for i in range(len(self)))

    def at_row(self, group: int, row: Any, xp: Namespace) -> Schedule:
        """The schedule of a group at ``row``, which may be an array of rows."""
        schedule = self.groups[group]
        if self.sizes[group] == 1:
            return schedule

        def entry(_: Role, column: Any, axes: int, columns: int) -> Any:
            if not columns:  # it is no column, but structure
                return column
            # What is the same for all stays a plain number.
            if type(column) is tuple and is_plain(column) and depth(column) == 1 and len(set(map(repr, column))) == 1:
                return column[0]
            return xp.take(column, row, axes + columns)

        return transform(schedule, entry, 1)


def below(held: Any) -> Sequence[Schedule]:
    """The schedules in a field."""
    if isinstance(held, Schedule):
        return (held,)
    if type(held) is Packed:
        return held.groups
    return held if type(held) is tuple and held and isinstance(held[0], Schedule) else ()


def _sizes(held: Any, schedules: Sequence[Schedule]) -> Sequence[int]:
    """How many schedules each of those in a field stands for."""
    return held.sizes if type(held) is Packed else (1,) * len(schedules)


def _with_below(held: Any, schedules: Sequence[Schedule]) -> Any:
    """A field as it was, with other schedules in it."""
    if isinstance(held, Schedule):
        return schedules[0]
    return Packed(tuple(schedules), held.members) if type(held) is Packed else tuple(schedules)


def _is_leaf(held: Any, role: Role) -> bool:
    """Numbers, what stands for them, and tuples of them (a column). Settings and None are structure.

    Anything may stand for a number, a mask of bools too; a field without a role alone holds numbers or settings.
    """
    if role.static or held is None:
        return False
    if role is PLAIN_FIELD and (type(held) in (str, bool) or callable(held)):
        return False
    return type(held) is not tuple or bool(held)


def split(
    schedule: Schedule, *, frozen: bool = False, nones: bool = False, columns: int = 0
) -> tuple[list[Any], Structure]:
    """The leaves, in the order of the fields, and the structure that `merge` needs to put them back.

    frozen: count lengths and boundaries as structure (a `Repeat` with a broken stretch asks for it).
    nones: count None as a leaf, so that a tree with some leaves put away has the structure that it had.
    columns: how many axes a leaf has by the columns that it lies in.
    """
    frozen = frozen or schedule._lengths_are_structure
    numbers: list[Any] = []
    taken: list[tuple[str, tuple[Any, ...]]] = []
    for name, held in schedule._state().items():
        role = schedule._roles[name]
        if schedules := below(held):
            sizes = _sizes(held, schedules)
            pairs = [
                split(part, frozen=frozen, nones=nones, columns=columns + (size > 1))
                for part, size in zip(schedules, sizes, strict=True)
            ]
            for found, _ in pairs:
                numbers += found
            how = "parts" if type(held) is tuple else type(held).__name__ if type(held) is Packed else "part"
            members = held.members if type(held) is Packed else ()
            taken.append((name, (how, members, tuple((len(found), structure) for found, structure in pairs))))
        elif (_is_leaf(held, role) or (nones and held is None and not role.static)) and not (frozen and role.duration):
            numbers.append(held)
            taken.append((name, ("leaf", max(role.axes + columns, depth(held)))))
        else:
            taken.append((name, ("static", held)))
    return numbers, (type(schedule), tuple(taken))


def merge(structure: Structure, numbers: Sequence[Any]) -> Schedule:
    """The schedule of that structure with those leaves."""
    kind, taken = structure
    state: dict[str, Any] = {}
    at = 0
    for name, (how, *what) in taken:
        if how == "leaf":
            state[name] = _as_tuple(numbers[at], what[0])
            at += 1
        elif how == "static":
            state[name] = what[0]
        else:
            members, pairs = what
            made = []
            for size, inner in pairs:
                made.append(merge(inner, numbers[at : at + size]))
                at += size
            state[name] = made[0] if how == "part" else tuple(made) if how == "parts" else Packed(tuple(made), members)
    return kind._from_state(state)


def _as_tuple(leaf: Any, axes: int) -> Any:
    """A leaf that was a tuple, and is one still but for its form: `jax` takes NumPy arrays in the place of tuples."""
    if not axes or library(leaf) != "numpy" or leaf.ndim != axes:
        return leaf
    return tuple(tuple(row) if type(row) is list else row for row in leaf.tolist())


def transform(
    schedule: Schedule, change: Callable[[Role, Any, int, int], Any], columns: int = 0, frozen: bool = False
) -> Schedule:
    """A copy with every leaf replaced by ``change(role, leaf, axes, columns)``.

    axes: how many axes the leaf has by its role.
    columns: how many more it has by the columns that it lies in.
    frozen: whether lengths are structure, which is the same for all rows of a column.
    """
    frozen = frozen or schedule._lengths_are_structure
    state = {}
    for name, held in schedule._state().items():
        role = schedule._roles[name]
        if schedules := below(held):
            sizes = _sizes(held, schedules)
            pairs = zip(schedules, sizes, strict=True)
            state[name] = _with_below(held, [transform(part, change, columns + (n > 1), frozen) for part, n in pairs])
        elif _is_leaf(held, role):
            state[name] = change(role, held, role.axes, 0 if frozen and role.duration else columns)
        else:
            state[name] = held
    return schedule._from_state(state)


def _in_arrays(held: Any) -> bool:
    """Whether a field is packed in columns that are arrays, or what may stand for one."""
    return type(held) is Packed and any(
        size > 1 and (type(column) is not tuple or len(column) != size)
        for group, size in zip(held.groups, held.sizes, strict=True)
        for _, _, column in leaves(group)
    )


def unpacked(schedule: Schedule) -> Schedule:
    """The schedule with tuples in place of columns, as it was written; columns that are arrays stay."""
    state: dict[str, Any] = {}
    for name, held in schedule._state().items():
        if isinstance(held, Schedule):
            state[name] = unpacked(held)
        else:
            state[name] = tuple(map(unpacked, held)) if below(held) and not _in_arrays(held) else held
    return schedule._from_state(state)


def walk(schedule: Schedule, path: str = "") -> Iterator[tuple[str, Schedule]]:
    """The schedule and every schedule beneath it, each with its path (``parts[1]``)."""
    yield path, schedule
    for name in schedule._roles:
        held = getattr(schedule, name)
        here = f"{path}.{name}" if path else name
        if isinstance(held, Schedule):
            yield from walk(held, here)
        elif type(held) is Packed or below(held):
            for i, part in enumerate(held):
                yield from walk(part, f"{here}[{i}]")


def leaves(schedule: Schedule) -> Iterator[tuple[str, Role, Any]]:
    """Every leaf with its path (``parts[1].steps``) and role."""
    for path, node in walk(schedule):
        for name, role in node._roles.items():
            held = getattr(node, name)
            if not below(held) and _is_leaf(held, role):
                yield f"{path}.{name}" if path else name, role, held


def longest(schedule: Schedule) -> str:
    """``Linear.steps is 3000000000``: the largest whole number in a schedule, for an error about it."""
    worst = ("", 0)
    for path, _, held in leaves(schedule):
        for item in held if type(held) is tuple else (held,):
            if type(item) is int and abs(item) > abs(worst[1]):
                worst = (path, item)
    name = type(schedule).__name__
    return f"{name}.{worst[0]} is {worst[1]}" if worst[0] else f"a number in {name}"
