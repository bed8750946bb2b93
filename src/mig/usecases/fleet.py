"""Applies migrations to a fleet, or compares it with them: many databases or schemas, one tenant each."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mig.config import Database
from mig.fleet.advisors import DistantAdvisor, SharedAdvisor
from mig.fleet.executors import in_threads, on_cluster
from mig.fleet.pace import Amount, Pace
from mig.fleet.rollout import roll_out
from mig.fleet.tenants import Tenants, read_lines, tenants_of_file
from mig.fleet.work import Work
from mig.runner.prepared import Prepared
from mig.usecases.database import choose_database, read_options
from mig.usecases.project import DISK

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from mig.fleet.rollout import FleetEvent, Tally
    from mig.usecases.database import DatabaseRequest
    from mig.usecases.project import Project

_QUERY, _SCHEMAS = "query:", "schemas:"


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetRequest:
    """What the user said about a fleet.

    ``tenants`` is a file, ``-``, ``query:SQL`` or ``schemas:PATTERN``.  ``scheduler`` is the address of a
    Dask cluster's; empty: threads of this process.  ``action`` is ``up`` or ``status``.
    """

    tenants: str
    action: str
    target: str = ""
    jobs: int = 4
    canary: int = 0
    wave: Amount | None = None
    max_failures: Amount = field(default_factory=lambda: Amount(value=0))
    scheduler: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetOutcome:
    """How it went; ``total`` is None where nobody knows how many tenants there are."""

    tally: Tally
    total: int | None
    is_stopped: bool

    @property
    def left(self) -> int | None:
        """How many have not begun, or were stopped before they had everything."""
        if self.total is not None:
            return self.total - self.tally.started + self.tally.stopped
        return self.tally.stopped if self.tally.exhausted else None

    @property
    def is_complete(self) -> bool:
        return self.left == 0 and not self.tally.wrong


def run_fleet(
    project: Project,
    request: DatabaseRequest,
    fleet: FleetRequest,
    notify: Callable[[int | None, FleetEvent], None],
    stop: threading.Event,
) -> FleetOutcome:
    """Go through a fleet.

    Args:
        project: the migrations, which are read once.
        request: the database that lists the tenants, if one does, and how to run.
        fleet: who, in which order, how many at a time.
        notify: told of every tenant, with the number of all of them where that is known.
        stop: when set, no further tenant and no further migration is begun.

    Raises:
        ConfigError: the list of tenants is wrong.
        RunnerError: the tenants cannot be listed, or the cluster cannot be reached.
    """
    tenants = find_tenants(project, request, fleet.tenants)
    total = tenants.count()
    pace = Pace(
        jobs=fleet.jobs,
        canary=fleet.canary,
        wave=max(1, fleet.wave.ceiling(total)) if fleet.wave else None,
        max_failures=fleet.max_failures.floor(total),
    )
    work = _work(project, request, fleet)
    here = in_threads(work, pace.jobs, stop)
    with on_cluster(work, fleet.scheduler) if fleet.scheduler else here as submit:
        tally = roll_out(tenants.read(), submit, pace, lambda event: notify(total, event), stop)
    return FleetOutcome(tally=tally, total=total, is_stopped=stop.is_set())


def find_tenants(project: Project, request: DatabaseRequest, text: str) -> Tenants:
    """The tenants that the user named.

    Raises:
        ConfigError: there is no such file, or no database to ask.
    """
    if text == "-":
        return Tenants(label="-", read=lambda: read_lines(sys.stdin, "standard input"), once=True)
    kind = next((kind for kind in (_QUERY, _SCHEMAS) if text.startswith(kind)), "")
    if not kind:
        return tenants_of_file(request.start / text, text)
    from mig.fleet.listing import tenants_of_query, tenants_of_schemas

    url = choose_database(project, request, os.environ).url
    return (tenants_of_query if kind == _QUERY else tenants_of_schemas)(text.removeprefix(kind), url)


def _work(project: Project, request: DatabaseRequest, fleet: FleetRequest) -> Work:
    snapshot = project.snapshot(request.at or DISK)
    prepared = Prepared(snapshot, project.only)
    if fleet.scheduler:
        from mig.usecases.carried import carry

        prepared = carry(prepared, project.tree(request.at or DISK))
    named = request.database or "default"
    chosen = project.config.databases.get(named, Database(url=""))
    is_file = fleet.tenants != "-" and not fleet.tenants.startswith((_QUERY, _SCHEMAS))
    folder = (request.start / fleet.tenants).parent if is_file else request.start
    options = read_options(project, request, chosen, snapshot)
    if fleet.scheduler:
        options = replace(options, advisor=DistantAdvisor())
    elif options.advisor is not None:
        options = replace(options, advisor=SharedAdvisor(options.advisor))
    return Work(
        prepared=prepared,
        options=options,
        action=fleet.action,
        target=fleet.target,
        folder=os.path.abspath(folder),
    )
