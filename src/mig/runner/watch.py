"""Looks at a session from beside while a step takes long: what it waits for, and how far the server is."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.errors import MigError
from mig.runner.events import StepRunning
from mig.runner.url import scrub

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.runner.dialects import Dialect, Session
    from mig.runner.events import Event
    from mig.runner.plan import Step

_EVERY = 0.25
_TOLD_EVERY = 1.0
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class _Running:
    step: Step
    began: float


def serial(notify: Callable[[Event], None]) -> Callable[[Event], None]:
    """The same, told by one thread at a time."""
    lock = threading.RLock()

    def tell(event: Event) -> None:
        with lock:
            notify(event)

    return tell


class Watch:
    """Tells of a step that takes long; a connection of its own is opened only then.

    Args:
        session: the one that is watched.
        dialect: knows what to ask the server.
        connect: opens another session.
        notify: told once a second, from another thread.
        after: how long a step takes before anybody looks, in seconds.
        secrets: what is not shown of other sessions' statements.
    """

    def __init__(
        self,
        session: Session,
        dialect: Dialect,
        connect: Callable[[], Session],
        notify: Callable[[Event], None],
        *,
        after: float = 1.0,
        secrets: tuple[str, ...] = (),
    ) -> None:
        self._watched = session
        self._dialect = dialect
        self._connect = connect
        self._notify = notify
        self._after = after
        self._secrets = secrets
        self._running: _Running | None = None
        self._blockers: tuple[str, ...] = ()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._beside: Session | None = None
        self._is_blind = not dialect.blocking

    def begin(self, step: Step) -> None:
        """From now on a step runs."""
        self._blockers = ()
        self._running = _Running(step, time.monotonic())
        if self._thread is None:
            self._thread = threading.Thread(target=self._look, name="mig-watch", daemon=True)
            self._thread.start()

    def end(self) -> None:
        """Nothing runs any more."""
        self._running = None

    def blockers(self) -> tuple[str, ...]:
        """The sessions that the step was last seen to wait for, with what they do."""
        return self._blockers

    def close(self) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        if self._beside is not None:
            self._beside.close()

    def _look(self) -> None:
        told = 0.0
        while not self._ended.wait(_EVERY):
            running, now = self._running, time.monotonic()
            if running is None or now - running.began < self._after:
                continue
            progress = self._ask(running)
            if now - told >= _TOLD_EVERY and self._running is running:
                told = now
                self._notify(
                    StepRunning(
                        step=running.step,
                        seconds=now - running.began,
                        progress=progress,
                        blockers=self._blockers,
                    )
                )

    def _ask(self, running: _Running) -> str:
        """Take down who is in the way; gives how far the server says it is."""
        if self._is_blind:
            return ""
        try:
            self._beside = self._beside or self._connect()
            number = self._watched.number()
            blocking = self._beside.query(self._dialect.blocking.format(number=number))
            asked = self._dialect.progress
            progress = self._beside.query(asked.format(number=number)) if asked else []
        except MigError:  # no more connections, or no right to look: then nobody looks
            self._is_blind = True
            return ""
        # Who was in the way when it gave up is looked at afterwards.
        if blocking and self._running is running:
            self._blockers = tuple(self._described(row) for row in blocking)
        return str(progress[0][0]) if progress else ""

    def _described(self, row: tuple[object, ...]) -> str:
        number, user, name, host, state, seconds, statement = row
        text = scrub(" ".join(str(statement or "").split()), self._secrets)[:_SHOWN]
        said = f": {text}" if text else ""
        return f"session {number} ({name}, user {user}, host {host}), {state} for {seconds} s{said}"
