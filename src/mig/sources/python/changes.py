"""Writes the INSERT, UPDATE and DELETE constructs of SQLAlchemy as SQL."""

# ruff: noqa: C901 - one branch for each kind of value reads best in one place

# ruff: noqa: S608 - the SQL here is read and never run

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.sources.python.quoting import qualify, quote_name
from mig.sources.python.tables import column_name, find_column, find_table, is_column, unwind, verb_of
from mig.sources.python.values import Attr, Call, Items, Ref

if TYPE_CHECKING:
    from mig.sources.python.expressions import Writer
    from mig.sources.python.tables import Table

_MOST_ROWS = 2_000
_MYSQL = frozenset({"mysql", "mariadb"})


def render_statement(value: object, parameters: object, writer: Writer) -> str:
    """A query or a change as one statement; empty where the construct is none."""
    root, steps = unwind(value)
    verb, owner = verb_of(root)
    if verb in {"select", "query", "union", "union_all"}:
        return writer.select(value)
    if verb in {"insert", "update", "delete"}:
        table = find_table(owner)
        if table is None:
            writer.problem(f"the table of the {verb} is not known")
            return ""
        return _CHANGES[verb](table, [_first_values(root), *steps], parameters, writer)
    return ""


def _first_values(root: object) -> tuple[str, Call]:
    """The arguments of ``table.update(where, values)`` as SQLAlchemy 1 takes them."""
    if not isinstance(root, Call):
        return "first", Call(None, ((),), {})
    args = root.args if isinstance(root.func, Attr) else root.args[1:]
    name = root.func.name if isinstance(root.func, (Attr, Ref)) else ""
    if name == "insert":
        return "values", Call(root.func, args, {k: v for k, v in root.kwargs.items() if k == "values"})
    kwargs = {k: v for k, v in root.kwargs.items() if k == "values"}
    where = [*args[:1], *(v for k, v in root.kwargs.items() if k == "whereclause")]
    return "first", Call(root.func, (tuple(where), *args[1:2]), kwargs)


def _insert(table: Table, steps: list[tuple[str, Call]], parameters: object, writer: Writer) -> str:
    rows: list[object] = []
    source, conflict = "", ""
    verb = "INSERT INTO"
    for name, call in steps:
        if name == "values":
            rows += _given(call)
        elif name == "from_select":
            source = _from_select(table, call, writer)
        elif name.startswith("on_conflict"):
            conflict = _conflict(name, table, call, writer)
        elif name == "on_duplicate_key_update":
            pairs = _assignments(table, _given(call), writer)
            conflict = f" ON DUPLICATE KEY UPDATE {', '.join(pairs)}" if pairs else ""
        elif name == "prefix_with" and call.args == ("IGNORE",):
            verb = "INSERT IGNORE INTO"
        elif (
            name == "prefix_with" and isinstance(call.args[:1], tuple) and str(call.args[0]).startswith("OR ")
        ):
            verb = f"INSERT {call.args[0]} INTO"
    target = qualify(table.name, table.schema, writer.dialect)
    if not source:
        rows += _rows_of(parameters)
        source = render_rows(table, rows, writer, doubtful=is_doubtful(parameters))
    return f"{verb} {target} {source}{conflict}" if source else ""


def _given(call: Call) -> list[object]:
    given: list[object] = []
    for argument in (*call.args, *(v for k, v in call.kwargs.items() if k in {"values", "set_"})):
        given += _rows_of(argument)
    own = {
        k: v for k, v in call.kwargs.items() if k not in {"values", "set_", "index_elements", "constraint"}
    }
    if "**" in own or "*" in own:
        return [*given, own.pop("**", None) or own.pop("*", None), *([own] if own else [])]
    return [*given, own] if own else given


def _rows_of(value: object) -> list[object]:
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(v, tuple) and len(v) == 2 and isinstance(v[0], str) for v in value):
            return [dict(value)]
        return list(value)
    return [] if value is None or value == {} else [value]


def is_doubtful(rows: object) -> bool:
    """Whether a list may hold other rows than those that are seen."""
    return isinstance(rows, Items) and rows.is_doubtful


def render_rows(table: Table, rows: list[object], writer: Writer, *, doubtful: bool = False) -> str:
    """``(columns) VALUES (...), ...`` of rows that are dictionaries."""
    keys: dict[str, None] = {}
    known: list[dict[str, object]] = []
    for row in rows[:_MOST_ROWS]:
        if not isinstance(row, dict):
            writer.problem("which columns a row has is not known")
            continue
        named = {name: v for k, v in row.items() if (name := _key(k, table, writer))}
        known.append(named)
        keys.update(dict.fromkeys(named))
    if not keys:
        if not rows:
            writer.problem("which rows are inserted is not known")
        return ""
    _add_defaults(table, keys)
    if len(rows) > _MOST_ROWS or doubtful:
        known = [{}]
    missing = object()
    lines = []
    for row in known:
        values = (row.get(key, missing) for key in keys)
        cells = [writer.unknown() if v is missing else writer.expression(v) for v in values]
        lines.append(f"({', '.join(cells)})")
    columns = ", ".join(quote_name(key, writer.dialect) for key in keys)
    return writer.spend(f"({columns}) VALUES {', '.join(lines)}")


def _add_defaults(table: Table, keys: dict[str, None]) -> None:
    """Columns that SQLAlchemy fills by itself, because they have a default in Python."""
    names = {id(c): key for c, (_, key) in zip(table.columns or (), table.attributes, strict=False)}
    for column in table.columns or ():
        name = column_name(column) or names.get(id(column), "")
        if name and column.kwargs.get("default") is not None:
            keys.setdefault(name)


def _key(key: object, table: Table, writer: Writer) -> str:
    if isinstance(key, str):
        return dict(table.attributes).get(key, key) if writer.name(key, "a column") else ""
    if (column := find_column(key)) is not None:
        return column[1]
    if isinstance(key, Call) and is_column(key):
        return column_name(key)
    writer.problem("a column is not a literal")
    return ""


def _from_select(table: Table, call: Call, writer: Writer) -> str:
    columns, query = [*call.args, None, None][:2]
    names = (
        [n for k in columns if (n := _key(k, table, writer))] if isinstance(columns, (list, tuple)) else []
    )
    listed = f"({', '.join(quote_name(n, writer.dialect) for n in names)}) " if names else ""
    if not names:
        writer.problem("the columns of an INSERT from a query are not known")
    source = writer.expression(query)
    return f"{listed}{source[1:-1] if source.startswith('(') and source.endswith(')') else source}"


def _conflict(name: str, table: Table, call: Call, writer: Writer) -> str:
    if name == "on_conflict_do_nothing":
        return " ON CONFLICT DO NOTHING"
    elements = call.kwargs.get("index_elements")
    names = (
        [n for k in elements if (n := _key(k, table, writer))] if isinstance(elements, (list, tuple)) else []
    )
    target = f" ({', '.join(quote_name(n, writer.dialect) for n in names)})" if names else ""
    constraint = call.kwargs.get("constraint")
    if isinstance(constraint, str):
        target = f" ON CONSTRAINT {quote_name(constraint, writer.dialect)}"
    pairs = []
    for row in _rows_of(call.kwargs.get("set_")):
        for key in row if isinstance(row, dict) else ():
            if column := _key(key, table, writer):
                quoted = quote_name(column, writer.dialect)
                pairs.append(f"{quoted} = EXCLUDED.{quoted}")
    if not pairs:
        writer.problem("what ON CONFLICT updates is not known")
        return target and f" ON CONFLICT{target} DO NOTHING"
    return f" ON CONFLICT{target} DO UPDATE SET {', '.join(pairs)}"


def _assignments(table: Table, given: list[object], writer: Writer) -> list[str]:
    pairs: dict[str, str] = {}
    for row in given:
        if not isinstance(row, dict):
            writer.problem("which columns are updated is not known")
            continue
        for key, value in row.items():
            if column := _key(key, table, writer):
                pairs[column] = f"{quote_name(column, writer.dialect)} = {writer.expression(value)}"
    return list(pairs.values())


def _update(table: Table, steps: list[tuple[str, Call]], parameters: object, writer: Writer) -> str:
    given, conditions = _sort_steps(table, steps, writer)
    pairs = _assignments(table, given, writer)
    if not pairs:
        bound: list[object] = [p for p in _rows_of(parameters) if isinstance(p, dict)]
        pairs = _assignments(table, bound, writer)
    if not pairs:
        writer.problem("which columns are updated is not known")
        return ""
    target = qualify(table.name, table.schema, writer.dialect)
    return f"UPDATE {target} SET {', '.join(pairs)}{conditions}"


def _delete(table: Table, steps: list[tuple[str, Call]], _parameters: object, writer: Writer) -> str:
    _, conditions = _sort_steps(table, steps, writer)
    return f"DELETE FROM {qualify(table.name, table.schema, writer.dialect)}{conditions}"


def _sort_steps(table: Table, steps: list[tuple[str, Call]], writer: Writer) -> tuple[list[object], str]:
    """What is set, and the conditions as text."""
    given: list[object] = []
    found: list[str] = []
    own = qualify(table.name, table.schema, writer.dialect)
    writer.tables.append({})
    for name, call in steps:
        if name in {"values", "ordered_values"}:
            given += _given(call)
        elif name == "first":
            where, *values = call.args
            given += [row for v in (*values, *call.kwargs.values()) for row in _rows_of(v)]
            found += [writer.expression(w) for w in where] if isinstance(where, tuple) else []
        elif name in {"where", "filter", "returning"}:
            found += [_bare(argument, call.args, writer) for argument in call.args]
        elif name == "filter_by":
            found += [f"{own}.{quote_name(key, writer.dialect)} IS NOT NULL" for key in call.kwargs]
    others = sorted(set(writer.tables.pop()) - {own})
    # Tables of the condition are read, wherever the database wants them to stand.
    found += [f"EXISTS (SELECT 1 FROM {', '.join(others)})"] if others else []
    return given, f" WHERE {' AND '.join(found)}" if found else ""


def _bare(argument: object, arguments: tuple[object, ...], writer: Writer) -> str:
    return writer.condition(argument) if len(arguments) == 1 else writer.expression(argument)


_CHANGES = {"insert": _insert, "update": _update, "delete": _delete}
