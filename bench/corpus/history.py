"""The graph: a trunk, and parallel branches that fork from it and are merged again."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from corpus.columns import Column
from corpus.operations import AddColumn, CreateIndex, Operation, RenameColumn
from corpus.schema import Schema, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

EPOCH = datetime(2015, 1, 5, 9, 0, tzinfo=UTC)
STEP = timedelta(hours=1, minutes=7)


@dataclass(frozen=True)
class Migration:
    """One node.  ``serial`` is its place in a topological order, from 1."""

    serial: int
    id: str
    slug: str
    parents: tuple[str, ...]
    operations: tuple[Operation, ...]
    branch: str = "main"

    @property
    def time(self) -> datetime:
        return EPOCH + self.serial * STEP

    @property
    def stamp(self) -> str:
        return self.time.strftime("%Y%m%d%H%M%S")

    @property
    def stem(self) -> str:
        return f"{self.id}_{self.slug}"

    def up(self) -> list[str]:
        return [operation.up() for operation in self.operations]

    def down(self) -> list[str]:
        return [operation.down() for operation in reversed(self.operations)]


@dataclass
class Corpus:
    migrations: list[Migration]
    tables: dict[str, Table]
    by_id: dict[str, Migration] = field(init=False)

    def __post_init__(self) -> None:
        self.by_id = {migration.id: migration for migration in self.migrations}

    def parents(self, migration: Migration) -> list[Migration]:
        """Those of its parents that exist (a defect may name one that does not)."""
        return [self.by_id[parent] for parent in migration.parents if parent in self.by_id]

    def heads(self) -> list[str]:
        inner = {parent for migration in self.migrations for parent in migration.parents}
        return [migration.id for migration in self.migrations if migration.id not in inner]


class Builder:
    """Grows a corpus, one migration at a time."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.schema = Schema(self.rng)
        self.migrations: list[Migration] = []
        self.slugs: dict[str, int] = {}

    def add(
        self,
        parents: Sequence[str],
        owned: list[str] | None,
        branch: str = "main",
        drawn: tuple[str, list[Operation]] | None = None,
    ) -> str:
        """Append a migration and return its id; one without ``owned`` is a merge."""
        serial = len(self.migrations) + 1
        identity = hashlib.sha256(f"{self.seed}:{serial}".encode()).hexdigest()[:12]
        if drawn is None:
            drawn = (f"merge_{identity[:6]}", []) if owned is None else self.schema.draw(owned)
        slug, operations = drawn
        self.slugs[slug] = self.slugs.get(slug, 0) + 1
        if self.slugs[slug] > 1:
            slug = f"{slug}_v{self.slugs[slug]}"
        self.migrations.append(Migration(serial, identity, slug, tuple(parents), tuple(operations), branch))
        return identity

    def grow(self, size: int, width: int, period: int) -> str:
        """The merged history: ``size`` migrations with one head, which is returned."""
        owned: list[str] = []
        tip = self.add((), owned)
        trunk_left = 0
        group = 0
        while len(self.migrations) < size:
            if trunk_left:
                trunk_left -= 1
                tip = self.add((tip,), owned)
                continue
            room = size - len(self.migrations)
            lengths = [self.rng.randint(1, 4) for _ in range(self.rng.randint(2, width))] if width > 1 else []
            trunk_left = max(1, period - sum(lengths) - 1)
            if lengths and room > sum(lengths):
                group += 1
                tip = self._fork(tip, owned, lengths, group)
        return tip

    def _fork(self, base: str, owned: list[str], lengths: list[int], group: int) -> str:
        """Parallel branches from ``base``, interleaved, and the merge of their tips."""
        shares = self.shares(owned, len(lengths))
        tips = [base] * len(lengths)
        for step in range(max(lengths)):
            for number, length in enumerate(lengths):
                if step < length:
                    name = f"topic/{group}-{number + 1}"
                    tips[number] = self.add((tips[number],), shares[number], name)
        owned[:] = self.schema.tables
        return self.add(tips, None)

    def shares(self, owned: list[str], count: int) -> list[list[str]]:
        """``owned`` dealt out at random, so that no two branches share a table."""
        shares: list[list[str]] = [[] for _ in range(count)]
        for name in owned[-200:]:
            self.rng.choice(shares).append(name)
        return shares


DEFECTS = ("cycle", "dangling-parent", "duplicate-id", "same-column", "rename-and-use")


def build(
    size: int,
    seed: int = 1,
    width: int = 3,
    period: int = 20,
    open_heads: int = 0,
    defect: str = "",
) -> Corpus:
    """The corpus that the arguments name; the same arguments give the same one."""
    builder = Builder(seed)
    tip = builder.grow(size, width, period)
    shares = builder.shares(list(builder.schema.tables), max(open_heads, 1))
    for number in range(open_heads):
        last = tip
        for _ in range(builder.rng.randint(1, 3)):
            last = builder.add((last,), shares[number], f"open/{number + 1}")
    if defect:
        _spoil(builder, tip, defect)
    return Corpus(builder.migrations, builder.schema.tables)


def _spoil(builder: Builder, tip: str, defect: str) -> None:
    """Put one defect into an otherwise sound history."""
    migrations = builder.migrations
    middle = len(migrations) // 2
    if defect == "cycle":
        victim = migrations[middle]
        migrations[middle] = replace(victim, parents=(*victim.parents, tip))
    elif defect == "dangling-parent":
        migrations[-1] = replace(migrations[-1], parents=("0" * 12,))
    elif defect == "duplicate-id":
        first = migrations[middle]
        migrations.append(replace(first, serial=len(migrations) + 1, slug=f"{first.slug}_twin"))
    else:
        table = next(t for t in reversed(builder.schema.tables.values()) if t.loose() and len(t.columns) < 30)
        left: Operation
        right: Operation
        if defect == "same-column":
            left = right = AddColumn(table.name, Column("twice", "int"))
        else:
            old = table.loose()[0]
            left = RenameColumn(table.name, old.name, "renamed")
            right = CreateIndex(f"ix_late_{table.name}"[:30], table.name, (old,))
        builder.add((tip,), [], "open/left", (f"left_{table.name}", [left]))
        builder.add((tip,), [], "open/right", (f"right_{table.name}", [right]))
