"""The baseline: findings that a repository had when it began to use mig, and that stop nobody."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mig.errors import ConfigError
from mig.findings import BASELINE, Severity, fingerprints
from mig.sources.base import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mig.findings import Finding
    from mig.tree import Tree

DEFAULT_FILE = "mig-baseline.json"
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What is passed over, by fingerprint; ``path`` is its file."""

    path: str
    known: frozenset[str] = frozenset()

    def apply(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """The findings with those that are known as notes, which say why."""
        if not self.known:
            return tuple(findings)
        marks = fingerprints(findings)
        return tuple(
            replace(one, severity=Severity.NOTE, suppressed=BASELINE)
            if mark in self.known and not one.suppressed
            else one
            for one, mark in zip(findings, marks, strict=True)
        )


def read_baseline(tree: Tree, path: str) -> Baseline:
    """The baseline of a tree, empty where it has none.

    It is read from the tree that is checked, so that adding to it shows in the change that does it.

    Raises:
        ConfigError: the file is no baseline of mig's.
    """
    wanted = path or DEFAULT_FILE
    if wanted not in tree.entries((wanted,)):
        if path:
            raise ConfigError(
                f"the baseline {path} is not in {tree.name}",
                hint="mig check --write-baseline writes it; then commit it",
            )
        return Baseline(path=wanted)
    (content,) = tree.read([wanted], MAX_FILE_BYTES)
    try:
        value = json.loads(content.data or b"")
        version = value["version"]
        known = frozenset(str(one["fingerprint"]) for one in value["findings"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        why = content.error or f"{type(error).__name__}: {error}"
        hint = "write it anew: mig check --write-baseline"
        raise ConfigError(f"{wanted} cannot be read as a baseline ({why})", hint=hint) from None
    if version != _VERSION:
        hint = "upgrade mig: pip install --upgrade mig-db"
        raise ConfigError(f"{wanted} has version {version}, which this mig does not know", hint=hint)
    return Baseline(path=wanted, known=known)


def find_lasting(findings: Sequence[Finding]) -> tuple[tuple[Finding, str], ...]:
    """What a baseline of these findings holds, with fingerprints: what counts, and what is in it now."""
    marked = zip(findings, fingerprints(findings), strict=True)
    return tuple(
        (one, mark) for one, mark in marked if one.severity is not Severity.NOTE or one.suppressed == BASELINE
    )


def render_baseline(findings: Sequence[Finding]) -> str:
    """A baseline of these findings: a line each, sorted, so that two branches that change it merge well."""
    rows = [
        (finding.code, finding.locations[0].path if finding.locations else "", mark, finding)
        for finding, mark in find_lasting(findings)
    ]
    lines = [
        json.dumps(
            {
                "fingerprint": mark,
                "code": code,
                "path": path,
                "migrations": finding.migrations,
                "message": finding.message,
            }
        )
        for code, path, mark, finding in sorted(rows, key=lambda row: row[:3])
    ]
    body = "\n" + ",\n".join(f"  {line}" for line in lines) + "\n" if lines else ""
    return f'{{"version": {_VERSION}, "findings": [{body}]}}\n'
