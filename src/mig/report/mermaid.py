"""The DAG as a mermaid flowchart, which GitHub, GitLab and many wikis draw."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from mig.model import Migration

_PLAIN = re.compile(r"[^A-Za-z0-9 _./-]")
_MOST_WORDS = 40
_CLASSES = (
    "classDef ours fill:#d8f0f3,stroke:#0b7285,color:#0b2b33",
    "classDef theirs fill:#f3dcf1,stroke:#862e9c,color:#2b0b33",
    "classDef published fill:#f1f3f5,stroke:#868e96,color:#212529",
)


def render_flowchart(
    migrations: Sequence[Migration],
    sides: Mapping[str, str],
    *,
    known: Collection[str] = (),
    conflicts: Iterable[tuple[str, str, str]] = (),
    labels: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """The lines of a flowchart, parents above their children.

    Args:
        migrations: what is drawn.
        sides: ``ours`` or ``theirs`` by id; others are published.
        known: ids that are not drawn and that others begin from; each is a plain node.
        conflicts: pairs that clash or may, each with its verdict; a red line joins them.
        labels: what stands for an id where it is not the id itself.
    """
    drawn = {migration.id: f"m{number}" for number, migration in enumerate(migrations)}
    parents = dict.fromkeys(parent for migration in migrations for parent in migration.parents)
    roots = [i for i in parents if i in known and i not in drawn]
    drawn |= {i: f"r{number}" for number, i in enumerate(roots)}
    yield "flowchart TD"
    yield from (f'  {drawn[i]}(["{escape(i)}"]):::published' for i in roots)
    for migration in migrations:
        words = migration.description or migration.path.rpartition("/")[2]
        name = (labels or {}).get(migration.id, migration.id)
        label = f"{escape(name)}<br/>{escape(_clipped(words))}"
        yield f'  {drawn[migration.id]}["{label}"]:::{sides.get(migration.id, "published")}'
    links = 0
    for migration in migrations:
        for parent in (*migration.parents, *migration.requires):
            if parent in drawn:
                yield f"  {drawn[parent]} --> {drawn[migration.id]}"
                links += 1
    clashes = [(a, b, verdict) for a, b, verdict in conflicts if a in drawn and b in drawn]
    for one, other, verdict in clashes:
        yield f"  {drawn[one]} x-. {verdict} .-x {drawn[other]}"
    for number in range(links, links + len(clashes)):
        yield f"  linkStyle {number} stroke:#c92a2a,color:#c92a2a"
    yield from (f"  {line}" for line in _CLASSES)


def escape(text: str) -> str:
    """A text in mermaid's own entities, so that nothing of it is read as markup, quotes or a link."""
    return _PLAIN.sub(lambda found: f"#{ord(found[0])};", text)


def _clipped(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _MOST_WORDS else f"{words[: _MOST_WORDS - 1]}…"
