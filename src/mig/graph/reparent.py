"""Decides who gets which parents: what a rebase and a merge of migrations do, as pure functions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mig.errors import GraphError
from mig.graph.dag import Graph, build_graph
from mig.graph.linearize import has_cycle, linearize

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

Parents = dict[str, tuple[str, ...]]


def stack(graph: Graph, ours: Iterable[str], onto: str) -> Parents:
    """The new parents of those of ours that need them, so that ours follow ``onto`` with one head.

    What ours came after within ours they come after still, and their shape is kept as far as one
    head allows: a chain moves as a chain, a merge migration of ours stays one.  Only where
    requirements run between the pieces in both directions are ours put into one line.

    Args:
        graph: everything that will be there: ours, published, and what the base has.
        ours: the ids that may be changed.
        onto: the published migration that they are put after; empty: there is none yet.

    Raises:
        GraphError: ours are in a cycle, or a published one comes after one of ours.
    """
    part = build_graph(graph.migrations[i] for i in sorted(ours))
    for wanted in (_in_pieces(part, onto), _in_line(part, onto)):
        if not has_cycle(with_parents(graph, wanted)):
            return {
                i: parents for i, parents in sorted(wanted.items()) if parents != part.migrations[i].parents
            }
    raise GraphError(
        f"ours cannot be put after {onto}: something published already comes after them",
        hint="mig check says what is wrong with the graph",
    )


def with_parents(graph: Graph, parents: Mapping[str, tuple[str, ...]]) -> Graph:
    """The graph with other parents for some migrations."""
    return build_graph(replace(m, parents=parents.get(i, m.parents)) for i, m in graph.migrations.items())


def weak_components(graph: Graph, ids: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """The ids in groups that parents among them hold together, each sorted, sorted by the first."""
    chosen = set(ids)
    near: dict[str, set[str]] = {i: set() for i in chosen}
    for i in chosen:
        for parent in chosen.intersection(graph.migrations[i].parents):
            near[i].add(parent)
            near[parent].add(i)
    found = []
    while chosen:
        found.append(_closure(near, min(chosen)))
        chosen -= found[-1]
    return tuple(sorted(tuple(sorted(group)) for group in found))


def branch_labels(graph: Graph, *ids: str) -> frozenset[str]:
    """What may keep the heads behind the ids apart: their apps, and the labels of their parents' line.

    Branch labels are Alembic's legal branches, and go from parent to child: what a migration only
    depends on is of another branch.  In Django each app has a head of its own.
    """
    apps = frozenset(app for i in ids if (app := graph.migrations[i].app))
    if not graph.kept("has labels", _has_labels):
        return apps
    line: set[str] = set()
    waiting = list(ids)
    while waiting:
        here = waiting.pop()
        if here in graph and here not in line:
            line.add(here)
            waiting.extend(graph.migrations[here].parents)
    return apps.union(label for i in line for label in graph.migrations[i].labels)


def _has_labels(graph: Graph) -> bool:
    return any(m.labels for m in graph.migrations.values())


def heads_by_labels(graph: Graph) -> dict[frozenset[str], tuple[str, ...]]:
    """The heads, in groups that branch labels do not keep apart."""
    groups: dict[frozenset[str], tuple[str, ...]] = {}
    for head in graph.heads():
        labels = branch_labels(graph, head)
        groups[labels] = (*groups.get(labels, ()), head)
    return groups


def newly_joined(graph: Graph, heads: Collection[str]) -> frozenset[str]:
    """The migrations behind some of the heads and not behind all: what joining them brings together."""
    families = [graph.ancestors(head) | {head} for head in heads]
    return frozenset().union(*families) - frozenset.intersection(*families)


def _in_pieces(part: Graph, onto: str) -> Parents:
    """One piece for each head of ours: all that only this head or a later one needs."""
    position = {i: at for at, i in enumerate(linearize(part))}
    parents = {i: [p for p in m.parents if p in part] for i, m in part.migrations.items()}
    closures = {head: _closure(parents, head) for head in part.heads()}
    order = sorted(closures, key=lambda head: (min(position[i] for i in closures[head]), position[head]))
    wanted: Parents = {}
    top = onto
    for head in order:
        piece = closures[head] - wanted.keys()
        wanted.update({i: _moved(part.migrations[i].parents, piece, top) for i in piece})
        top = head
    return wanted


def _in_line(part: Graph, onto: str) -> Parents:
    wanted: Parents = {}
    top = onto
    for i in linearize(part):
        wanted[i] = (top,) if top else part.migrations[i].parents
        top = i
    return wanted


def _moved(parents: tuple[str, ...], piece: Collection[str], top: str) -> tuple[str, ...]:
    """The parents with those outside the piece replaced by its new base, which stands in their place."""
    if not top:
        return parents
    return tuple(dict.fromkeys(p if p in piece else top for p in parents)) or (top,)


def _closure(edges: Mapping[str, Iterable[str]], start: str) -> set[str]:
    seen: set[str] = set()
    pending = [start]
    while pending:
        here = pending.pop()
        if here not in seen:
            seen.add(here)
            pending.extend(edges[here])
    return seen
