"""What is done with one tenant, here or on a worker of a cluster; everything here can be sent to one."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import mig
from mig.config import resolve_url
from mig.errors import MigError, RunnerError
from mig.runner import Options, Runner
from mig.runner.events import StepDone, StepStarted
from mig.runner.url import from_folder

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from mig.fleet.tenants import Tenant
    from mig.runner.dialects.postgresql_lender import SchemaLender
    from mig.runner.events import Event
    from mig.runner.prepared import Prepared
    from mig.runner.status import Status

UP, STATUS = "up", "status"


class StoppedError(MigError):
    """The run was told to stop before this tenant had everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is the same for all tenants.

    ``action`` is ``up`` or ``status``; ``folder`` is where files of relative URLs are looked for.
    """

    prepared: Prepared
    options: Options
    action: str = UP
    target: str = ""
    folder: str = ""
    version: str = mig.__version__


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How it went with one tenant.

    ``status`` is as an exit status: 0, 3 (not reached, locked, refused) or 4 (a migration failed).
    ``stopped``: mig was told to stop before this tenant had everything.  ``applied`` are the ids of this
    run; ``found`` is what ``status`` found.
    """

    name: str
    status: int = 0
    stopped: bool = False
    applied: tuple[str, ...] = ()
    found: Status | None = None
    error: str = ""
    hint: str = ""
    duration_ms: int = 0


def run_tenant(
    work: Work, tenant: Tenant, lender: SchemaLender | None = None, stop: threading.Event | None = None
) -> Result:
    """Do the work for one tenant; what goes wrong there is in the result.

    Args:
        work: what to do.
        tenant: with whom.
        lender: lends sessions to tenants that are schemas.
        stop: when set, no further migration is begun.
    """
    began = time.monotonic()
    applied: list[str] = []

    def notice(event: Event) -> None:
        if isinstance(event, StepStarted) and stop is not None and stop.is_set():
            raise StoppedError("mig was told to stop")
        if isinstance(event, StepDone):
            applied.append(event.step.id)

    result = Result(name=tenant.name)
    try:
        runner = _runner(work, tenant, lender, notice)
        if work.action == STATUS:
            result = replace(result, found=runner.status())
        else:
            runner.up(work.target)
    except StoppedError:
        result = replace(result, stopped=True)
    except MigError as error:
        status = 4 if error.exit_code == 4 else 3
        result = replace(result, status=status, error=error.message, hint=error.hint)
    return replace(result, applied=tuple(applied), duration_ms=round((time.monotonic() - began) * 1000))


def _runner(
    work: Work, tenant: Tenant, lender: SchemaLender | None, notice: Callable[[Event], None]
) -> Runner:
    if work.version != mig.__version__:
        message = f"this worker has mig {mig.__version__}, and the work is of mig {work.version}"
        raise RunnerError(message, hint="install the same version everywhere")
    url = from_folder(resolve_url(tenant.url, os.environ), work.folder)
    options = work.options
    if tenant.schemas:
        options = replace(options, settings=replace(options.settings, schemas=tenant.schemas))
    connect = lender.lend if lender is not None and tenant.schemas else None
    return Runner(url, work.prepared, options=options, on_event=notice, connect=connect)
