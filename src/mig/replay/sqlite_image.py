"""The image of a SQLite database, from its catalogue."""

# ruff: noqa: S608 - names are quoted, and everything else in a query is constant
from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

from mig.replay.outcome import Image, sorted_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.replay.outcome import Cells

_TOKEN = re.compile(
    r"""(?P<text>'(?:[^']|'')*')|"(?P<double>(?:[^"]|"")*)"|`(?P<tick>(?:[^`]|``)*)`|\[(?P<bracket>[^\]]*)\]"""
    r"""|(?P<blank>(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?(?:\*/|\Z))+)|(?P<sign>[(),])|(?P<word>[^\s'"`\[(),/-]+|.)""",
    re.DOTALL,
)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
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
_STATISTICS = "sqlite_stat"


def read_image(connection: sqlite3.Connection) -> Image:
    """Everything that can be seen of the database through this connection."""
    objects = {f"setting:{name}": _pragma(connection, name) for name in _SETTINGS}
    # Whether a trigger works is for the database to say, and not for what this session looks after.
    connection.execute("PRAGMA foreign_keys = OFF")
    rows: dict[str, tuple[Cells, ...]] = {}
    dead: dict[str, str] = {}
    master = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema").fetchall()
    for kind, name, table, sql in master:
        if (kind == "index" and sql is None) or name.startswith((_STATISTICS, "sqlite_sequence")):
            continue
        if kind == "table":
            objects.update(_table(connection, name, sql))
            _try_table(connection, name, rows, dead)
        else:
            objects[f"{kind}:{name}"] = f"on {table}: {_normal(sql)}"
        if kind == "view":
            _try_view(connection, name, rows, dead)
        if kind == "trigger":
            _try_trigger(connection, name, table, sql, dead)
    if any(name == "sqlite_sequence" for _, name, _, _ in master):
        for table, value in connection.execute("SELECT name, seq FROM sqlite_sequence"):
            objects[f"sequence:{table}"] = str(value)
    return Image(objects=objects, rows=rows, dead=dead)


def _pragma(connection: sqlite3.Connection, name: str) -> str:
    found = connection.execute(f"PRAGMA {name}").fetchone()
    return "" if found is None else str(found[0])


def _table(connection: sqlite3.Connection, name: str, sql: str) -> dict[str, str]:
    found: dict[str, str] = {}
    items, options = _body(sql)
    found[f"table:{name}"] = options
    for item in items:
        found[f"item:{name}.{item}"] = str(items.count(item))
    for _, column, kind, notnull, default, primary, hidden in _list(connection, "table_xinfo", name):
        found[f"column:{name}.{column}"] = (
            f"{kind} notnull={notnull} default={default} pk={primary} hidden={hidden}"
        )
    for _, index, unique, origin, partial in _list(connection, "index_list", name):
        if origin != "c":
            columns = ",".join(str(row[2]) for row in _list(connection, "index_info", str(index)))
            found[f"key:{name}.{columns}"] = f"unique={unique} origin={origin} partial={partial}"
    return found


def _list(connection: sqlite3.Connection, pragma: str, name: str) -> list[tuple[object, ...]]:
    return connection.execute(f"PRAGMA {pragma}({_quote(name)})").fetchall()


def _body(sql: str) -> tuple[list[str], str]:
    """The definitions between a table's parentheses, sorted, and what follows them.

    SQLite keeps the text of CREATE TABLE and edits it; only there are checks and collations seen.
    """
    items, current, depth = [], [""], 0
    for sign, text in _tokens(sql):
        depth += (sign == "(") - (sign == ")")
        closes = sign == ")" and depth == 0
        if closes or (sign == "," and depth == 1):
            items.append("".join(current).strip())
            current = []
        elif sign == "(" and depth == 1:
            current = []
        else:
            current.append(text)
    return sorted(items), "".join(current).strip()


def _tokens(sql: str) -> Iterator[tuple[str, str]]:
    """(the sign, or nothing; the text with white space folded and needless quotes taken off)."""
    for found in _TOKEN.finditer(sql):
        kind, text = found.lastgroup, found[0]
        if kind == "blank":
            yield "", " "
        elif kind in {"double", "tick", "bracket"}:
            # A rename puts quotes on that were not there.
            yield "", found[kind] if _PLAIN.fullmatch(found[kind]) else text
        else:
            yield text if kind == "sign" else "", text


def _normal(sql: str | None) -> str:
    return "".join(text for _, text in _tokens(sql or "")).strip()


def _quote(name: object) -> str:
    return '"' + str(name).replace('"', '""') + '"'


def _try_table(
    connection: sqlite3.Connection, name: str, rows: dict[str, tuple[Cells, ...]], dead: dict[str, str]
) -> None:
    try:
        cursor = connection.execute(f"SELECT * FROM {_quote(name)}")
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
        cursor = connection.execute(f"SELECT * FROM {_quote(name)}")
        rows[name] = sorted_rows([column[0] for column in cursor.description], cursor)
    except sqlite3.Error as error:
        dead[f"view:{name}"] = str(error)


def _try_trigger(
    connection: sqlite3.Connection, name: str, table: str, sql: str, dead: dict[str, str]
) -> None:
    """Compile a statement that fires the trigger: EXPLAIN compiles its body without running it."""
    event = _EVENT.search(_normal(sql).partition(name)[2])
    columns = _columns(connection, table)
    if not columns:
        dead[f"trigger:{name}"] = f"{table} cannot be read"
        return
    target, nulls = _quote(table), ", ".join("NULL" for _ in columns)
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
        return [_quote(row[1]) for row in _list(connection, "table_info", table)]
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
            connection.execute(f"DROP TRIGGER {_quote(other)}")
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
