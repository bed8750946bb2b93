"""Reads anonymous blocks: DO in PostgreSQL, BEGIN NOT ATOMIC in MariaDB.

Two ways of writing are understood whole, because half of all blocks are one of them: plain statements
that ignore ``duplicate_object``, and a CREATE under ``IF NOT EXISTS`` that looks for just that thing.
Every other block is opaque, and its effects are only what it names.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mig.effects import names
from mig.effects.collector import Collector
from mig.effects.cursor import UnreadError
from mig.effects.footprint import Access
from mig.effects.query import read_body
from mig.effects.routines import body_of
from mig.effects.scope import Use
from mig.effects.tokens import STRING, unquote_string

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.effects.cursor import Cursor

    ReadOne = Callable[[Cursor, Collector], None]

_PLAIN = frozenset({"create", "alter", "drop", "insert", "update", "delete", "comment", "grant", "revoke"})
_MOST_ATTEMPTS = 3
_DUPLICATES = frozenset({"duplicate_object", "duplicate_table", "duplicate_column", "duplicate_schema", "or"})
_DYNAMIC = frozenset({"execute", "pg_class", "pg_tables", "pg_constraint", "pg_attribute", "pg_type"})


def read_block(cursor: Cursor, out: Collector, read_one: ReadOne) -> None:
    """A block that runs now."""
    out.kind("block")
    in_string = cursor.word == "do" and out.is_postgresql
    body = body_of(cursor, out.dialect) if in_string else cursor.copy()
    cursor.rest()
    try:
        understood = _read_understood(body.copy(), out.dialect, read_one)
    except UnreadError:
        _read_opaque(body, out, read_one)
        return
    for effect in understood:
        out.put(effect)


def _read_understood(body: Cursor, dialect: str, read_one: ReadOne) -> Collector:
    """The effects of a block that holds plain statements.

    Raises:
        UnreadError: it holds something else.
    """
    found = Collector(dialect)
    body.expect("begin")
    while not body.is_done and body.word not in {"end", "exception"}:
        if body.word == "if":
            _read_conditional(body, found, read_one)
        else:
            _read_plain(body, found, read_one)
        body.accept(";")
    is_guarded = body.accept("exception")
    if is_guarded:
        _expect_duplicates(body)
    body.expect("end")
    body.accept(";")
    body.finish()
    if found.reasons:
        raise UnreadError("a block with a statement that is not read")
    return _soften(found, dialect) if is_guarded else found


def _read_plain(body: Cursor, found: Collector, read_one: ReadOne) -> None:
    if body.word not in _PLAIN:
        raise UnreadError(f"{body.word[:40]} in a block")
    statement = body.until(";")
    read_one(statement, found)
    statement.finish()


def _expect_duplicates(body: Cursor) -> None:
    """``WHEN duplicate_object THEN null;`` and nothing else."""
    while body.accept("when"):
        if any(token.word not in _DUPLICATES for token in body.until("then").words()):
            raise UnreadError("another exception")
        body.expect("then")
        if not body.accept("null"):
            body.expect("raise", "notice")
            body.skip_to(";")
        body.expect(";")


def _read_conditional(body: Cursor, found: Collector, read_one: ReadOne) -> None:
    """``IF NOT EXISTS (SELECT ... 'name') THEN CREATE ... name; END IF``."""
    body.expect("if", "not", "exists")
    strings = {unquote_string(t.word).lower() for t in body.group().words() if t.kind == STRING}
    body.expect("then")
    inner = Collector(found.dialect)
    while body.word != "end":
        _read_plain(body, inner, read_one)
        body.accept(";")
    body.expect("end", "if")
    created = [effect for effect in inner if effect.access is Access.CREATE]
    if not created or names.base_name(created[0].name).lower() not in strings:
        raise UnreadError("a condition on something else")
    found.reasons.update(inner.reasons)
    for effect in _soften(inner, found.dialect):
        found.put(effect)


def _soften(found: Collector, dialect: str) -> Collector:
    """The same effects, where the second CREATE of a thing does nothing."""
    result = Collector(dialect)
    for effect in found:
        result.put(replace(effect, aspect="if") if effect.access is Access.CREATE else effect)
    return result


def _read_opaque(body: Cursor, out: Collector, read_one: ReadOne) -> None:
    words = {token.word for token in body.words()}
    if words & _DYNAMIC or "information_schema" in words:
        out.read("catalogue", "query")
    out.opaque("block with code that runs" if "execute" not in words else "block with dynamic SQL")
    for piece in body.copy().split(";"):
        _read_piece(piece, out, read_one)
    read_body(body, out, Use(aspect="query", runs=True))


def _read_piece(piece: Cursor, out: Collector, read_one: ReadOne) -> None:
    """The statement in a piece of a block, after BEGIN, THEN, LOOP and the like."""
    for _ in range(_MOST_ATTEMPTS):
        if not piece.skip_to(*_PLAIN):
            return
        attempt = Collector(out.dialect)
        try:
            read_one(piece.copy(), attempt)
        except UnreadError:
            piece.advance()
            continue
        for effect in attempt:
            out.put(effect)
        return
