from __future__ import annotations

import threading
import time
import tracemalloc
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from mig.errors import ConfigError
from mig.fleet.pace import Pace
from mig.fleet.rollout import FleetEvent, Tally, TenantDone, roll_out
from mig.fleet.tenants import Tenant
from mig.fleet.work import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

BAD = 4


def tenants(count: int) -> Iterator[Tenant]:
    return (Tenant(name=f"t{number}", url="sqlite:///x") for number in range(count))


def at_once(work: Callable[[Tenant], Result]) -> Callable[[Tenant], Future[Result]]:
    """An executor that is done when it is asked."""

    def submit(tenant: Tenant) -> Future[Result]:
        future: Future[Result] = Future()
        future.set_result(work(tenant))
        return future

    return submit


def go(count: int, pace: Pace, failing: Iterable[int] = ()) -> tuple[Tally, list[str]]:
    bad = {f"t{number}" for number in failing}
    seen: list[str] = []

    def note(event: FleetEvent) -> None:
        if isinstance(event, TenantDone):
            seen.append(event.result.name)

    work = at_once(lambda tenant: Result(name=tenant.name, status=BAD if tenant.name in bad else 0))
    return roll_out(tenants(count), work, pace, note, threading.Event()), seen


@pytest.mark.parametrize("pace", [Pace(), Pace(wave=5), Pace(canary=1, wave=4), Pace(canary=10)])
def test_every_tenant_is_done_once(pace: Pace) -> None:
    tally, seen = go(10, pace)
    assert sorted(seen) == sorted(one.name for one in tenants(10))
    assert (tally.done, tally.wrong, tally.exhausted) == (10, 0, True)


def test_no_tenants_are_no_failure() -> None:
    assert go(0, Pace(canary=1))[0].exhausted


def test_a_canary_that_fails_ends_it_whatever_may_fail_later() -> None:
    tally, seen = go(10, Pace(jobs=1, canary=2, max_failures=5), failing=[1])
    assert (seen, tally.failed, tally.exhausted) == (["t0", "t1"], 1, False)


def test_it_ends_when_more_have_failed_than_may() -> None:
    tally, seen = go(10, Pace(jobs=1, max_failures=2), failing=range(1, 10))
    assert (seen, tally.failed) == (["t0", "t1", "t2", "t3"], 3)
    tally, _ = go(10, Pace(jobs=1, max_failures=2), failing=[4, 7])
    assert (tally.done, tally.failed, tally.exhausted) == (8, 2, True)


def test_a_wave_begins_only_when_the_one_before_is_done() -> None:
    at_work: set[str] = set()
    together: list[int] = []
    lock = threading.Lock()

    def work(tenant: Tenant) -> Result:
        with lock:
            at_work.add(tenant.name)
            together.append(len({int(name[1:]) // 3 for name in at_work}))
        time.sleep(0.005 * (int(tenant.name[1:]) % 3))
        with lock:
            at_work.discard(tenant.name)
        return Result(name=tenant.name)

    with ThreadPoolExecutor(8) as pool:
        roll_out(
            tenants(12),
            lambda one: pool.submit(work, one),
            Pace(jobs=8, wave=3),
            lambda _: None,
            threading.Event(),
        )
    assert set(together) == {1}


def test_no_more_are_at_work_than_jobs() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def work(tenant: Tenant) -> Result:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.002)
        with lock:
            running -= 1
        return Result(name=tenant.name)

    with ThreadPoolExecutor(20) as pool:
        roll_out(
            tenants(40), lambda one: pool.submit(work, one), Pace(jobs=3), lambda _: None, threading.Event()
        )
    assert 1 < most <= 3


def test_who_is_told_to_stop_begins_nobody_and_waits_for_those_at_work() -> None:
    stop = threading.Event()

    def work(tenant: Tenant) -> Result:
        if tenant.name == "t3":
            stop.set()
        return Result(name=tenant.name)

    tally = roll_out(tenants(100), at_once(work), Pace(jobs=1), lambda _: None, stop)
    assert (tally.started, tally.done, tally.exhausted) == (4, 4, False)


def test_a_mistake_in_the_list_waits_for_those_at_work() -> None:
    ended: list[str] = []

    def work(tenant: Tenant) -> Result:
        time.sleep(0.05)
        ended.append(tenant.name)
        return Result(name=tenant.name)

    def listed() -> Iterator[Tenant]:
        yield from tenants(2)
        raise ConfigError("line 3 is wrong")

    with ThreadPoolExecutor(4) as pool, pytest.raises(ConfigError, match="line 3"):
        roll_out(listed(), lambda one: pool.submit(work, one), Pace(), lambda _: None, threading.Event())
    assert sorted(ended) == ["t0", "t1"]


def test_memory_does_not_grow_with_the_number_of_tenants() -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        work = at_once(lambda tenant: Result(name=tenant.name, applied=("a" * 12,)))
        tally = roll_out(
            tenants(count), work, Pace(jobs=8, canary=1, wave=100), lambda _: None, threading.Event()
        )
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert tally.changed == count
        return most

    peak(100)
    assert peak(20_000) < peak(1_000) + 50_000
