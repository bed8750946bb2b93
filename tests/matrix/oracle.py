"""Runs pairs of operations in both orders on real databases, with every base that the corpus has."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mig.replay.pair import replay_pair
from tests.matrix.corpus import read_corpus
from tests.matrix.truth import Truth, pair, read_truth, write_truth
from tests.servers import mariadb, postgresql
from tests.servers.fixtures import server_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mig.replay.outcome import Cells, Outcome
    from mig.replay.pair import PairOutcome, Replay
    from tests.matrix.corpus import Corpus

_SAVE_SECONDS = 20.0


@dataclass(kw_only=True)
class Oracle:
    """Pairs of one corpus on throwaway databases, one for each base; single runs are kept."""

    corpus: Corpus
    replays: dict[str, Replay]
    alone: dict[tuple[str, str], Outcome] = field(default_factory=dict)

    def ask(self, a: str, b: str) -> str:
        """Why two operations do not commute, by the first base that shows it; empty where they do.

        Raises:
            ValueError: one of them fails by itself on the full base.
        """
        for variant in self.replays:
            if variant != "full" and not (self.changes_rows(a) or self.changes_rows(b)):
                continue
            found = self.replay(variant, a, b)
            failures = [outcome.failure for outcome in found.alone if outcome.failure]
            if failures and variant == "full":
                raise ValueError(f"{a} or {b} fails alone: {failures[0]}")
            if found.kinds:
                kind = "+".join(kind.replace(" ", "-") for kind in found.kinds)
                return kind if variant == "full" else f"{kind}@{variant}"
        return ""

    def replay(self, variant: str, a: str, b: str) -> PairOutcome:
        first, second = self.corpus.operations[a], self.corpus.operations[b]
        alone = (self.run_alone(variant, a), self.run_alone(variant, b))
        return replay_pair(self.replays[variant], first, second, alone=alone)

    def changes_rows(self, name: str) -> bool:
        """Whether an operation by itself leaves other rows in the columns that it leaves.

        Where neither of a pair does, other rows would show nothing that these do not.
        """
        before = self.run_alone("full", "").image.rows
        after = self.run_alone("full", name).image.rows
        return any(
            before.get(table, ()) != rows
            and _common(before.get(table, ()), rows) != _common(rows, before.get(table, ()))
            for table, rows in after.items()
        )

    def run_alone(self, variant: str, name: str) -> Outcome:
        key = (variant, name)
        if key not in self.alone:
            scripts = {name: self.corpus.operations[name]} if name else {}
            self.alone[key] = self.replays[variant].run(tuple(scripts), scripts)
        return self.alone[key]


def _common(rows: tuple[Cells, ...], others: tuple[Cells, ...]) -> list[Cells]:
    """Rows without the cells whose columns the others have not got."""
    columns = {name for row in others for name, _ in row} if rows and others else set()
    return sorted(tuple(cell for cell in row if not columns or cell[0] in columns) for row in rows)


@contextmanager
def open_oracle(database: str, url: str = "") -> Iterator[Oracle]:
    """An oracle on throwaway databases of a server; SQLite needs none."""
    corpus = read_corpus(database)
    with ExitStack() as stack:
        replays = {}
        for variant, statements in corpus.variants.items():
            replays[variant] = stack.enter_context(make_replay(database, url))
            failure = replays[variant].build(statements)
            if failure is not None:
                raise ValueError(f"the base of {database} fails: {failure}")
        yield Oracle(corpus=corpus, replays=replays)


def make_replay(database: str, url: str = "") -> Replay:
    """A replay on a server whose URL is SQLAlchemy's or plain."""
    if database == "sqlite":
        from mig.replay.sqlite import SqliteReplay

        return SqliteReplay()
    if database == "postgresql":
        from mig.replay.postgresql import PostgresqlReplay

        return PostgresqlReplay(url)
    from mig.replay.mariadb import MariadbReplay

    return MariadbReplay(url)


@contextmanager
def open_server(database: str) -> Iterator[str]:
    """The URL of a throwaway server, or of the one that the environment names; nothing for SQLite."""
    if database == "sqlite":
        yield ""
        return
    module = postgresql if database == "postgresql" else mariadb
    with server_url(database, module.find_binaries, module.start_server) as url:
        yield url


def run_matrix(database: str, workers: int, tell: Callable[[str], None]) -> Truth:
    """Ask about every pair whose truth is not known yet, and write what the database says."""
    corpus = read_corpus(database)
    digests = {name: corpus.digest(name) for name in corpus.operations}
    with open_server(database) as url:
        truth = read_truth(database).keep(find_version(database, url), corpus.base_digest, digests)
        # By digest, so that what is known after an interrupted run is a fair sample of the corpus.
        missing = sorted(digests.keys() - truth.operations.keys(), key=digests.__getitem__)
        if missing:
            with _pool(database, url, workers) as ask:
                _fill(truth, missing, digests, ask, tell)
    write_truth(truth)
    return truth


def _fill(
    truth: Truth,
    missing: Sequence[str],
    digests: dict[str, str],
    ask: Callable[[list[tuple[str, str]]], Iterator[tuple[str, str, str]]],
    tell: Callable[[str], None],
) -> None:
    known = sorted(truth.operations)
    rows = {
        name: [pair(name, other) for other in (*known, *missing[: at + 1])] for at, name in enumerate(missing)
    }
    total, done, start, saved = sum(map(len, rows.values())), 0, time.monotonic(), time.monotonic()
    answers = ask([names for row in rows.values() for names in row])
    for name, row in rows.items():
        for _ in row:
            a, b, kind = next(answers)
            if kind:
                truth.conflicts[a, b] = kind
        truth.operations[name] = digests[name]
        done += len(row)
        now = time.monotonic()
        if now - saved > _SAVE_SECONDS:
            saved = now
            write_truth(truth)
            left = (now - start) / done * (total - done)
            tell(f"{done} of {total} pairs, {now - start:.0f} s, about {left:.0f} s left")


_oracle: Oracle | None = None
_stack = ExitStack()


@contextmanager
def _pool(
    database: str, url: str, workers: int
) -> Iterator[Callable[[list[tuple[str, str]]], Iterator[tuple[str, str, str]]]]:
    context = multiprocessing.get_context("spawn")
    # Unlike a multiprocessing.Pool, it says so when a worker is killed, and does not wait for ever.
    with ProcessPoolExecutor(workers, context, _open, (database, url)) as pool:
        try:
            yield lambda pairs: pool.map(_ask, pairs, chunksize=16)
        finally:
            pool.shutdown(cancel_futures=True)


def _open(database: str, url: str) -> None:
    global _oracle  # noqa: PLW0603 - one for each worker process
    _oracle = _stack.enter_context(open_oracle(database, url))


def _ask(names: tuple[str, str]) -> tuple[str, str, str]:
    if _oracle is None:
        raise AssertionError("the worker has not been opened")
    return (*names, _oracle.ask(*names))


def find_version(database: str, url: str) -> str:
    if database == "sqlite":
        import sqlite3

        return sqlite3.sqlite_version
    import sqlalchemy as sa

    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        query = "SHOW server_version" if database == "postgresql" else "SELECT version()"
        return str(connection.exec_driver_sql(query).scalar_one()).split()[0]


def summarize(truth: Truth) -> str:
    """Numbers for a person."""
    count = len(truth.operations)
    pairs = count * (count + 1) // 2
    kinds = Counter(truth.conflicts.values())
    shown = ", ".join(f"{kind} {number}" for kind, number in kinds.most_common())
    conflicts = len(truth.conflicts)
    return (
        f"{truth.database} {truth.version}: {count} operations, {pairs} pairs, "
        f"{pairs - conflicts} commute, {conflicts} conflict ({shown})"
    )
