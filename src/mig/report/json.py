"""The results as JSON: a contract with programs, so keys are added and never renamed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mig.findings import Severity
from mig.report.escape import valid_unicode
from mig.report.replay import replay_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mig.findings import Finding
    from mig.git.repo import Commit
    from mig.model import Location, Migration, Statement
    from mig.report.formats import View
    from mig.usecases.check import CheckResult
    from mig.usecases.read import Shown

VERSION = 1


def render(value: object) -> str:
    """A value as JSON in ASCII, indented, keys in the order given."""
    return json.dumps(_valid(value), indent=2) + "\n"


def render_check(result: CheckResult, view: View) -> str:
    """The contract of ``mig check``; it holds every finding, whatever is shown elsewhere."""
    return render(check_value(result, fail_on=view.fail_on))


def check_value(result: CheckResult, *, fail_on: Severity = Severity.ERROR) -> dict[str, object]:
    return {
        "version": VERSION,
        "ok": result.ok(fail_on),
        "source": result.source,
        "dialect": result.dialect,
        "base": _commit(result.base) if result.base else None,
        "head": _commit(result.head),
        "merge_base": result.merge_base,
        "migrations": {"total": result.total, "ours": list(result.ours), "theirs": list(result.theirs)},
        "heads": {name: list(heads) for name, heads in result.heads.items()},
        "pairs": {
            "checked": result.pairs.checked,
            "commute": result.pairs.commute,
            "conflict": result.pairs.conflict,
            "unknown": result.pairs.unknown,
            "assumed": result.pairs.assumed,
            "replayed": result.pairs.replayed,
        },
        "findings": [finding_value(finding) for finding in result.findings],
        "deployed": _deployed(result),
    }


def _deployed(result: CheckResult) -> list[dict[str, object]]:
    if not result.deployed:
        return []
    from mig.report.deployed import deployed_value  # asked for seldom

    return [deployed_value(one) for one in result.deployed]


def heads_value(heads: Mapping[str, Sequence[Migration]]) -> dict[str, object]:
    return {"heads": {lineage: [m.id for m in found] for lineage, found in heads.items()}}


def log_value(
    migrations: Sequence[Migration], operations: Sequence[Sequence[Statement]]
) -> dict[str, object]:
    """The migrations in the order given, each with what its up does."""
    return {
        "migrations": [
            {
                "id": migration.id,
                "lineage": migration.lineage,
                "parents": list(migration.parents),
                "path": migration.path,
                "description": migration.description,
                "reversible": migration.reversible,
                "operations": _statements(statements),
            }
            for migration, statements in zip(migrations, operations, strict=True)
        ]
    }


def show_value(shown: Shown) -> dict[str, object]:
    migration, script = shown.migration, shown.script
    return {
        "id": migration.id,
        "lineage": migration.lineage,
        "parents": list(migration.parents),
        "children": list(shown.children),
        "requires": list(migration.requires),
        "order": [list(pair) for pair in migration.order],
        "labels": list(migration.labels),
        "path": migration.path,
        "line": migration.line,
        "description": migration.description,
        "checksum": migration.checksum,
        "reversible": migration.reversible,
        "transactional": migration.transactional,
        "directives": [{"name": d.name, "value": d.value, "line": d.line} for d in migration.directives],
        "language": script.language if script else None,
        "up": _statements(script.up) if script else None,
        "down": _statements(script.down) if script and script.down is not None else None,
        "problem": shown.problem,
    }


def _commit(commit: Commit) -> dict[str, str]:
    return {"ref": commit.ref, "commit": commit.id}


def finding_value(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "verdict": finding.verdict.value if finding.verdict else None,
        "lineage": finding.lineage,
        "migrations": list(finding.migrations),
        "resources": list(finding.resources),
        "locations": [_location(place) for place in finding.locations],
        "then": finding.then,
        "fix": finding.fix,
        "replayed": replay_value(finding.replayed),
        "suppressed": finding.suppressed,
    }


def _location(place: Location) -> dict[str, object]:
    return {"path": place.path, "line": place.line, "side": place.side, "text": place.text}


def _statements(statements: Sequence[Statement]) -> list[dict[str, object]]:
    return [{"line": statement.line, "text": statement.text} for statement in statements]


def _valid(value: object) -> object:
    """The value with every text in it made valid Unicode."""
    match value:
        case str():
            return valid_unicode(value)
        case dict():
            return {valid_unicode(key): _valid(item) for key, item in value.items()}
        case list():
            return [_valid(item) for item in value]
        case _:
            return value
