"""The history tables of other tools: what they say was applied, and which migrations that is here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mig.errors import RunnerError, UsageError
from mig.graph.versions import parse_version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mig.graph.dag import Graph
    from mig.model import Migration
    from mig.runner.dialects import Session

    Rows = list[tuple[object, ...]]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """What another tool's table says.

    ``versions`` are in the order in which they were applied.  ``newest_only``: the tool keeps only the
    newest, and what comes before them is applied too.  ``baseline`` is a version up to which everything
    counts as applied.  ``checksums`` are those of the tool, by version.  ``failed`` were begun and not
    finished.
    """

    tool: str
    table: str
    versions: tuple[str, ...] = ()
    newest_only: bool = False
    baseline: str = ""
    checksums: Mapping[str, int] = field(default_factory=dict)
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Which migrations another tool has applied.

    ``unknown`` are versions that no migration here has.  ``left_out`` are those of Django's apps that are
    not in the repository at all, such as those that come with Django.
    """

    ids: frozenset[str]
    unknown: tuple[str, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """How one tool keeps what it has applied."""

    table: str
    query: str
    read: Callable[[str, Rows], Foreign]
    columns: tuple[str, ...]


def read_foreign(session: Session, tool: str, table: str = "") -> Foreign:
    """What a tool's table says.

    Args:
        session: nothing is changed in it.
        tool: a key of ``TOOLS``.
        table: where the project has given the table another name.

    Raises:
        UsageError: there is no such tool, or no such name of a table.
        RunnerError: there is no such table, or it is another one.
    """
    if tool not in TOOLS:
        raise UsageError(f"mig reads no history of {tool!r}", hint=f"--from is one of {', '.join(TOOLS)}")
    known = TOOLS[tool]
    name = table or known.table
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of a table", hint="letters, digits and _, without a schema")
    columns = {column.lower() for column in session.columns(name)}
    if not columns:
        hint = f"check the URL and its schema; --table NAME says where {tool} has another table"
        raise RunnerError(f"there is no table {name} in this database", hint=hint)
    if lacking := sorted(set(known.columns) - columns):
        hint = f"--from is one of {', '.join(TOOLS)}"
        raise RunnerError(f"{name} has no column {lacking[0]}, so {tool} did not make it", hint=hint)
    return known.read(name, session.query(known.query.format(table=session.qualify(name))))


def find_applied(graph: Graph, foreign: Foreign) -> Found:
    """Which migrations here are those that another tool has applied."""
    lookup = _Lookup(graph)
    ids: set[str] = set()
    unknown, left_out = [], []
    for version in foreign.versions:
        found = lookup.find(version)
        if found:
            ids.add(found)
        elif foreign.tool == "django" and lookup.is_elsewhere(version):
            left_out.append(version)
        elif version not in lookup.replaced:
            unknown.append(version)
    ids |= lookup.squashed(foreign.versions)
    if foreign.newest_only:
        ids |= graph.ancestors(*ids)
    if foreign.baseline:
        limit = parse_version(foreign.baseline)
        ids |= {m.id for m in graph.migrations.values() if m.version and m.version <= limit}
    return Found(ids=frozenset(ids), unknown=tuple(unknown), left_out=tuple(left_out))


class _Lookup:
    """Finds the migration of a version: by its id, its version, or a word in its name or description."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        migrations = graph.migrations.values()
        self._versions = {m.version: m.id for m in migrations if m.version}
        self._apps = {m.app for m in migrations if m.app}
        self._squashes = [m for m in migrations if m.replaces]
        self.replaced = {version for m in self._squashes for version in m.replaces}
        self._words: dict[str, set[str]] = {}
        for migration in migrations:
            for word in _words(migration):
                self._words.setdefault(word, set()).add(migration.id)

    def find(self, version: str) -> str:
        """The id; empty where there is none, or where several could be meant."""
        if version in self._graph:
            return version
        known = self._versions.get(parse_version(version)) if self._versions else None
        if known:
            return known
        named = self._words.get(version, set())
        return next(iter(named)) if len(named) == 1 else ""

    def is_elsewhere(self, version: str) -> bool:
        return bool(self._apps) and version.partition(".")[0] not in self._apps

    def squashed(self, versions: tuple[str, ...]) -> set[str]:
        """The squashes of which everything that they stand for is applied."""
        return {m.id for m in self._squashes if set(m.replaces) <= set(versions)}


def _words(migration: Migration) -> set[str]:
    """What a person may have named another tool's version with: in the file's name, or the description."""
    name = migration.path.rpartition("/")[2].rpartition(".")[0]
    parts = name.split("_")
    endings = {"_".join(parts[at:]) for at in range(len(parts))}
    return endings | set(parts) | {word.strip("()[],;:") for word in migration.description.split()}


def _all(tool: str) -> Callable[[str, Rows], Foreign]:
    """Every row is a version that was applied."""
    return lambda table, rows: Foreign(tool=tool, table=table, versions=tuple(str(row[0]) for row in rows))


def _alembic(table: str, rows: Rows) -> Foreign:
    return Foreign(tool="alembic", table=table, versions=tuple(str(row[0]) for row in rows), newest_only=True)


def _django(table: str, rows: Rows) -> Foreign:
    return Foreign(tool="django", table=table, versions=tuple(f"{app}.{name}" for app, name in rows))


def _flyway(table: str, rows: Rows) -> Foreign:
    applied: dict[str, int | None] = {}
    failed, baseline = [], ""
    for version, kind, script, checksum, success in rows:
        if not int(str(success).lower() not in {"0", "false", "f", "b'\\x00'"}):
            failed.append(str(script))
        elif version is None or str(kind) in {"SCHEMA", "DELETE"}:
            continue  # a repeatable, and what Flyway notes of itself
        elif str(kind).startswith("UNDO"):
            applied.pop(str(version), None)
        elif str(kind) in {"BASELINE", "SQL_BASELINE"}:
            baseline = str(version)
        else:
            applied[str(version)] = None if checksum is None else int(str(checksum))
    checksums = {version: checksum for version, checksum in applied.items() if checksum is not None}
    return Foreign(
        tool="flyway",
        table=table,
        versions=tuple(applied),
        baseline=baseline,
        checksums=checksums,
        failed=tuple(failed),
    )


def _golang_migrate(table: str, rows: Rows) -> Foreign:
    dirty = tuple(str(version) for version, is_dirty in rows if str(is_dirty).lower() in {"1", "true", "t"})
    versions = tuple(str(version) for version, _ in rows)
    return Foreign(tool="golang-migrate", table=table, versions=versions, newest_only=True, failed=dirty)


def _goose(table: str, rows: Rows) -> Foreign:
    applied: dict[str, None] = {}
    for version, is_applied in rows:
        applied.pop(str(version), None)
        if str(is_applied).lower() in {"1", "true", "t"} and int(str(version)):  # 0 is goose's own first row
            applied[str(version)] = None
    return Foreign(tool="goose", table=table, versions=tuple(applied))


def _prisma(table: str, rows: Rows) -> Foreign:
    kept = [(str(name), finished) for name, finished, rolled_back in rows if rolled_back is None]
    return Foreign(
        tool="prisma",
        table=table,
        versions=tuple(name for name, finished in kept if finished is not None),
        failed=tuple(name for name, finished in kept if finished is None),
    )


TOOLS = {
    "alembic": Tool(
        table="alembic_version",
        query="SELECT version_num FROM {table} ORDER BY version_num",
        read=_alembic,
        columns=("version_num",),
    ),
    "django": Tool(
        table="django_migrations",
        query="SELECT app, name FROM {table} ORDER BY id",
        read=_django,
        columns=("app", "name"),
    ),
    "flyway": Tool(
        table="flyway_schema_history",
        query="SELECT version, type, script, checksum, success FROM {table} ORDER BY installed_rank",
        read=_flyway,
        columns=("installed_rank", "version", "type", "script", "checksum", "success"),
    ),
    "dbmate": Tool(
        table="schema_migrations",
        query="SELECT version FROM {table} ORDER BY version",
        read=_all("dbmate"),
        columns=("version",),
    ),
    "goose": Tool(
        table="goose_db_version",
        query="SELECT version_id, is_applied FROM {table} ORDER BY id",
        read=_goose,
        columns=("version_id", "is_applied"),
    ),
    "golang-migrate": Tool(
        table="schema_migrations",
        query="SELECT version, dirty FROM {table}",
        read=_golang_migrate,
        columns=("version", "dirty"),
    ),
    "prisma": Tool(
        table="_prisma_migrations",
        query="SELECT migration_name, finished_at, rolled_back_at FROM {table} ORDER BY started_at",
        read=_prisma,
        columns=("migration_name", "finished_at", "rolled_back_at"),
    ),
}
"""The tools whose history can be taken over, by the name that ``--from`` takes."""
