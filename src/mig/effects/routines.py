"""Reads functions, procedures, triggers, rules and events: what they are on, and what their bodies name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.effects import names
from mig.effects.calls import read_type
from mig.effects.cursor import Cursor, UnreadError
from mig.effects.query import read_body, read_expression
from mig.effects.scope import Use
from mig.effects.tables import accept_if_not_exists
from mig.effects.tokens import STRING, unquote_string
from mig.effects.vocabulary import TYPES, words

if TYPE_CHECKING:
    from mig.effects.collector import Collector

_EVENTS = ("insert", "update", "delete", "truncate")
_READABLE = frozenset({"sql", "plpgsql"})
_ARGUMENT_MODES = ("in", "out", "inout", "variadic")
_CHARACTERISTICS = words(
    """
    language comment sql security definer invoker not deterministic contains no reads modifies data
    """
)


def read_create_function(cursor: Cursor, out: Collector, *, kind: str, replaces: bool) -> None:
    """What follows ``CREATE FUNCTION`` or ``PROCEDURE``."""
    out.kind(f"create {kind}")
    aspect = accept_if_not_exists(cursor) or ("if" if replaces else "")
    name = cursor.name()
    detail = cursor.copy().rest().text()
    signature = cursor.copy().group().text() if cursor.word == "(" else ""
    out.create(f"function:{name}", aspect, f"({signature}) {detail}")
    out.need_schema(name)
    if replaces:
        out.alter(f"function:{name}", "definition", f"({signature}) {detail}")
    if cursor.word == "(":
        _read_arguments(cursor.group(), out)
    if out.is_postgresql:
        _read_postgresql(cursor, out)
    else:
        _read_psm(cursor, out)


def _read_arguments(group: Cursor, out: Collector) -> None:
    """The types and defaults of arguments; a lone name is a type."""
    for argument in group.split():
        argument.accept_one(*_ARGUMENT_MODES)
        if not argument.is_name():
            continue
        if argument.copy().peek() not in {"", ".", "(", "[", "=", "default", ":="}:
            argument.part()
        argument.accept_one(*_ARGUMENT_MODES)
        argument.accept("setof")
        if argument.is_name():
            read_type(argument, out, "function")
        if argument.skip_to("default", "=", ":="):
            argument.advance()
            read_expression(argument.rest(), out, Use(aspect="function"))


def _read_postgresql(cursor: Cursor, out: Collector) -> None:
    language = _find_language(cursor.copy())
    if cursor.accept("returns"):
        _read_returns(cursor, out)
    use = Use(aspect="function")
    while not cursor.is_done:
        if cursor.accept("as"):
            if cursor.token.kind == STRING and language in _READABLE:
                body = Cursor.over(cursor.string(), out.dialect, depth=cursor.depth + 1)
                read_body(body, out, use)
            else:
                cursor.step()
        elif cursor.accept("begin", "atomic") or cursor.accept("return"):
            read_body(cursor.rest(), out, use)
        else:
            cursor.step()


def _find_language(cursor: Cursor) -> str:
    if not cursor.skip_to("language"):
        return "sql"
    cursor.advance()
    return cursor.word.strip("'\"").lower()


def _read_returns(cursor: Cursor, out: Collector) -> None:
    if cursor.accept("table") and cursor.word == "(":
        _read_arguments(cursor.group(), out)
        return
    cursor.accept("setof")
    if cursor.is_name():
        start = cursor.position
        parts = read_type(cursor, out, "function")
        if cursor.word not in {"%", "["} and cursor.position > start and not _is_basic(parts):
            # RETURNS SETOF t returns rows of the table as it is now.
            out.need(f"shape:{names.join(parts, out.dialect)}", "function", "candidate")


def _is_basic(parts: tuple[str, ...]) -> bool:
    return len(parts) == 1 and parts[0] in TYPES


def _read_psm(cursor: Cursor, out: Collector) -> None:
    """A routine of MariaDB or MySQL: its body begins after what describes it."""
    if cursor.accept("returns"):
        cursor.step()
        cursor.skip_group()
        while cursor.word in {"charset", "character", "collate", "unsigned"}:
            cursor.advance(3 if cursor.word == "character" else 2 if cursor.word != "unsigned" else 1)
    while cursor.word in _CHARACTERISTICS:
        cursor.advance()
        if cursor.token.kind == STRING:
            cursor.advance()
    read_body(cursor.rest(), out, Use(aspect="function"))


def read_create_trigger(cursor: Cursor, out: Collector, *, replaces: bool = False) -> None:
    """What follows ``CREATE TRIGGER``."""
    out.kind("create trigger")
    aspect = accept_if_not_exists(cursor) or ("if" if replaces else "")
    name = cursor.part() if out.is_postgresql else cursor.name()
    detail = cursor.copy().rest().text()
    updated = _read_events(cursor)
    cursor.expect("on")
    table = cursor.name()
    trigger = f"trigger:{table}.{name}" if out.is_postgresql else f"trigger:{name}"
    out.create(trigger, aspect, detail)
    if replaces:
        out.alter(trigger, "definition", detail)
    out.need_relation(table, "trigger")
    for column in updated:
        out.need(f"column:{table}.{column}", "trigger")
    use = Use(aspect="trigger")
    if out.is_postgresql:
        _read_trigger_call(cursor, out, use, table)
    else:
        cursor.accept("for", "each", "row")
        read_body(cursor.rest(), out, use, [("new", table), ("old", table)])


def _read_events(cursor: Cursor) -> list[str]:
    """The columns of UPDATE OF, while going on to the ON before the table."""
    updated: list[str] = []
    while not cursor.is_done and cursor.word != "on":
        if cursor.accept("of") and cursor.peek(-2) == "update":
            updated.append(cursor.part())
            while cursor.accept(","):
                updated.append(cursor.part())
        else:
            cursor.step()
    return updated


def _read_trigger_call(cursor: Cursor, out: Collector, use: Use, table: str) -> None:
    if cursor.accept("from"):
        out.need_relation(cursor.name(), "trigger")
    while not cursor.is_done:
        if cursor.accept("when"):
            read_body(cursor.group(), out, use, [("new", table), ("old", table)])
        elif cursor.accept("execute"):
            cursor.accept_one("function", "procedure")
            out.need(f"function:{cursor.name()}", "trigger")
            cursor.rest()
        else:
            cursor.step()


def read_create_rule(cursor: Cursor, out: Collector, *, replaces: bool = False) -> None:
    out.kind("create rule")
    name = cursor.part()
    detail = cursor.copy().rest().text()
    cursor.skip_to("to")
    cursor.expect("to")
    table = cursor.name()
    out.create(f"rule:{table}.{name}", "if" if replaces else "", detail)
    out.need_relation(table, "trigger")
    rows = [("new", table), ("old", table)]
    use = Use(aspect="trigger")
    read_body(cursor.until("do"), out, use, rows)
    cursor.accept("do")
    cursor.accept_one("also", "instead")
    read_body(cursor.group() if cursor.word == "(" else cursor.rest(), out, use, rows)
    cursor.rest()


def read_create_event(cursor: Cursor, out: Collector, *, replaces: bool = False) -> None:
    out.kind("create event")
    aspect = accept_if_not_exists(cursor) or ("if" if replaces else "")
    name = cursor.name()
    detail = cursor.copy().rest().text()
    out.create(f"event:{name}", aspect, detail)
    if cursor.skip_to("do"):
        cursor.advance()
    read_body(cursor.rest(), out, Use(aspect="function"))


def read_alter_function(cursor: Cursor, out: Collector, *, kind: str) -> None:
    """``ALTER FUNCTION f(...)`` and ``ALTER EVENT``."""
    name = cursor.name()
    signature = cursor.group().text() if cursor.word == "(" else ""
    resource = f"{'event' if kind == 'event' else 'function'}:{name}"
    out.need(resource, "table", f"({signature})")
    if cursor.accept("rename", "to"):
        out.kind(f"rename {kind}")
        new = cursor.name() if out.is_mysql else names.within(name, cursor.part())
        out.rename(resource.partition(":")[0], name, new)
    elif cursor.accept("set", "schema"):
        out.kind("set schema")
        schema = cursor.part()
        out.need(f"schema:{schema}", "table")
        out.rename("function", name, names.join((schema, names.base_name(name)), out.dialect))
    else:
        out.kind(f"alter {kind}")
        owner = cursor.word == "owner"
        text = cursor.copy().rest().text()
        if not text:
            raise UnreadError(f"ALTER {kind} without an action")
        out.alter(resource, "owner" if owner else "definition", text)
        _read_event_body(cursor, out)


def _read_event_body(cursor: Cursor, out: Collector) -> None:
    body = cursor.rest()
    if body.skip_to("do"):
        body.advance()
        read_body(body.rest(), out, Use(aspect="function"))


def body_of(cursor: Cursor, dialect: str) -> Cursor:
    """The tokens of a block that stands in a string, as in ``DO $$ ... $$``."""
    for token in cursor.words():
        if token.kind == STRING and len(token.word) > 2 and token.word[0] in "$'eE":
            return Cursor.over(unquote_string(token.word), dialect, depth=cursor.depth + 1)
    raise UnreadError("a block without a body")
