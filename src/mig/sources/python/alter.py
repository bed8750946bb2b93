"""Writes ``op.alter_column`` as each database's dialect does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.sources.python.ddl import maker, render_default, render_default_value, render_identity
from mig.sources.python.quoting import quote_name, quote_text
from mig.sources.python.types import render_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mig.sources.python.expressions import Writer

_MYSQL = frozenset({"mysql", "mariadb"})


def comment_on(table: str, column: str, comment: object, dialect: str) -> str:
    text = quote_text(comment, dialect) if isinstance(comment, str) else "NULL"
    return f"COMMENT ON COLUMN {table}.{quote_name(column, dialect)} IS {text}"


def render_alter(table: str, name: str, args: Mapping[str, object], writer: Writer) -> list[str]:
    """The statements for the settings that are given; ``existing_*`` count where MySQL repeats them."""
    if writer.dialect in _MYSQL:
        return _render_mysql(table, name, args, writer)
    start = f"ALTER TABLE {table} ALTER COLUMN {name}"
    found: list[str] = []
    if args.get("type_") is not None:
        using = args.get("postgresql_using")
        used = f" USING {writer.text(using)}" if using is not None and writer.dialect == "postgresql" else ""
        found.append(f"{start} TYPE {render_type(args['type_'], writer.dialect)}{used}")
    if args.get("nullable") is not None:
        found.append(f"{start} {_nullable(args['nullable'], writer)} NOT NULL")
    if (default := args.get("server_default", False)) is not False:
        found.append(f"{start} {_default(default, args, writer)}")
    if (comment := args.get("comment", False)) is not False:
        bare = args.get("column_name")
        found.append(comment_on(table, bare if isinstance(bare, str) else "", comment, writer.dialect))
    new = args.get("new_column_name")
    if new is not None and (renamed := writer.name(new, "the new name")):
        found.append(f"ALTER TABLE {table} RENAME COLUMN {name} TO {renamed}")
    return found


def _nullable(value: object, writer: Writer) -> str:
    if not isinstance(value, bool):
        writer.problem("whether the column may be NULL is not known")
    return "DROP" if value is True else "SET"


def _default(value: object, args: Mapping[str, object], writer: Writer) -> str:
    was_identity = maker(args.get("existing_server_default")) == "Identity"
    if maker(value) == "Identity":
        return "SET GENERATED" if was_identity else f"ADD {render_identity(value, writer)}"
    if value is None:
        return "DROP IDENTITY" if was_identity else "DROP DEFAULT"
    return f"SET DEFAULT {render_default_value(value, writer)}"


def _render_mysql(table: str, name: str, args: Mapping[str, object], writer: Writer) -> list[str]:
    """MODIFY and CHANGE give the whole definition, with what exists where nothing else is said."""
    new, default = args.get("new_column_name"), args.get("server_default", False)
    if new is None and not any(
        args.get(k) is not None for k in ("nullable", "type_", "autoincrement", "comment")
    ):
        if default is False:
            return []
        value = (
            f"SET DEFAULT {render_default_value(default, writer)}" if default is not None else "DROP DEFAULT"
        )
        return [f"ALTER TABLE {table} ALTER COLUMN {name} {value}"]
    verb = "MODIFY"
    if new is not None:
        verb, name = "CHANGE", f"{name} {writer.name(new, 'the new name')}"
    return [f"ALTER TABLE {table} {verb} {name} {_definition(args, default, writer)}"]


def _definition(args: Mapping[str, object], default: object, writer: Writer) -> str:
    kind = args.get("type_") if args.get("type_") is not None else args.get("existing_type")
    nullable = args.get("nullable") if args.get("nullable") is not None else args.get("existing_nullable")
    given = default if default is not False else args.get("existing_server_default")
    comment = args.get("comment", args.get("existing_comment"))
    if nullable is not None and not isinstance(nullable, bool):
        writer.problem("whether the column may be NULL is not known")
    parts = (
        render_type(kind, writer.dialect),
        "NOT NULL" if nullable is False else "NULL",
        "AUTO_INCREMENT" if args.get("autoincrement", args.get("existing_autoincrement")) is True else "",
        render_default(given, writer),
        f"COMMENT {quote_text(comment, writer.dialect)}" if isinstance(comment, str) else "",
    )
    return " ".join(part for part in parts if part)
