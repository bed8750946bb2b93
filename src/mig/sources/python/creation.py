"""Writes CREATE TABLE, ADD COLUMN and CREATE INDEX with all that SQLAlchemy makes beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.sources.python import alter
from mig.sources.python.ddl import is_constraint, list_columns, maker, read_column, render_constraint
from mig.sources.python.expressions import Writer, describe
from mig.sources.python.quoting import quote_name, quote_text
from mig.sources.python.tables import is_column
from mig.sources.python.types import enum_labels, enum_name
from mig.sources.python.values import Call, Ref

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mig.sources.python.ddl import Column
    from mig.sources.python.made import Made

_MYSQL = frozenset({"mysql", "mariadb"})


def create_table(made: Made) -> object:
    args, writer = made.args, made.writer
    table = made.table()
    if not table:
        made.emit()
        return None
    columns, parts, keys = _read_elements(made.rest, writer)
    lines = [c.text for c in columns]
    primary = [quote_name(c.name, writer.dialect) for c in columns if c.is_primary]
    if primary and not keys:
        lines.append(f"PRIMARY KEY ({', '.join(primary)})")
    lines += [p for v in parts if (p := render_constraint(v, writer))]
    lines += [constraint for c in columns for constraint in c.constraints]
    guard = "IF NOT EXISTS " if made.is_set("if_not_exists") else ""
    prefixes = args.get("prefixes")
    words = (
        " ".join(p for p in prefixes if isinstance(p, str)) + " "
        if isinstance(prefixes, (list, tuple))
        else ""
    )
    text = f"CREATE {words}TABLE {guard}{table} ({', '.join(lines)}){_table_options(made)}"
    made.emit(*_enums(columns, made), text, *_table_indexes(columns, made), *_comments(table, columns, made))
    constraints = (None, *made.rest)
    schema = args.get("schema")
    return Call(
        Ref("sqlalchemy.Table"), (args.get("table_name"), *constraints), {"schema": schema} if schema else {}
    )


def _read_elements(
    rest: tuple[object, ...], writer: Writer
) -> tuple[list[Column], list[Call], frozenset[str]]:
    """The columns and constraints of a table, and the columns that a primary key constraint names."""
    parts = [v for v in rest if isinstance(v, Call) and is_constraint(v)]
    keys: set[str] = set()
    for value in parts:
        if maker(value) == "PrimaryKeyConstraint":
            keys.update(a for a in value.args if isinstance(a, str))
    marked = frozenset(
        a.args[0]
        for a in rest
        if isinstance(a, Call)
        and is_column(a)
        and a.kwargs.get("primary_key") is True
        and a.args
        and isinstance(a.args[0], str)
    )
    foreign = frozenset(name for v in parts for name in _local_columns(v))
    columns: list[Column] = []
    for element in rest:
        if element is None or maker(element) in {"Index", "MetaData"} or is_constraint(element):
            continue
        column = read_column(element, frozenset(keys) or marked, writer, foreign)
        columns += [column] if column is not None else []
    return columns, parts, frozenset(keys)


def _local_columns(value: Call) -> list[str]:
    """The columns of a foreign key, in which the database does not count."""
    columns = value.args[0] if maker(value) == "ForeignKeyConstraint" and value.args else ()
    return [name for name in columns if isinstance(name, str)] if isinstance(columns, (list, tuple)) else []


def _table_options(made: Made) -> str:
    if made.writer.dialect in _MYSQL:
        named = {
            k[6:].upper(): v for k, v in made.args.items() if k.startswith("mysql_") and isinstance(v, str)
        }
        comment = made.args.get("comment")
        text = "".join(f" {key.replace('_', ' ')}={value}" for key, value in named.items())
        return text + (
            f" COMMENT={quote_text(comment, made.writer.dialect)}" if isinstance(comment, str) else ""
        )
    if made.writer.dialect == "postgresql":
        partition = made.args.get("postgresql_partition_by")
        inherits = made.args.get("postgresql_inherits")
        text = f" INHERITS ({quote_name(inherits, 'postgresql')})" if isinstance(inherits, str) else ""
        return text + (f" PARTITION BY {partition}" if isinstance(partition, str) else "")
    return ""


def _enums(columns: list[Column], made: Made) -> list[str]:
    """Alembic creates the types of a new table's enumerations, and asks no question whether they exist."""
    if made.writer.dialect != "postgresql":
        return []
    found = dict.fromkeys(
        s for c in columns if c.enum is not None and (s := create_enum(c.enum, made.writer))
    )
    return list(found)


def create_enum(value: Call, writer: Writer) -> str:
    name, labels = enum_name(value, "postgresql"), enum_labels(value)
    if not name:
        return ""
    if labels is None:
        # Labels that are not known make the type differ from any other.
        labels = [writer.unknown()]
    return f"CREATE TYPE {name} AS ENUM ({', '.join(quote_text(x, 'postgresql') for x in labels)})"


def _table_indexes(columns: list[Column], made: Made) -> list[str]:
    writer, table = made.writer, made.bare_table()
    found = [
        index_statement(value.args[0] if value.args else None, list(value.args[1:]), value.kwargs, made)
        for value in made.rest
        if isinstance(value, Call) and maker(value) == "Index"
    ]
    prefix = "_".join(p for p in (made.args.get("schema"), table) if isinstance(p, str))
    for column in columns:
        for name, _, unique in column.indexes:
            label = f"ix_{prefix}_{name}"
            found.append(index_statement(label, [name], {"unique": unique}, made))
    writer.tables[-1].clear()
    return [statement for statement in found if statement]


def _comments(table: str, columns: list[Column], made: Made) -> list[str]:
    if made.writer.dialect != "postgresql":
        return []
    comment = made.args.get("comment")
    found = (
        [f"COMMENT ON TABLE {table} IS {quote_text(comment, 'postgresql')}"]
        if isinstance(comment, str)
        else []
    )
    return found + [alter.comment_on(table, c.name, c.comment, "postgresql") for c in columns if c.comment]


def index_statement(name: object, columns: object, kwargs: Mapping[str, object], made: Made) -> str:
    """CREATE INDEX as Alembic writes it."""
    writer, dialect = made.writer, made.writer.dialect
    table = made.table()
    listed = columns if isinstance(columns, (list, tuple)) else [columns]
    if name is None:
        # SQLAlchemy's own convention names an index after its first column.
        first = listed[0] if listed else None
        parts = (made.args.get("schema"), made.bare_table(), first)
        name = "_".join(["ix", *(p for p in parts if isinstance(p, str))])
    label = writer.name(name, "the name of the index")
    keys = [_index_key(column, kwargs, writer) for column in listed]
    if not table or not label or not all(keys):
        return ""
    words = "UNIQUE " if kwargs.get("unique") is True else ""
    prefix = kwargs.get("mysql_prefix")
    if dialect in _MYSQL and isinstance(prefix, str):
        words += f"{prefix} "
    using, after = _index_options(kwargs, writer)
    concurrently = (
        "CONCURRENTLY " if dialect == "postgresql" and kwargs.get("postgresql_concurrently") is True else ""
    )
    guard = "IF NOT EXISTS " if kwargs.get("if_not_exists") is True else ""
    if dialect == "sqlite" and made.schema():
        label, table = f"{made.schema()}.{label}", table.rpartition(".")[2]
    return f"CREATE {words}INDEX {concurrently}{guard}{label} ON {table}{using} ({', '.join(keys)}){after}"


def _index_key(column: object, kwargs: Mapping[str, object], writer: Writer) -> str:
    if isinstance(column, str):
        key = writer.name(column, "a column of the index")
        ops = kwargs.get("postgresql_ops")
        length = kwargs.get("mysql_length")
        if writer.dialect == "postgresql" and isinstance(ops, dict) and isinstance(ops.get(column), str):
            key += f" {ops[column]}"
        if writer.dialect in _MYSQL and length is not None:
            size = length.get(column) if isinstance(length, dict) else length
            key += f"({size})" if isinstance(size, int) else ""
        return key
    if isinstance(column, Call) or not isinstance(column, (int, float, type(None))):
        text = list_columns([column], Writer(writer.dialect)) if is_column(column) else []
        return (
            text[0]
            if text
            else writer.expression(column)
            if isinstance(column, Call)
            else _unknown_key(column, writer)
        )
    return _unknown_key(column, writer)


def _unknown_key(column: object, writer: Writer) -> str:
    writer.problem(f"a column of the index is {describe(column)}")
    return ""


def _index_options(kwargs: Mapping[str, object], writer: Writer) -> tuple[str, str]:
    dialect = writer.dialect
    if dialect in _MYSQL:
        using = kwargs.get("mysql_using")
        return (f" USING {using}" if isinstance(using, str) else ""), ""
    where = kwargs.get(f"{dialect}_where")
    after = ""
    if dialect == "postgresql":
        include = kwargs.get("postgresql_include")
        after = (
            f" INCLUDE ({', '.join(list_columns(include, writer))})"
            if isinstance(include, (list, tuple))
            else ""
        )
        if kwargs.get("postgresql_nulls_not_distinct") is True:
            after += " NULLS NOT DISTINCT"
    if where is not None:
        after += f" WHERE {writer.condition(where)}"
    using = kwargs.get("postgresql_using") if dialect == "postgresql" else None
    return (f" USING {using}" if isinstance(using, str) else ""), after


def add_column(made: Made, column_value: object) -> None:
    """ADD COLUMN, then the keys and indexes that SQLAlchemy makes of the column's settings."""
    writer, table = made.writer, made.table()
    column = read_column(column_value, frozenset(), writer)
    if column is None or not table:
        made.emit()
        return
    guard = "IF NOT EXISTS " if made.is_set("if_not_exists") else ""
    text = f"ALTER TABLE {table} ADD COLUMN {guard}{column.text}"
    statements = [text, *(f"ALTER TABLE {table} ADD {c}" for c in column.constraints)]
    statements += _table_indexes([column], made)
    made.emit(*statements, *_comments(table, [column], made))
