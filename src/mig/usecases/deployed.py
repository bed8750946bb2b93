"""Which environments a check is asked about, and what each of them has applied."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from mig.errors import ConfigError, GraphError, UsageError
from mig.findings import Verdict
from mig.model import Snapshot
from mig.rules.frontier import FRESH, Environment, find_unsafe, judge_environments
from mig.usecases.load import snapshot_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mig.findings import Finding
    from mig.rules.frontier import Deployed
    from mig.rules.three_way import ThreeWay
    from mig.usecases.project import Project

    Wanted = Mapping[str, str | Iterable[str] | None]

_FORM = "write NAME=ID,ID, NAME=REF, or the NAME of a configured database"


def read_wanted(values: Iterable[str]) -> dict[str, str | None]:
    """What ``NAME``, ``NAME=REF`` and ``NAME=ID,ID`` ask for.

    Raises:
        UsageError: a name is missing or stands twice.
    """
    found: dict[str, str | None] = {}
    for value in values:
        name, equals, where = value.partition("=")
        if name.strip() in found:
            raise UsageError(f"the environment {name.strip()!r} is named twice", hint="name each once")
        found[name.strip()] = where if equals else None
    return found


def judge_deployed(
    project: Project, threes: Sequence[ThreeWay], wanted: Wanted, findings: Sequence[Finding]
) -> tuple[tuple[Deployed, ...], list[Finding]]:
    """Whether what remains is safe in each environment; the findings say where they bite.

    Args:
        project: where refs and databases are looked for.
        threes: the lineages, as their merges will be.
        wanted: for each name ids, a ref, or None for what the configuration has under that name.
        findings: what was found already.

    Raises:
        UsageError, ConfigError: a name cannot be used, or the configuration does not know it.
        GraphError: there is neither a migration nor a commit of that name.
        RunnerError: a database cannot be asked.
    """
    applied = {name: _find_applied(project, threes, name, where) for name, where in wanted.items()}
    judged: list[Deployed] = []
    found = list(findings)
    for three in threes:
        named = [parts[three.lineage] for parts in applied.values() if three.lineage in parts]
        here = judge_environments(three, named)
        found = [_with_bites(one, here) if one.lineage == three.lineage else one for one in found]
        found += find_unsafe(three, here)
        judged += here
    return tuple(judged), found


def _find_applied(
    project: Project, threes: Sequence[ThreeWay], name: str, where: str | Iterable[str] | None
) -> dict[str, Environment]:
    """What an environment has applied, by lineage; lineages of which nothing is said are left out."""
    if not name or name == FRESH:
        said = f"{FRESH!r} is a database that has nothing" if name else "an environment has no name"
        raise UsageError(said, hint=_FORM)
    if where is None:
        where = project.config.deployed.get(name)
    if where is None:
        return _ask_database(project, threes, name)
    words = [word.strip() for word in where.split(",")] if isinstance(where, str) else list(where)
    found: dict[str, set[str]] = {}
    for word in filter(None, words):
        for lineage, ids in _find_word(project, threes, name, word).items():
            found.setdefault(lineage, set()).update(ids)
    if not any(words):
        found = {three.lineage: set() for three in threes}
    return {lineage: Environment(name=name, applied=frozenset(ids)) for lineage, ids in found.items()}


def _find_word(
    project: Project, threes: Sequence[ThreeWay], name: str, word: str
) -> dict[str, frozenset[str]]:
    """What one id, or beginning of an id, or ref stands for."""
    for three in threes:
        if word in three.graph:
            return {three.lineage: three.graph.ancestors(word) | {word}}
    commit = project.repo.find(word) if project.repo else None
    begun = [(three, i) for three in threes for i in three.graph.migrations if i.startswith(word)]
    if commit is not None and not begun:
        return _read_commit(project, threes, commit.id)
    if commit is None and len(begun) == 1:
        three, found = begun[0]
        return {three.lineage: three.graph.ancestors(found) | {found}}
    if commit is not None:
        message = f"{name}: {word!r} is a commit and the beginning of the migration {begun[0][1]}"
        raise GraphError(message, hint="write the whole id, or refs/heads/... for a branch")
    try:
        threes[0].graph.find(word)
    except GraphError as error:
        raise GraphError(f"{name}: {error.message}, and Git has no such commit", hint=_FORM) from None
    raise GraphError(f"{name}: {word!r} is the beginning of {len(begun)} ids", hint="give more of the id")


def _read_commit(project: Project, threes: Sequence[ThreeWay], commit: str) -> dict[str, frozenset[str]]:
    tree = project.tree(commit)
    read = project.read(tree, [three.head.lineage for three in threes])
    return {name: frozenset(m.id for m in snapshot_of(reading).migrations) for name, reading in read.items()}


def _ask_database(project: Project, threes: Sequence[ThreeWay], name: str) -> dict[str, Environment]:
    """What the history of a configured database says; reading it changes nothing there."""
    from mig.runner import Options, Runner
    from mig.runner.dialects import Settings
    from mig.usecases.database import DatabaseRequest, choose_database

    if name not in project.config.databases:
        known = sorted({*project.config.databases, *project.config.deployed})
        hint = f"the configuration has {', '.join(known)}; {_FORM}" if known else _FORM
        raise ConfigError(f"the configuration has no environment and no database {name!r}", hint=hint)
    chosen = choose_database(project, DatabaseRequest(database=name), os.environ)
    settings = Settings(lock_timeout=chosen.lock_timeout, statement_timeout=chosen.statement_timeout)
    found = {}
    for three in threes:
        snapshot = Snapshot(ref=three.head_ref, lineages=(three.merged,))
        status = Runner(chosen.url, snapshot, options=Options(settings=settings)).status()
        found[three.lineage] = Environment(
            name=name,
            applied=frozenset(row.id for row in status.applied),
            interrupted=status.failed.id if status.failed else "",
        )
    return found


def _with_bites(finding: Finding, deployed: Sequence[Deployed]) -> Finding:
    """The finding about a pair, saying in which environments it does harm."""
    pair = frozenset(finding.migrations)
    if finding.verdict in (None, Verdict.COMMUTE) or len(pair) != 2 or not deployed:
        return finding
    bitten = [one.name for one in deployed if pair in one.bites]
    spared = [one.name for one in deployed if pair not in one.bites]
    parts = [f"bites {', '.join(bitten)}"] if bitten else []
    parts += [f"harmless on {', '.join(spared)}"] if spared else []
    return replace(finding, then="; ".join([finding.then, *parts] if finding.then else parts))
