"""The schema that a database is expected to have: its image from the end of the last run, in a table."""

# ruff: noqa: S608 - the names are constants here, and the dialect quotes every value

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.errors import MigError, RunnerError
from mig.runner.dialects import StatementError
from mig.runner.events import Noted
from mig.runner.history import APPLIED, utc_text
from mig.runner.repeatables import TABLE as REPEATABLES
from mig.runner.url import scrub
from mig.schema.image import LAYOUT, SchemaImage, fingerprint, keep_drift
from mig.schema.stored import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mig.runner.dialects import Session
    from mig.runner.execute import Executor
    from mig.runner.run_extras import Progress
    from mig.schema.mariadb import Answer

TABLE = "mig_schema"
_KINDS = {
    "id": "number not null primary key",
    "taken_at": "moment not null",
    "applied": "text not null",
    "fingerprint": "text not null",
    "server": "text not null",
    "tool_version": "text not null",
    "layout": "number not null",
    "image": "text not null",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a database is expected to be.

    ``applied`` is the digest of what was applied when the image was taken.  ``image`` is None where it
    cannot be read: a newer mig wrote it, or it was altered by hand.
    """

    taken_at: str
    applied: str
    fingerprint: str
    server: str
    image: SchemaImage | None


@contextmanager
def keeping(executor: Executor, progress: Progress, *, enabled: bool) -> Iterator[None]:
    """Keep the image of the schema at the end of a run, also of one that fails at a later step.

    There is one image for a database, whatever lineages it has, since no table says which of them
    made it.  What goes wrong with it is told, and stops nothing.

    Args:
        executor: of the run, which is the only runner where the dialect locks whole runs.
        progress: what the run has executed, at its end.
        enabled: false: nothing is read and nothing is kept.
    """
    if not enabled:
        yield
        return
    drifted = None
    with telling(executor):
        drifted = look_for_drift(executor)
    try:
        yield
    finally:
        with telling(executor):
            ran = progress.done or progress.repeated
            if ran and applied_digest(executor) is not None:  # else the run has said what is unsettled
                write_image(executor, drifted)


def keep_as_it_is(executor: Executor, *, enabled: bool) -> None:
    """Keep the schema that a repair has left; what goes wrong with it is told, and stops nothing."""
    if enabled:
        with telling(executor):
            if applied_digest(executor) is not None:
                write_image(executor)


@contextmanager
def telling(executor: Executor) -> Iterator[None]:
    """Tell what goes wrong with an image; it stops nothing."""
    try:
        yield
    except MigError as error:
        if isinstance(error, StatementError) and error.lost:
            return  # which is told already, and what was kept before says of what it is
        executor.session.rollback()
        executor.notify(Noted(message=f"no fingerprint of the schema is kept: {error.message}"))


def look_for_drift(executor: Executor) -> tuple[SchemaImage, SchemaImage] | None:
    """What is expected and what is there, where these differ before the first step."""
    known = read_expected(executor)
    if known is None or known.image is None or known.applied != applied_digest(executor):
        return None
    here = read_image(executor)
    return None if fingerprint(here) == known.fingerprint else (known.image, here)


def read_expected(executor: Executor) -> Expected | None:
    """What the last run has kept; None where there is nothing."""
    session = executor.session
    if not session.columns(TABLE):
        return None
    names = [name for name in _KINDS if name != "id"]
    found = session.query(f"SELECT {', '.join(names)} FROM {session.qualify(TABLE)} WHERE id = 1")
    if not found:
        return None
    row = dict(zip(names, found[0], strict=True))
    image = unpack(str(row["image"]), str(row["server"])) if str(row["layout"]) == str(LAYOUT) else None
    if image is not None and fingerprint(image) != row["fingerprint"]:
        image = None
    return Expected(
        taken_at=utc_text(row["taken_at"]),
        applied=str(row["applied"]),
        fingerprint=str(row["fingerprint"]),
        server=str(row["server"]),
        image=image,
    )


def read_image(executor: Executor) -> SchemaImage:
    """The schema as it is now, read in a transaction of its own.

    Raises:
        StatementError: the database refused.
    """
    session = executor.session
    session.execute("BEGIN")
    try:
        return _read(executor)
    finally:
        session.rollback()


def write_image(executor: Executor, drifted: tuple[SchemaImage, SchemaImage] | None = None) -> SchemaImage:
    """Keep the schema as it is now for what to expect, together with what is applied.

    Args:
        executor: whose session is in no transaction.
        drifted: what was expected before a run and what was there, where these differed: that goes on
            being drift where the run has left it as it was.

    Raises:
        RunnerError: a migration was interrupted, so that nobody knows what to expect.
        StatementError: the database refused.
    """
    session, dialect = executor.session, executor.dialect
    _create(executor)
    session.begin(executor.waiting)
    try:
        applied = applied_digest(executor)
        if applied is None:
            hint = "mig status names the statement, and says how to settle it"
            raise RunnerError("a migration was interrupted in the middle (MIG404)", hint=hint)
        image = _read(executor)
        kept = keep_drift(*drifted, image) if drifted else image
        values = {
            "id": "1",
            "taken_at": dialect.now,
            "applied": dialect.literal(applied),
            "fingerprint": dialect.literal(fingerprint(kept)),
            "server": dialect.literal(kept.server),
            "tool_version": dialect.literal(executor.origin.tool_version),
            "layout": str(LAYOUT),
            "image": dialect.literal(pack(kept)),
        }
        table = session.qualify(TABLE)
        session.commit(
            f"DELETE FROM {table};\n"
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(values.values())});\n"
        )
    finally:
        session.rollback()
    return kept


def applied_digest(executor: Executor) -> str | None:
    """A digest of everything that is applied, of all lineages; None while something is unsettled."""
    if not executor.history.exists():
        return ""
    rows = executor.session.query(f"SELECT lineage, id, state FROM {executor.history.sql.table}")
    if any(state != APPLIED for _, _, state in rows):
        return None
    ids = sorted((str(lineage), str(id)) for lineage, id, _ in rows)
    ids += [(lineage, f"{name} {checksum}") for lineage, name, checksum in _repeated(executor.session)]
    return hashlib.sha256(json.dumps(ids).encode()).hexdigest()


def has_repeatables(executor: Executor) -> bool:
    """Whether something was run besides migrations, which no list of migrations tells of."""
    return bool(_repeated(executor.session))


def _repeated(session: Session) -> list[tuple[str, str, str]]:
    """Lineage, name and checksum of every repeatable as it was run last."""
    if not session.columns(REPEATABLES):
        return []
    rows = session.query(f"SELECT lineage, name, checksum FROM {session.qualify(REPEATABLES)}")
    return sorted((str(lineage), str(name), str(checksum)) for lineage, name, checksum in rows)


def _create(executor: Executor) -> None:
    session, types = executor.session, executor.dialect.types
    if session.columns(TABLE):
        return
    columns = []
    for name, kind in _KINDS.items():
        word, _, rest = kind.partition(" ")
        columns.append(f"{name} {getattr(types, word)} {rest}")
    options = executor.dialect.table_options
    session.begin(executor.waiting)
    try:
        session.commit(
            f"CREATE TABLE IF NOT EXISTS {session.qualify(TABLE)} ({', '.join(columns)}){options};\n"
        )
    finally:
        session.rollback()


def _read(executor: Executor) -> SchemaImage:
    """What the database reports, in the transaction that has begun."""
    session = executor.session
    match executor.dialect.name:
        case "postgresql":
            from mig.schema import postgresql

            image = postgresql.read_schema(session.query)
        case "sqlite":
            from mig.schema import sqlite

            image = sqlite.read_schema(session.query)
        case _:
            from mig.schema import mariadb

            image = mariadb.read_schema(lambda queries: ask_all(session, queries))
    hidden = executor.variables.hidden
    if not hidden:
        return image
    # A function may hold the value of a secret variable.
    objects = {name: scrub(text, hidden) for name, text in image.objects.items()}
    return SchemaImage(objects=objects, server=image.server)


def ask_all(session: Session, queries: Sequence[str]) -> list[Answer]:
    """Answers to queries of which some may be refused: a view that no longer works shows no definition."""
    from mig.schema.mariadb import Answer

    answers = []
    for query in queries:
        try:
            answers.append(Answer(rows=tuple(session.query(query))))
        except StatementError as error:
            if error.lost:
                raise
            answers.append(Answer(error=error.message))
    return answers
