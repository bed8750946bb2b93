"""Whether the migrations of a lineage can be read well enough to write more of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.errors import GitError, GraphError, SourceError
from mig.findings import Severity
from mig.graph.linearize import find_cycles
from mig.sources.registry import source_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mig.graph.dag import Graph
    from mig.model import Lineage, LineageSnapshot
    from mig.usecases.project import Project

_SEE = "mig check lists what is wrong, with what to do"


def refuse_bare(project: Project) -> None:
    """A bare repository has no files to write.

    Raises:
        GitError: the repository is bare.
    """
    if project.repo is not None and project.repo.bare:
        raise GitError(
            "this repository is bare: it has no working tree to write to", hint="run mig in a clone of it"
        )


def refuse_unmerged(project: Project, lineages: Iterable[Lineage]) -> None:
    """Files that Git holds in several versions have no text that could be kept.

    Raises:
        GitError: a path of a lineage is unmerged, and no file that is written anew in any case.
    """
    lineages = tuple(lineages)
    anew = frozenset().union(*(source_of(lineage).kept for lineage in lineages))
    folders = {path for lineage in lineages for path in lineage.paths}
    paths = [f":(top,literal){folder}" for folder in sorted(folders)] if "" not in folders else []
    if project.repo is None:
        return
    listed = project.repo.text("ls-files", "--unmerged", "-z", "--", *paths)
    found = {entry.partition("\t")[2] for entry in listed.split("\0") if entry}
    unmerged = sorted(path for path in found if path.rpartition("/")[2] not in anew)
    if unmerged:
        more = f" and {len(unmerged) - 1} more" if len(unmerged) > 1 else ""
        raise GitError(
            f"{unmerged[0]}{more} is unmerged",
            hint="resolve the conflict, git add the file, then run this again",
        )


def refuse_unreadable(snapshot: LineageSnapshot) -> None:
    """A file without an id that can be read has a place in the graph that nobody knows.

    Raises:
        SourceError: there is such a file.
    """
    hiding = [
        finding
        for finding in snapshot.findings
        if finding.severity is Severity.ERROR and (not finding.migrations or finding.code == "MIG012")
    ]
    if hiding:
        # The lowest code is nearest to the reason: no id before no up.
        finding = min(hiding, key=lambda one: (one.locations[0].path, one.code))
        place = finding.locations[0]
        where = f"{place.path}:{place.line}" if place.line else place.path
        raise SourceError(f"{where}: {finding.message}, so the heads cannot be told", hint=_SEE)


def refuse_broken_graph(graph: Graph, snapshot: LineageSnapshot) -> None:
    """Heads of a graph with holes, cycles or ids that stand twice are none.

    Raises:
        GraphError: the graph has such a fault.
    """
    if missing := graph.missing():
        migration, parent = missing[0]
        raise GraphError(f"{migration} names the parent {parent}, which is not here", hint=_SEE)
    if len(snapshot.migrations) > len(graph):
        ids = [m.id for m in snapshot.migrations]
        twice = min(i for i in ids if ids.count(i) > 1)
        raise GraphError(f"two migrations have the id {twice}", hint=_SEE)
    if cycles := find_cycles(graph):
        raise GraphError(f"migrations come before themselves: {' -> '.join(cycles[0])}", hint=_SEE)
