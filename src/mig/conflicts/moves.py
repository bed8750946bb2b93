"""Which name a thing has now that migrations came before one that was written without them.

Two schemas are followed side by side: the one that a migration was written for, and the one that it
meets.  Where a thing has another name in the second, the rewritten migration uses that one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mig.effects.footprint import Access

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mig.effects.footprint import Effect

GONE = ""
"""What a thing is called that was dropped."""

_IN_TABLE = frozenset({"column", "constraint", "trigger", "policy", "rule", "values", "sequence", "key"})
_OF_TABLE = frozenset({"rows", "shape", "names", "parts"})
_ABOUT = frozenset({"comment", "grants"})
_TABLES = frozenset({"table", "relation"})
_PART = re.compile(r'"(?:[^"]|"")*"|[^."]+')


def split_name(name: str) -> tuple[str, ...]:
    """The parts of a resource's name, which dots join outside of quotes."""
    return tuple(_PART.findall(name))


class Moves:
    """From names in the schema that a migration was written for to those in the schema that it meets.

    Args:
        names: what is known from the start; ``GONE`` for what is no longer there.
    """

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        self.names: dict[str, str] = dict(names or {})
        self._made: set[str] = set()

    def copy(self) -> Moves:
        other = Moves(self.names)
        other._made = set(self._made)
        return other

    def find(self, resource: str) -> str:
        """The resource's name now, itself where it kept it, ``GONE`` where it was dropped."""
        if resource in self.names:
            return self.names[resource]
        kind, _, name = resource.partition(":")
        if kind in _ABOUT and ":" in name:
            found = self.find(name)
            return f"{kind}:{found}" if found else GONE
        if kind == "values":
            column = self.names.get(f"column:{name}")
            if column is not None:
                return f"values:{column.partition(':')[2]}" if column else GONE
        if kind in _OF_TABLE or kind in _ABOUT:
            table = self._table(name)
            return f"{kind}:{table}" if table else GONE
        return self.below(resource)

    def below(self, resource: str) -> str:
        """The resource under the name that its table or schema has now; its own name stays."""
        kind, _, name = resource.partition(":")
        *above, last = split_name(name) or ("",)
        if not above:
            return resource
        owner = ".".join(above)
        if kind in _IN_TABLE and owner not in {"new", "old"}:
            found = self._table(owner)
        else:
            found = self.names.get(f"schema:{owner}", f"schema:{owner}").partition(":")[2]
        return f"{kind}:{found}.{last}" if found else GONE

    def _table(self, name: str) -> str:
        for kind in ("relation", "table", "view"):
            if f"{kind}:{name}" in self.names:
                return self.names[f"{kind}:{name}"].partition(":")[2]
        return self.below(f"relation:{name}").partition(":")[2]

    def come_before(self, effects: Iterable[Effect]) -> None:
        """An operation that the migration was written without, and now comes after."""
        for effect in effects:
            name = effect.resource
            if effect.access is Access.CREATE and not effect.renamed_from:
                self._made.add(name)
            elif effect.access is Access.DROP:
                self._retarget(name, effect.renamed_to)

    def _retarget(self, before: str, after: str) -> None:
        known = [old for old, new in self.names.items() if new == before]
        for old in known:
            self.names[old] = after
        if not known and before not in self._made:
            # A name that stands for another thing already is nobody's from before.
            self.names.setdefault(self._origin(before), after)
        if before in self._made:
            self._made.discard(before)
            self._made.update([after] if after else [])
        for old, new in list(self.names.items()):
            self.names[old] = _moved(new, before, after)

    def _origin(self, resource: str) -> str:
        """What a thing was called at the start, where only its table or schema has another name now."""
        kind, _, name = resource.partition(":")
        *above, last = split_name(name) or ("",)
        owner = ".".join(above)
        owners = ("relation", "table") if kind in _IN_TABLE else ("schema",)
        for old, new in self.names.items():
            if owner and new.partition(":")[0] in owners and _name(new) == owner:
                return f"{kind}:{_name(old)}.{last}"
        return resource

    def go_on(self, was: Sequence[Effect], now: Sequence[Effect], start: Moves | None = None) -> None:
        """One of the migration's own operations, as it was written and as it is now.

        ``start`` are the names at the beginning of what a down takes back: what it makes again gets
        the name that it had there.
        """
        for effect in was:
            name = effect.resource
            if effect.access is Access.DROP:
                self._own_drop(name, effect.renamed_to)
            elif effect.access is Access.CREATE:
                self._own_create(name, "" if effect.renamed_from else name)
                if start is not None and name in start.names and start.names[name]:
                    self.names[name] = start.names[name]
        for before, after in _generated(was, now):
            self.names[before] = after

    def _own_drop(self, name: str, after: str) -> None:
        now = self.names.pop(name, name)
        for old, new in list(self.names.items()):
            moved = _moved(old, name, after)
            if moved != old:
                del self.names[old]
                if moved:
                    self.names[moved] = _moved(new, now, after)

    def _own_create(self, name: str, fresh: str) -> None:
        self.names.pop(name, None)
        if fresh:
            for old in [old for old in self.names if _moved(old, fresh, GONE) != old]:
                del self.names[old]

    def words(self) -> set[str]:
        """Every part of a name that may be another one now."""
        return {part for old, new in self.names.items() if old != new for part in split_name(_name(old))}


def _moved(resource: str, before: str, after: str) -> str:
    """A resource that lies below one that was renamed, or dropped (``after`` is ``GONE``)."""
    kind, _, name = resource.partition(":")
    above, _, old = before.partition(":")
    new = _name(after)
    if above in _TABLES and kind in _IN_TABLE and name.startswith(f"{old}."):
        return f"{kind}:{new}{name[len(old) :]}" if after else GONE
    if above == "schema" and name.startswith(f"{old}."):
        return f"{kind}:{new}{name[len(old) :]}" if after else GONE
    return resource


def _name(resource: str) -> str:
    return resource.partition(":")[2]


def _generated(was: Sequence[Effect], now: Sequence[Effect]) -> list[tuple[str, str]]:
    """Names that the database makes up from others, before and after the others changed."""
    made = [[e for e in each if e.access is Access.CREATE and e.implicit] for each in (was, now)]
    if len(made[0]) != len(made[1]):
        return []
    return [
        (one.resource, other.resource)
        for one, other in zip(*made, strict=True)
        if one.kind == other.kind and one.resource != other.resource
    ]
