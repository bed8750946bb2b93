"""Runs pairs of migrations in both orders on a throwaway database, on top of all that comes before them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.config import resolve_url
from mig.errors import ConfigError, SourceError
from mig.findings import Replayed, ReplayedDifference, ReplayedFailure, ReplayedOrder, Verdict
from mig.graph.linearize import linearize
from mig.replay.choose import open_replay
from mig.replay.pair import replay_pair
from mig.sources.base import MAX_FILE_BYTES
from mig.sources.registry import find_source
from mig.sqltext.variables import find_uses
from mig.usecases.footprints import fill_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mig.graph.dag import Graph
    from mig.model import Lineage, Statement
    from mig.replay.outcome import Failure, Outcome
    from mig.replay.pair import Growing, PairOutcome
    from mig.tree import Tree
    from mig.usecases.project import Project

_TIMED_OUT = ("statement timeout", "max_statement_time", "interrupted")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedPair:
    """A pair and what replaying it showed; ``empty`` are the tables and views without rows in both orders."""

    one: str
    other: str
    shown: Replayed
    empty: frozenset[str] = frozenset()


class _CannotReplayError(Exception):
    """Why a pair, or all pairs with one base, cannot be run."""


def open_for(project: Project, url: str, dialect: str, *, also: str = "") -> Growing:
    """The throwaway database that a project's migrations of a dialect are replayed on, not entered yet.

    ``also`` is the URL of a database that is not taken, besides those of the configuration.

    Raises:
        UsageError: no server is named, or one that must not be used.
        RunnerError: the driver is not installed.
    """
    configured = [also] if also else []
    for database in project.config.databases.values():
        try:
            configured.append(resolve_url(database.url, os.environ))
        except ConfigError:  # whatever it is, it is not what was named
            continue
    return open_replay(dialect, url, os.environ, configured=configured)


class PairReplay:
    """Replays pairs of one lineage on an entered replay.

    Args:
        replay: the throwaway database.
        graph: the DAG that says what comes before what.
        lineage: where the files lie, and in which convention.
        dialect: the SQL dialect that the files are read in.
        trees: the trees that hold the files; the first that has one counts.
        values: what stands for ``${name}`` in SQL files; None: they are run as they are.
    """

    def __init__(
        self,
        replay: Growing,
        graph: Graph,
        lineage: Lineage,
        dialect: str,
        trees: Iterable[Tree],
        values: Mapping[str, str] | None = None,
    ) -> None:
        self._replay = replay
        self._graph = graph
        self._scripts = _Scripts(graph, lineage, dialect, trees, values)
        self._order = linearize(graph)
        self._built: tuple[int, ...] | None = None
        self._broken: dict[tuple[int, ...], str] = {}
        self._alone: dict[str, Outcome] = {}

    def run(self, pairs: Iterable[tuple[str, str]]) -> Iterator[ReplayedPair]:
        """Replay pairs, those with one base together, so that each base is built as seldom as possible."""
        position = {i: n for n, i in enumerate(self._order)}
        by_base: dict[tuple[int, ...], list[tuple[str, str]]] = {}
        for pair in pairs:
            base = tuple(sorted(position[i] for i in self._graph.ancestors(*pair)))
            by_base.setdefault(base, []).append(pair)
        self._scripts.read({i for pairs in by_base.values() for pair in pairs for i in pair})
        self._scripts.read({self._order[at] for base in by_base for at in base})
        # Sorted like this a base mostly begins with the one before it.
        for base in sorted(by_base):
            for pair in by_base[base]:
                yield self._run(base, pair)

    def _run(self, base: tuple[int, ...], pair: tuple[str, str]) -> ReplayedPair:
        one, other = pair
        try:
            a, b = (self._scripts.statements(i) for i in pair)
            self._build(base)
            texts = [[statement.text for statement in script] for script in (a, b)]
            alone = self._run_alone(one, texts[0]), self._run_alone(other, texts[1])
            found = replay_pair(self._replay, texts[0], texts[1], names=pair, alone=alone)
            self._refuse_invalid(found)
        except _CannotReplayError as error:
            shown = Replayed(database=self._replay.version, verdict=Verdict.UNKNOWN, problem=str(error))
            return ReplayedPair(one=one, other=other, shown=shown)
        return self._shown(pair, found)

    def _build(self, base: tuple[int, ...]) -> None:
        """Have a base on the throwaway database: what is there already is built upon."""
        for prefix, problem in self._broken.items():
            if base[: len(prefix)] == prefix:
                raise _CannotReplayError(problem)
        built = self._built
        if built == base:
            return
        self._alone.clear()
        start = len(built) if built and base[: len(built)] == built else 0
        origins = list(self._origins(base, start))
        texts = [statement.text for _, statement in origins]
        self._built = None
        failure = self._replay.extend(texts) if start else self._replay.build(texts)
        if failure is not None:
            at, statement = origins[failure.statement]
            place = f"{self._graph.migrations[self._order[base[at]]].path}:{statement.line}"
            problem = f"what comes before them does not run: {place}: {failure.message}"
            self._broken[base[: at + 1]] = problem
            raise _CannotReplayError(problem)
        self._built = base

    def _origins(self, base: tuple[int, ...], start: int) -> Iterator[tuple[int, Statement]]:
        """The statements of a base from one of its migrations on, with that one's place in the base."""
        for at in range(start, len(base)):
            try:
                yield from ((at, one) for one in self._scripts.statements(self._order[base[at]]))
            except _CannotReplayError as error:
                problem = f"what comes before them cannot be run: {error}"
                self._broken[base[: at + 1]] = problem
                raise _CannotReplayError(problem) from None

    def _run_alone(self, migration_id: str, texts: Sequence[str]) -> Outcome:
        if migration_id not in self._alone:
            self._alone[migration_id] = self._replay.run((migration_id,), {migration_id: texts})
        return self._alone[migration_id]

    def _refuse_invalid(self, found: PairOutcome) -> None:
        """A migration that fails by itself says nothing, nor does what the clock stopped."""
        for outcome in found.alone:
            if outcome.failure and outcome.failure.script in self._graph:
                failed = self._failed(outcome.failure)
                message = f"{failed.migration} fails by itself: {failed.path}:{failed.line}: {failed.message}"
                raise _CannotReplayError(message)
        for order in (*found.alone, *found.orders):
            if order.failure and (
                order.failure.script not in self._graph
                or any(said in order.failure.message for said in _TIMED_OUT)
            ):
                raise _CannotReplayError(order.failure.message)

    def _shown(self, pair: tuple[str, str], found: PairOutcome) -> ReplayedPair:
        tables: dict[str, bool] = {}
        for order in found.orders:
            for name, rows in order.image.rows.items():
                tables[name.lower()] = tables.get(name.lower(), False) or bool(rows)
        differences = [
            (d.kind, ReplayedDifference(resource=d.resource, first=d.first, second=d.second))
            for d in found.differences
        ]
        shown = Replayed(
            database=self._replay.version,
            verdict=Verdict(found.verdict),
            kinds=found.kinds,
            orders=tuple(
                ReplayedOrder(
                    order=(order.order[0], order.order[1]),
                    failed=self._failed(order.failure) if order.failure else None,
                )
                for order in found.orders
            ),
            schema=tuple(d for kind, d in differences if kind != "rows"),
            rows=tuple(d for kind, d in differences if kind == "rows"),
            dead=tuple(sorted(found.dead.items())),
        )
        return ReplayedPair(
            one=pair[0],
            other=pair[1],
            shown=shown,
            empty=frozenset(name for name, has_rows in tables.items() if not has_rows),
        )

    def _failed(self, failure: Failure) -> ReplayedFailure:
        statements = self._scripts.statements(failure.script)
        return ReplayedFailure(
            migration=failure.script,
            path=self._graph.migrations[failure.script].path,
            line=statements[failure.statement].line,
            statement=failure.text,
            message=" ".join(failure.message.split()),
        )


class _Scripts:
    """The statements of migrations as written, read in batches."""

    def __init__(
        self,
        graph: Graph,
        lineage: Lineage,
        dialect: str,
        trees: Iterable[Tree],
        values: Mapping[str, str] | None,
    ) -> None:
        self._graph = graph
        self._values = values
        self._source = find_source(lineage.source)
        self._dialect = dialect
        self._held = [(tree, tree.entries(lineage.paths)) for tree in trees]
        self._contents: dict[str, bytes | None] = {}
        self._known: dict[str, tuple[Statement, ...] | str] = {}

    def read(self, ids: Iterable[str]) -> None:
        """Get the contents of files, in one batch a tree."""
        wanted = {self._graph.migrations[i].path for i in ids} - self._contents.keys()
        for tree, entries in self._held:
            here = sorted(path for path in wanted if path in entries)
            wanted.difference_update(here)
            self._contents.update((c.path, c.data) for c in tree.read(here, MAX_FILE_BYTES))

    def statements(self, migration_id: str) -> tuple[Statement, ...]:
        """What one migration runs; the error says why it cannot be run here."""
        if migration_id not in self._known:
            self._known[migration_id] = self._read(migration_id)
        found = self._known[migration_id]
        if isinstance(found, str):
            raise _CannotReplayError(found)
        return found

    def _read(self, migration_id: str) -> tuple[Statement, ...] | str:
        path = self._graph.migrations[migration_id].path
        data = self._contents.get(path)
        if data is None:
            return f"{path} cannot be read"
        filled = fill_bytes(path, data, self._values)
        if self._values is not None and (names := find_uses(filled.decode("utf-8", "replace"))):
            return f"{path} has ${{{names[0][0]}}}, which is not the same in all databases"
        try:
            script = self._source.script(path, filled, self._dialect)
        except SourceError as error:
            return error.message
        if script.language != "sql":
            return f"{path} is {script.language.capitalize()}, and replay executes no code of the repository"
        return script.up
