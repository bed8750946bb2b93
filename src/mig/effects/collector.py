"""Gathers the effects of one statement, each once and in the order of reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.effects import names
from mig.effects.cursor import UnreadError
from mig.effects.footprint import Access, Effect

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_EFFECTS = 200_000
_MYSQL = frozenset({"mysql", "mariadb"})


class Collector:
    """The effects of one statement, and why it could not be read, if so.

    ``kinds`` are the few words for people; ``opened`` counts statements inside the statement.
    """

    __slots__ = ("_count", "_effects", "dialect", "kinds", "reasons", "taken")

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self._count = 0
        self._effects: dict[Effect, None] = {}
        self.kinds: dict[str, None] = {}
        self.reasons: dict[str, None] = {}
        self.taken = names.Taken()

    def __iter__(self) -> Iterator[Effect]:
        return iter(self._effects)

    @property
    def is_mysql(self) -> bool:
        return self.dialect in _MYSQL

    @property
    def is_postgresql(self) -> bool:
        return self.dialect == "postgresql"

    def put(self, effect: Effect) -> None:
        self._count += 1
        if self._count > MAX_EFFECTS:
            raise UnreadError(f"more than {MAX_EFFECTS} effects")
        if effect.resource.endswith(":"):
            raise UnreadError(f"a {effect.kind} without a name")
        self._effects[effect] = None

    def kind(self, words: str) -> None:
        self.kinds[words] = None

    def opaque(self, reason: str) -> None:
        self.reasons[reason] = None

    def create(self, resource: str, aspect: str = "", detail: str = "", implicit: str = "") -> None:
        self.put(
            Effect(resource=resource, access=Access.CREATE, aspect=aspect, detail=detail, implicit=implicit)
        )

    def drop(self, resource: str, aspect: str = "", detail: str = "", implicit: str = "") -> None:
        self.put(
            Effect(resource=resource, access=Access.DROP, aspect=aspect, detail=detail, implicit=implicit)
        )

    def alter(self, resource: str, aspect: str, detail: str = "", implicit: str = "") -> None:
        self.put(
            Effect(resource=resource, access=Access.ALTER, aspect=aspect, detail=detail, implicit=implicit)
        )

    def need(self, resource: str, aspect: str, detail: str = "", implicit: str = "") -> None:
        self.put(
            Effect(resource=resource, access=Access.NEED, aspect=aspect, detail=detail, implicit=implicit)
        )

    def read(self, resource: str, aspect: str, detail: str = "") -> None:
        self.put(Effect(resource=resource, access=Access.READ, aspect=aspect, detail=detail))

    def write(self, resource: str, aspect: str, detail: str = "") -> None:
        self.put(Effect(resource=resource, access=Access.WRITE, aspect=aspect, detail=detail))

    def need_relation(self, name: str, aspect: str) -> None:
        """Something under this name: a table, or a view that stands for one."""
        self.need(f"relation:{name}", aspect)
        self.need(f"table:{name}", aspect)
        self.need_schema(name)

    def need_schema(self, name: str) -> None:
        schema, _, _ = name.rpartition(".")
        if schema and not name.endswith('"'):
            self.need(f"schema:{schema}", "table")

    def create_relation(self, kind: str, name: str, aspect: str = "", detail: str = "") -> None:
        """A thing in the one name space of tables, views, indexes and sequences."""
        self.create(f"relation:{name}", aspect)
        self.create(f"{kind}:{name}", aspect, detail)
        if self.is_postgresql and kind in {"table", "view"}:
            self.create(f"type:{name}", aspect, implicit="row type")
        self.need_schema(name)

    def drop_relation(self, kind: str, name: str, aspect: str = "", detail: str = "") -> None:
        self.drop(f"relation:{name}", aspect)
        self.drop(f"{kind}:{name}", aspect, detail)
        if self.is_postgresql and kind in {"table", "view"}:
            self.drop(f"type:{name}", aspect, implicit="row type")

    def rename(self, kind: str, old: str, new: str, aspect: str = "") -> None:
        """The same thing under another name: gone under the old one, there under the new one."""
        before, after = f"{kind}:{old}", f"{kind}:{new}"
        self.put(Effect(resource=before, access=Access.DROP, aspect=aspect, renamed_to=after))
        self.put(Effect(resource=after, access=Access.CREATE, aspect=aspect, renamed_from=before))

    def rename_relation(self, kind: str, old: str, new: str, aspect: str = "") -> None:
        self.rename("relation", old, new, aspect)
        self.rename(kind, old, new, aspect)
        if self.is_postgresql and kind in {"table", "view"}:
            self.rename("type", old, new, aspect)

    def index(self, table: str, index: str) -> str:
        """The resource of an index, whose name is its table's in MariaDB and MySQL."""
        return f"index:{table}.{index}" if self.is_mysql else f"index:{names.within(table, index)}"

    def create_index(self, table: str, index: str, detail: str, aspect: str = "", implicit: str = "") -> None:
        if not self.is_mysql:
            self.create(f"relation:{names.within(table, index)}", aspect, implicit=implicit)
        self.create(self.index(table, index), aspect, detail, implicit)

    def numbered(self, table: str, stem: str) -> str:
        """Take a name that MariaDB or MySQL numbers within the table, as far as the statement tells."""
        self.alter(f"names:{table}", "generated", stem)
        return self.taken.count(stem, "_", 1)

    def generated(self, table: str, stem: str) -> str:
        """Take a name of the database's own making; two that begin alike depend on the order."""
        self.alter(f"names:{table}", "generated", stem)
        return self.taken.number(stem, self.dialect)
