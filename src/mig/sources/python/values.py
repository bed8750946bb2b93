"""What an expression of a migration stands for while its syntax tree is followed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast


class TooMuchError(Exception):
    """Following the file would take more steps than anybody's migration does; never leaves the package."""


@dataclass(frozen=True, slots=True, eq=False)
class Unknown:
    """A value that only running the file would tell.

    ``is_plain`` says that it is data: no call of its methods can reach the database.  ``exists`` names
    the resource whose being there it tells, with ``is_negated`` for its absence.
    """

    why: str
    is_plain: bool = False
    is_number: bool = False
    exists: str = ""
    is_negated: bool = False


MISSING = Unknown("a name that is bound nowhere")


@dataclass(frozen=True, slots=True)
class DialectName:
    """The name of the database's dialect, of which MariaDB has two."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ref:
    """Something imported, or built in, by its dotted name."""

    path: str

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]


@dataclass(frozen=True, slots=True, eq=False)
class Attr:
    """``base.name`` of something that is not followed into."""

    base: object
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """``base[key]`` of something that is not followed into."""

    base: object
    key: object


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A call that makes something: a column, a type, a piece of a query."""

    func: object
    args: tuple[object, ...]
    kwargs: dict[str, object]
    line: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Binary:
    """``left sign right`` where a side is a piece of a query."""

    sign: str
    left: object
    right: object


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of the file, with the names that it sees around it."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    bound: object = None
    wrapped_by: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A class of the file; ``names`` is what its body binds."""

    name: str
    bases: tuple[object, ...]
    names: dict[str, object]

    def find(self, name: str, depth: int = 0) -> object:
        if name in self.names:
            return self.names[name]
        for base in self.bases:
            if isinstance(base, Class) and depth < 10 and (found := base.find(name, depth + 1)) is not None:
                return found
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """An object of one of the file's classes."""

    of: Class
    names: dict[str, object]


@dataclass(frozen=True, slots=True)
class Connection:
    """A way to the database: a connection, an engine, a session, a cursor; ``kind`` tells which."""

    kind: str = "connection"


@dataclass(frozen=True, slots=True)
class Context:
    """Alembic's migration context."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What ``with op.batch_alter_table(...)`` gives."""

    table: str
    schema: str = ""
    recreate: str = "auto"
    is_whole: bool = True
    """Whether the copy is made of all that the table has, and nothing else."""
    calls: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Inspector:
    """SQLAlchemy's inspector."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What an inspector lists: ``tables``, or ``columns``, ``indexes``, ... of a table."""

    kind: str
    table: str = ""
    schema: str = ""
    names: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """One member of what an inspector lists, or its name."""

    of: Listing
    is_name: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Objects of a mapped class as a session loads them; their attributes are written through."""

    of: Class


@dataclass(slots=True, eq=False)
class Scope:
    """The names of a module or of a call of a function; ``shared`` are bound in a scope around it.

    ``module`` is the dotted name of a module of the project, ``package`` that of the package it is in.
    """

    names: dict[str, object] = field(default_factory=dict)
    outer: Scope | None = None
    module: str = ""
    package: str = ""
    shared: dict[str, Scope] = field(default_factory=dict)

    def find(self, name: str) -> object:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return MISSING

    def module_name(self) -> str:
        """The dotted name of the project's module that these names are in; empty for the migration's own."""
        return self.outermost().module

    def outermost(self) -> Scope:
        """The scope of the module that this one is in."""
        scope = self
        while scope.outer is not None:
            scope = scope.outer
        return scope


class Items(list[object]):
    """A list.  ``born`` counts the doubtful branches that were open where it was made.

    One that was changed in another branch is doubtful: it may hold less or more than what is seen.
    """

    born = 0
    is_doubtful = False

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)


class Group(Items):
    """A set."""


class Names(dict[object, object]):
    """A dictionary, likewise.  ``factory`` makes what is missing, as in a ``defaultdict``."""

    born = 0
    is_doubtful = False
    factory = ""

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)


def is_small(value: object, limit: int = 5_000) -> bool:
    """Whether a value holds fewer parts than this, each counted as often as it is held."""
    waiting, seen = [value], 0
    while waiting:
        seen += 1
        part = waiting.pop()
        if seen + len(waiting) > limit:
            return False
        if isinstance(part, (list, tuple)):
            if len(part) > limit:
                return False
            waiting.extend(part)
        elif isinstance(part, dict):
            if len(part) > limit:
                return False
            waiting.extend(part.values())
    return True


def is_plain(value: object) -> bool:
    """Whether a value is data, with which nothing can reach the database."""
    return is_small(value) and _is_plain(value, 0)


def _is_plain(value: object, depth: int) -> bool:
    match value:
        case Unknown():
            return value.is_plain
        case list() | tuple():
            return depth < 20 and all(_is_plain(v, depth + 1) for v in value)
        case dict():
            return depth < 20 and all(_is_plain(v, depth + 1) for v in value.values())
        case None | bool() | int() | float() | str() | bytes() | DialectName() | Listed() | Listing():
            return True
        case _:
            return False


def data(why: str) -> Unknown:
    """Data that is not known."""
    return Unknown(why, is_plain=True)


def number(why: str) -> Unknown:
    return Unknown(why, is_plain=True, is_number=True)


def sign_of(value: object) -> object:
    """What tells two calls of a function apart."""
    match value:
        case Unknown():
            return ("unknown", value.is_plain, value.is_number)
        case None | bool() | int() | float() | str() | bytes() | Ref() | Listed() | Listing():
            return value
        case tuple() | list() if is_small(value, 200):
            return (type(value).__name__, *(sign_of(v) for v in value))
        case dict() if is_small(value, 200):
            return ("dict", *((k if isinstance(k, str) else "?", sign_of(v)) for k, v in value.items()))
        case _:
            return id(value)


def is_key(key: object) -> bool:
    match key:
        case str() | int() | float() | None | bytes() | Attr() | Call() | Ref():
            return True
        case tuple():
            return is_small(key, 200) and all(is_key(k) for k in key)
        case _:
            return False


def is_same(one: object, other: object) -> bool:
    if type(one) is not type(other):
        return False
    return isinstance(one, (str, int, float, bytes, Ref)) and one == other
