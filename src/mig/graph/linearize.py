"""Orders and cycles: the questions to the whole graph."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from mig.errors import GraphError
from mig.graph.dag import topological

if TYPE_CHECKING:
    from collections.abc import Iterable

    import networkx as nx

    from mig.graph.dag import Graph


def to_networkx(graph: Graph) -> nx.DiGraph[str]:
    """The graph as networkx knows it: an edge runs from what comes first to what comes after."""
    import networkx as nx  # 170 ms: only where a question needs it

    drawn: nx.DiGraph[str] = nx.DiGraph()
    drawn.add_nodes_from(sorted(graph.migrations))
    drawn.add_edges_from((earlier, i) for i in sorted(graph.before) for earlier in graph.before[i])
    return drawn


def has_cycle(graph: Graph) -> bool:
    """Whether any migration comes, by way of others, before itself.

    Asked on every check, so it does without the import of networkx.
    """
    return topological(graph) is None


def find_cycles(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """One cycle for each knot of migrations that come before themselves, each from its smallest id."""
    if not has_cycle(graph):
        return ()
    import networkx as nx

    drawn = to_networkx(graph)
    found = []
    for knot in nx.strongly_connected_components(drawn):
        first = min(knot)
        if len(knot) > 1 or drawn.has_edge(first, first):
            edges = nx.find_cycle(drawn.subgraph(knot), first)
            found.append(_from_smallest([edge[0] for edge in edges]))
    return tuple(sorted(found))


def linearize(graph: Graph) -> tuple[str, ...]:
    """A total order of all ids that the DAG allows; the same for the same migrations, always.

    Among the migrations that could come next the one with the smallest file name comes first,
    then the smallest id; names are compared by code point, so no locale has a say.

    Raises:
        GraphError: the graph has a cycle.
    """
    order = graph.kept("linear", _sort)
    if len(order) < len(graph):
        cycle = find_cycles(graph)[0]
        raise GraphError(
            f"the migrations form a cycle: {' -> '.join((*cycle, cycle[0]))}",
            hint="mig check says where; mig explain MIG104 says how to mend it",
        )
    return order


def _sort(graph: Graph) -> tuple[str, ...]:
    """The linear order as far as there is one: what is in a cycle or behind one is left out."""
    open_edges = {i: len(before) for i, before in graph.before.items()}
    ready = [_key(graph, i) for i, count in open_edges.items() if not count]
    heapq.heapify(ready)
    order = []
    while ready:
        _, here = heapq.heappop(ready)
        order.append(here)
        for i in graph.after[here]:
            open_edges[i] -= 1
            if not open_edges[i]:
                heapq.heappush(ready, _key(graph, i))
    return tuple(order)


def _key(graph: Graph, migration_id: str) -> tuple[str, str]:
    return graph.migrations[migration_id].path.rpartition("/")[2], migration_id


def find_forks(graph: Graph, heads: Iterable[str]) -> tuple[str, ...]:
    """The merge bases of the heads: common ancestors of all that are no other one's ancestors."""
    common: frozenset[str] | None = None
    for head in heads:
        lineage = graph.ancestors(head) | {head}
        common = lineage if common is None else common & lineage
    return maximal(graph, common or ())


def maximal(graph: Graph, ids: Iterable[str]) -> tuple[str, ...]:
    """Those of the ids that come before no other one of them."""
    chosen = set(ids)
    return tuple(sorted(chosen - graph.ancestors(*chosen)))


def _from_smallest(cycle: list[str]) -> tuple[str, ...]:
    start = cycle.index(min(cycle))
    return tuple(cycle[start:] + cycle[:start])
