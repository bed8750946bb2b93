"""The graph family: divergence, missing parents, duplicate ids, cycles, second roots (MIG1xx)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from mig.findings import Finding, Severity, Verdict
from mig.graph.dag import build_graph
from mig.graph.linearize import find_cycles
from mig.graph.order import find_wrong_orders, without_orders
from mig.graph.reparent import heads_by_labels
from mig.rules.about import finding_about

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mig.model import Migration
    from mig.rules.three_way import ThreeWay


def find_graph_problems(three: ThreeWay) -> Iterator[Finding]:
    """Everything that is wrong with the shape of the merged graph."""
    yield from _find_duplicates(three)
    yield from _find_missing(three)
    yield from _find_cycles(three)
    yield from _find_wrong_orders(three)
    yield from _find_divergence(three)
    yield from _find_second_roots(three)


def _find_divergence(three: ThreeWay) -> Iterator[Finding]:
    """More than one head, but for heads that branch labels keep apart (Alembic's legal branches)."""
    if len(three.graph.heads()) > 1 and not three.head.lineage.late:
        # Of two files with one id the graph has one; what the other continues is no head either.
        continued = {
            p for m in three.merged.migrations if m is not three.graph.migrations[m.id] for p in m.parents
        }
        for group in sorted(heads_by_labels(three.graph).values()):
            heads = tuple(head for head in group if head not in continued)
            if len(heads) > 1:
                yield _divergence(three, heads)


def _divergence(three: ThreeWay, heads: tuple[str, ...]) -> Finding:
    shown = ", ".join(f"{head} ({_whose(three, head)})" for head in heads)
    is_ours = any(head in three.ours for head in heads)
    is_theirs = three.has_base and (
        _stood_before(three, heads) if is_ours else bool(three.ours or three.theirs)
    )
    if not is_ours:
        fix = "mig merge"
    elif all(head in three.in_head for head in heads):
        fix = "mig rebase, or mig merge"
    else:
        fix = "mig rebase, or after the merge mig merge"
    is_allowed = three.on_divergence == "allow" and _commutes(three)
    said = ", and every unordered pair commutes" if is_allowed else ""
    if is_ours and is_theirs:
        said = f", as many as {three.base_ref} has already{said}"
    return finding_about(
        three,
        "MIG101",
        f"{len(heads)} heads: {shown}{said}",
        [three.graph.migrations[head] for head in sorted(heads, key=lambda h: (h not in three.ours, h))],
        fix=fix,
        severity=Severity.NOTE if is_allowed else Severity.WARNING if is_theirs else None,
    )


def _stood_before(three: ThreeWay, heads: tuple[str, ...]) -> bool:
    """Whether each head only goes on from a head of the base that no other one goes on from.

    Heads of other parts of the lineage (Django's apps) are none that it goes on from: it needs them.
    """
    published: dict[str, set[str]] = {}
    for i in build_graph(three.base.migrations).heads():
        published.setdefault(three.in_base[i].app, set()).add(i)
    behind = [
        (three.graph.ancestors(head) | {head}) & published.get(three.graph.migrations[head].app, set())
        for head in heads
    ]
    return all(
        own.difference(*(other for at, other in enumerate(behind) if at != number))
        for number, own in enumerate(behind)
    )


def _commutes(three: ThreeWay) -> bool:
    """Whether all pairs that were compared commute; where none could be, nobody knows."""
    return bool(three.pairs) and all(pair.verdict is Verdict.COMMUTE for pair in three.pairs)


def _whose(three: ThreeWay, head: str) -> str:
    if head in three.ours:
        return "ours"
    return three.base_ref if three.has_base and head in three.in_base else three.head_ref


def _find_missing(three: ThreeWay) -> Iterator[Finding]:
    for migration_id, named in three.graph.missing():
        migration = three.graph.migrations[migration_id]
        why, fix = _why_missing(three, named, migration)
        message = f"{migration_id} names the parent {named}, {why}"
        yield finding_about(three, "MIG102", message, [migration], fix=fix)
    for migration_id in sorted(three.ours):
        yield from _find_parents_elsewhere(three, three.in_head[migration_id])


def _why_missing(three: ThreeWay, named: str, naming: Migration) -> tuple[str, str]:
    known = three.in_merge_base.get(named) or three.in_base.get(named)
    if known is None:
        message = "and no migration here or on the base has this id"
        return message, "correct the parents, or merge the branch that has it"
    if any(place.path == known.path for f in three.merged.findings for place in f.locations):
        return f"and {known.path}, which has this id, cannot be read", f"mend {known.path}"
    whose, there = (
        (three.head_ref, three.in_head) if named not in three.in_head else (three.base_ref, three.in_base)
    )
    done = three.told_by(whose, known.path)
    by = f" ({naming.id} came with {came})" if (came := three.told_of(naming)) else ""
    if fresh := _find_renumbered(three, known, there):
        return (
            f"to which {whose} gives the id {fresh}{done}{by}",
            f"name {fresh} as the parent of {naming.id}",
        )
    return f"which {whose} deletes{done}{by}", f"restore {known.path}"


def _find_renumbered(three: ThreeWay, known: Migration, there: Mapping[str, Migration]) -> str:
    """The new id of a migration on the side where its old one is gone; empty: it is not told from others."""
    fresh = [m for m in there.values() if m.id not in three.in_merge_base]
    at_path = [m.id for m in fresh if m.path == known.path]
    alike = [m.id for m in fresh if m.checksum and m.checksum == known.checksum]
    return next((found[0] for found in (at_path, alike) if len(found) == 1), "")


def _find_parents_elsewhere(three: ThreeWay, migration: Migration) -> Iterator[Finding]:
    for named in (*migration.parents, *migration.requires):
        if named not in three.in_head and named in three.graph:
            message = f"{migration.id} names the parent {named}, which exists only on {three.base_ref}"
            fix = f"git merge {three.base_ref}, so that this branch can be applied by itself"
            yield finding_about(three, "MIG102", message, [migration], fix=fix, severity=Severity.WARNING)


def _find_duplicates(three: ThreeWay) -> Iterator[Finding]:
    by_id: dict[str, list[Migration]] = defaultdict(list)
    if len(three.merged.migrations) > len(three.graph):
        for migration in three.merged.migrations:
            by_id[migration.id].append(migration)
    for migration_id, same in sorted(by_id.items()):
        if len(same) > 1:
            message = f"{' and '.join(m.path for m in same)} both have the id {migration_id}"
            fix = _NEW_ID
            if same[0].checksum and len({m.checksum for m in same}) == 1:
                message, fix = f"{message}, and do the same", f"delete {_spare(three, same)}"
            yield finding_about(three, "MIG103", message, same, fix=fix)
    for migration_id in sorted(three.in_head.keys() & three.in_base.keys() - three.in_merge_base.keys()):
        one, other = three.in_head[migration_id], three.in_base[migration_id]
        if one.path == other.path and (one.checksum, one.parents) != (other.checksum, other.parents):
            message = f"{one.path} was added on both sides with the id {migration_id}, and differs"
            yield finding_about(three, "MIG103", message, [one], fix=_NEW_ID)


def _spare(three: ThreeWay, same: list[Migration]) -> str:
    """The file to delete of several that hold one migration: one that is not published."""
    published = {m.path for m in three.base.migrations} if three.has_base else set()
    return next((m.path for m in same if m.path not in published), same[-1].path)


_SHOWN = 20  # members of a cycle; a person looks at no more
_NEW_ID = "give the one that is not published an id of its own (mig new makes one)"


def _find_cycles(three: ThreeWay) -> Iterator[Finding]:
    for cycle in find_cycles(without_orders(three.graph)):
        members = [three.graph.migrations[i] for i in cycle]
        if len(cycle) == 1:
            message = f"{cycle[0]} names itself as its parent"
        else:
            shown = (
                cycle
                if len(cycle) <= _SHOWN
                else (*cycle[: _SHOWN - 1], f"({len(cycle) - _SHOWN + 1:,} more)")
            )
            message = f"migrations come before themselves: {' -> '.join((*shown, cycle[0]))}"
        yield finding_about(
            three, "MIG104", message, members[:_SHOWN], fix="correct the parents of one of them"
        )


def _find_wrong_orders(three: ThreeWay) -> Iterator[Finding]:
    for wrong in find_wrong_orders(three.graph):
        declaring = three.graph.migrations[wrong.migration]
        value = f"{wrong.first} {wrong.second}"
        line = next(
            (d.line for d in declaring.directives if " ".join(d.value.split()) == value), declaring.line
        )
        message = f"{wrong.migration} puts {wrong.first} before {wrong.second}, but {wrong.why}"
        fix = "correct the line mig:order, or take it out"
        yield finding_about(three, "MIG106", message, [replace(declaring, line=line)], fix=fix)


def _find_second_roots(three: ThreeWay) -> Iterator[Finding]:
    by_app: dict[str, list[str]] = defaultdict(list)
    for root in three.graph.roots():
        if not (one := three.graph.migrations[root]).labels:
            by_app[one.app].append(root)
    for _, roots in sorted(by_app.items()):
        new = [root for root in roots if root in three.ours]
        if len(roots) < 2 or (three.has_base and not new):
            continue
        for root in new if len(new) < len(roots) else new[1:]:
            first = next(r for r in roots if r != root)
            message = f"{root} has no parents, but {first} is a root already"
            yield finding_about(
                three,
                "MIG105",
                message,
                [three.graph.migrations[root]],
                fix="mig rebase, or name its parents",
            )
