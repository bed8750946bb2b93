"""Tenants that a database lists: the rows of a query, or its own schemas."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from mig.errors import ConfigError, RunnerError
from mig.fleet.tenants import Tenant, Tenants
from mig.runner.dialects import Settings, StatementError, find_dialect
from mig.runner.url import safe_url

if TYPE_CHECKING:
    from collections.abc import Iterator

_BATCH = 500
_SCHEMAS = (
    "SELECT nspname FROM pg_namespace WHERE nspname LIKE {pattern} AND nspname NOT LIKE 'pg\\_%'"
    " AND nspname <> 'information_schema' ORDER BY nspname"
)


def tenants_of_query(sql: str, url: str) -> Tenants:
    """The tenants that a query on a database gives: a column of names, and one of URLs."""

    def read() -> Iterator[Tenant]:
        for row in _rows(url, sql):
            if len(row) != 2 or not all(row):
                hint = 'write it as "query:SELECT name, url FROM tenants WHERE active"'
                raise ConfigError(
                    "the query for the tenants must give a name and a URL in each row", hint=hint
                )
            yield Tenant(name=str(row[0]), url=str(row[1]))

    return Tenants(label="query", read=read)


def tenants_of_schemas(pattern: str, url: str) -> Tenants:
    """The schemas of one PostgreSQL database whose names are LIKE a pattern.

    Args:
        pattern: what ``LIKE`` takes; then schemas that stand behind each of them on the search path.
        url: the database's.

    Raises:
        ConfigError: the database has no schemas of its own, or there is no pattern.
    """
    dialect = find_dialect(url)
    wanted, *shared = (part.strip() for part in pattern.split(","))
    if dialect.name != "postgresql":
        hint = "list the databases: a file, or query:SELECT name, url FROM ..."
        raise ConfigError(f"only PostgreSQL keeps tenants in schemas, and not {safe_url(url)}", hint=hint)
    if not wanted or not all(shared):
        raise ConfigError("schemas: names no schemas", hint='write --fleet "schemas:tenant_%"')
    sql = _SCHEMAS.format(pattern=dialect.literal(wanted))

    def read() -> Iterator[Tenant]:
        for (name,) in _rows(url, sql):
            if name not in shared:
                yield Tenant(name=str(name), url=url, schemas=(str(name), *shared))

    return Tenants(label=f"schemas:{pattern}", read=read)


def _rows(url: str, sql: str) -> Iterator[tuple[object, ...]]:
    """The rows of a query, a few at a time where the database can."""
    dialect = find_dialect(url)
    try:
        with closing(dialect.connect(url, Settings(read_only=True))) as session:
            if dialect.name != "postgresql":
                yield from session.query(sql)
                return
            # WITH HOLD: the cursor outlives its transaction, which would be open for as long as the run.
            session.execute(f"DECLARE mig_tenants NO SCROLL CURSOR WITH HOLD FOR {sql.rstrip().rstrip(';')}")
            while rows := session.query(f"FETCH {_BATCH} FROM mig_tenants"):
                yield from rows
    except StatementError as error:
        hint = "try it in psql or another client"
        raise RunnerError(
            f"the tenants of {safe_url(url)} cannot be listed: {error.message}", hint=hint
        ) from None
