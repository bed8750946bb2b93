"""Lineages that are ordered by version: two with one version (MIG107), one that comes too late (MIG205)."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mig.catalogue import severity_of
from mig.findings import Finding, Severity
from mig.graph.versions import is_stamp, renumber
from mig.rules.about import finding_about

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mig.model import Migration
    from mig.rules.three_way import ThreeWay

_WHAT_HAPPENS = {
    "skipped": "a database that has the newer one will never apply it, and nobody is told",
    "refused": "a database that has the newer one refuses to go on",
    "applied": "a database that has the newer one applies it afterwards, a fresh one before",
}


def find_version_problems(three: ThreeWay) -> Iterator[Finding]:
    """What is wrong with the numbers of ours, beside those of the base."""
    if not three.head.lineage.late:
        return
    new = _renumbered(three)
    yield from _find_duplicates(three, new)
    yield from _find_late(three, new)


def _find_duplicates(three: ThreeWay, wanted: Mapping[str, str]) -> Iterator[Finding]:
    same: dict[tuple[int, ...], list[Migration]] = defaultdict(list)
    for migration in three.merged.migrations:
        if migration.version:
            same[migration.version].append(migration)
    for _, found in sorted(same.items()):
        new = [m for m in found if m.id in three.ours]
        if len(found) < 2 or (three.has_base and not new):
            continue
        if len({m.checksum for m in found}) == 1:
            message = f"{' and '.join(m.path for m in found)} have one version, and do the same"
            fix = f"delete {new[0].path}: the other is published" if len(new) < len(found) else "delete one"
        else:
            message = f"{' and '.join(m.path for m in found)} have one version"
            fix = next((_rebase(three, m, wanted[m.id]) for m in new if m.id in wanted), "mig rebase")
        yield finding_about(three, "MIG107", message, found, fix=fix)


def _find_late(three: ThreeWay, wanted: Mapping[str, str]) -> Iterator[Finding]:
    """Ours whose version is below one that the base has: it depends on the tool what becomes of them."""
    if not three.has_base:
        return
    newest = max((m for m in three.base.migrations if m.version), key=lambda m: m.version, default=None)
    if newest is None:
        return
    late = three.head.lineage.late
    for migration in three.merged.migrations:
        if migration.id not in three.ours or not () < migration.version < newest.version:
            continue
        message = f"{migration.id} comes below {newest.id}, which {three.base_ref} has: {_WHAT_HAPPENS[late]}"
        severity = Severity.NOTE if late == "applied" else severity_of("MIG205")
        fix = _rebase(three, migration, wanted[migration.id])
        yield finding_about(three, "MIG205", message, [migration, newest], fix=fix, severity=severity)


def _renumbered(three: ThreeWay) -> dict[str, str]:
    """The versions that a rebase would give to those of ours that need others, by id."""
    versioned = [m for m in three.merged.migrations if m.version]
    ours = [m for m in versioned if m.id in three.ours]
    published = [m.version_text for m in versioned if m.id not in three.ours]
    wanted = renumber([m.version_text for m in ours], published, datetime.now(UTC))
    return {m.id: new for m, new in zip(ours, wanted, strict=True) if new != m.version_text}


def _rebase(three: ThreeWay, migration: Migration, new: str) -> str:
    """What to do about one of ours; a time is not named, because it is that of the rebase."""
    if not three.has_base:
        return f"give {migration.path} the version {new}"
    said = "gives it a new time stamp" if is_stamp(new) else f"makes it {new}"
    return f"mig rebase, which {said}"
