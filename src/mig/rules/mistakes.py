"""SQL of ours that no database can run (MIG006), found while its meaning is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.catalogue import severity_of
from mig.findings import Finding
from mig.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.rules.three_way import ThreeWay

_CODE = "MIG006"


def find_mistakes(three: ThreeWay) -> Iterator[Finding]:
    """One finding for each statement that does not parse, in SQL files of ours."""
    if three.meaning is None:
        return
    for migration_id in sorted(three.ours):
        migration = three.graph.migrations[migration_id]
        if not migration.path.endswith(".sql"):
            # What a program puts together is not all in its text.
            continue
        for mistake in three.meaning.mistakes(three.graph, migration_id):
            yield Finding(
                code=_CODE,
                severity=severity_of(_CODE),
                message=f"{mistake.message}, column {mistake.column}",
                lineage=three.lineage,
                migrations=(migration_id,),
                locations=(Location(path=migration.path, line=mistake.line),),
            )
