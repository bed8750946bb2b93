"""Lends a session's connection to SQLAlchemy, which must not end the runner's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mig.runner.dialects import StatementError

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy as sa


def bind(url: str, connection: Any, in_transaction: Callable[[], bool]) -> sa.Connection:  # noqa: ANN401 - any driver's
    """A SQLAlchemy connection over a driver's connection that mig has opened.

    It is in a transaction as far as SQLAlchemy knows, so that an ORM session in a migration joins
    it; in the database only the runner begins and ends transactions.
    """
    import sqlalchemy as sa

    engine = sa.create_engine(url, creator=lambda: connection, poolclass=sa.StaticPool)
    bound = engine.connect()

    def end(*_: object) -> None:
        if in_transaction():
            raise StatementError(
                "the migration ends its transaction; leave that to mig, or declare it no-transaction"
            )

    # Set on this one engine's dialect: SQLAlchemy has no event that comes before a commit and can refuse it.
    vars(engine.dialect).update(do_commit=end, do_rollback=end)
    return bound
