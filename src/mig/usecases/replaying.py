"""Replay as ``check`` and ``compare`` ask for it: one database for all pairs, progress, verdicts."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from mig.errors import UsageError
from mig.findings import Verdict
from mig.usecases.replay import PairReplay, ReplayedPair, open_for
from mig.usecases.verdict import settle_verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mig.graph.dag import Graph
    from mig.model import Lineage
    from mig.replay.pair import Growing
    from mig.rules.pairs import JudgedPair
    from mig.tree import Tree
    from mig.usecases.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayProgress:
    """How far a replay is: pairs done of all, and what they showed (``failed``: they could not be run)."""

    total: int
    commute: int = 0
    conflict: int = 0
    failed: int = 0

    @property
    def done(self) -> int:
        return self.commute + self.conflict + self.failed

    def after(self, verdict: Verdict) -> ReplayProgress:
        match verdict:
            case Verdict.COMMUTE:
                return replace(self, commute=self.commute + 1)
            case Verdict.CONFLICT:
                return replace(self, conflict=self.conflict + 1)
            case Verdict.UNKNOWN:
                return replace(self, failed=self.failed + 1)


class Replaying:
    """A throwaway database that is entered when the first pair needs it, and dropped at the end.

    Args:
        project: whose migrations are replayed.
        url: of the server; empty: SQLite in memory, else what ``MIG_REPLAY_URL`` holds.
        on_progress: told before the first pair and after each.

    The first pair raises ``UsageError`` where no server is named, or one that must not be used, and
    ``RunnerError`` where the driver is not installed or the server cannot be reached.
    """

    def __init__(
        self, project: Project, url: str, on_progress: Callable[[ReplayProgress], None] | None = None
    ) -> None:
        self._project = project
        self._url = url
        self._tell = on_progress or (lambda _: None)
        self._stack = ExitStack()
        self._entered: dict[str, Growing] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(
        self, graph: Graph, lineage: Lineage, trees: Iterable[Tree], pairs: Sequence[tuple[str, str]]
    ) -> Iterator[ReplayedPair]:
        """Replay pairs of one lineage."""
        if not pairs:
            return
        dialect = self._project.dialect_of(lineage)
        progress = ReplayProgress(total=len(pairs))
        self._tell(progress)
        runner = PairReplay(
            self._enter(dialect), graph, lineage, dialect, trees, self._project.known_values(lineage)
        )
        for found in runner.run(pairs):
            progress = progress.after(found.shown.verdict)
            self._tell(progress)
            yield found

    def settle(
        self, lineage: Lineage, trees: Sequence[Tree]
    ) -> Callable[[Graph, Sequence[JudgedPair]], tuple[JudgedPair, ...]]:
        """A function that holds judged pairs of a lineage against the database."""

        def settle(graph: Graph, judged: Sequence[JudgedPair]) -> tuple[JudgedPair, ...]:
            named = [(pair.one, pair.other) for pair in judged]
            found = {(one.one, one.other): one for one in self.run(graph, lineage, trees, named)}
            return tuple(_settled(pair, found[pair.one, pair.other]) for pair in judged)

        return settle

    def _enter(self, dialect: str) -> Growing:
        if dialect not in self._entered:
            opened = self._stack.enter_context(open_for(self._project, self._url, dialect))
            _refuse_other_server(dialect, opened.version)
            self._entered[dialect] = opened
        return self._entered[dialect]


def _refuse_other_server(dialect: str, version: str) -> None:
    """MySQL and MariaDB speak one protocol, and differ in what they make of the same SQL."""
    if dialect in ("mysql", "mariadb") and not version.lower().startswith(dialect):
        raise UsageError(
            f"the migrations are {dialect}'s, and the server is {version}",
            hint=f"pass --replay with the URL of a {dialect} server, or set dialect in [tool.mig]",
        )


def _settled(pair: JudgedPair, found: ReplayedPair) -> JudgedPair:
    read = Verdict.UNKNOWN if pair.declared else pair.verdict
    settled = settle_verdict(read, pair.reasons, found)
    if not pair.declared:
        return replace(
            pair,
            verdict=settled.verdict,
            reasons=settled.reasons,
            replayed=found.shown,
            remark=settled.remark,
        )
    if settled.verdict is not Verdict.CONFLICT:
        return replace(pair, replayed=found.shown, remark=settled.remark)
    return replace(
        pair,
        verdict=Verdict.CONFLICT,
        reasons=settled.reasons,
        declared="",
        replayed=found.shown,
        remark=f"although they are declared to commute: {pair.declared}",
    )
