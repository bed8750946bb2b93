"""Reads SQL into operations: what each statement touches, and what could not be read.

Nothing is executed and nothing is looked up: only what a statement itself says counts.  What a
database does besides, because of the schema as it is, is added later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.effects import access, bulk, dml, settings
from mig.effects.blocks import read_block
from mig.effects.collector import Collector
from mig.effects.create_drop import read_alter, read_create, read_drop, read_rename_table
from mig.effects.cursor import Cursor, UnreadError
from mig.effects.footprint import Operation
from mig.effects.objects import read_refresh
from mig.sqltext.split import split

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mig.model import Statement
    from mig.sqltext.split import Split

MAX_STATEMENTS = 5_000
"""How many statements of one migration are read."""

_HARMLESS = """
    begin commit start end rollback savepoint release abort show explain describe desc listen notify unlisten
    checkpoint discard unlock flush declare fetch close move deallocate kill load help
"""
_MAINTENANCE = "analyze vacuum reindex lock optimize repair check checksum"


def read_sql(text: str, dialect: str, first_line: int = 1) -> tuple[Operation, ...]:
    """The operations of a script.

    A statement that cannot be told from its neighbours, because of a quote that is never closed for
    instance, makes the operation that it is in opaque.
    """
    return read_split(split(text, dialect, first_line=first_line), dialect)


def read_split(parts: Split, dialect: str) -> tuple[Operation, ...]:
    """The operations of a script that is split; each of its problems is an opaque one at the end."""
    operations = read_statements(parts.statements, dialect)
    problems = tuple(
        Operation(kind="unreadable", text="", line=line, opaque=message) for message, line in parts.problems
    )
    return operations + problems


def read_statements(statements: Sequence[Statement], dialect: str) -> tuple[Operation, ...]:
    """One operation for each statement, in order; it is opaque where something was not read.

    What comes after ``MAX_STATEMENTS`` is one opaque operation.
    """
    read = tuple(read_statement(statement, dialect) for statement in statements[:MAX_STATEMENTS])
    if len(statements) <= MAX_STATEMENTS:
        return read
    rest = statements[MAX_STATEMENTS]
    why = f"more than {MAX_STATEMENTS:,} statements in one migration; from here on none is read"
    return (*read, Operation(kind="unreadable", text=rest.text, line=rest.line, opaque=why))


def read_statement(statement: Statement, dialect: str) -> Operation:
    """What one statement touches; never fails."""
    dialect = _known(dialect)
    out = Collector(dialect)
    try:
        cursor = Cursor.over(statement.text, dialect)
        if cursor.problem:
            out.opaque(cursor.problem)
        while cursor.accept("("):
            cursor.stop -= 1 if cursor.stop > cursor.position else 0
        read_one(cursor, out)
        if not cursor.is_done:
            out.opaque(f"nothing known goes on with {cursor.word[:40]}")
    except UnreadError as error:
        out.opaque(str(error))
    return Operation(
        kind=", ".join(out.kinds) or "unreadable",
        text=statement.text,
        line=statement.line,
        column=statement.column,
        effects=tuple(out),
        opaque="; ".join(out.reasons),
        # A block has branches and handlers of its own.
        is_conditional="block" in out.kinds,
    )


def _known(dialect: str) -> str:
    name = dialect.lower()
    return {"postgres": "postgresql", "sqlite3": "sqlite"}.get(name, name)


def read_one(cursor: Cursor, out: Collector) -> None:
    """The statement that begins here."""
    reader = _READERS.get(cursor.word)
    if reader is None:
        if not cursor.is_done:
            raise UnreadError(f"statement {cursor.word[:40]}")
        return
    reader(cursor, out)


def _on_insert(cursor: Cursor, out: Collector) -> None:
    dml.read_insert(cursor, out)


def _on_update(cursor: Cursor, out: Collector) -> None:
    dml.read_update(cursor, out)


def _on_delete(cursor: Cursor, out: Collector) -> None:
    dml.read_delete(cursor, out)


def _on_merge(cursor: Cursor, out: Collector) -> None:
    dml.read_merge(cursor, out)


def _on_do(cursor: Cursor, out: Collector) -> None:
    read_block(cursor, out, read_one)


def _on_begin(cursor: Cursor, out: Collector) -> None:
    if cursor.peek() == "not" and cursor.peek(2) == "atomic":
        read_block(cursor, out, read_one)
    else:
        settings.read_harmless(cursor, out)


def _on_opaque(cursor: Cursor, out: Collector) -> None:
    """Code that is somewhere else, or made up as it runs."""
    word = cursor.word
    out.kind(word)
    text = cursor.rest()
    out.opaque(f"{word.upper()} runs what is not written here")
    text.advance()
    if word == "call" and text.is_name():
        out.need(f"function:{text.name()}", "query", "called")


def _on_explain(cursor: Cursor, out: Collector) -> None:
    """EXPLAIN ANALYZE runs what it explains."""
    words = [token.word for token in cursor.words()]
    if "analyze" not in words[:8]:
        settings.read_harmless(cursor, out)
        return
    cursor.advance()
    cursor.skip_group()
    while cursor.accept_one("analyze", "verbose"):
        pass
    if cursor.word == "explain":
        raise UnreadError("EXPLAIN of EXPLAIN")
    read_one(cursor, out)


def _on_load(cursor: Cursor, out: Collector) -> None:
    if cursor.peek() in {"data", "xml"}:
        bulk.read_load(cursor, out)
    else:
        _on_opaque(cursor, out)


def _on_import(cursor: Cursor, out: Collector) -> None:
    out.kind("import foreign schema")
    out.opaque("IMPORT FOREIGN SCHEMA makes what another server has")
    cursor.rest()


_READERS: dict[str, Callable[[Cursor, Collector], None]] = {
    **dict.fromkeys(_HARMLESS.split(), settings.read_harmless),
    **dict.fromkeys(_MAINTENANCE.split(), settings.read_maintenance),
    **dict.fromkeys(("call", "execute", "prepare", "handler", "install", "uninstall"), _on_opaque),
    **dict.fromkeys(("select", "values", "table"), dml.read_select),
    **dict.fromkeys(("if", "while", "for", "loop", "repeat", "case"), _on_do),
    **dict.fromkeys(("insert", "replace"), _on_insert),
    **dict.fromkeys(("grant", "revoke"), access.read_grant),
    **dict.fromkeys(("attach", "detach"), settings.read_attach),
    "alter": read_alter,
    "begin": _on_begin,
    "cluster": settings.read_cluster,
    "comment": access.read_comment,
    "copy": bulk.read_copy,
    "create": read_create,
    "delete": _on_delete,
    "do": _on_do,
    "drop": read_drop,
    "explain": _on_explain,
    "import": _on_import,
    "load": _on_load,
    "merge": _on_merge,
    "pragma": settings.read_pragma,
    "reassign": access.read_reassign,
    "refresh": read_refresh,
    "rename": read_rename_table,
    "reset": settings.read_reset,
    "security": access.read_security_label,
    "set": settings.read_set,
    "truncate": bulk.read_truncate,
    "update": _on_update,
    "use": settings.read_use,
    "with": dml.read_with,
}
