"""Opens a database for a runner: a session, with all that works in it."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import mig
from mig.errors import RunnerError
from mig.runner import identity
from mig.runner.dialects import Settings, StatementError, milliseconds
from mig.runner.execute import Executor, Origin
from mig.runner.history import LOG_TABLE, TABLE, History
from mig.runner.repeatables import Repeatables
from mig.runner.url import safe_url, secrets_of
from mig.runner.waiting import Waiting
from mig.runner.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from mig.runner.dialects import Dialect, Session
    from mig.runner.events import Event
    from mig.runner.options import Options
    from mig.sqltext.variables import Variables

    Lend = Callable[[str, Settings], AbstractContextManager[Session]]

# How the connection is used that looks whether another one waits.
_BESIDE = Settings(lock_timeout="1s", statement_timeout="2s", read_only=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One database; ``lend`` lends a session for as long as it is needed, None: a new one is opened."""

    url: str
    lineage: str
    dialect: Dialect
    options: Options
    notify: Callable[[Event], None]
    lend: Lend | None = None

    @property
    def database(self) -> str:
        """The URL as it may be shown."""
        return safe_url(self.url)

    @contextmanager
    def executor(self, *, read_only: bool, variables: Variables | None = None) -> Iterator[Executor]:
        settings = replace(self.options.settings, read_only=read_only)
        with (self.lend or self._open)(self.url, settings) as session:
            executor = self._executor(session, variables or self.options.variables)
            try:
                yield executor
            except StatementError as error:  # not in a migration: those are failed steps
                hint = f"mig must be able to create, read and write {TABLE} and {LOG_TABLE} there"
                raise RunnerError(f"{self.database}: {error.message}", hint=hint) from None
            finally:
                if executor.watch is not None:
                    executor.watch.close()

    def _open(self, url: str, settings: Settings) -> AbstractContextManager[Session]:
        return closing(self.dialect.connect(url, settings))

    def _watch(self, session: Session, secrets: tuple[str, ...]) -> Watch:
        wait = milliseconds(self.options.settings.lock_timeout) / 2000
        return Watch(
            session,
            self.dialect,
            lambda: self.dialect.connect(self.url, _BESIDE),
            self.notify,
            after=min(1.0, wait or 1.0),
            secrets=secrets,
        )

    def _executor(self, session: Session, variables: Variables) -> Executor:
        options = self.options
        origin = Origin(
            lineage=self.lineage,
            by=identity.person(),
            process=identity.process(),
            git_commit=options.git_commit,
            git_branch=options.git_branch,
            tool_version=mig.__version__,
        )
        secrets = (*options.variables.hidden, *secrets_of(self.url))
        return Executor(
            watch=self._watch(session, secrets),
            settings=options.settings,
            session=session,
            dialect=self.dialect,
            history=History(session, self.dialect, self.lineage),
            origin=origin,
            waiting=Waiting(limit=options.lock_wait, notify=self.notify),
            notify=self.notify,
            root=options.root,
            secrets=secrets,
            repeatables=Repeatables(session, self.dialect, origin.lineage),
            variables=variables,
            allow_batch_loss=options.allow_batch_loss,
        )
