"""The history family: published migrations edited, deleted, reparented, built upon from beneath (MIG2xx)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mig.catalogue import severity_of
from mig.findings import Finding
from mig.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mig.model import Migration
    from mig.rules.three_way import ThreeWay


def find_history_problems(three: ThreeWay) -> Iterator[Finding]:
    """What head does to migrations that were published when it left the base.

    A change that the base has made as well is the base's, and not reported here.
    """
    ours = three.in_head.get
    stands = {old: one.id for one in three.in_head.values() for old in one.replaces}
    touched = {i: was for i, was in three.in_merge_base.items() if ours(i) is not was}
    for migration_id, before in sorted(touched.items(), key=lambda item: item[0]):
        was = _after_squash(before, stands) if stands else before
        now, published = ours(migration_id), three.in_base.get(migration_id)
        if now is None:
            is_replaced = migration_id in stands
            if published is not None and not is_replaced and not _is_hidden_by_a_problem(three, was):
                yield _deleted(three, was)
            continue
        published = _after_squash(published, stands) if stands and published else published
        # What Flyway repeats whenever it has changed is there to be changed.
        is_repeatable = bool(three.head.lineage.late) and not now.version
        if (
            not is_repeatable
            and now.checksum != was.checksum
            and (published is None or published.checksum != now.checksum)
        ):
            yield _edited(three, was, now)
        if _moved(now, was) and (published is None or _moved(now, published)):
            yield _reparented(three, was, now)
        if _reordered(now, was) and (published is None or _reordered(now, published)):
            message = (
                f"{was.id} is published on {three.base_ref}, and {three.head_ref} changes what it orders"
            )
            yield _finding(three, "MIG203", message, now, fix=f"git checkout {three.base_ref} -- {was.path}")


def _after_squash(one: Migration, stands: Mapping[str, str]) -> Migration:
    """The migration with the squashes of head instead of what they replace."""
    parents, requires = (
        tuple(dict.fromkeys(found for name in named if (found := stands.get(name, name)) != one.id))
        for named in (one.parents, one.requires)
    )
    return replace(one, parents=parents, requires=requires)


def _moved(one: Migration, other: Migration) -> bool:
    return set(one.parents) != set(other.parents) or set(one.requires) != set(other.requires)


def _reordered(one: Migration, other: Migration) -> bool:
    return set(one.order) != set(other.order)


def _is_hidden_by_a_problem(three: ThreeWay, migration: Migration) -> bool:
    """Whether the file is still there but cannot be read, which is a finding of its own."""
    return any(place.path == migration.path for f in three.head.findings for place in f.locations)


def _deleted(three: ThreeWay, was: Migration) -> Finding:
    message = f"{was.id} is published on {three.base_ref}, and {three.head_ref} deletes it"
    return _finding(three, "MIG202", message, was, fix=f"git checkout {three.base_ref} -- {was.path}")


def _edited(three: ThreeWay, was: Migration, now: Migration) -> Finding:
    message = f"{was.id} is published on {three.base_ref}, and {three.head_ref} changes what it does"
    fix = f"git checkout {three.base_ref} -- {was.path}, and put the change into a new migration (mig new)"
    return _finding(three, "MIG201", message, now, fix=fix)


def _reparented(three: ThreeWay, was: Migration, now: Migration) -> Finding:
    added = sorted(set(now.parents) - set(was.parents))
    beneath = [parent for parent in added if parent in three.ours]
    restore = f"git checkout {three.base_ref} -- {was.path}"
    if beneath:
        message = f"{beneath[0]} is new and was put beneath {was.id}, which is published on {three.base_ref}"
        return _finding(three, "MIG204", message, now, beneath[0], fix=f"{restore}, then mig rebase")
    before, after = ", ".join(was.parents) or "none", ", ".join(now.parents) or "none"
    published = f"{was.id} is published on {three.base_ref} with the parents {before}"
    message = f"{published}, and {three.head_ref} makes them {after}"
    return _finding(three, "MIG203", message, now, fix=restore)


def _finding(
    three: ThreeWay, code: str, message: str, migration: Migration, *others: str, fix: str
) -> Finding:
    return Finding(
        code=code,
        severity=severity_of(code),
        message=message,
        lineage=three.lineage,
        migrations=(migration.id, *others),
        locations=(
            Location(path=migration.path, line=migration.line, side="ours", text=migration.description),
        ),
        fix=fix,
    )
