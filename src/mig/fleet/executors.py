"""Where the work is done: threads of this process, or the workers of a Dask cluster."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from mig.errors import RunnerError
from mig.fleet.work import run_tenant

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor, Future

    from mig.fleet.tenants import Tenant
    from mig.fleet.work import Result, Work

    Submit = Callable[[Tenant], Future[Result]]


@contextmanager
def in_threads(work: Work, jobs: int, stop: threading.Event) -> Iterator[Submit]:
    """Do the work in threads of this process; schemas share connections."""
    from mig.runner.dialects.postgresql_lender import SchemaLender

    lender = SchemaLender()
    pool: Executor = ThreadPoolExecutor(jobs, thread_name_prefix="mig")
    do = partial(run_tenant, work, lender=lender, stop=stop)
    try:
        with pool:
            yield lambda tenant: pool.submit(do, tenant)
    finally:
        lender.close()


@contextmanager
def on_cluster(work: Work, address: str) -> Iterator[Submit]:
    """Do the work on the workers of a Dask cluster, which have mig and reach the databases.

    Args:
        work: what can be pickled; sent to each worker once.
        address: the scheduler's.

    Raises:
        RunnerError: Dask is not installed, or no scheduler answers.
    """
    client = _client(address)
    with client:
        sent = client.scatter(work, broadcast=True)
        pool: Executor = client.get_executor(pure=False, retries=0)
        with pool:
            yield lambda tenant: pool.submit(run_tenant, sent, tenant)


def _client(address: str) -> Any:  # noqa: ANN401 - Dask has no types
    try:
        from distributed import Client
    except ImportError:
        message = "a cluster needs Dask's package distributed, which is not installed"
        raise RunnerError(message, hint="pip install 'mig-db[fleet]'") from None
    connect: Any = Client  # the same
    try:
        return connect(address, set_as_default=False)
    except (OSError, ValueError) as error:
        said = str(error).partition("\n")[0]
        hint = "dask scheduler prints its address when it starts, such as tcp://10.0.0.5:8786"
        raise RunnerError(f"no scheduler answers at {address}: {said}", hint=hint) from None
