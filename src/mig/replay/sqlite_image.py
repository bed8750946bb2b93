"""The image of a SQLite database, from its catalogue."""

# ruff: noqa: S608 - names are quoted, and everything else in a query is constant
from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

from mig.replay.outcome import Image, sorted_rows
from mig.schema.sqlite import define, list_objects, normal, quote

if TYPE_CHECKING:
    from mig.replay.outcome import Cells

_EVENT = re.compile(r"\b(insert|update|delete)\b", re.IGNORECASE)
# What a script may have set, and what the statements after it then run under.
_SETTINGS = (
    "application_id",
    "auto_vacuum",
    "defer_foreign_keys",
    "encoding",
    "foreign_keys",
    "ignore_check_constraints",
    "legacy_alter_table",
    "recursive_triggers",
    "user_version",
    "writable_schema",
)


def read_image(connection: sqlite3.Connection) -> Image:
    """Everything that can be seen of the database through this connection."""
    objects = {f"setting:{name}": _pragma(connection, name) for name in _SETTINGS}
    # Whether a trigger works is for the database to say, and not for what this session looks after.
    connection.execute("PRAGMA foreign_keys = OFF")
    rows: dict[str, tuple[Cells, ...]] = {}
    dead: dict[str, str] = {}

    def query(text: str) -> list[tuple[object, ...]]:
        return connection.execute(text).fetchall()

    for kind, name, table, sql in list_objects(query):
        objects.update(define(query, kind, name, table, sql))
        if kind == "table":
            _try_table(connection, name, rows, dead)
        if kind == "view":
            _try_view(connection, name, rows, dead)
        if kind == "trigger":
            _try_trigger(connection, name, table, sql, dead)
    if query("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'"):
        for table, value in connection.execute("SELECT name, seq FROM sqlite_sequence"):
            objects[f"sequence:{table}"] = str(value)
    return Image(objects=objects, rows=rows, dead=dead)


def _pragma(connection: sqlite3.Connection, name: str) -> str:
    found = connection.execute(f"PRAGMA {name}").fetchone()
    return "" if found is None else str(found[0])


def _list(connection: sqlite3.Connection, pragma: str, name: str) -> list[tuple[object, ...]]:
    return connection.execute(f"PRAGMA {pragma}({quote(name)})").fetchall()


def _try_table(
    connection: sqlite3.Connection, name: str, rows: dict[str, tuple[Cells, ...]], dead: dict[str, str]
) -> None:
    try:
        cursor = connection.execute(f"SELECT * FROM {quote(name)}")
        rows[name] = sorted_rows([column[0] for column in cursor.description], cursor)
        for key, *_ in _list(connection, "foreign_key_check", name):
            dead[f"rows:{key}"] = "a row violates a foreign key"
    except sqlite3.Error as error:
        dead[f"table:{name}"] = str(error)
    for _, _, parent, *_ in _list(connection, "foreign_key_list", name):
        if not _list(connection, "table_info", str(parent)):
            dead[f"foreign key:{name}.{parent}"] = f"no such table: {parent}"


def _try_view(
    connection: sqlite3.Connection, name: str, rows: dict[str, tuple[Cells, ...]], dead: dict[str, str]
) -> None:
    try:
        cursor = connection.execute(f"SELECT * FROM {quote(name)}")
        rows[name] = sorted_rows([column[0] for column in cursor.description], cursor)
    except sqlite3.Error as error:
        dead[f"view:{name}"] = str(error)


def _try_trigger(
    connection: sqlite3.Connection, name: str, table: str, sql: str, dead: dict[str, str]
) -> None:
    """Compile a statement that fires the trigger: EXPLAIN compiles its body without running it."""
    event = _EVENT.search(normal(sql).partition(name)[2])
    columns = _columns(connection, table)
    if not columns:
        dead[f"trigger:{name}"] = f"{table} cannot be read"
        return
    target, nulls = quote(table), ", ".join("NULL" for _ in columns)
    same = ", ".join(f"{column} = {column}" for column in columns)
    probe = {
        "insert": f"INSERT INTO {target} ({', '.join(columns)}) VALUES ({nulls})",
        "update": f"UPDATE {target} SET {same}",
        "delete": f"DELETE FROM {target}",
    }[event[0].lower() if event else "delete"]
    message = _try_alone(connection, name, table, f"EXPLAIN {probe}")
    if message:
        dead[f"trigger:{name}"] = message


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    try:
        return [quote(row[1]) for row in _list(connection, "table_info", table)]
    except sqlite3.Error:
        return []


def _try_alone(connection: sqlite3.Connection, name: str, table: str, probe: str) -> str:
    """What is said against a probe when the table has no other trigger that it could fire; taken back."""
    query = "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? AND name <> ?"
    if not _said(connection, probe):
        return ""
    connection.execute("SAVEPOINT probe")
    try:
        for (other,) in connection.execute(query, (table, name)).fetchall():
            connection.execute(f"DROP TRIGGER {quote(other)}")
        return _said(connection, probe)
    finally:
        connection.execute("ROLLBACK TO probe")
        connection.execute("RELEASE probe")


def _said(connection: sqlite3.Connection, probe: str) -> str:
    try:
        connection.execute(probe).fetchall()
    except sqlite3.Error as error:
        return str(error)
    return ""
