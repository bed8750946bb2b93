"""Reads what changes rows: INSERT, UPDATE, DELETE, MERGE, and SELECT that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.effects import names
from mig.effects.calls import common_queries
from mig.effects.columns import is_volatile
from mig.effects.cursor import UnreadError
from mig.effects.footprint import Access
from mig.effects.query import read_in_scope, read_query
from mig.effects.scope import Scope, Use, need_shape, resolve
from mig.effects.tokens import NUMBER, STRING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.effects.collector import Collector
    from mig.effects.cursor import Cursor

_RUNS = Use(aspect="query", runs=True)
_CHANGES = frozenset({"insert", "update", "delete", "merge", "replace"})
_MODIFIERS = ("low_priority", "delayed", "high_priority", "quick", "ignore")
_MOST_KEYS = 1000
_LITERAL_WORDS = frozenset({"null", "true", "false"})


def read_insert(cursor: Cursor, out: Collector, outer: Scope | None = None) -> None:
    """INSERT and REPLACE."""
    out.kind("insert")
    conflict = "replace" if cursor.word == "replace" else ""
    cursor.advance()
    if cursor.accept("or"):
        conflict = cursor.word
        cursor.advance()
    while word := cursor.accept_one(*_MODIFIERS):
        conflict = "ignore" if word == "ignore" else conflict
    cursor.accept("into")
    table = cursor.name()
    scope = Scope(outer=outer)
    scope.add(cursor.part() if cursor.accept("as") else names.base_name(table), table)
    if cursor.word == "partition":
        cursor.advance()
        cursor.skip_group()
    need_target(table, out)
    columns = _read_columns(cursor, table, out)
    _read_source(cursor, out, scope, table, columns)
    conflict = _read_conflict(cursor, out, scope, table) or conflict
    read_in_scope(cursor.rest(), out, _RUNS, scope)
    resolve(scope, out, _RUNS)
    out.write(f"rows:{table}", "insert", conflict)
    if conflict == "replace":
        out.write(f"rows:{table}", "delete", conflict)


def need_target(table: str, out: Collector) -> None:
    out.need_relation(table, "query")
    if names.is_catalogue(table, out.dialect):
        out.opaque(f"writes to {table}, which is the database's own")


def _read_columns(cursor: Cursor, table: str, out: Collector) -> tuple[str, ...]:
    """The listed columns; none stands for all of them."""
    after = cursor.peek()
    if cursor.word == "set" or (cursor.accept("default", "values")):
        return ()
    if cursor.word != "(" or after in {"select", "with", "values", "("}:
        need_shape(table, out, Use(aspect="query"))
        return ("*",)
    columns = tuple(item.parts()[-1] for item in cursor.group().split())
    for column in columns:
        out.need(f"column:{table}.{column}", "query")
    return columns


def _read_source(cursor: Cursor, out: Collector, scope: Scope, table: str, columns: tuple[str, ...]) -> None:
    """VALUES, a query, or SET of MariaDB and MySQL."""
    if cursor.accept("overriding"):
        cursor.advance(2)
    if cursor.accept("set"):
        _read_assignments(cursor.until("on", "as", "returning"), out, scope, table, "insert")
    elif cursor.accept_one("values", "value"):
        _read_values(cursor.until("on", "as", "returning"), out, scope, table, columns)
    else:
        source = cursor.until("on", "returning")
        while not cursor.is_done and cursor.word == "on" and cursor.peek() not in {"conflict", "duplicate"}:
            # The ON of a join is not that of a conflict.
            cursor.advance()
            cursor.skip_to("on", "returning")
            source.stop = cursor.position
        detail = "volatile" if is_volatile(source) else ""
        read_query(source, out, _RUNS, scope.outer)
        for column in columns:
            out.write(f"values:{table}.{column}", "insert", detail)


def _read_values(cursor: Cursor, out: Collector, scope: Scope, table: str, columns: tuple[str, ...]) -> None:
    """The rows, with their literals column by column while there are not too many."""
    literals: list[list[str]] = []
    # Only MariaDB and MySQL let a value name another column of the row.
    inside = scope if out.is_mysql else Scope(outer=scope.outer)
    for row in cursor.split():
        if row.word == "row":
            row.advance()
        if row.word != "(":
            continue
        inner = row.copy().group()
        if len(literals) < _MOST_KEYS:
            literals.append([_literal(value) for value in inner.copy().split()])
        read_in_scope(inner, out, _RUNS, inside)
    if inside is not scope:
        resolve(inside, out, _RUNS)
    whole = len(literals) < _MOST_KEYS
    for at, column in enumerate(columns):
        if column == "*":
            detail = "\n".join("\t".join(row) for row in literals) if whole else ""
        else:
            detail = "\n".join(row[at] if at < len(row) else "" for row in literals) if whole else ""
        out.write(f"values:{table}.{column}", "insert", detail.strip("\n"))


def _literal(value: Cursor) -> str:
    """A value as written, if it is one; ``volatile`` or nothing for expressions."""
    tokens = list(value.words())
    if len(tokens) == 1 and (tokens[0].kind in {NUMBER, STRING} or tokens[0].word in _LITERAL_WORDS):
        return tokens[0].word.replace("\n", "\\n").replace("\t", "\\t")
    if len(tokens) == 2 and tokens[0].word == "-" and tokens[1].kind == NUMBER:
        return f"-{tokens[1].word}"
    return "volatile" if is_volatile(value) else "expression"


def _read_conflict(cursor: Cursor, out: Collector, scope: Scope, table: str) -> str:
    """``ON CONFLICT`` and ``ON DUPLICATE KEY UPDATE``; what happens then, in a word."""
    cursor.skip_to("on", "returning")
    if cursor.accept("on", "duplicate", "key", "update"):
        scope.add("excluded", table)
        _read_assignments(cursor.until("returning"), out, scope, table, "update")
        return "upsert"
    if not cursor.accept("on", "conflict"):
        return ""
    scope.add("excluded", table)
    if cursor.accept("on", "constraint"):
        out.need(f"constraint:{table}.{cursor.part()}", "query")
    read_in_scope(cursor.until("do"), out, _RUNS, scope)
    cursor.expect("do")
    if cursor.accept("nothing"):
        return "ignore"
    cursor.expect("update", "set")
    _read_assignments(cursor.until("where", "returning"), out, scope, table, "update")
    return "upsert"


def _read_assignments(cursor: Cursor, out: Collector, scope: Scope, table: str, aspect: str) -> None:
    """``a = 1, (b, c) = (...)``: what is written, and what for that is read."""
    for assignment in cursor.split():
        target = assignment.until("=", ":=")
        assignment.accept_one("=", ":=")
        value = assignment.rest()
        detail = value.text() + (" (volatile)" if is_volatile(value) else "")
        for owner, column in _read_targets(target, scope, table):
            out.need(f"column:{owner}.{column}", "query")
            out.write(f"values:{owner}.{column}", aspect, detail)
        read_in_scope(value, out, _RUNS, scope)


def _read_targets(target: Cursor, scope: Scope, table: str) -> list[tuple[str, str]]:
    items = list(target.group().split()) if target.word == "(" else [target]
    found = []
    for item in items:
        parts = item.parts()
        owner = scope.find(parts[0]) if len(parts) > 1 else None
        found.append((owner or table, parts[-1] if owner or len(parts) == 1 else parts[0]))
    return found


def read_update(cursor: Cursor, out: Collector, outer: Scope | None = None) -> None:
    """UPDATE, of several tables too."""
    out.kind("update")
    cursor.expect("update")
    if cursor.accept("or"):
        cursor.advance()
    while cursor.accept_one(*_MODIFIERS, "only"):
        pass
    scope = Scope(outer=outer)
    table = _read_tables(cursor.until("set"), out, scope)
    if names.is_catalogue(table, out.dialect):
        out.opaque(f"writes to {table}, which is the database's own")
    cursor.expect("set")
    assignments = cursor.until("from", "where", "returning", "order", "limit")
    read_in_scope(cursor.rest(), out, _RUNS, scope)
    if len(set(scope.tables.values())) > 1 and out.is_mysql:
        _write_candidates(assignments.copy(), out, scope)
    _read_assignments(assignments, out, scope, table, "update")
    resolve(scope, out, _RUNS)


def _write_candidates(assignments: Cursor, out: Collector, scope: Scope) -> None:
    """In MySQL's UPDATE of several tables a bare column can be any table's."""
    for assignment in assignments.split():
        target = assignment.until("=")
        if len(parts := target.copy().parts()) == 1:
            for table in scope.candidates():
                out.write(f"values:{table}.{parts[0]}", "update", "candidate")


def _read_tables(cursor: Cursor, out: Collector, scope: Scope) -> str:
    """The tables between UPDATE and SET; the first one's name."""
    ahead = cursor.copy()
    if not ahead.is_name():
        raise UnreadError("UPDATE of no table")
    table = ahead.name()
    read_in_scope(cursor, out, _RUNS, scope, in_from=True)
    return table


def read_delete(cursor: Cursor, out: Collector, outer: Scope | None = None) -> None:
    """DELETE, of several tables too."""
    out.kind("delete")
    cursor.expect("delete")
    while cursor.accept_one(*_MODIFIERS):
        pass
    scope = Scope(outer=outer)
    targets = [item.parts() for item in cursor.until("from").split() if item.is_name()]
    cursor.expect("from")
    cursor.accept("only")
    if not targets:
        ahead = cursor.copy()
        targets = [ahead.parts()]
    condition = cursor.copy()
    condition.skip_to("using", "where", "order", "limit")
    detail = condition.text()
    read_in_scope(
        cursor.until("using", "where", "returning", "order", "limit"), out, _RUNS, scope, in_from=True
    )
    if cursor.accept("using"):
        tables = cursor.until("where", "returning", "order", "limit")
        read_in_scope(tables, out, _RUNS, scope, in_from=True)
    read_in_scope(cursor.rest(), out, _RUNS, scope)
    for parts in targets:
        owner = scope.find(parts[-1]) or names.join(parts, out.dialect)
        if names.is_catalogue(owner, out.dialect):
            out.opaque(f"writes to {owner}, which is the database's own")
        out.write(f"rows:{owner}", "delete", detail)
    resolve(scope, out, _RUNS)


def read_merge(cursor: Cursor, out: Collector, outer: Scope | None = None) -> None:
    """MERGE INTO t USING s ON ... WHEN ..."""
    out.kind("merge")
    cursor.expect("merge")
    cursor.accept("into")
    cursor.accept("only")
    scope = Scope(outer=outer)
    table = cursor.copy().name()
    read_in_scope(cursor.until("using"), out, _RUNS, scope, in_from=True)
    cursor.expect("using")
    read_in_scope(cursor.until("when"), out, _RUNS, scope, in_from=True)
    while cursor.accept("when"):
        _read_merge_branch(cursor.until("when"), out, scope, table)
    read_in_scope(cursor.rest(), out, _RUNS, scope)
    resolve(scope, out, _RUNS)


def _read_merge_branch(cursor: Cursor, out: Collector, scope: Scope, table: str) -> None:
    cursor.accept("not")
    cursor.expect("matched")
    if cursor.accept("by"):
        cursor.advance()
    read_in_scope(cursor.until("then"), out, _RUNS, scope)
    cursor.expect("then")
    if cursor.accept("update", "set"):
        _read_assignments(cursor.until("returning"), out, scope, table, "update")
    elif cursor.accept("insert"):
        columns = _read_columns(cursor, table, out)
        for column in columns:
            out.write(f"values:{table}.{column}", "insert")
        out.write(f"rows:{table}", "insert", "merge")
        read_in_scope(cursor.rest(), out, _RUNS, scope)
    elif cursor.accept("delete"):
        out.write(f"rows:{table}", "delete", "merge")


def read_select(cursor: Cursor, out: Collector) -> None:
    """A query as a statement; the functions that it calls may do anything."""
    out.kind("select")
    into = cursor.copy()
    if out.is_postgresql and into.word == "select" and into.skip_to("into", "from") and into.accept("into"):
        _read_select_into(into, out)
    if out.is_mysql:
        _read_variables(cursor, out)
    read_query(cursor.rest(), out, _RUNS)
    called = sorted({e.name for e in out if e.kind == "function" and e.access is Access.NEED})
    if called:
        out.opaque(f"calls {', '.join(called)}")


def _read_variables(cursor: Cursor, out: Collector) -> None:
    """``SELECT ... INTO @v`` and ``@v := ...`` keep what was read for the statements that follow."""
    words = [token.word.lower() for token in cursor.words()]
    if "into" in words or ":=" in words:
        for name in sorted({word for word in words if word.startswith("@") and not word.startswith("@@")}):
            out.write(f"variable:{name}", "set")


def _read_select_into(cursor: Cursor, out: Collector) -> None:
    cursor.accept_one("temp", "temporary", "unlogged")
    cursor.accept("table")
    table = cursor.name()
    out.create_relation("table", table, detail="select into")
    out.write(f"rows:{table}", "insert", "as query")


def read_with(cursor: Cursor, out: Collector) -> None:
    """``WITH`` before any of these, whose parts can change rows too."""
    scope = Scope()
    ahead = cursor.copy()
    ahead.expect("with")
    changes = False
    for name, query in common_queries(ahead):
        scope.queries.add(name)
        changes = _read_part(query, out, scope) or changes
    reader = CHANGE_READERS.get(ahead.word)
    if reader is not None:
        reader(ahead, out, scope)
    elif changes:
        read_query(ahead, out, _RUNS, scope)
    else:
        read_select(cursor, out)
        return
    resolve(scope, out, _RUNS)
    cursor.rest()


def _read_part(part: Cursor, out: Collector, scope: Scope) -> bool:
    reader = CHANGE_READERS.get(part.word)
    if reader is None:
        read_query(part, out, _RUNS, scope)
        return False
    reader(part, out, scope)
    return True


CHANGE_READERS: dict[str, Callable[[Cursor, Collector, Scope | None], None]] = {
    "insert": read_insert,
    "replace": read_insert,
    "update": read_update,
    "delete": read_delete,
    "merge": read_merge,
}
