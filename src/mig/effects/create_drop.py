"""Tells what CREATE, ALTER and DROP are about, and hands over to the reader of that kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mig.effects import access, names, objects, routines
from mig.effects.alter_table import read_alter_table
from mig.effects.cursor import UnreadError
from mig.effects.indexes import read_alter_index, read_create_index, read_drop_index
from mig.effects.tables import read_create_table
from mig.effects.vocabulary import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.effects.collector import Collector
    from mig.effects.cursor import Cursor

_TABLE_WORDS = ("global", "local", "temp", "temporary", "unlogged")
_INDEX_WORDS = ("unique", "fulltext", "spatial", "vector", "online", "offline")
_FUNCTIONS = frozenset({"function", "procedure", "routine", "aggregate"})
_NAMED = words(
    """
    access-method cast collation conversion database event-trigger extension foreign-data-wrapper group
    language operator operator-class operator-family package package-body publication role schema server
    statistics subscription tablespace text-search transform user user-mapping
    """
)
_KIND_NAMES = {"user": "role", "group": "role"}
_PHRASES = (
    ("event", "trigger"),
    ("foreign", "data", "wrapper"),
    ("user", "mapping"),
    ("text", "search"),
    ("access", "method"),
    ("operator", "class"),
    ("operator", "family"),
    ("package", "body"),
    ("materialized", "view"),
    ("foreign", "table"),
    ("virtual", "table"),
)
_KINDS_OF_DROP = {
    "table": "table",
    "view": "view",
    "materialized-view": "view",
    "foreign-table": "table",
    "sequence": "sequence",
}


def _read_kind(cursor: Cursor) -> str:
    """The words that say what kind of thing it is, as one word."""
    for phrase in _PHRASES:
        if cursor.accept(*phrase):
            return "-".join(phrase)
    word = cursor.word
    cursor.advance()
    return word


def _skip_definer(cursor: Cursor) -> None:
    while cursor.word in {"definer", "algorithm", "sql", "aggregate"}:
        if cursor.word == "definer":
            cursor.advance(2)
            cursor.step()
            cursor.skip_group()
            if cursor.accept("@"):
                cursor.step()
            elif cursor.word.startswith("@"):
                cursor.advance()
        elif cursor.word == "algorithm":
            cursor.advance(3)
        elif cursor.accept("sql", "security") or (cursor.word == "aggregate" and cursor.peek() == "function"):
            cursor.advance()
        else:
            return


def read_create(cursor: Cursor, out: Collector) -> None:
    cursor.expect("create")
    replaces = cursor.accept("or", "replace")
    _skip_definer(cursor)
    while cursor.accept_one(*_TABLE_WORDS):
        pass
    if cursor.word in {"trusted", "procedural", "recursive", "constraint", "default"}:
        cursor.advance()
    cursor.accept("procedural")
    unique = cursor.accept_one(*_INDEX_WORDS)
    kind = _read_kind(cursor)
    if kind == "index":
        read_create_index(cursor, out, kind=unique, replaces=replaces)
    elif kind in {"table", "foreign-table"}:
        read_create_table(cursor, out, replaces=replaces and out.is_mysql)
    elif kind == "virtual-table":
        _read_virtual_table(cursor, out)
    elif kind in {"view", "materialized-view"}:
        objects.read_create_view(cursor, out, replaces=replaces, is_materialized=kind == "materialized-view")
    else:
        _read_create_other(cursor, out, kind, replaces=replaces)


def _read_create_other(cursor: Cursor, out: Collector, kind: str, *, replaces: bool) -> None:
    reader, replacer = _CREATE_READERS.get(kind), _REPLACE_READERS.get(kind)
    if kind in _FUNCTIONS:
        routines.read_create_function(cursor, out, kind=kind, replaces=replaces)
    elif replacer is not None:
        replacer(cursor, out, replaces=replaces)
    elif reader is not None:
        reader(cursor, out)
    elif kind in _NAMED:
        objects.read_create_named(cursor, out, kind=_KIND_NAMES.get(kind, kind), replaces=replaces)
    else:
        raise UnreadError(f"CREATE {kind[:40]}")


def _read_virtual_table(cursor: Cursor, out: Collector) -> None:
    out.kind("create virtual table")
    aspect = "if" if cursor.accept("if", "not", "exists") else ""
    table = cursor.name()
    detail = cursor.copy().rest().text()
    out.create_relation("table", table, aspect, detail)
    for shadow in ("data", "idx", "content", "docsize", "config", "node", "rowid", "parent"):
        out.create(f"relation:{table}_{shadow}", aspect, implicit="shadow of a virtual table")
    if cursor.accept("using"):
        cursor.part()
        for item in cursor.group().split() if cursor.word == "(" else ():
            _read_virtual_column(item, out, table, aspect)


def _read_virtual_column(item: Cursor, out: Collector, table: str, aspect: str) -> None:
    if item.peek() == "=":
        if item.accept("content") and item.accept("=") and item.is_name() and len(item.word) > 2:
            out.need_relation(item.name(), "table")
    elif item.is_name():
        out.create(f"column:{table}.{item.part()}", aspect)


def read_alter(cursor: Cursor, out: Collector) -> None:
    cursor.expect("alter")
    if cursor.accept("default", "privileges"):
        access.read_default_privileges(cursor, out)
        return
    while cursor.accept_one("ignore", "online"):
        pass
    _skip_definer(cursor)
    kind = _read_kind(cursor)
    reader = _ALTER_READERS.get(kind)
    if reader is not None:
        reader(cursor, out)
    elif kind in _FUNCTIONS or kind == "event":
        routines.read_alter_function(cursor, out, kind=kind)
    elif kind in {"trigger", "rule"}:
        _read_alter_on_table(cursor, out, kind)
    elif kind in _NAMED:
        objects.read_alter_named(cursor, out, kind=_KIND_NAMES.get(kind, kind))
    else:
        raise UnreadError(f"ALTER {kind[:40]}")


def _read_alter_materialized(cursor: Cursor, out: Collector) -> None:
    objects.read_alter_view(cursor, out, is_materialized=True)


def _read_alter_system(cursor: Cursor, out: Collector) -> None:
    out.kind("alter system")
    detail = cursor.rest().text()
    out.write("setting:system", "set", detail)
    out.write("session", "set", detail)


def _read_alter_on_table(cursor: Cursor, out: Collector, kind: str) -> None:
    name = cursor.part()
    cursor.expect("on")
    table = cursor.name()
    out.need_relation(table, "table")
    if cursor.accept("rename", "to"):
        out.kind(f"rename {kind}")
        out.rename(kind, f"{table}.{name}", f"{table}.{cursor.part()}")
    else:
        out.kind(f"alter {kind}")
        out.alter(f"{kind}:{table}.{name}", "definition", cursor.rest().text())


def read_drop(cursor: Cursor, out: Collector) -> None:
    cursor.expect("drop")
    if cursor.word == "owned":
        access.read_reassign(cursor, out)
        return
    cursor.accept_one("temporary", "temp")
    cursor.accept("procedural")
    kind = _read_kind(cursor)
    if kind == "index":
        read_drop_index(cursor, out)
        return
    out.kind(f"drop {kind.replace('-', ' ')}")
    aspect = "if" if cursor.accept("if", "exists") else ""
    if kind in {"trigger", "policy", "rule"} and not (kind == "trigger" and not out.is_postgresql):
        _drop_on_table(cursor, out, kind, aspect)
    elif kind in _KINDS_OF_DROP or kind in {"type", "domain", "trigger", "event"} or kind in _FUNCTIONS:
        _drop_listed(cursor, out, kind, aspect)
    elif kind in _NAMED:
        _drop_named(cursor, out, _KIND_NAMES.get(kind, kind), aspect)
    else:
        raise UnreadError(f"DROP {kind[:40]}")


def _drop_on_table(cursor: Cursor, out: Collector, kind: str, aspect: str) -> None:
    name = cursor.part()
    cursor.expect("on")
    table = cursor.name()
    # Under IF EXISTS the table need not be there either.
    if not aspect:
        out.need_relation(table, "table")
    out.drop(f"{kind}:{table}.{name}", aspect, cursor.rest().text())


def _drop_listed(cursor: Cursor, out: Collector, kind: str, aspect: str) -> None:
    dropped: list[tuple[str, str]] = []
    while not cursor.is_done:
        name = cursor.name()
        signature = cursor.group().text() if cursor.word == "(" else ""
        dropped.append((name, f"({signature})" if kind in _FUNCTIONS else ""))
        if not cursor.accept(","):
            break
    behaviour = cursor.accept_one("cascade", "restrict")
    for name, signature in dropped:
        _drop_one(out, kind, name, aspect, signature or ("cascade" if behaviour == "cascade" else ""))
    if not dropped:
        raise UnreadError(f"DROP {kind} of nothing")
    cursor.accept("wait")
    cursor.rest()


def _drop_one(out: Collector, kind: str, name: str, aspect: str, detail: str) -> None:
    if kind in _KINDS_OF_DROP:
        out.drop_relation(_KINDS_OF_DROP[kind], name, aspect, detail)
    elif kind in _FUNCTIONS:
        out.drop(f"function:{name}", aspect, detail)
    elif kind in {"type", "domain"}:
        out.drop(f"type:{name}", aspect, detail)
    else:
        out.drop(f"{kind}:{name}", aspect, detail)


def _drop_named(cursor: Cursor, out: Collector, kind: str, aspect: str) -> None:
    cascades = "cascade" in {token.word for token in cursor.words()}
    detail = "cascade" if cascades else ""
    for item in cursor.split():
        if item.is_name():
            out.drop(f"{kind}:{item.name()}", aspect, detail)
        else:
            out.drop(f"{kind}:{item.rest().text()}", aspect, detail)
    if kind in {"extension", "database"} or (kind == "schema" and cascades):
        out.alter("catalogue", "extension" if kind == "extension" else "definition", f"drop {kind}")


def read_rename_table(cursor: Cursor, out: Collector) -> None:
    """``RENAME TABLE a TO b, c TO d`` of MariaDB and MySQL."""
    out.kind("rename table")
    cursor.expect("rename")
    if not cursor.accept_one("table", "tables"):
        raise UnreadError(f"RENAME {cursor.word[:40]}")
    aspect = "if" if cursor.accept("if", "exists") else ""
    for pair in cursor.split():
        old = pair.name()
        pair.expect("to")
        out.rename_relation("table", old, names.join(pair.parts(), out.dialect), aspect)


class _Replacer(Protocol):
    def __call__(self, cursor: Cursor, out: Collector, *, replaces: bool) -> None: ...


_CREATE_READERS: dict[str, Callable[[Cursor, Collector], None]] = {
    "domain": objects.read_create_domain,
    "policy": access.read_create_policy,
    "type": objects.read_create_type,
}
_REPLACE_READERS: dict[str, _Replacer] = {
    "event": routines.read_create_event,
    "rule": routines.read_create_rule,
    "sequence": objects.read_create_sequence,
    "trigger": routines.read_create_trigger,
}
_ALTER_READERS: dict[str, Callable[[Cursor, Collector], None]] = {
    "domain": objects.read_alter_domain,
    "foreign-table": read_alter_table,
    "index": read_alter_index,
    "materialized-view": _read_alter_materialized,
    "policy": access.read_alter_policy,
    "sequence": objects.read_alter_sequence,
    "system": _read_alter_system,
    "table": read_alter_table,
    "type": objects.read_alter_type,
    "view": objects.read_alter_view,
}
