"""The image of a MariaDB or MySQL database, from SHOW CREATE and the rows, and what no longer works."""

# ruff: noqa: S608 - names are quoted, and everything else in a query is constant
from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pymysql

from mig.replay.outcome import Image, sorted_rows
from mig.schema.mariadb import (
    DATABASE,
    DEFINER,
    ROUTINES,
    TRIGGER_ORDER,
    Answer,
    define,
    list_objects,
    quote,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pymysql.connections import Connection as DriverConnection
    from pymysql.cursors import Cursor

    from mig.replay.outcome import Cells

Connection: TypeAlias = "DriverConnection[Cursor]"
_Probe: TypeAlias = tuple[tuple[str, str], str]  # what is tried: kind and name; a statement

# No such column, table, routine; an invalid view.
_DEAD = frozenset({1054, 1146, 1305, 1356, 4091})
# What a script may have set, and what the statements after it then run under.
_SETTINGS = (
    "auto_increment_increment",
    "auto_increment_offset",
    "autocommit",
    "character_set_client",
    "character_set_connection",
    "character_set_results",
    "check_constraint_checks",
    "collation_connection",
    "collation_database",
    "default_storage_engine",
    "explicit_defaults_for_timestamp",
    "foreign_key_checks",
    "group_concat_max_len",
    "innodb_strict_mode",
    "max_statement_time",
    "sql_mode",
    "sql_safe_updates",
    "system_versioning_alter_history",
    "time_zone",
    "transaction_isolation",
    "tx_isolation",
    "unique_checks",
)
_BLOCK = """BEGIN NOT ATOMIC
  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN
    GET DIAGNOSTICS CONDITION 1 @mig_number = MYSQL_ERRNO, @mig_message = MESSAGE_TEXT;
    ROLLBACK;
    SELECT {at} AS mig_replay, @mig_number, @mig_message;
  END;
  START TRANSACTION;
  {statement};
  ROLLBACK;
END"""
_WITH_ROWS = frozenset({"TABLE", "VIEW", "SEQUENCE"})
_NUMBERS = frozenset({"int", "bigint", "smallint", "tinyint", "mediumint", "decimal", "double", "float"})
_MOMENTS = frozenset({"date", "datetime", "timestamp"})
_WORDS = frozenset({"varchar", "char", "text", "longtext", "mediumtext", "tinytext"})


def read_settings(connection: Connection) -> dict[str, str]:
    """What a session runs under, as objects of an image."""
    names = ", ".join(f"'{name}'" for name in _SETTINGS)
    found = _query(connection, f"SHOW SESSION VARIABLES WHERE variable_name IN ({names})")
    current = _query(connection, "SELECT database()")[0][0]
    return {f"setting:{name}": str(value) for name, value in found} | {
        "setting:database": "" if current is None else "its own"
    }


def read_views(connection: Connection) -> dict[str, str]:
    """The names of the views, by what they select: a view that is renamed is known by that."""
    return {str(selected): str(name) for name, selected in _query(connection, _VIEWS)}


def read_image(connection: Connection, settings: Mapping[str, str], views: Mapping[str, str]) -> Image:
    """Everything that can be seen of the connection's database; nothing is as it was afterwards.

    What is dead goes by the name that ``views`` has for it, since the scripts may have renamed it.
    """
    objects = dict(settings)
    rows: dict[str, tuple[Cells, ...]] = {}
    dead: dict[str, str] = {}
    named = list_objects(lambda queries: query_all(connection, queries))
    queries = [one.query for one in named]
    queries += [f"SELECT * FROM {quote(one.name)}" for one in named if one.kind in _WITH_ROWS]
    answers = iter(query_all(connection, [_VIEWS, *queries, DATABASE, TRIGGER_ORDER]))
    known = {str(name): views.get(str(selected), str(name)) for name, selected in next(answers).rows}
    for one in named:
        objects.update(define(one, next(answers)))
    for one in named:
        kind, name = one.kind, one.name
        if kind in _WITH_ROWS:
            answer = next(answers)
            if answer.error:
                dead[f"{kind.lower()}:{known.get(name, name)}"] = answer.error
            elif kind == "SEQUENCE":
                objects[f"sequence value:{name}"] = str(answer.rows)
            else:
                rows[name] = sorted_rows(answer.columns, answer.rows)
    objects["database"] = str(next(answers).rows)
    objects.update((f"trigger order:{place}", str(order)) for place, order in next(answers).rows)
    _try_programs(connection, dead)
    return Image(objects=objects, rows=rows, dead=dead)


def query_all(connection: Connection, queries: Sequence[str]) -> list[Answer]:
    """Answers to many queries, sent together: the way to and fro costs more than most of them."""
    answers: list[Answer] = []
    while len(answers) < len(queries):
        with connection.cursor() as cursor:
            try:
                cursor.execute(";\n".join(queries[len(answers) :]))
                answers.append(_answer(cursor))
                while cursor.nextset():
                    answers.append(_answer(cursor))
            except pymysql.MySQLError as error:
                if not connection.open:
                    raise
                answers.append(Answer(error=say(error)))
    return answers


def _answer(cursor: Cursor) -> Answer:
    columns = tuple(str(column[0]) for column in cursor.description or ())
    return Answer(columns, tuple(cursor.fetchall()))


_VIEWS = "SELECT table_name, view_definition FROM information_schema.views WHERE table_schema = database()"
_ARGUMENTS = """SELECT specific_name, routine_type, parameter_mode, data_type
FROM information_schema.parameters
WHERE specific_schema = database() AND ordinal_position > 0 ORDER BY 1, 2, ordinal_position"""
_TRIGGERED = """SELECT c.table_name, c.column_name, c.data_type, c.column_key
FROM information_schema.columns c
WHERE c.table_schema = database() AND c.extra NOT LIKE '%GENERATED%' AND c.table_name IN
  (SELECT t.event_object_table FROM information_schema.triggers t WHERE t.trigger_schema = database())
ORDER BY c.table_name, c.ordinal_position"""


def _try_programs(connection: Connection, dead: dict[str, str]) -> None:
    """Call every routine, and change rows where there are triggers, so that what no longer works is found.

    No constraint is in the way of it, and the database is thrown away afterwards.
    """
    settings = ("foreign_key_checks = 0", "check_constraint_checks = 0", "sql_mode = ''")
    query_all(connection, [f"SET {setting}" for setting in settings])  # MySQL has not got all of them
    probes = [*_calls(connection), *_changes(connection)]
    triggers = _list_triggers(connection)
    for (kind, name), message in _try(connection, probes).items():
        fired = triggers.get((kind, name), {})
        if len(fired) < 2:
            dead[f"trigger:{next(iter(fired))}" if fired else f"{kind}:{name}"] = message
        else:
            change = [probe for probe in probes if probe[0] == (kind, name)]
            dead.update(_try_alone(connection, fired, change))


def _list_triggers(connection: Connection) -> dict[tuple[str, str], dict[str, str]]:
    """What makes each trigger, by event and table."""
    listed = _query(connection, "SHOW TRIGGERS")
    made = query_all(connection, [f"SHOW CREATE TRIGGER {quote(row[0])}" for row in listed])
    found: dict[tuple[str, str], dict[str, str]] = {}
    for (name, event, table, *_), answer in zip(listed, made, strict=True):
        if answer.rows:
            place = (str(event).lower(), str(table))
            found.setdefault(place, {})[str(name)] = DEFINER.sub("", str(answer.rows[0][2]))
    return found


def _try_alone(
    connection: Connection, triggers: Mapping[str, str], change: Sequence[_Probe]
) -> dict[str, str]:
    """Which triggers of one table and event no longer work where each is the only one."""
    dead: dict[str, str] = {}
    query_all(connection, [f"DROP TRIGGER {quote(name)}" for name in triggers])
    for name, made in triggers.items():
        query_all(connection, [made])
        dead.update((f"trigger:{name}", message) for message in _try(connection, change).values())
        query_all(connection, [f"DROP TRIGGER {quote(name)}"])
    query_all(connection, list(triggers.values()))
    return dead


def _try(connection: Connection, probes: Sequence[_Probe]) -> dict[tuple[str, str], str]:
    """What is said of what no longer works."""
    statements = [statement for _, statement in probes]
    try:
        refused = _try_together(connection, statements)
    except pymysql.MySQLError:  # MySQL has no blocks outside of routines
        refused = _try_one_by_one(connection, statements)
    return {probes[at][0]: message for at, (number, message) in refused.items() if number in _DEAD}


def _try_together(connection: Connection, statements: Sequence[str]) -> dict[int, tuple[int, str]]:
    """The errors of statements, by their position, each in a block that is undone."""
    if not statements:
        return {}
    refused: dict[int, tuple[int, str]] = {}
    blocks = (_BLOCK.format(at=at, statement=statement) for at, statement in enumerate(statements))
    with connection.cursor() as cursor:
        more: bool | None = cursor.execute(";\n".join(blocks)) >= 0
        while more:
            answer = _answer(cursor)
            if answer.columns[:1] == ("mig_replay",):
                at, number, message = answer.rows[0]
                refused[int(str(at))] = (int(str(number)), str(message))
            more = cursor.nextset()
    return refused


def _try_one_by_one(connection: Connection, statements: Sequence[str]) -> dict[int, tuple[int, str]]:
    refused: dict[int, tuple[int, str]] = {}
    for at, statement in enumerate(statements):
        with connection.cursor() as cursor:
            try:
                cursor.execute(f"ROLLBACK;\nSTART TRANSACTION;\n{statement}")
                while cursor.nextset():
                    pass
            except pymysql.MySQLError as error:
                refused[at] = (error.args[0], say(error))
    query_all(connection, ["ROLLBACK"])
    return refused


def _calls(connection: Connection) -> Iterator[_Probe]:
    arguments: dict[tuple[object, object], list[str]] = {}
    for name, kind, mode, type_ in _query(connection, _ARGUMENTS):
        value = "@mig_replay" if mode in {"OUT", "INOUT"} else _value(str(type_), "1", "'a'")
        arguments.setdefault((kind, name), []).append(value)
    for kind, name in _query(connection, ROUTINES):
        call = f"{quote(name)}({', '.join(arguments.get((kind, name), []))})"
        yield (str(kind).lower(), str(name)), f"SELECT {call}" if kind == "FUNCTION" else f"CALL {call}"


def _changes(connection: Connection) -> Iterator[_Probe]:
    """Changes of rows that are there, and of one that is made, for every event of tables with triggers."""
    tables: dict[str, list[tuple[str, str, str]]] = {}
    for table, column, type_, key in _query(connection, _TRIGGERED):
        made = _value(str(type_), "119", "'~'")
        kept = made if key in {"PRI", "UNI"} else quote(column)
        tables.setdefault(str(table), []).append((quote(column), made, kept))
    for table, columns in tables.items():
        target, names = quote(table), ", ".join(name for name, _, _ in columns)
        copied, made = ", ".join(kept for _, _, kept in columns), ", ".join(value for _, value, _ in columns)
        insert = f"INSERT INTO {target} ({names}) VALUES ({made})"
        sample = f"BEGIN DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END; {insert}; END"
        update = f"UPDATE {target} SET {', '.join(f'{name} = {name}' for name, _, _ in columns)}"
        yield ("insert", table), f"INSERT INTO {target} ({names}) SELECT {copied} FROM {target} LIMIT 1"
        yield ("insert", table), insert
        for event, change in (("update", update), ("delete", f"DELETE FROM {target}")):
            yield (event, table), change
            yield (event, table), f"{sample}; {change}"


def _value(type_: str, number: str, word: str) -> str:
    if type_ in _MOMENTS:
        return "'2001-01-01'"
    return number if type_ in _NUMBERS else word if type_ in _WORDS else "NULL"


def _query(connection: Connection, query: str) -> tuple[tuple[object, ...], ...]:
    return query_all(connection, [query])[0].rows


def say(error: pymysql.MySQLError) -> str:
    """The server's message, on one line."""
    return " ".join(str(error.args[-1] if error.args else error).split())
