"""The database against the repository: what is applied, pending, unknown, changed, interrupted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mig.graph.order import find_unreconciled
from mig.runner.history import APPLIED, FAILED
from mig.runner.plan import find_changed, pending_in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mig.graph.dag import Graph
    from mig.graph.order import Unreconciled
    from mig.model import Migration, Statement
    from mig.runner.evidence import Evidence
    from mig.runner.extras import RepeatableStatus
    from mig.runner.history import Applied


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """A migration that stopped in the middle.

    ``index`` is the statement, from 1, that may or may not have run; 0: none has begun.  With
    ``certain``, it is known: those up to ``done`` have run, and no others.  ``count`` is 0 and
    ``statement`` None where the statements are not known (Python, or the file has changed).  ``evidence``
    is what the database shows of the statement, where somebody has looked.
    """

    id: str
    direction: str
    state: str
    index: int
    done: int
    certain: bool
    count: int = 0
    statement: Statement | None = None
    path: str = ""
    process: str = ""
    evidence: Evidence | None = None

    @property
    def known(self) -> int | None:
        """How many statements have run, as far as the journal or the database shows it."""
        if self.certain or (self.evidence and self.evidence.may_run):
            return self.done
        return self.index if self.evidence and self.evidence.ran else None

    def with_evidence(self, evidence: Evidence) -> Interrupted:
        return replace(self, evidence=evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a database stands.

    ``database`` is the URL without secrets.  ``pending`` is in linear order, the rest in that of
    application; ``unknown`` and ``changed`` are of what is applied; ``unreconciled`` are declared orders
    that this database cannot keep any more.
    """

    database: str
    applied: tuple[Applied, ...]
    pending: tuple[Migration, ...]
    unknown: tuple[str, ...]
    changed: tuple[str, ...]
    failed: Interrupted | None = None
    unreconciled: tuple[Unreconciled, ...] = ()
    repeatables: tuple[RepeatableStatus, ...] = ()


def build_status(database: str, graph: Graph, rows: Sequence[Applied], failed: Interrupted | None) -> Status:
    return Status(
        database=database,
        applied=tuple(row for row in rows if row.state == APPLIED),
        pending=tuple(graph.migrations[i] for i in pending_in_order(graph, rows)),
        unknown=tuple(row.id for row in rows if row.id not in graph),
        changed=find_changed(graph, rows),
        failed=failed,
        unreconciled=find_unreconciled(graph, [row.id for row in rows]),
    )


def find_interrupted(row: Applied, statements: tuple[Statement, ...], path: str) -> Interrupted:
    """What a row that is not ``applied`` tells.

    Args:
        row: the row.
        statements: those of the direction, none where they are not known.
        path: the migration's file.
    """
    index = abs(row.statement)
    failed_cleanly = row.state == FAILED and bool(statements)
    certain = row.statement >= 0 or failed_cleanly
    return Interrupted(
        id=row.id,
        direction="down" if row.is_being_reverted else "up",
        state=row.state,
        index=index if row.statement < 0 else 0,
        done=index - 1 if row.statement < 0 else index,
        certain=certain,
        count=len(statements),
        statement=statements[index - 1] if row.statement < 0 and index <= len(statements) else None,
        path=path,
        process=row.applied_by,
    )
