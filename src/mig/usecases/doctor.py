"""What mig makes of a repository, and why: sources, lineages, dialects, base and hooks."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.git.hooks import HookState, find_folder, find_hooks
from mig.graph.dag import build_graph

if TYPE_CHECKING:
    from mig.model import Lineage, LineageSnapshot
    from mig.usecases.project import Project

_MARKS = {
    "native": "files with a mig: header",
    "alembic": "an alembic.ini, env.py or script.py.mako with revisions",
    "django": "folders of migrations with Migration classes",
    "flyway": "names such as V1__name.sql, or flyway's settings",
    "prisma": "a schema.prisma or migration_lock.toml beside NUMBER_name/migration.sql",
    "diesel": "a diesel.toml above NUMBER_name/up.sql",
    "goose": "the mark -- +goose Up",
    "dbmate": "the mark -- migrate:up",
    "sqlx": "a Cargo.toml above NUMBER_name.sql in migrations",
    "golang-migrate": "names such as 1_name.up.sql",
    "numbered": "names such as 1_name.sql below a folder called migrations",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """One lineage: ``why`` it was taken for its source's, and where its dialect is from."""

    name: str
    source: str
    why: str
    folders: tuple[str, ...]
    dialect: str
    dialect_from: str
    migrations: int
    heads: tuple[str, ...]
    problems: int
    """How many findings there are about its files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What holds in a project; ``config`` is the file of its configuration, empty where there is none."""

    config: str
    base: str
    base_from: str
    hooks: tuple[str, ...]
    lineages: tuple[Recognised, ...]


def diagnose(project: Project) -> Diagnosis:
    """What mig makes of the repository that is checked out.

    Raises:
        SourceError: nothing is configured and nothing recognised.
    """
    snapshot = project.snapshot()
    base, base_from = _base(project)
    return Diagnosis(
        config=project.config.file,
        base=base,
        base_from=base_from,
        hooks=_hooks(project),
        lineages=tuple(_recognised(project, one) for one in snapshot.lineages),
    )


def _recognised(project: Project, snapshot: LineageSnapshot) -> Recognised:
    lineage, graph = snapshot.lineage, build_graph(snapshot.migrations)
    return Recognised(
        name=lineage.name,
        source=lineage.source,
        why=_why(project, lineage),
        folders=lineage.paths,
        dialect=project.dialect_of(lineage),
        dialect_from=_dialect_from(project, lineage),
        migrations=len(snapshot.migrations),
        heads=graph.heads(),
        problems=len(snapshot.findings),
    )


def _why(project: Project, lineage: Lineage) -> str:
    config = project.config
    if config.lineages or config.source or config.path:
        return f"{config.file} says so"
    return f"recognised by {_MARKS.get(lineage.source, 'its convention in the configuration')}"


def _dialect_from(project: Project, lineage: Lineage) -> str:
    if project.config.dialect:
        return f"dialect in {project.config.file}"
    if lineage.dialect:
        return "the folder's name"
    return "the default database's URL" if "default" in project.config.databases else "nothing says another"


def _base(project: Project) -> tuple[str, str]:
    if project.config.base:
        return project.config.base, f"base in {project.config.file}"
    found = project.repo.default_base() if project.repo else None
    if found is None:
        return "", "there is no branch called main, master or trunk, and no remote"
    return found.ref, "the default branch of the remote, else main, master or trunk"


def _hooks(project: Project) -> tuple[str, ...]:
    if project.repo is None:
        return ()
    hooks = find_hooks(find_folder(project.repo), sys.executable or "")
    return tuple(one.name for one in hooks if one.state in (HookState.CURRENT, HookState.OUTDATED))
