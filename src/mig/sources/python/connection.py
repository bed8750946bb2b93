"""Says what connections, sessions, inspectors and queries do to the database."""

# ruff: noqa: C901, PLR0911 - one branch for each kind of value reads best in one place

# ruff: noqa: S608 - the SQL here is read and never run

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mig.effects.footprint import BATCH, BATCH_FROM, Access
from mig.sources.python.changes import render_rows
from mig.sources.python.compare import look_at_all, resource_name, resources_of
from mig.sources.python.creation import create_enum, index_statement
from mig.sources.python.ddl import maker
from mig.sources.python.made import Made
from mig.sources.python.operations import run_operation, run_sql
from mig.sources.python.quoting import is_known, qualify, quote_name
from mig.sources.python.tables import Table, column_name, find_column, find_table, is_column, unwind, verb_of
from mig.sources.python.types import enum_name
from mig.sources.python.values import (
    Attr,
    Batch,
    Call,
    Class,
    Connection,
    Context,
    Instance,
    Listing,
    Ref,
    Rows,
    Unknown,
    data,
)

if TYPE_CHECKING:
    from mig.sources.python.calls import Request
    from mig.sources.python.machine import Machine

_RUNS_WORDS = """
    execute scalar scalars exec_driver_sql executemany stream stream_scalars fetch fetchval fetchrow run
    execute_sql
"""
_RUNS = frozenset(_RUNS_WORDS.split())
_OPENS_WORDS = """
    begin begin_nested connect cursor connection get_bind execution_options autocommit_block
    no_autoflush begin_transaction registry __enter__ get_raw_connection
"""
_OPENS = frozenset(_OPENS_WORDS.split())
_SILENT_WORDS = """
    commit rollback close flush expire expire_all expunge expunge_all refresh invalidate detach dispose
    in_transaction in_nested_transaction is_active remove configure bind_mapper get_transaction prepare
    fetchall fetchone fetchmany first all one mappings log stamp static_output is_offline_mode
"""
_SILENT = frozenset(_SILENT_WORDS.split())
_CALLERS = frozenset({"run_sync", "run_callable", "run_async", "transaction"})
QUERY_ENDS = frozenset(
    {"all", "first", "one", "one_or_none", "scalar", "count", "get", "update", "delete", "yield_per"}
)


def call_connection(base: Connection | Context, name: str, request: Request, machine: Machine) -> object:
    """A method of a connection, an engine, a session or the migration context."""
    args = request.args
    if name in _RUNS:
        parameters = (
            args[1] if len(args) > 1 else request.kwargs.get("parameters", request.kwargs.get("params"))
        )
        statement = args[0] if args else next(iter(request.kwargs.values()), None)
        return run(statement, parameters, machine)
    if name in _OPENS:
        return base if isinstance(base, Connection) else Connection()
    if name in _SILENT:
        return data(f"what {name} gives")
    if name == "query":
        return Call(Ref("mig.session.query"), args, {}, request.node.lineno)
    if name in _CALLERS and args:
        return machine.call_value(args[0], (base, *args[1:]))
    if name in {"has_table", "has_index", "has_sequence"}:
        return inspect(name, args, request.kwargs, machine)
    writer = _SESSION.get(name)
    if writer is not None and args:
        return writer(args, machine)
    machine.opaque(f"what {name} of a connection does is not known")
    return Unknown(f"what {name} gives")


def run(statement: object, parameters: object, machine: Machine) -> object:
    """Record a statement that runs; its rows are data, or objects of a mapped class."""
    run_sql(statement, parameters, machine.writer(), machine.recorder)
    root, _ = unwind(statement)
    chosen = root.args if isinstance(root, Call) else ()
    if len(chosen) == 1 and isinstance(chosen[0], Class) and verb_of(root)[0] in {"select", "query"}:
        return Rows(chosen[0])
    return data("rows of the database")


def end_query(_made: Call, func: Attr, request: Request, machine: Machine) -> object:
    """``session.query(...)....all()`` and what else makes a query run."""
    root, steps = unwind(func.base)
    if func.name not in {"update", "delete"}:
        return run(func.base, None, machine)
    owner = root.args[0] if isinstance(root, Call) and root.args else None
    table = Call(Ref(f"sqlalchemy.{func.name}"), (owner,), {})
    changed: Call = table
    for name, step in steps:
        if name in {"filter", "where", "filter_by"}:
            changed = Call(Attr(changed, name), step.args, step.kwargs)
    if func.name == "update":
        values = request.args[:1] or tuple(v for k, v in request.kwargs.items() if k == "values")
        changed = Call(Attr(changed, "values"), values, {})
    run(changed, None, machine)
    return data("a number of rows")


def _add(args: tuple[object, ...], machine: Machine) -> object:
    """``session.add(row)``."""
    row = args[0]
    if isinstance(row, Rows):
        return row
    table = find_table(row.of) if isinstance(row, Instance) else None
    if table is None or not isinstance(row, Instance):
        machine.opaque("a session is given an object whose table is not known")
        return None
    writer = machine.writer()
    source = render_rows(table, [_row_of(row)], writer)
    text = f"INSERT INTO {qualify(table.name, table.schema, machine.dialect)} {source}" if source else ""
    machine.recorder.sql(text, tuple(writer.problems))
    return row


def _row_of(row: Instance) -> dict[object, object]:
    return {
        column_name(declared, name)
        if isinstance(declared := row.of.find(name), Call) and is_column(declared)
        else name: v
        for name, v in row.names.items()
    }


def _add_all(args: tuple[object, ...], machine: Machine) -> object:
    items, certain = machine.iterate(args[0])
    for value in items:
        _add((value,), machine)
    if not items and not certain:
        machine.opaque("a session is given objects that are not known")
    return None


def _bulk_insert(args: tuple[object, ...], machine: Machine) -> object:
    made = Call(Ref("sqlalchemy.insert"), args[:1], {})
    return run(made, args[1] if len(args) > 1 else None, machine)


def _bulk_update(args: tuple[object, ...], machine: Machine) -> object:
    made = Call(Ref("sqlalchemy.update"), args[:1], {})
    return run(made, args[1] if len(args) > 1 else None, machine)


def _delete(args: tuple[object, ...], machine: Machine) -> object:
    row = args[0]
    if isinstance(row, Rows):
        return run(Call(Ref("sqlalchemy.delete"), (row.of,), {}), None, machine)
    machine.opaque("a session deletes an object whose table is not known")
    return None


def _load(args: tuple[object, ...], machine: Machine) -> object:
    return run(Call(Ref("sqlalchemy.select"), args[:1], {}), None, machine)


_SESSION = {
    "add": _add,
    "merge": _add,
    "add_all": _add_all,
    "bulk_save_objects": _add_all,
    "bulk_insert_mappings": _bulk_insert,
    "bulk_update_mappings": _bulk_update,
    "delete": _delete,
    "get": _load,
    "get_one": _load,
}


def write_through(row: Rows, name: str, value: object, machine: Machine) -> None:
    """``row.x = value`` of an object that a session loaded."""
    made = Call(Ref("sqlalchemy.update"), (row.of,), {"values": {name: value}})
    run(made, None, machine)


def inspect(name: str, args: tuple[object, ...], kwargs: dict[str, object], machine: Machine) -> object:
    """A question to an inspector."""
    given = dict(zip(("table", "schema"), args, strict=False)) | kwargs
    table, schema = given.get("table", given.get("table_name")), given.get("schema")
    prefix = schema if isinstance(schema, str) else ""
    if name in {"has_table", "has_sequence", "has_index", "has_schema"}:
        return _has(name, table, prefix, given, machine)
    if name.startswith("get_"):
        kind = name[4:]
        if kind.endswith(("table_names", "view_names")):
            owner = table if isinstance(table, str) else ""
            return Listing("tables", "", owner or prefix, names=True)
        if kind in {"schema_names", "sequence_names"}:
            return Listing(kind, "", prefix, names=True)
        if isinstance(table, str) and is_known(table) and not kind.startswith("multi"):
            return Listing(kind, table, prefix)
        machine.recorder.reads("catalogue")
        return data("what the inspector lists")
    if name.startswith("reflect"):
        machine.recorder.reads("catalogue")
    return data("something of the inspector")


def _has(name: str, table: object, schema: str, given: dict[str, object], machine: Machine) -> object:
    if not isinstance(table, str) or not is_known(table):
        machine.recorder.reads("catalogue")
        return data("whether something exists")
    if name == "has_index":
        index = given.get("index_name", given.get("schema"))
        listing, wanted = Listing("indexes", table, "", names=True), index
    else:
        listing, wanted = (
            Listing(
                {"has_table": "tables", "has_schema": "schema_names"}.get(name, "sequence_names"), "", schema
            ),
            table,
        )
    if not isinstance(wanted, str):
        look_at_all(listing, machine)
        return data("whether something exists")
    resources = resources_of(listing, wanted, machine.dialect)
    machine.recorder.reads(*resources)
    return Unknown("whether the database has it", is_plain=True, exists=resources[-1])


def look_at_table(made: Call, machine: Machine) -> None:
    """A table that is reflected must be there."""
    name, schema = made.args[0] if made.args else None, made.kwargs.get("schema")
    if not isinstance(name, str) or not is_known(name):
        machine.recorder.reads("catalogue")
        return
    found = resource_name(name, schema if isinstance(schema, str) else "", machine.dialect)
    machine.recorder.needs(f"relation:{found}", f"table:{found}")


def needs_copy(args: tuple[object, ...]) -> bool:
    """Whether SQLite cannot add a column without copying the table."""
    column = args[0] if args else None
    if not isinstance(column, Call):
        return False
    if column.kwargs.get("unique") is True or any(_is_constraint(a) for a in column.args):
        # Alembic adds each constraint of a column by itself, which SQLite cannot.
        return True
    default = column.kwargs.get("server_default")
    parts = {maker(a): a for a in (*column.args, default)}
    stored = parts.get("Computed")
    is_stored = isinstance(stored, Call) and stored.kwargs.get("persisted") is True
    return is_stored or (
        default is not None and not isinstance(default, (str, bool)) and "Computed" not in parts
    )


def _is_constraint(part: object) -> bool:
    """Whether a part of a column is a constraint, or a type that makes one."""
    is_type = isinstance(part, Call) and part.kwargs.get("create_constraint") is True
    return is_type or maker(part) in {"CheckConstraint", "ForeignKey", "UniqueConstraint"}


def end_batch(batch: Batch, machine: Machine) -> None:
    """SQLite's batch mode copies the table into a new one, drops it and renames the new one."""
    wanted = batch.recreate == "always"
    if machine.dialect == "sqlite" and batch.recreate == "auto":
        wanted = any(
            name not in {"create_index", "drop_index", "add_column", "execute"} for name in batch.calls
        )
    if not wanted or not batch.calls:
        return
    table = qualify(batch.table, batch.schema, machine.dialect)
    copy = qualify(f"_alembic_tmp_{batch.table}", batch.schema, machine.dialect)
    new = quote_name(batch.table, machine.dialect)
    for text in (
        f"CREATE TABLE {copy} AS SELECT * FROM {table}",
        f"DROP TABLE {table}",
        f"ALTER TABLE {copy} RENAME TO {new}",
    ):
        machine.recorder.sql(text, kind=BATCH if batch.is_whole else BATCH_FROM)


def create_or_drop(base: Call, name: str, request: Request, machine: Machine) -> object:
    """``TYPE.create(bind)``, ``TABLE.drop(bind)`` and their like."""
    kind = maker(base)
    tools = (machine.writer(), machine.recorder)
    checks = request.kwargs.get("checkfirst", request.args[1] if len(request.args) > 1 else kind == "ENUM")
    start = len(machine.recorder.operations)
    if kind in {"Enum", "ENUM"}:
        if machine.dialect == "postgresql":
            text = (
                create_enum(base, tools[0])
                if name == "create"
                else f"DROP TYPE {enum_name(base, 'postgresql')}"
            )
            machine.recorder.sql(text, tuple(tools[0].problems))
    elif kind in {"Table", "table"} and find_table(base) is not None:
        table = find_table(base)
        options = {"schema": table.schema or None} if table else {}
        rest = tuple(a for a in base.args[1:] if maker(a) != "MetaData") if name == "create" else ()
        run_operation(f"{name}_table", (base.args[0], *rest), options, None, tools)
    elif kind == "Sequence":
        run_sql(Call(Ref(f"sqlalchemy.schema.{name.title()}Sequence"), (base,), {}), None, *tools)
    elif kind == "Index" and name == "create" and (owner := _index_owner(base)) is not None:
        made = Made({"table_name": owner.name, "schema": owner.schema or None}, (), None, *tools)
        made.emit(index_statement(base.args[0], list(base.args[1:]), base.kwargs, made))
    elif name == "reflect":
        machine.recorder.reads("catalogue")
    else:
        machine.opaque(f"what {name} of {kind or 'something'} makes is not known")
    if checks is True:
        access = Access.CREATE if name == "create" else Access.DROP
        for at, operation in enumerate(machine.recorder.operations[start:], start):
            softened = tuple(replace(e, aspect="if") if e.access is access else e for e in operation.effects)
            machine.recorder.operations[at] = replace(operation, effects=softened)
    return None


def _index_owner(base: Call) -> Table | None:
    found = [find_column(a) for a in base.args[1:]]
    return found[0][0] if found and found[0] is not None else None
