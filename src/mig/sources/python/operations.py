"""Says what each of Alembic's operations does, in the SQL that Alembic emits for it."""

# ruff: noqa: S608 - the SQL here is read and never run

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mig.sources.python import alter
from mig.sources.python.changes import is_doubtful, render_rows, render_statement
from mig.sources.python.creation import add_column, create_table, index_statement
from mig.sources.python.ddl import deferrable, foreign_options, list_columns, maker, render_exclude
from mig.sources.python.expressions import describe
from mig.sources.python.made import PARAMETERS, Made, bind
from mig.sources.python.quoting import qualify, quote_name, quote_text
from mig.sources.python.tables import find_table, is_column
from mig.sources.python.values import Batch, Call, Ref

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mig.sources.python.expressions import Writer
    from mig.sources.python.recorder import Recorder

_MYSQL = frozenset({"mysql", "mariadb"})
_PERCENT = re.compile(r"%%|%s|%\(\w+\)s")


def run_operation(
    name: str,
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
    batch: Batch | None,
    tools: tuple[Writer, Recorder],
) -> object:
    """Record what a call of ``op.NAME`` or ``batch_op.NAME`` does; what it returns."""
    writer, recorder = tools
    runner = _RUNNERS.get(name)
    if runner is None:
        recorder.opaque(f"what op.{name} does is not known; it is no operation of Alembic's own")
        return None
    named = len(PARAMETERS[name].split()) - (batch is not None and "table_name" in PARAMETERS[name].split())
    made = Made(bind(name, args, kwargs, batch), args[named:], batch, writer, recorder)
    if "**" in kwargs or "*" in kwargs:
        writer.problem(f"not all arguments of {name} are known")
    return runner(made)


def _drop_table(made: Made) -> None:
    guard = "IF EXISTS " if made.is_set("if_exists") else ""
    made.emit(f"DROP TABLE {guard}{name}" if (name := made.table()) else "")


def _rename_table(made: Made) -> None:
    old, new = made.table(), made.writer.name(made.args.get("new_table_name"), "the new name")
    if made.writer.dialect in _MYSQL and made.schema():
        new = f"{made.schema()}.{new}"
    made.emit(f"ALTER TABLE {old} RENAME TO {new}" if old and new else "")


def _create_index(made: Made) -> None:
    made.emit(index_statement(made.args.get("index_name"), made.args.get("columns"), made.args, made))


def _drop_index(made: Made) -> None:
    writer, dialect = made.writer, made.writer.dialect
    name = writer.name(made.args.get("index_name"), "the name of the index")
    guard = "IF EXISTS " if made.is_set("if_exists") else ""
    if dialect == "postgresql" and made.is_set("postgresql_concurrently"):
        guard = f"CONCURRENTLY {guard}"
    if dialect in _MYSQL:
        table = made.table()
        made.emit(f"DROP INDEX {guard}{name} ON {table}" if name and table else "")
        return
    schema = made.schema()
    made.emit(f"DROP INDEX {guard}{schema + '.' if schema else ''}{name}" if name else "")


def _constraint(made: Made, body: str) -> None:
    """ALTER TABLE ADD CONSTRAINT; without a name the database makes one up."""
    table = made.table()
    name = made.args.get("constraint_name")
    label = f"CONSTRAINT {made.writer.name(name, 'the name of the constraint')} " if name is not None else ""
    made.emit(f"ALTER TABLE {table} ADD {label}{body}" if table and body else "")


def _create_unique(made: Made) -> None:
    columns = list_columns(made.args.get("columns"), made.writer)
    words = "UNIQUE NULLS NOT DISTINCT" if made.is_set("postgresql_nulls_not_distinct") else "UNIQUE"
    _constraint(made, f"{words} ({', '.join(columns)}){deferrable(made.args)}" if columns else "")


def _create_primary(made: Made) -> None:
    columns = list_columns(made.args.get("columns"), made.writer)
    _constraint(made, f"PRIMARY KEY ({', '.join(columns)})" if columns else "")


def _create_foreign(made: Made) -> None:
    writer, args = made.writer, made.args
    local, remote = (
        list_columns(args.get("local_cols"), writer),
        list_columns(args.get("remote_cols"), writer),
    )
    referent = made.table("referent_table", "referent_schema")
    body = (
        f"FOREIGN KEY ({', '.join(local)}) REFERENCES {referent} ({', '.join(remote)}){foreign_options(args)}"
    )
    _constraint(made, body if local and remote and referent else "")


def _create_check(made: Made) -> None:
    condition = made.args.get("condition")
    if condition is None:
        made.writer.problem("the condition is not known")
        condition = "true"
    _constraint(made, f"CHECK ({made.writer.condition(condition)}){deferrable(made.args)}")


def _create_exclude(made: Made) -> None:
    _constraint(made, render_exclude(made.rest, made.args, made.writer))


def _drop_constraint(made: Made) -> None:
    table, writer = made.table(), made.writer
    kind = made.args.get("type_")
    words = {"foreignkey": "FOREIGN KEY", "primary": "PRIMARY KEY", "unique": "INDEX", "check": "CHECK"}
    what = (
        words.get(kind, "CONSTRAINT") if isinstance(kind, str) and writer.dialect in _MYSQL else "CONSTRAINT"
    )
    if writer.dialect == "mariadb" and what == "CHECK":
        what = "CONSTRAINT"
    name = (
        ""
        if what == "PRIMARY KEY"
        else writer.name(made.args.get("constraint_name"), "the name of the constraint")
    )
    guard = "IF EXISTS " if made.is_set("if_exists") and what != "PRIMARY KEY" else ""
    made.emit(
        f"ALTER TABLE {table} DROP {what} {guard}{name}" if table and (name or what == "PRIMARY KEY") else ""
    )


def _table_comment(made: Made) -> None:
    table, comment = made.table(), made.args.get("comment")
    text = quote_text(comment, made.writer.dialect) if isinstance(comment, str) else ""
    if made.writer.dialect in _MYSQL:
        made.emit(f"ALTER TABLE {table} COMMENT {text or quote_text('', 'mysql')}" if table else "")
    else:
        made.emit(f"COMMENT ON TABLE {table} IS {text or 'NULL'}" if table else "")


def _bulk_insert(made: Made) -> None:
    writer, rows = made.writer, made.args.get("rows")
    table = find_table(made.args.get("table"))
    if table is None:
        writer.problem("the table that rows are inserted into is not known")
        made.emit()
    elif isinstance(rows, (list, tuple)):
        source = render_rows(table, list(rows), writer, doubtful=is_doubtful(rows)) if rows else ""
        if rows or is_doubtful(rows):
            made.emit(
                f"INSERT INTO {qualify(table.name, table.schema, writer.dialect)} {source}" if source else ""
            )
    else:
        writer.problem(f"the rows are {describe(rows)}")
        made.emit(_insert_all(table.name, table.schema, writer))


def _insert_all(name: str, schema: str, writer: Writer) -> str:
    return f"INSERT INTO {qualify(name, schema, writer.dialect)} VALUES ({writer.unknown()})"


def _execute(made: Made) -> None:
    run_sql(made.args.get("sqltext"), None, made.writer, made.recorder)


def run_sql(statement: object, parameters: object, writer: Writer, recorder: Recorder) -> None:
    """Record what executing text or a construct does."""
    text = render_ddl(statement, writer) or render_statement(statement, parameters, writer)
    if not text and not writer.problems:
        if isinstance(statement, str) or maker(statement) in {"text", "DDL"} or _is_text(statement):
            text = writer.text(statement)
            if parameters is not None:
                text = _PERCENT.sub(lambda m: "%" if m.group() == "%%" else writer.unknown(), text)
        else:
            writer.problem(f"the SQL is {describe(statement)}")
    problems = tuple(writer.problems)
    writer.problems.clear()
    recorder.sql(text, problems)


def _is_text(statement: object) -> bool:
    base = statement
    while isinstance(base, Call) and not isinstance(base.func, Ref):
        base = getattr(base.func, "base", None)
    return maker(base) in {"text", "DDL"}


def render_ddl(statement: object, writer: Writer) -> str:
    """CreateSequence and its like."""
    kind = maker(statement)
    if not isinstance(statement, Call) or not kind.startswith(("Create", "Drop")) or not statement.args:
        return ""
    verb, what = ("CREATE", kind[6:]) if kind.startswith("Create") else ("DROP", kind[4:])
    if statement.kwargs.get("if_not_exists") is True or statement.kwargs.get("if_exists") is True:
        guard = "IF NOT EXISTS " if verb == "CREATE" else "IF EXISTS "
    else:
        guard = ""
    cascade = " CASCADE" if statement.kwargs.get("cascade") is True else ""
    name = _ddl_name(statement.args[0], writer)
    if what in {"Sequence", "Schema"} and name:
        return f"{verb} {what.upper()} {guard}{name}{cascade}"
    table = find_table(statement.args[0])
    if kind == "DropTable" and table is not None:
        return f"DROP TABLE {guard}{writer.table(table)}"
    return ""


def _ddl_name(value: object, writer: Writer) -> str:
    if isinstance(value, Call) and maker(value) == "Sequence" and value.args:
        schema = value.kwargs.get("schema")
        name = writer.name(value.args[0], "the name of the sequence")
        return f"{quote_name(schema, writer.dialect)}.{name}" if isinstance(schema, str) and name else name
    return writer.name(value, "a name") if isinstance(value, str) else ""


def _add_column(made: Made) -> None:
    add_column(made, made.args.get("column"))


def _drop_column(made: Made) -> None:
    value = made.args.get("column_name")
    if is_column(value) and isinstance(value, Call):
        value = value.args[0] if value.args else None
    table, name = made.table(), made.writer.name(value, "the name of the column")
    guard = "IF EXISTS " if made.is_set("if_exists") else ""
    made.emit(f"ALTER TABLE {table} DROP COLUMN {guard}{name}" if table and name else "")


def _alter_column(made: Made) -> None:
    table, name = made.table(), made.writer.name(made.args.get("column_name"), "the name of the column")
    made.emit(*(alter.render_alter(table, name, made.args, made.writer) if table and name else ("",)))


_RUNNERS: dict[str, Callable[[Made], object]] = {
    "create_table": create_table,
    "drop_table": _drop_table,
    "rename_table": _rename_table,
    "add_column": _add_column,
    "drop_column": _drop_column,
    "alter_column": _alter_column,
    "create_index": _create_index,
    "drop_index": _drop_index,
    "create_unique_constraint": _create_unique,
    "create_foreign_key": _create_foreign,
    "create_check_constraint": _create_check,
    "create_primary_key": _create_primary,
    "create_exclude_constraint": _create_exclude,
    "drop_constraint": _drop_constraint,
    "create_table_comment": _table_comment,
    "drop_table_comment": _table_comment,
    "bulk_insert": _bulk_insert,
    "execute": _execute,
}
