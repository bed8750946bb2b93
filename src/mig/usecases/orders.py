"""The orders that a merge migration is to declare: which pairs are meant, and who declares which."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mig.errors import GraphError, UsageError
from mig.graph.dag import build_graph
from mig.graph.linearize import has_cycle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mig.graph.dag import Graph
    from mig.model import Migration

Order = tuple[str, str]
Heads = tuple[str, ...]


def find_orders(graphs: Mapping[str, Graph], wanted: Iterable[Order]) -> dict[str, tuple[Order, ...]]:
    """The pairs that are meant, by lineage, without those that hold already.

    Args:
        graphs: the graph of each lineage.
        wanted: ids or beginnings of ids, the first before the second.

    Raises:
        GraphError: there is no such migration, or several.
        UsageError: the graph, or another of the pairs, has the two the other way round.
    """
    found: dict[str, list[Order]] = {}
    for pair in wanted:
        name, first, second = _find(graphs, pair)
        graph = graphs[name]
        if first == second or second in graph.ancestors(first):
            said = "cannot come before itself" if first == second else f"comes before {first} already"
            raise UsageError(f"{second} {said}", hint="mig log shows the order; write --order FIRST,SECOND")
        if first not in graph.ancestors(second):
            found.setdefault(name, []).append((first, second))
    for name, orders in found.items():
        if has_cycle(build_graph(with_orders(graphs[name].migrations.values(), orders))):
            hint = "leave one of them out"
            raise UsageError("the orders contradict one another", hint=hint)
    return {name: tuple(dict.fromkeys(orders)) for name, orders in found.items()}


def with_orders(migrations: Iterable[Migration], orders: Sequence[Order]) -> tuple[Migration, ...]:
    """The migrations, one of which declares these orders too: an edge holds whoever declares it."""
    found = tuple(migrations)
    if not orders or not found:
        return found
    return (replace(found[0], order=(*found[0].order, *orders)), *found[1:])


def assign_orders(
    graph: Graph, groups: Sequence[Heads], orders: Sequence[Order]
) -> dict[Heads, tuple[Order, ...]]:
    """What the merge migration of each group declares; an order behind one head needs nothing joined.

    Raises:
        UsageError: neither a group of heads nor one head comes after both.
    """
    assigned: dict[Heads, tuple[Order, ...]] = dict.fromkeys(groups, ())
    for order in orders:
        heads = _behind(graph, (*groups, *((head,) for head in graph.heads())), order)
        assigned[heads] = (*assigned.get(heads, ()), order)
    return assigned


def choose_orders(graph: Graph, wanted: Iterable[Order]) -> tuple[Order, ...]:
    """As many of the pairs as are needed to order all of them, none against another."""
    chosen: list[Order] = []
    for first, second in wanted:
        ordered = build_graph(with_orders(graph.migrations.values(), chosen))
        if first not in ordered.ancestors(second) and second not in ordered.ancestors(first):
            chosen.append((first, second))
    return tuple(chosen)


def _behind(graph: Graph, candidates: Iterable[Heads], order: Order) -> Heads:
    for heads in candidates:
        if graph.ancestors(*heads).union(heads).issuperset(order):
            return heads
    raise UsageError(
        f"{order[0]} and {order[1]} are not both behind the heads that are joined",
        hint="name the heads to join, or none: mig merge --order FIRST,SECOND",
    )


def _find(graphs: Mapping[str, Graph], pair: Order) -> tuple[str, str, str]:
    """The lineage that has both, and their ids."""
    refused: list[GraphError] = []
    for name, graph in graphs.items():
        try:
            return name, graph.find(pair[0]), graph.find(pair[1])
        except GraphError as error:
            refused.append(error)
    if len(refused) == 1:
        raise GraphError(refused[0].message, hint="mig log lists the migrations")
    raise GraphError(f"no lineage has both {pair[0]} and {pair[1]}", hint="mig log lists the migrations")
