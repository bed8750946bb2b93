"""Reads what queries are made of: calls of functions and sequences, types, common table expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.effects import names
from mig.effects.tokens import STRING, Token, unquote_string
from mig.effects.vocabulary import EXTENSION_FUNCTIONS, FUNCTIONS, TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.effects.collector import Collector
    from mig.effects.cursor import Cursor
    from mig.effects.scope import Use

_SEQUENCE_CALLS = {"nextval": "advance", "setval": "set", "currval": "", "lastval": ""}
_AFTER_QUERIES = ("select", "insert", "update", "delete", "values", "table", "merge", "replace")
_BY_NAME = frozenset({"to_regclass", "pg_get_serial_sequence"})


def read_call(parts: tuple[str, ...], arguments: Cursor, out: Collector, use: Use) -> None:
    """One call: the function that it needs, the sequence or relation that it names in a string."""
    name = parts[-1]
    if name in _SEQUENCE_CALLS:
        _read_sequence_call(name, arguments, out, use)
    elif name == "set_config" and arguments.token.kind == STRING and use.runs:
        setting = unquote_string(arguments.word).lower()
        out.write(f"setting:{setting}", "set", arguments.text())
        out.write("session", "set", arguments.text())
    elif name in _BY_NAME and arguments.token.kind == STRING:
        out.need_relation(name_in(arguments.token, out.dialect), use.aspect)
    if name not in FUNCTIONS or (len(parts) > 1 and parts[0] != "pg_catalog"):
        function = names.join(parts, out.dialect)
        is_called = use.runs and name not in EXTENSION_FUNCTIONS
        out.need(f"function:{function}", use.aspect, "called" if is_called else "")
        out.need_schema(function)


def _read_sequence_call(name: str, arguments: Cursor, out: Collector, use: Use) -> None:
    token = arguments.token
    if token.kind == STRING and not out.is_mysql:
        sequence = name_in(token, out.dialect)
    elif arguments.is_name() and arguments.peek() != "(":
        sequence = arguments.name()
    elif name in {"setval", "nextval"}:
        # pg_get_serial_sequence('t', 'c') names the sequence of a column.
        sequence = _sequence_of_column(arguments, out, use)
    else:
        return
    use_sequence(sequence, _SEQUENCE_CALLS[name], out, use)


def use_sequence(sequence: str, access: str, out: Collector, use: Use) -> None:
    """Move a sequence (``advance``, ``set``) or look at it."""
    out.need(f"sequence:{sequence}", use.aspect)
    out.need(f"relation:{sequence}", use.aspect)
    if use.runs and access:
        out.write(f"sequence:{sequence}", access)
    elif use.runs:
        out.read(f"sequence:{sequence}", "query")


def _sequence_of_column(arguments: Cursor, out: Collector, use: Use) -> str:
    """The name that the database gives to the sequence of a serial column; ``*`` if nobody knows."""
    strings = [token for token in arguments.words() if token.kind == STRING]
    if len(strings) < 2 or "pg_get_serial_sequence" not in [token.word for token in arguments.words()]:
        return "*"
    table, column = name_in(strings[0], out.dialect), name_in(strings[1], out.dialect)
    out.need(f"column:{table}.{column}", use.aspect)
    made = names.within(table, names.make_name(table, (column,), "seq"))
    if use.runs:
        out.write(f"sequence:{table}.*", "set")
    return made


def name_in(token: Token, dialect: str) -> str:
    """The name of a relation that stands in a string literal, as in ``'public.users'``."""
    from mig.effects.cursor import Cursor, UnreadError

    inner = Cursor.over(unquote_string(token.word), dialect)
    try:
        return inner.name()
    except UnreadError:
        return "*"


def read_type(cursor: Cursor, out: Collector, aspect: str) -> tuple[str, ...]:
    """Take the name of a type; user's own ones are needed."""
    parts = cursor.parts()
    if cursor.word == "%" and cursor.peek() in {"type", "rowtype"}:
        need_type_of(cursor, parts, out, aspect)
        return parts
    name = names.join(parts, cursor.dialect)
    if parts[0] == "pg_catalog" or (len(parts) == 1 and parts[0] in TYPES):
        return parts
    if cursor.dialect == "postgresql":
        out.need(f"type:{name}", aspect)
        out.need_schema(name)
    return parts


def need_type_of(cursor: Cursor, parts: tuple[str, ...], out: Collector, aspect: str) -> None:
    """``t.c%TYPE`` and ``t%ROWTYPE``: the type of a column, or of all columns of a table."""
    cursor.advance()
    is_row = cursor.word == "rowtype"
    cursor.advance()
    table = names.join(parts if is_row else parts[:-1], out.dialect)
    if not table:
        return
    out.need_relation(table, aspect)
    out.need(f"shape:{table}" if is_row else f"column:{table}.{parts[-1]}", aspect)


def common_queries(cursor: Cursor) -> Iterator[tuple[str, Cursor]]:
    """The names and queries after WITH, leaving the cursor at the statement that they are for."""
    start = cursor.position
    cursor.accept("recursive")
    while cursor.is_name() and cursor.peek() in {"as", "("}:
        name = cursor.part()
        cursor.skip_group()
        if not cursor.accept("as"):
            break
        cursor.accept("not")
        cursor.accept("materialized")
        if cursor.word != "(":
            break
        yield name, cursor.group()
        cursor.skip_to(",", *_AFTER_QUERIES)
        start = cursor.position
        if not cursor.accept(","):
            break
    cursor.position = start
