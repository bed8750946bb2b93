"""What ``value.name`` and ``value[key]`` give."""

# ruff: noqa: C901, PLR0911 - one branch for each kind of value reads best in one place

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.sources.python.tables import column_name, find_table, is_column
from mig.sources.python.values import (
    MISSING,
    Attr,
    Binary,
    Call,
    Class,
    Connection,
    Context,
    Function,
    Instance,
    Item,
    Items,
    Listed,
    Listing,
    Names,
    Ref,
    Rows,
    Unknown,
    data,
    is_plain,
)

if TYPE_CHECKING:
    from mig.sources.python.machine import Machine

_CONNECTIONS = frozenset(
    {"engine", "connection", "bind", "session", "sync_connection", "sync_engine", "driver_connection"}
)
DIALECT = Ref("mig.dialect")


def attribute(base: object, name: str, machine: Machine) -> object:
    """``base.name``."""
    match base:
        case Ref(path="mig.dialect") if name in {"name", "driver"}:
            return machine.dialect_name() if name == "name" else data("the driver")
        case Ref(path=path):
            return Ref(f"{path}.{name}")
        case Connection() | Context():
            return _of_connection(base, name, machine)
        case Class():
            return _of_class(base, name)
        case Instance():
            return _of_instance(base, name)
        case Rows():
            return _of_row(base, name, machine)
        case Listed(of=listing) if name == "name":
            return Listed(listing, is_name=True)
        case Unknown(why="the parameter tables"):
            return Attr(base, name)
        case Unknown():
            return (
                Unknown(f"{name} of something that is not known", is_plain=base.is_plain)
                if name not in _CONNECTIONS
                else base
            )
        case Call():
            return _of_call(base, name)
        case str() | int() if name == "value" and not isinstance(base, bool):
            # A member of an enumeration stands for its value here.
            return base
        case _:
            return Attr(base, name)


def _of_connection(base: Connection | Context, name: str, machine: Machine) -> object:
    if name == "dialect":
        return DIALECT
    if name == "name":
        return machine.dialect_name()
    if name in _CONNECTIONS:
        return Connection()
    if name == "config":
        return data("Alembic's configuration")
    if name == "as_sql":
        return False
    if name in {"impl", "migration_context"}:
        return Context()
    return Attr(base, name)


def _of_class(base: Class, name: str) -> object:
    value = base.find(name)
    if isinstance(value, Call) and is_column(value):
        return Attr(base, name)
    if name in {"c", "columns", "__table__", "query"} or value is MISSING or value is None:
        return Attr(base, name)
    return value


def _of_instance(base: Instance, name: str) -> object:
    if name in base.names:
        return base.names[name]
    value = base.of.find(name)
    if isinstance(value, Function):
        return Function(value.node, value.scope, base, value.wrapped_by)
    if isinstance(value, Call) and is_column(value):
        return data("a column of a new row")
    return value if value is not None else data(f"the attribute {name}")


def _of_row(base: Rows, name: str, machine: Machine) -> object:
    declared = base.of.find(name)
    if isinstance(declared, Function):
        return Function(declared.node, declared.scope, base, declared.wrapped_by)
    if isinstance(declared, Call) and not is_column(declared):
        machine.opaque(f"the relationship {name} is loaded where it is used")
    return data("a value of a row")


def _of_call(base: Call, name: str) -> object:
    if name == "name":
        if is_column(base):
            return column_name(base)
        if (table := find_table(base)) is not None:
            return table.name
        named = base.kwargs.get("name")
        return named if isinstance(named, str) else Attr(base, name)
    if name == "schema" and (table := find_table(base)) is not None:
        return table.schema or None
    return Attr(base, name)


def item(base: object, key: object, machine: Machine) -> object:
    """``base[key]``."""
    match base:
        case Items(is_doubtful=True):
            return machine.merge(*base) if 0 < len(base) < 50 else data("an element")
        case str() | list() | tuple():
            return _of_sequence(base, key)
        case dict():
            return _of_dict(base, key, machine)
        case Listed(of=listing) if key == "name":
            return Listed(listing, is_name=True)
        case Listed() | Listing():
            machine.look_at((base,))
            return data("what the inspector lists")
        case Unknown():
            return Unknown("an element of something that is not known", is_plain=base.is_plain)
        case Rows():
            return base
        case Attr() | Call() | Item() | Binary():
            return Item(base, key)
        case Class():
            return _member(base, key)
        case Ref(path=path) if "sqlalchemy" in path:
            return base
        case _:
            return data("an element")


def _member(base: Class, key: object) -> object:
    return base.names.get(key, data("a member")) if isinstance(key, str) else base


def _of_sequence(base: str | list[object] | tuple[object, ...], key: object) -> object:
    if isinstance(key, slice):
        bounds = (key.start, key.stop, key.step)
        if not all(b is None or isinstance(b, int) for b in bounds):
            return Unknown("a part of a sequence", is_plain=is_plain(base))
    elif not isinstance(key, int):
        return Unknown("an element", is_plain=is_plain(base))
    try:
        return base[key]
    except (IndexError, ValueError):
        return data("an element that is not there")


def _of_dict(base: dict[object, object], key: object, machine: Machine) -> object:
    doubtful = getattr(base, "is_doubtful", False)
    try:
        if key in base and not doubtful:
            return base[key]
    except TypeError:
        return data("an element")
    if isinstance(base, Names) and base.factory:
        if isinstance(key, (str, int)) and key in base:
            return base[key]
        made = machine.make_default(base.factory)
        machine.put(base, key, made)
        return made
    if isinstance(key, Unknown) and 0 < len(base) < 200:
        return machine.merge(*base.values())
    return Unknown("an element", is_plain=is_plain(base))
