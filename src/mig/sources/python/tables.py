"""Finds the table, the columns and the queries behind the constructs of SQLAlchemy."""

# ruff: noqa: C901, PLR0911 - one branch for each kind of value reads best in one place

from __future__ import annotations

from typing import NamedTuple

from mig.sources.python.quoting import is_known
from mig.sources.python.values import Attr, Binary, Call, Class, Item, Ref, Rows, Unknown

_MAKERS = frozenset({"table", "Table", "TableClause", "aliased", "alias", "inspect"})
_SAME = frozenset(
    {"alias", "tablesample", "with_hint", "lateral", "c", "columns", "__table__", "local_table"}
)
_COLUMNS = frozenset({"c", "columns"})
COLUMN_MAKERS = frozenset({"Column", "column", "mapped_column", "literal_column", "deferred"})


class Table(NamedTuple):
    """A table as a migration names it; ``columns`` are those that it declares, None where it does not.

    ``attributes`` are what a mapped class calls its columns.
    """

    name: str
    schema: str
    columns: tuple[Call, ...] | None
    attributes: tuple[tuple[str, str], ...] = ()


def find_table(value: object) -> Table | None:
    """The table behind a construct, a mapped class or an alias."""
    for _ in range(20):
        match value:
            case Class():
                return _table_of_class(value)
            case Rows(of=mapped):
                return _table_of_class(mapped)
            case Call(func=Ref(path=path), args=args) if _is_maker(path) and args:
                if not isinstance(args[0], str):
                    value = args[0]
                    continue
                return _table_of_call(value)
            case Call(func=Attr(base=base, name=name)) if name in _SAME:
                value = base
            case Attr(base=base, name="__table__" | "local_table"):
                value = base
            case Item(base=Attr(name="tables"), key=str(name)) if is_known(name):
                schema, _, table = name.rpartition(".")
                return Table(table, schema, None)
            case Attr(base=Unknown(why="the parameter tables"), name=name):
                return Table(name, "", None)
            case _:
                return None
    return None


def _is_maker(path: str) -> bool:
    return path.startswith("sqlalchemy") and path.rpartition(".")[2] in _MAKERS


def _table_of_call(value: Call) -> Table | None:
    name, schema = value.args[0], value.kwargs.get("schema")
    if not isinstance(name, str) or not is_known(name) or not (schema is None or is_known(schema)):
        return None
    columns = tuple(a for a in value.args[1:] if is_column(a) and isinstance(a, Call))
    reflected = any(key.startswith("autoload") for key in value.kwargs)
    return Table(
        name, schema if isinstance(schema, str) else "", columns if columns and not reflected else None
    )


def _table_of_class(value: Class) -> Table | None:
    made = value.find("__table__")
    if isinstance(made, Call):
        return find_table(made)
    name = value.find("__tablename__")
    if not isinstance(name, str) or not is_known(name):
        return None
    columns = _columns_of_class(value)
    attributes = tuple((key, column_name(column, key)) for key, column in columns.items())
    return Table(name, _schema_of_class(value), tuple(columns.values()), attributes)


def _schema_of_class(value: Class) -> str:
    options = value.find("__table_args__")
    if isinstance(options, tuple) and options:
        options = options[-1]
    schema = options.get("schema") if isinstance(options, dict) else None
    return schema if isinstance(schema, str) else ""


def _columns_of_class(value: Class, depth: int = 0) -> dict[str, Call]:
    found: dict[str, Call] = {}
    for base in value.bases:
        if isinstance(base, Class) and depth < 10:
            found.update(_columns_of_class(base, depth + 1))
    found.update({k: v for k, v in value.names.items() if isinstance(v, Call) and is_column(v)})
    return found


def is_column(value: object) -> bool:
    """Whether something is made by ``Column``, ``column`` or the like."""
    return isinstance(value, Call) and isinstance(value.func, Ref) and value.func.name in COLUMN_MAKERS


def column_name(value: Call, attribute: str = "") -> str:
    """The name that a column is declared with, or that of its attribute."""
    name = value.args[0] if value.args else value.kwargs.get("name")
    return name if isinstance(name, str) else attribute


def find_column(value: object) -> tuple[Table, str] | None:
    """The table's column that ``t.c.x``, ``t.c["x"]`` or ``Model.x`` means."""
    match value:
        case Attr(base=Attr(base=owner, name=c), name=name) if c in _COLUMNS:
            table = find_table(owner)
        case Item(base=Attr(base=owner, name=c), key=str(name)) if c in _COLUMNS and is_known(name):
            table = find_table(owner)
        case Attr(base=Class() as owner, name=name):
            table = find_table(owner)
            declared = owner.find(name)
            if isinstance(declared, Call) and is_column(declared):
                name = column_name(declared, name)
        case Attr(base=Call() as owner, name=name) if name not in _SAME:
            # An alias of a mapped class has its columns as attributes.
            table = find_table(owner) if _is_aliased(owner) else None
        case _:
            return None
    return (table, name) if table else None


def _is_aliased(value: Call) -> bool:
    return isinstance(value.func, Ref) and value.func.name == "aliased"


def unwind(value: object) -> tuple[object, list[tuple[str, Call]]]:
    """The beginning of a chain of method calls, and the calls in order."""
    steps: list[tuple[str, Call]] = []
    while isinstance(value, Call) and isinstance(value.func, Attr) and len(steps) < 200:
        if find_table(value.func.base) is not None and value.func.name in {
            "insert",
            "update",
            "delete",
            "select",
        }:
            break
        steps.append((value.func.name, value))
        value = value.func.base
    return value, steps[::-1]


def verb_of(value: object) -> tuple[str, object]:
    """``insert``, ``update``, ``delete``, ``select`` or ``query``, and what it is about; empty for others."""
    match value:
        case Call(func=Attr(base=owner, name="insert" | "update" | "delete" | "select" as method)):
            return (method, owner) if find_table(owner) is not None else ("", None)
        case Call(func=Ref(path=path), args=args) if path.startswith(("sqlalchemy", "mig.session")):
            name = path.rpartition(".")[2]
            verb = "select" if name == "exists" else name
            if verb in {"insert", "update", "delete"}:
                return verb, args[0] if args else None
            return (verb, value) if verb in {"select", "query", "union", "union_all"} else ("", None)
        case _:
            return "", None


def is_symbolic(value: object) -> bool:
    """Whether an operator over a value gives a piece of a query."""
    match value:
        case Call(func=Ref(path=path)):
            return path.startswith(("sqlalchemy", "mig.session"))
        case Binary():
            return True
        case Attr() | Item():
            return find_column(value) is not None or is_symbolic(value.base)
        case Call(func=Attr(base=base)):
            return is_symbolic(base) or find_table(base) is not None or find_column(base) is not None
        case _:
            return False
