"""The files of a lineage as bytes, to be read where there is no repository: on a worker of a cluster."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mig.runner.prepared import Prepared
from mig.sources.base import MAX_FILE_BYTES
from mig.sources.cache import ReadingCache
from mig.tree import MemoryTree
from mig.usecases.load import LineageReader

if TYPE_CHECKING:
    from mig.model import Extra, Fill, Lineage, Migration, Script
    from mig.tree import Tree


@dataclass(frozen=True, slots=True)
class CarriedFiles:
    """Reads scripts from bytes, as ``Snapshot.read_script``."""

    lineage: Lineage
    files: MemoryTree

    def __call__(self, file: Migration | Extra, dialect: str, fill: Fill | None) -> Script:
        nothing_kept = ReadingCache(None, self.lineage.source, 0)
        return LineageReader(self.lineage, nothing_kept).script(self.files, file, dialect, fill)


def carry(prepared: Prepared, tree: Tree) -> Prepared:
    """The same migrations with all that their files hold, so that they can be pickled and sent.

    Args:
        prepared: one lineage.
        tree: the files that it was read from.
    """
    known = prepared.lineage
    paths = sorted({m.path for m in known.migrations} | {extra.path for extra in known.extras})
    files = {one.path: one.data for one in tree.read(paths, MAX_FILE_BYTES) if one.data is not None}
    carried = CarriedFiles(known.lineage, MemoryTree(files))
    return Prepared(replace(prepared.snapshot, lineages=(known,), read_script=carried), prepared.name)
