"""Reads what changes the session or the server and what touches no schema at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.effects import names
from mig.effects.query import read_query
from mig.effects.scope import Use
from mig.effects.vocabulary import words

if TYPE_CHECKING:
    from mig.effects.collector import Collector
    from mig.effects.cursor import Cursor

_HARMLESS_PRAGMAS = words(
    """
    analysis_limit cache_size cache_spill foreign_key_check foreign_key_list function_list
    incremental_vacuum index_info index_list index_xinfo integrity_check journal_mode journal_size_limit
    mmap_size optimize page_count quick_check synchronous table_info table_list table_xinfo temp_store
    threads wal_checkpoint busy_timeout data_version freelist_count collation_list compile_options
    database_list
    """
)
_HARMLESS_SETTINGS = words(
    """
    lock_timeout statement_timeout idle_in_transaction_session_timeout client_min_messages
    lock_wait_timeout innodb_lock_wait_timeout max_statement_time max_execution_time maintenance_work_mem
    work_mem application_name log_statement synchronous_commit
    """
)
"""Limits and reports, under which the same statements do the same."""


def read_set(cursor: Cursor, out: Collector) -> None:
    """SET in all its forms."""
    out.kind("set")
    cursor.expect("set")
    if cursor.word == "transaction" or (cursor.word == "session" and cursor.peek() == "characteristics"):
        cursor.rest()
        return
    for assignment in cursor.split() if out.is_mysql else (cursor.rest(),):
        _read_assignment(assignment, out)


def _read_assignment(cursor: Cursor, out: Collector) -> None:
    if cursor.peek() not in {"authorization", "=", "to"}:
        cursor.accept_one("session", "local", "global", "persist")
    words = [token.word for token in cursor.words()]
    name = setting_name(words)
    if not name:
        out.opaque("SET without a name")
    if not name or name in _HARMLESS_SETTINGS:
        cursor.rest()
        return
    detail = cursor.copy().text()
    if name.startswith("@"):
        out.write(f"variable:{name}", "set", detail)
    else:
        out.write(f"setting:{name}", "set", detail)
        out.write("session", "set", detail)
    if cursor.skip_to("=", ":=", "to"):
        cursor.advance()
    read_query(cursor.rest(), out, Use(aspect="query", runs=True)) if out.is_mysql else cursor.rest()


def setting_name(words: list[str]) -> str:
    first = words[0] if words else ""
    if first == "time":
        return "timezone"
    if first == "session" and words[1:2] == ["authorization"]:
        return "role"
    if first in {"names", "character"}:
        return "names"
    name = first
    for at in range(1, len(words) - 1, 2):
        if words[at] != ".":
            break
        name += f".{words[at + 1]}"
    for prefix in ("@@session.", "@@global.", "@@local.", "@@"):
        name = name.removeprefix(prefix)
    return name.lower() if first.startswith("@") else name


def read_reset(cursor: Cursor, out: Collector) -> None:
    out.kind("reset")
    detail = cursor.copy().text()
    cursor.advance()
    name = setting_name([token.word for token in cursor.words()])
    if not name:
        out.opaque("RESET without a name")
    elif name not in _HARMLESS_SETTINGS:
        out.write(f"setting:{name}", "set", detail)
        out.write("session", "set", detail)
    cursor.rest()


def read_pragma(cursor: Cursor, out: Collector) -> None:
    out.kind("pragma")
    cursor.expect("pragma")
    parts = cursor.parts()
    name = parts[-1]
    detail = cursor.rest().text()
    if not name or not detail or name in _HARMLESS_PRAGMAS:
        return
    out.write(f"setting:{name}", "set", f"{name} {detail}")
    out.write("session", "set", f"{name} {detail}")
    if name == "writable_schema":
        out.opaque("PRAGMA writable_schema")


def read_use(cursor: Cursor, out: Collector) -> None:
    out.kind("use")
    cursor.expect("use")
    name = cursor.part()
    out.need(f"schema:{name}", "query")
    out.write("setting:search_path", "set", name)
    out.write("session", "set", name)


def read_harmless(cursor: Cursor, out: Collector) -> None:
    """Transactions, statistics, locks: nothing that stays, beside needing what they name."""
    out.kind(cursor.word)
    cursor.rest()


def read_maintenance(cursor: Cursor, out: Collector) -> None:
    """ANALYZE, VACUUM, LOCK and the like, which need the tables that they name."""
    out.kind(cursor.word)
    kind = cursor.word
    cursor.advance()
    if cursor.word == "(":
        cursor.group()
    words = ("table", "tables", "full", "freeze", "verbose", "analyze", "concurrently", "only")
    while cursor.accept_one(*words, "no_write_to_binlog", "local", "into", "index", "schema", "database"):
        kind = f"{kind} {cursor.peek(-1)}"
    if kind.endswith(("schema", "database")) or kind == "vacuum into":
        cursor.rest()
        return
    for item in cursor.split():
        if item.is_name():
            name = item.name()
            out.need(f"relation:{name}", "query")
            if not out.is_mysql and kind.split()[0] in {"vacuum", "analyze"}:
                _need_columns(item, out, name)
    cursor.rest()


def _need_columns(item: Cursor, out: Collector, table: str) -> None:
    if item.word == "(":
        for column in item.names():
            out.need(f"column:{table}.{column}", "query")


def read_cluster(cursor: Cursor, out: Collector) -> None:
    out.kind("cluster")
    cursor.expect("cluster")
    cursor.accept("verbose")
    if cursor.is_name():
        table = cursor.name()
        out.need_relation(table, "query")
        if cursor.accept("using"):
            out.need(f"index:{names.within(table, cursor.part())}", "query")
    cursor.rest()


def read_attach(cursor: Cursor, out: Collector) -> None:
    out.kind(cursor.word)
    detail = cursor.rest().text()
    out.write("setting:attach", "set", detail)
    out.write("session", "set", detail)
