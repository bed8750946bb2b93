"""Goes through a fleet: bounded, in waves, until it is done, told to stop, or too much has failed."""

from __future__ import annotations

import time
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from mig.fleet.pace import Pace
    from mig.fleet.tenants import Tenant
    from mig.fleet.work import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantStarted:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantDone:
    result: Result


FleetEvent = TenantStarted | TenantDone


@dataclass(slots=True, kw_only=True)
class Tally:
    """How it went so far, in numbers only, so that it is as small for a million tenants as for one.

    ``changed`` are those of ``done`` to which something was applied; ``failed`` at a migration;
    ``unreached`` could not be connected to, were locked or refused; ``stopped`` in the middle.
    ``exhausted``: there are no more tenants.
    """

    started: int = 0
    done: int = 0
    changed: int = 0
    failed: int = 0
    unreached: int = 0
    stopped: int = 0
    interrupted: int = 0
    exhausted: bool = False
    duration_ms: int = 0

    @property
    def wrong(self) -> int:
        return self.failed + self.unreached

    def add(self, result: Result) -> None:
        self.changed += bool(result.applied)
        self.stopped += result.stopped
        self.failed += result.status == 4
        self.unreached += result.status == 3
        self.done += result.status == 0 and not result.stopped
        self.interrupted += result.found is not None and result.found.failed is not None


def roll_out(
    tenants: Iterable[Tenant],
    submit: Callable[[Tenant], Future[Result]],
    pace: Pace,
    notify: Callable[[FleetEvent], None],
    stop: threading.Event,
) -> Tally:
    """Do the work for each tenant, as far as the pace allows.

    Args:
        tenants: in the order to begin with.
        submit: begins the work for one.
        pace: how many at a time, and when to stop.
        notify: told of every tenant.
        stop: when set, no further tenant is begun; those that are at work are waited for.
    """
    began, tally, rest = time.monotonic(), Tally(), iter(tenants)
    for size, allowed in pace.waves():
        wave = _Wave(tally=tally, allowed=allowed, stop=stop, notify=notify)
        wave.run(islice(rest, size), submit, pace.jobs)
        tally.exhausted = not wave.is_over() and (wave.began == 0 or size is None)
        if tally.exhausted or wave.is_over():
            break
    tally.duration_ms = round((time.monotonic() - began) * 1000)
    return tally


@dataclass(slots=True, kw_only=True)
class _Wave:
    tally: Tally
    allowed: int
    stop: threading.Event
    notify: Callable[[FleetEvent], None]
    began: int = 0

    def is_over(self) -> bool:
        """Whether no further tenant may begin."""
        return self.stop.is_set() or self.tally.wrong > self.allowed

    def run(self, tenants: Iterator[Tenant], submit: Callable[[Tenant], Future[Result]], jobs: int) -> None:
        running: set[Future[Result]] = set()
        try:
            while True:
                running |= {
                    self._begin(tenant, submit) for tenant in self._next(tenants, jobs - len(running))
                }
                if not running:
                    return
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    self._end(future.result())
        finally:
            wait(running)  # a mistake in the list of tenants ends no migration in the middle

    def _next(self, tenants: Iterator[Tenant], room: int) -> Iterator[Tenant]:
        while room > 0 and not self.is_over():
            tenant = next(tenants, None)
            if tenant is None:
                return
            room -= 1
            yield tenant

    def _begin(self, tenant: Tenant, submit: Callable[[Tenant], Future[Result]]) -> Future[Result]:
        self.began += 1
        self.tally.started += 1
        self.notify(TenantStarted(name=tenant.name))
        return submit(tenant)

    def _end(self, result: Result) -> None:
        self.tally.add(result)
        self.notify(TenantDone(result=result))
