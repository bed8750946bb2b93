"""Looks at a database: how it stands, and how far what was interrupted came."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mig.errors import SourceError
from mig.runner.history import APPLIED
from mig.runner.status import build_status, find_interrupted

if TYPE_CHECKING:
    from mig.graph.dag import Graph
    from mig.model import Statement
    from mig.runner.execute import Executor
    from mig.runner.history import Applied
    from mig.runner.planner import Planner
    from mig.runner.status import Interrupted, Status


def read_status(executor: Executor, planner: Planner, database: str) -> Status:
    """How a database stands; ``database`` is its URL as it may be shown."""
    graph = planner.prepared.graph()
    rows = executor.history.rows()
    unsettled = next((row for row in rows if row.state != APPLIED), None)
    failed = _interrupted(executor, planner, graph, unsettled) if unsettled else None
    repeatables = planner.extras(executor).status(executor.repeatables.rows())
    return replace(build_status(database, graph, rows, failed), repeatables=repeatables)


def _interrupted(executor: Executor, planner: Planner, graph: Graph, row: Applied) -> Interrupted:
    from mig.runner.evidence import find_evidence, is_of_session

    migration = graph.migrations.get(row.id)
    statements: tuple[Statement, ...] = ()
    if migration is not None and migration.checksum == row.checksum:
        try:
            script = planner.extras(executor).scripts.read(migration)
            if script.language != "python":
                statements = (script.down or ()) if row.is_being_reverted else script.up
        except SourceError:  # the status is told without the statement's text
            statements = ()
    found = find_interrupted(row, statements, migration.path if migration else "")
    # What an earlier statement has set can change where names lead; a status sets nothing.
    if found.statement is None or any(map(is_of_session, statements[: found.index - 1])):
        return found
    return found.with_evidence(find_evidence(found.statement, executor.session, executor.dialect.name))
