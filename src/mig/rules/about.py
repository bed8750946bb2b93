"""Makes the findings that are about whole migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.catalogue import severity_of
from mig.findings import Finding
from mig.model import Location

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mig.findings import Severity
    from mig.model import Migration
    from mig.rules.three_way import ThreeWay


def finding_about(
    three: ThreeWay,
    code: str,
    message: str,
    migrations: Sequence[Migration],
    *,
    fix: str,
    severity: Severity | None = None,
) -> Finding:
    """A finding with a place in each of these migrations; ``severity`` None: the code's own."""
    return Finding(
        code=code,
        severity=severity or severity_of(code),
        message=message,
        lineage=three.lineage,
        migrations=tuple(dict.fromkeys(m.id for m in migrations)),
        locations=tuple(
            Location(path=m.path, line=m.line, side=three.side(m.id), text=m.description) for m in migrations
        ),
        fix=fix,
    )
