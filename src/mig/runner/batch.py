"""Alembic's batch mode on SQLite: what it loses with the table that it replaces is kept, or it is refused.

To alter a table, Alembic copies it, drops it and renames the copy.  The copy has what SQLAlchemy reads
back of a table, which leaves out triggers, AUTOINCREMENT, checks without a name, indexes of expressions
and more; and SQLite renames no table while a view or trigger names one that is not there.
"""

# ruff: noqa: S608 - names are quoted here

from __future__ import annotations

import contextlib
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.runner.dialects import StatementError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import sqlalchemy as sa
    from alembic.operations.batch import BatchOperationsImpl

_WORD = re.compile(r"\w+")
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/", re.DOTALL)
_CHECK = re.compile(r"(?:\bconstraint\s+(\S+)\s+)?\bcheck\s*\(", re.IGNORECASE)
_SAID = {
    "AUTOINCREMENT": re.compile(r"\bautoincrement\b", re.IGNORECASE),
    "WITHOUT ROWID": re.compile(r"\bwithout\s+rowid\b", re.IGNORECASE),
    "STRICT": re.compile(r"\)[^()]*\bstrict\b[^()]*\Z", re.IGNORECASE),
    "ON CONFLICT": re.compile(r"\bon\s+conflict\b", re.IGNORECASE),
    "DEFERRABLE": re.compile(r"\bdeferrable\b", re.IGNORECASE),
    "COLLATE": re.compile(r"\bcollate\b", re.IGNORECASE),
    "GENERATED": re.compile(r"\bas\s*\(", re.IGNORECASE),
}
# What Alembic and SQLAlchemy warn of, and is looked after here.
_TOLD = (
    "Unnamed CHECK constraint on reflected table",
    "Skipped unsupported reflection of expression-based index",
)
_HINT = (
    "say it in the call (table_kwargs={'sqlite_autoincrement': True}, table_args=(sa.CheckConstraint(...),)),"
    " drop it before, or pass --allow-batch-loss"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Thing:
    """One row of sqlite_master."""

    kind: str
    name: str
    table: str
    sql: str

    def names(self, names: frozenset[str]) -> bool:
        """Whether its text has one of these names in it, as a word or as all the words of it."""
        words = _words(self.sql)
        return any(_words(name) <= words for name in names)

    @property
    def shown(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A table with what goes with it, and what SQLite looks at when it renames the copy."""

    sql: str
    columns: frozenset[str]
    foreign_keys: tuple[tuple[str, ...], ...]
    below: tuple[_Thing, ...]
    beside: tuple[_Thing, ...]
    sequence: int | None


@contextlib.contextmanager
def keeping_what_batches_lose(connection: sa.Connection, *, allow_loss: bool) -> Iterator[None]:
    """Have batches that replace a table keep what they would lose; the process's only migration runs inside.

    Args:
        connection: the migration's; on other databases than SQLite nothing is replaced.
        allow_loss: what cannot be kept may be lost.

    A batch that would lose what cannot be kept raises StatementError, with nothing of it left.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    from alembic.operations.batch import BatchOperationsImpl

    flush = BatchOperationsImpl.flush

    def keeping(batch: BatchOperationsImpl) -> None:
        if batch.schema or not batch._should_recreate():  # noqa: SLF001 - nothing public tells
            flush(batch)
            return
        connection.exec_driver_sql("SAVEPOINT mig_batch")
        try:
            _replace(connection, batch, lambda: flush(batch), allow_loss=allow_loss)
        except BaseException:
            _back(connection)
            raise
        connection.exec_driver_sql("RELEASE mig_batch")

    BatchOperationsImpl.flush = keeping  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        BatchOperationsImpl.flush = flush  # type: ignore[method-assign]


def _back(connection: sa.Connection) -> None:
    import sqlalchemy as sa

    # Some errors have ended the transaction, and with it what was to be taken back.
    with contextlib.suppress(sa.exc.DBAPIError):
        connection.exec_driver_sql("ROLLBACK TO mig_batch")
        connection.exec_driver_sql("RELEASE mig_batch")


def _replace(
    connection: sa.Connection, batch: BatchOperationsImpl, flush: Callable[[], None], *, allow_loss: bool
) -> None:
    table = str(batch.table_name)
    before = _look(connection, table)
    worked = {view.name for view in before.beside if view.kind == "view" and not _fails(connection, view)}
    for thing in reversed(before.beside):
        connection.exec_driver_sql(f"DROP {thing.kind} {_quote(thing.name)}")
    with warnings.catch_warnings():
        for message in _TOLD:
            warnings.filterwarnings("ignore", message=message)
        flush()
    after = _look(connection, table)
    kept, lost = _sort_out(before, after, _dropped_by(batch))
    lost += _find_lost(before, after, _dropped_by(batch))
    for thing in (*kept, *before.beside):
        connection.exec_driver_sql(thing.sql)
    if before.sequence is not None and after.sequence is not None:
        # A number that was given out once is never given out again.
        connection.exec_driver_sql(
            f"UPDATE sqlite_sequence SET seq = max(seq, {before.sequence}) WHERE name = {_text(table)}"
        )
    dead = [view for view in before.beside if view.name in worked and (_fails(connection, view))]
    lost += [f"{view.shown}, which no longer works: {_fails(connection, view)}" for view in dead]
    if lost and not allow_loss:
        raise StatementError(f"batch_alter_table of {table} would lose {'; '.join(lost)} ({_HINT})")


def _look(connection: sa.Connection, table: str) -> _Table:
    rows = connection.exec_driver_sql(
        "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master ORDER BY rowid"
    )
    things = [_Thing(kind=kind, name=name, table=owner, sql=sql) for kind, name, owner, sql in rows]
    here = table.lower()
    own = next((one.sql for one in things if one.kind == "table" and one.name.lower() == here), "")
    sequences = [
        row for one in things if one.name == "sqlite_sequence" for row in _sequence(connection, table)
    ]
    return _Table(
        sql=own,
        columns=frozenset(
            str(row[1]).lower() for row in connection.exec_driver_sql(f"PRAGMA table_xinfo({_quote(table)})")
        ),
        foreign_keys=tuple(
            sorted(
                (str(row[2]).lower(), str(row[3]).lower(), str(row[5]), str(row[6]))
                for row in connection.exec_driver_sql(f"PRAGMA foreign_key_list({_quote(table)})")
            )
        ),
        below=tuple(
            one
            for one in things
            if one.kind in ("trigger", "index") and one.table.lower() == here and one.sql
        ),
        beside=_find_beside(things, here),
        sequence=sequences[0] if sequences else None,
    )


def _sequence(connection: sa.Connection, table: str) -> list[int]:
    found = connection.exec_driver_sql(f"SELECT seq FROM sqlite_sequence WHERE name = {_text(table)}")
    return [int(row[0]) for row in found]


def _find_beside(things: Sequence[_Thing], table: str) -> tuple[_Thing, ...]:
    """Views and triggers elsewhere that name the table, or such a view, in the order of their creation."""
    words = frozenset({table})
    found: dict[str, _Thing] = {}
    grows = True
    while grows:
        fresh = [
            one
            for one in things
            if one.name not in found
            and (one.kind == "view" or (one.kind == "trigger" and one.table.lower() != table))
            and one.names(words)
        ]
        found.update((one.name, one) for one in fresh)
        words |= {one.name.lower() for one in fresh if one.kind == "view"}
        grows = bool(fresh)
    return tuple(one for one in things if one.name in found)


def _dropped_by(batch: BatchOperationsImpl) -> frozenset[str]:
    """The names of indexes and constraints that the batch itself drops."""
    found = [
        getattr(arg[0], "name", None)
        for operation, arg, _ in batch.batch
        if operation in ("drop_index", "drop_constraint") and arg
    ]
    return frozenset(str(name).lower() for name in found if name)


def _sort_out(before: _Table, after: _Table, dropped: frozenset[str]) -> tuple[list[_Thing], list[str]]:
    """The triggers and indexes that are gone: those that can be made again as they were, and the others."""
    there = {one.name.lower() for one in after.below}
    gone = [one for one in before.below if one.name.lower() not in there | dropped]
    taken = before.columns - after.columns
    kept = [one for one in gone if not one.names(taken)]
    return kept, [f"{one.shown}, which names a column that goes" for one in gone if one not in kept]


def _find_lost(before: _Table, after: _Table, dropped: frozenset[str]) -> list[str]:
    """What the table itself said and says no more."""
    lost = [
        said
        for said, pattern in _SAID.items()
        if len(pattern.findall(_blanked(after.sql))) < len(pattern.findall(_blanked(before.sql)))
    ]
    checks = [condition for _, condition in _find_checks(after.sql)]
    for name, condition in _find_checks(before.sql):
        if condition in checks:
            checks.remove(condition)
        elif name.lower() not in dropped:
            lost.append(f"CHECK ({condition})")
    taken = before.columns - after.columns
    keys = list(after.foreign_keys)
    for key in before.foreign_keys:
        if key in keys:
            keys.remove(key)
        elif not taken.intersection(key[1:2]) and not dropped:
            lost.append(f"the foreign key from {key[1]} to {key[0]}")
    return lost


def _find_checks(sql: str) -> Iterator[tuple[str, str]]:
    """The checks of a table, each with its name, if it has one, and its condition with single spaces."""
    blanked = _blanked(sql)
    for found in _CHECK.finditer(blanked):
        depth, end = 1, found.end()
        while depth and end < len(blanked):
            depth += (blanked[end] == "(") - (blanked[end] == ")")
            end += 1
        name = sql[found.start(1) : found.end(1)].strip('"`[]') if found[1] else ""
        yield name, " ".join(sql[found.end() : end - 1].split())


def _blanked(sql: str) -> str:
    """The text with all that is quoted or a comment as blanks, every character where it was."""
    return _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), sql)


def _words(sql: str) -> frozenset[str]:
    return frozenset(_WORD.findall(sql.lower()))


def _fails(connection: sa.Connection, view: _Thing) -> str:
    """Why nothing can be selected from a view; empty where it can."""
    import sqlalchemy as sa

    if view.kind != "view":
        return ""
    try:
        connection.exec_driver_sql(f"SELECT * FROM {_quote(view.name)} LIMIT 0").close()
    except sa.exc.DBAPIError as error:
        return str(error.orig)
    return ""


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
