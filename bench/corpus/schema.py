"""The schema as it grows, and the operations that fit it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from corpus.columns import PLAIN_KINDS, Column
from corpus.operations import AddColumn, CreateIndex, CreateTable, DropColumn, Operation, RenameColumn, RunSql
from corpus.words import NOUNS, WORDS

if TYPE_CHECKING:
    import random
    from collections.abc import Callable


@dataclass
class Table:
    name: str
    columns: dict[str, Column]
    indexes: list[CreateIndex] = field(default_factory=list)
    rows: int = 0

    def loose(self) -> list[Column]:
        """Columns that nothing refers to: those that can be renamed or dropped."""
        held = {column.name for index in self.indexes for column in index.columns}
        return [
            column
            for column in self.columns.values()
            if column.kind != "key" and not column.target and column.name not in held
        ]

    def free_word(self, rng: random.Random) -> str | None:
        free = [word for word in WORDS if word not in self.columns]
        return rng.choice(free) if free else None


class Schema:
    """Draws operations that fit the tables at hand, and keeps track of them."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.tables: dict[str, Table] = {}
        self.serial = 0

    def new_table(self) -> CreateTable:
        base = self.rng.choice(NOUNS) + "_" + self.rng.choice(NOUNS)
        name, copy = base, 1
        while name in self.tables:
            copy += 1
            name = f"{base}_{copy}"
        words = self.rng.sample(WORDS, self.rng.randint(3, 7))
        columns = (Column("id", "key"), *(Column(w, self.rng.choice(PLAIN_KINDS)) for w in words))
        self.tables[name] = Table(name, {column.name: column for column in columns})
        return CreateTable(name, columns)

    def draw(self, owned: list[str]) -> tuple[str, list[Operation]]:
        """A slug and the operations of one migration that touches only ``owned``.

        ``owned`` grows when the migration creates a table.
        """
        actions: tuple[tuple[Callable[[Table], tuple[str, list[Operation]] | None], int], ...] = (
            (self._add_column, 36),
            (self._index, 15),
            (self._foreign_key, 9),
            (self._rename, 5),
            (self._drop, 4),
            (self._data, 12),
        )
        if owned and self.rng.random() > 0.19:
            table = self.tables[owned[-1 - min(int(self.rng.expovariate(0.03)), len(owned) - 1)]]
            self._others = [name for name in owned[-40:] if name != table.name]
            action = self.rng.choices([a for a, _ in actions], [w for _, w in actions])[0]
            drawn = action(table)
            if drawn is not None:
                return drawn
        created = self.new_table()
        owned.append(created.table)
        return f"create_{created.table}", [created]

    def _add_column(self, table: Table) -> tuple[str, list[Operation]] | None:
        operations: list[AddColumn] = []
        for _ in range(self.rng.choice((1, 1, 1, 2, 3))):
            word = table.free_word(self.rng)
            if word is None:
                break
            column = Column(word, self.rng.choice(PLAIN_KINDS))
            table.columns[word] = column
            operations.append(AddColumn(table.name, column))
        if not operations:
            return None
        return f"add_{operations[0].column.name}_to_{table.name}", [*operations]

    def _index(self, table: Table) -> tuple[str, list[Operation]] | None:
        plain = [c for c in table.columns.values() if c.kind != "key"]
        if not plain:
            return None
        columns = tuple(self.rng.sample(plain, min(len(plain), self.rng.choice((1, 1, 2)))))
        self.serial += 1
        index = CreateIndex(f"ix_{self.serial:05d}_{table.name}"[:30].rstrip("_"), table.name, columns)
        table.indexes.append(index)
        return f"index_{table.name}_{columns[0].name}", [index]

    def _foreign_key(self, table: Table) -> tuple[str, list[Operation]] | None:
        targets = [name for name in self._others if f"{name}_id" not in table.columns]
        if not targets:
            return None
        target = self.rng.choice(targets)
        column = Column(f"{target}_id", "int", target)
        table.columns[column.name] = column
        return f"link_{table.name}_to_{target}", [AddColumn(table.name, column)]

    def _rename(self, table: Table) -> tuple[str, list[Operation]] | None:
        loose, word = table.loose(), table.free_word(self.rng)
        if not loose or word is None:
            return None
        old = self.rng.choice(loose)
        table.columns = {
            (word if name == old.name else name): (replace(column, name=word) if name == old.name else column)
            for name, column in table.columns.items()
        }
        return f"rename_{old.name}_in_{table.name}", [RenameColumn(table.name, old.name, word)]

    def _drop(self, table: Table) -> tuple[str, list[Operation]] | None:
        loose = table.loose()
        if len(loose) < 2:
            return None
        column = self.rng.choice(loose)
        del table.columns[column.name]
        return f"drop_{column.name}_from_{table.name}", [DropColumn(table.name, column)]

    def _data(self, table: Table) -> tuple[str, list[Operation]] | None:
        writable = [c for c in table.loose() if c.kind in ("int", "count", "text", "name")]
        if table.rows == 0 or not writable:
            first, table.rows = table.rows + 1, table.rows + 3
            extra = [c for c in table.columns.values() if c.kind == "count"]
            names = ", ".join(["id", *(c.name for c in extra)])
            rows = ", ".join(f"({', '.join([str(i)] + ['0'] * len(extra))})" for i in range(first, first + 3))
            return f"seed_{table.name}", [
                RunSql(
                    f"INSERT INTO {table.name} ({names}) VALUES {rows};",
                    f"DELETE FROM {table.name} WHERE id BETWEEN {first} AND {first + 2};",
                )
            ]
        column = self.rng.choice(writable)
        value = "id * 10" if column.kind in ("int", "count") else "'value ' || id"
        reset = "0" if column.kind == "count" else "NULL"
        return f"fill_{table.name}_{column.name}", [
            RunSql(
                f"UPDATE {table.name} SET {column.name} = {value} WHERE id > 0;",
                f"UPDATE {table.name} SET {column.name} = {reset} WHERE id > 0;",
            )
        ]
