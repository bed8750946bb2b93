"""The image of a PostgreSQL database, from its catalogue and rows, and what in it no longer works."""

# ruff: noqa: S608 - names are quoted, and everything else in a query is constant
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import psycopg
from psycopg import sql

from mig.replay.outcome import Image, sorted_rows
from mig.replay.postgresql_catalogue import AROUND, FUNCTIONS, RELATIONS, SEQUENCES, SETTINGS, TRIGGERED
from mig.schema.postgresql import OBJECTS, objects_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mig.replay.outcome import Cells

    Connection = psycopg.Connection[tuple[object, ...]]
    Names = dict[str, str]
    Sequences = dict[tuple[str, str], tuple[int, bool]]

# Syntax errors and names that do not resolve, as opposed to data that a trigger or a constraint refuses.
_DEAD = ("42", "XX")
_DENIED = "42501"
_NAMES = {
    query: sql.Identifier(f"mig_replay_{at}")
    for at, query in enumerate((AROUND, FUNCTIONS, OBJECTS, RELATIONS, SEQUENCES, SETTINGS, TRIGGERED))
}
_LEFT = "SELECT current_setting('search_path'), current_setting('statement_timeout')"
_FINE = "mig: fine"
_BLOCK = """
DECLARE
  calls text[] := ARRAY[{}]; dead jsonb := '{{}}'; at integer;
BEGIN
  FOR at IN 1 .. array_length(calls, 1) LOOP
    BEGIN
      EXECUTE calls[at];
      RAISE EXCEPTION USING MESSAGE = {};
    EXCEPTION WHEN OTHERS THEN
      IF left(SQLSTATE, 2) IN ('42', 'XX') AND SQLSTATE <> '42501' THEN
        dead := dead || jsonb_build_object(at, SQLERRM);
      END IF;
    END;
  END LOOP;
  PERFORM set_config('mig.dead', dead::text, true);
END"""


def read_image(connection: Connection, known: Names) -> Image:
    """Everything that can be seen of the database through this connection, inside its transaction.

    What is dead goes by the name that ``known`` has for it, since the scripts may have renamed it.

    The catalogue is read under the session's own settings but with an empty ``search_path``, so that
    names are shown with their schemas; what the objects do is tried with the path that the scripts left.
    """
    path, limit = connection.execute(_LEFT).fetchone() or ("", "")
    connection.execute("SET statement_timeout = 0")
    objects = {name: str(value) for name, value in _query(connection, SETTINGS)}
    objects["setting:statement_timeout"] = str(limit)
    connection.execute("RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; SET search_path = ''")
    # The catalogue's columns are names and texts.
    objects.update(objects_of(cast("list[tuple[str, str | None, str | None]]", _query(connection, OBJECTS))))
    objects.update((name, str(value)) for name, value in _query(connection, AROUND))
    for (schema, name), state in read_sequences(connection).items():
        objects[f"sequence value:{schema}.{name}"] = str(state)
    connection.execute("SELECT set_config('search_path', %s, false)", (path,))
    dead: dict[str, str] = {}
    rows = _read_rows(connection, known, dead)
    dead.update(_find_dead(connection, known))
    return Image(objects=objects, rows=rows, dead=dead)


def read_names(connection: Connection) -> Names:
    """The names of what can be dead, by what it keeps when it is renamed."""
    return {
        row[0]: f"{row[0].partition(':')[0]}:{row[1]}"
        for query in (FUNCTIONS, RELATIONS, TRIGGERED)
        for row in _query(connection, query)
    }


def prepare(connection: Connection) -> None:
    """Prepare what an image asks, where it is not yet: planning it costs more than running it.

    The driver's own prepared statements would be forgotten at every rollback.
    """
    known = {str(row[0]) for row in connection.execute("SELECT name FROM pg_prepared_statements")}
    for query, name in _NAMES.items():
        if name.as_string(connection).strip('"') not in known:
            connection.execute(f"PREPARE {name.as_string(connection)} AS {query}".encode())


def read_sequences(connection: Connection) -> Sequences:
    """Where every sequence stands: the last value, and whether it was given out."""
    names = cast("list[tuple[str, str]]", _query(connection, SEQUENCES))
    if not names:
        return {}
    selects = [
        sql.SQL("SELECT {} AS at, last_value, is_called FROM {}").format(
            sql.Literal(at), sql.Identifier(*name)
        )
        for at, name in enumerate(names)
    ]
    found = connection.execute(sql.SQL(" UNION ALL ").join(selects)).fetchall()
    return {names[cast("int", at)]: (cast("int", value), bool(called)) for at, value, called in found}


def _query(connection: Connection, query: str) -> list[tuple[str, ...]]:
    found = connection.execute(sql.SQL("EXECUTE {}").format(_NAMES[query])).fetchall()
    return cast("list[tuple[str, ...]]", found)  # the catalogue's columns are names and texts


def _read_rows(connection: Connection, known: Names, dead: dict[str, str]) -> dict[str, tuple[Cells, ...]]:
    """The rows of every table and view: all at once, or one by one where a view cannot be selected from."""
    listed = cast("list[tuple[str, str, str, str, str, list[str]]]", _query(connection, RELATIONS))
    queries = [_select(at, *relation[2:]) for at, relation in enumerate(listed)]
    refused: dict[int, str] = {}
    try:
        with connection.transaction():
            found = connection.execute(sql.SQL(" UNION ALL ").join(queries)).fetchall() if queries else []
    except psycopg.Error:
        found = _read_one_by_one(connection, queries, refused)
    rows: list[list[list[object]]] = [[] for _ in listed]
    for at, cells in cast("list[tuple[int, list[object]]]", found):
        rows[at].append(cells)
    dead.update((_name(known, *listed[at][:2]), message) for at, message in refused.items())
    return {
        relation[1]: sorted_rows(relation[5], rows[at])
        for at, relation in enumerate(listed)
        if at not in refused
    }


def _name(known: Names, key: str, name: str) -> str:
    return known.get(key, f"{key.partition(':')[0]}:{name}")


def _read_one_by_one(
    connection: Connection, queries: Sequence[sql.Composed], refused: dict[int, str]
) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for at, query in enumerate(queries):
        try:
            with connection.transaction():
                found += connection.execute(query)
        except psycopg.Error as error:
            refused[at] = say(error)
    return found


def _select(at: int, schema: str, name: str, kind: str, columns: Sequence[str]) -> sql.Composed:
    cells = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column)) for column in columns)
    return sql.SQL("SELECT {}, ARRAY[{}]::text[] FROM {} {}").format(
        sql.Literal(at), cells, sql.SQL("ONLY" if kind == "r" else ""), sql.Identifier(schema, name)
    )


def _probes(connection: Connection, known: Names) -> list[tuple[str, str]]:
    """What shows whether functions and triggers still work: a name, and the statements to try."""
    probes = [(_name(known, key, name), call) for key, name, call in _query(connection, FUNCTIONS)]
    for row in _query(connection, TRIGGERED):
        trigger = _Trigger(*cast("tuple[Any, ...]", row))  # the catalogue's columns are the class's fields
        name = _name(known, trigger.key, trigger.name)
        probes += [(name, statements) for statements in _fire(trigger)]
    return probes


@dataclass(frozen=True, slots=True)
class _Trigger:
    """A trigger, and what it takes to fire it: see the catalogue's query."""

    key: str
    name: str
    table: str
    events: int
    alone: str
    free: str
    columns: list[str]
    unique: list[str]
    made: list[str]


def _fire(trigger: _Trigger) -> Iterator[str]:
    """Statements that fire a trigger and no other: on rows that are there, and on one that is made."""
    table, alone = trigger.table, trigger.alone
    values = zip(trigger.columns, trigger.unique, trigger.made, strict=True)
    copied = [made if unique else column for column, unique, made in values]
    into = f"INSERT INTO {table} ({', '.join(trigger.columns)}) OVERRIDING SYSTEM VALUE"
    sample = f"{alone} {trigger.free} {into} VALUES ({', '.join(trigger.made)});"
    if trigger.events & 4:
        yield f"{alone} {into} SELECT {', '.join(copied)} FROM {table} LIMIT 1"
        yield sample
    changes = {
        8: f"DELETE FROM {table}",
        16: f"UPDATE {table} SET {', '.join(f'{column} = {column}' for column in trigger.columns)}",
    }
    for event, change in changes.items():
        if trigger.events & event:
            yield f"{alone} {change}"
            yield f"{sample} {change}"


def _find_dead(connection: Connection, known: Names) -> dict[str, str]:
    """Try everything in one block, each thing in a subtransaction that is undone; or one after the other."""
    probes = _probes(connection, known)
    if not probes:
        return {}
    block = sql.SQL(_BLOCK).format(
        sql.SQL(", ").join(sql.Literal(call) for _, call in probes), sql.Literal(_FINE)
    )
    try:
        with connection.transaction():
            # The text is handed over as a literal, so that no quote in it can end the block.
            connection.execute(sql.SQL("DO {}").format(sql.Literal(block.as_string(connection))))
            found = connection.execute("SELECT current_setting('mig.dead')::text::jsonb").fetchone()
    except psycopg.Error:
        return {name: message for name, call in probes if (message := _try(connection, call))}
    said = cast("dict[str, str]", found[0] if found else {})
    return {probes[int(at) - 1][0]: message for at, message in said.items()}


def _try(connection: Connection, statement: str) -> str:
    """What the database says of a statement that no longer works; whatever it does is taken back."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode())
    except psycopg.Error as error:
        state = error.sqlstate or ""
        return say(error) if state.startswith(_DEAD) and state != _DENIED else ""
    return ""


def say(error: psycopg.Error) -> str:
    """The server's message, on one line."""
    return error.diag.message_primary or str(error).partition("\n")[0]
