"""Whether a database is what its history and the migrations say, as findings."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.catalogue import severity_of
from mig.errors import RunnerError
from mig.findings import Finding, sort_findings
from mig.model import Location
from mig.usecases.database import choose_database, open_runner
from mig.usecases.project import DISK
from mig.usecases.replay import open_for
from mig.usecases.variables import read_variables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.model import Migration, Snapshot
    from mig.runner.verify import Replay, Verified
    from mig.schema.image import Difference, SchemaImage
    from mig.sqltext.variables import Variables
    from mig.usecases.database import DatabaseRequest
    from mig.usecases.project import Project

_KINDS = {"added": "was added outside of mig", "missing": "is missing", "changed": "is not as expected"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifted:
    """A finding, with the object that is not as expected where it is about one."""

    finding: Finding
    difference: Difference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyResult:
    """What ``mig verify`` says: the findings, the worst first, and what the runner saw."""

    verified: Verified
    findings: tuple[Drifted, ...]

    @property
    def ok(self) -> bool:
        return not self.findings and not self.verified.problem


def verify_database(
    project: Project, request: DatabaseRequest, replay_url: str | None = None
) -> VerifyResult:
    """Hold a database against the migrations on disk, its history and its schema's fingerprint.

    Args:
        project: whose migrations.
        request: which database; nothing in it is changed.
        replay_url: of a server for tests, on which the applied migrations are run to see what they make
            (empty: SQLite in memory, else what ``MIG_REPLAY_URL`` holds); None: the fingerprint counts.

    Raises:
        ConfigError, UsageError: no database or no server is given, or one that must not be used.
        RunnerError: one of them cannot be used, or the migrations cannot be replayed.
    """
    runner = open_runner(project, request)
    replay = None if replay_url is None else _replay(project, request, replay_url)
    verified = runner.verify(replay)
    snapshot = project.snapshot(DISK)
    lineage = snapshot.lineages[0].lineage.name if snapshot.lineages else ""
    files = {migration.id: migration for migration in snapshot.migrations}
    found = [Drifted(finding=one) for one in _of_history(verified, files, project.only or lineage)]
    found += [_of_difference(one) for one in verified.drift]
    order = {id(one): at for at, one in enumerate(sort_findings(each.finding for each in found))}
    return VerifyResult(
        verified=verified, findings=tuple(sorted(found, key=lambda each: order[id(each.finding)]))
    )


def accept_schema(project: Project, request: DatabaseRequest) -> str:
    """Take the schema of a database as it is for what is expected; its fingerprint."""
    return open_runner(project, request).accept()


def _of_history(verified: Verified, files: dict[str, Migration], lineage: str) -> Iterator[Finding]:
    status = verified.status
    paths = {migration_id: migration.path for migration_id, migration in files.items()}
    for migration_id in status.changed:
        message = f"{paths.get(migration_id, migration_id)} is not what was applied as {migration_id}"
        fix = "restore the file, and put the change into a new migration"
        yield _finding("MIG401", message, paths.get(migration_id, ""), lineage, migration_id, fix)
    for migration_id in status.unknown:
        message = f"{migration_id} is applied, and not in the repository"
        fix = "check out the branch that has it, or revert it: mig down unknown"
        yield _finding("MIG402", message, "", lineage, migration_id, fix)
    if status.failed is not None:
        message = f"{status.failed.id} was interrupted in the middle"
        fix = "mig status names the statement, and says how to settle it"
        yield _finding("MIG404", message, status.failed.path, lineage, status.failed.id, fix)


def _finding(code: str, message: str, path: str, lineage: str, migration_id: str, fix: str) -> Finding:
    return Finding(
        code=code,
        severity=severity_of(code),
        message=message,
        locations=(Location(path=path),) if path else (),
        lineage=lineage,
        migrations=(migration_id,),
        fix=fix,
    )


def _of_difference(difference: Difference) -> Drifted:
    code = "MIG403"
    finding = Finding(
        code=code,
        severity=severity_of(code),
        message=f"{difference.object.replace(':', ' ', 1)} {_KINDS[difference.kind]}",
        locations=(),
        resources=(difference.object,),
        fix="undo it by hand, or write it as a migration; mig verify --accept takes the schema as it is",
    )
    return Drifted(finding=finding, difference=difference)


def _replay(project: Project, request: DatabaseRequest, url: str) -> Replay:
    """What makes the applied migrations' schema on a throwaway database."""
    from mig.runner.dialects import find_dialect

    chosen = choose_database(project, request, os.environ)
    target, dialect = chosen.url, find_dialect(chosen.url).name

    def replay(applied: tuple[tuple[str, str], ...]) -> SchemaImage:
        snapshot = project.snapshot(DISK)
        variables = read_variables(project, snapshot, chosen, os.environ)
        statements = [pair for one in applied for pair in _statements(snapshot, one, dialect, variables)]
        with open_for(project, url, dialect, also=target) as opened:
            failure = opened.build([text for text, _ in statements])
            if failure is not None:
                place = statements[failure.statement][1] if statements else ""
                message = f"the migrations do not run on the throwaway database: {place}: {failure.message}"
                hint = "mig check --replay runs pairs; without --replay the fingerprint is what counts"
                raise RunnerError(message, hint=hint)
            return opened.schema()

    return replay


def _statements(
    snapshot: Snapshot, applied: tuple[str, str], dialect: str, variables: Variables
) -> Iterator[tuple[str, str]]:
    """The statements of one applied migration, each with its place."""
    lineage, migration_id = applied
    hint = "verify without --replay: the fingerprint of the last run is then what counts"
    named = [m for each in snapshot.lineages if each.lineage.name == lineage for m in each.migrations]
    migration = next((m for m in named if m.id == migration_id), None)
    if migration is None:
        raise RunnerError(
            f"{migration_id} of lineage {lineage} is applied, and not to be read here", hint=hint
        )
    script = snapshot.script(migration, dialect, variables.fill if variables else None)
    if script.language != "sql":
        message = f"{migration.path} is {script.language.capitalize()}, and replay executes no code"
        raise RunnerError(message, hint=hint)
    for statement in script.up:
        yield statement.text, f"{migration.path}:{statement.line}"
