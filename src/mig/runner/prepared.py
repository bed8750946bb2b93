"""One lineage of a snapshot, with what every run needs of it found out once: many databases share it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.errors import UsageError
from mig.graph.dag import build_graph
from mig.model import Lineage, LineageSnapshot
from mig.runner.plan import sound_graph

if TYPE_CHECKING:
    from mig.graph.dag import Graph
    from mig.model import Extra, Migration, Script, Snapshot
    from mig.sqltext.variables import Variables


class Prepared:
    """The migrations of one lineage.

    Threads may share it: what two of them find out at the same time is the same.

    Args:
        snapshot: the migrations, with ``read_script``.
        lineage: its name; may be left out where there is only one.

    Raises:
        UsageError: there is no such lineage, or there are several.
    """

    def __init__(self, snapshot: Snapshot, lineage: str = "") -> None:
        self.snapshot = snapshot
        self.lineage = _find_lineage(snapshot, lineage)
        self._graph: Graph | None = None
        self._is_sound = False
        self._scripts: dict[tuple[str, str, frozenset[tuple[str, str]]], Script] = {}

    @property
    def name(self) -> str:
        return self.lineage.lineage.name

    def graph(self) -> Graph:
        """The graph, whatever is wrong with it."""
        if self._graph is None:
            self._graph = build_graph(self.lineage.migrations)
        return self._graph

    def sound_graph(self) -> Graph:
        """The graph, which can be applied.

        Raises:
            GraphError: it cannot; see ``plan.sound_graph``.
        """
        if not self._is_sound:
            self._graph = sound_graph(self.lineage)
            self._is_sound = True
        return self.graph()

    def script(self, file: Migration | Extra, dialect: str, variables: Variables) -> Script:
        """What a migration does, or what runs beside them, read once for the same values of variables.

        Raises:
            SourceError: the file cannot be read, or has no section for the dialect.
            ConfigError: it names a variable that has no value.
        """
        key = (file.path, dialect, frozenset(variables.values.items()))
        if key not in self._scripts:
            self._scripts[key] = self.snapshot.script(file, dialect, variables.fill if variables else None)
        return self._scripts[key]


def _find_lineage(snapshot: Snapshot, name: str) -> LineageSnapshot:
    fitting = [lineage for lineage in snapshot.lineages if lineage.lineage.name == name or not name]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(sorted(lineage.lineage.name for lineage in snapshot.lineages))
    if not snapshot.lineages:
        return LineageSnapshot(lineage=Lineage(name=name or "default", source="", paths=()))
    if name:
        raise UsageError(f"there is no lineage {name!r}", hint=f"the lineages are {names}")
    raise UsageError(f"there are several lineages: {names}", hint="choose one with --lineage NAME")
