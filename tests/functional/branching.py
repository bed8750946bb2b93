"""Random repositories with open branches, written in one go, and what they are made of."""

from __future__ import annotations

import random
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Files = dict[str, str]


@dataclass
class Import:
    """Commits for ``git fast-import``; each holds all of its files."""

    lines: list[bytes] = field(default_factory=list)
    marks: int = 0
    trees: dict[int, Files] = field(default_factory=dict)

    def commit(self, ref: str, files: Mapping[str, str], *parents: int) -> int:
        self.marks += 1
        when = 1_767_000_000 + self.marks * 60
        said = f"commit {ref}\nmark :{self.marks}\ncommitter Ada <ada@example.org> {when} +0000\ndata 1\n.\n"
        first, *rest = parents or (0,)
        said += f"from :{first}\n" if first else ""
        said += "".join(f"merge :{mark}\n" for mark in rest) + "deleteall\n"
        self.lines.append(said.encode())
        for path, text in files.items():
            data = text.encode()
            self.lines.append(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
        self.trees[self.marks] = dict(files)
        return self.marks

    def run(self, repo: GitSandbox) -> None:
        subprocess.run(
            ["git", "fast-import", "--quiet", "--force"],
            cwd=repo.path,
            input=b"".join(self.lines),
            check=True,
        )


TABLES = ("users", "orders", "items")


class Writer:
    """Writes random migrations, named by their parents or ordered by version."""

    def __init__(self, chance: random.Random, *, ordered: bool) -> None:
        self.chance = chance
        self.ordered = ordered
        self.count = 0

    def migration(self, parent: str, version: int, up: str) -> tuple[str, str, str]:
        """The id, the path and the text of a new one."""
        self.count += 1
        if self.ordered:
            name = f"V{version}__m{self.count}.sql"
            return name, f"db/migration/{name}", f"{up}\n"
        new = f"{self.count:012x}"
        return new, f"migrations/{self.count:03}_{new}.sql", native(new, parent, up)

    def change(self) -> str:
        table, column = self.chance.choice(TABLES), self.chance.choice("abc")
        return self.chance.choice(
            (
                f"ALTER TABLE {table} ADD COLUMN {column}{self.chance.randrange(3)} int;",
                f"ALTER TABLE {table} DROP COLUMN {column};",
                f"ALTER TABLE {table} RENAME COLUMN {column} TO {column}x;",
                f"CREATE INDEX ix_{table}_{column} ON {table} ({column});",
                f"CREATE INDEX ix{self.count} ON {table} ({column});",
                f"UPDATE {table} SET {column} = 1;",
                f"INSERT INTO {table} (id, {column}) VALUES ({self.chance.randrange(3)}, 2);",
                f"CREATE TABLE t{self.chance.randrange(4)} (id int PRIMARY KEY);",
                f"CREATE TABLE n{self.count} (id int PRIMARY KEY REFERENCES {table} (id));",
                f"CREATE VIEW v{self.chance.randrange(4)} AS SELECT {column} FROM {table};",
                f"DROP TABLE {table};",
                f"DO $$ BEGIN EXECUTE 'ALTER TABLE {table} DROP {column}'; END $$;",
                "ALTER TABLE items ALTER COLUMN a TYPE text;",
                "SELEC nonsense;",
            )
        )


@dataclass
class Sketch:
    """A repository with its branches, and those that are merged into ``with/NAME``."""

    repo: GitSandbox
    branches: tuple[str, ...]
    merged: frozenset[str]


def sketch(path: Path, seed: int, *, ordered: bool, branches: int = 5) -> Sketch:
    """A repository with ``main`` and some branches; ``with/NAME`` is ``main`` after one of them is merged."""
    chance = random.Random(seed)  # noqa: S311 - the same repository for the same seed
    made, write = Import(), Writer(chance, ordered=ordered)
    columns = ", ".join(f"{name} int" for name in "abc")
    start = " ".join(f"CREATE TABLE {table} (id int PRIMARY KEY, {columns});" for table in TABLES)
    last, where, text = write.migration("", 1, start)
    trunk = [(made.commit("refs/heads/main", {where: text}), last)]
    for version in range(2, 2 + chance.randrange(1, 5)):
        last, where, text = write.migration(trunk[-1][1], version, write.change())
        tree = made.trees[trunk[-1][0]] | {where: text}
        trunk.append((made.commit("refs/heads/main", tree, trunk[-1][0]), last))
    tips = [_grow(made, write, f"b{number}", trunk) for number in range(branches)]
    if chance.random() < 0.6:
        _stack(made, write, chance.choice(tips))
    for name, tip, left in tips:
        main, tree = made.trees[trunk[-1][0]], made.trees[tip]
        before = made.trees[left]
        merged = {p: t for p, t in main.items() if p in tree or p not in before}
        merged |= {p: t for p, t in tree.items() if before.get(p) != t}
        made.commit(f"refs/heads/with/{name}", merged, trunk[-1][0], tip)
    repo = GitSandbox(path)
    made.run(repo)
    repo.git("reset", "--quiet", "--hard", "main")
    refs = repo.git("for-each-ref", "--format=%(refname:short)", "refs/heads/b*").split()
    return Sketch(repo, tuple(refs), frozenset(name for name, _, _ in tips))


Tip = tuple[str, int, int]


def _grow(made: Import, write: Writer, name: str, trunk: list[tuple[int, str]]) -> Tip:
    """A branch that left the trunk somewhere, and does mostly what is right."""
    chance = write.chance
    at = chance.randrange(len(trunk))
    commit, parent = trunk[at]
    tree = dict(made.trees[commit])
    odd = chance.random()
    if odd < 0.1:
        path = chance.choice(sorted(tree))
        text = tree.pop(path)
        if odd < 0.05:
            tree[path] = text.replace("int", "bigint")
    tip = commit
    for number in range(chance.randrange(1, 3)):
        new, where, text = write.migration(parent, at + 2 + number, write.change())
        if odd > 0.95:
            text = text.replace("mig:parents", "mig:parent")
        tree[where] = text
        tip = made.commit(f"refs/heads/{name}", tree, tip)
        parent = new
    if chance.random() < 0.2 and at + 1 < len(trunk):
        # The branch takes in what the trunk has got since, or a part of it.
        at = chance.randrange(at + 1, len(trunk))
        gone = set(made.trees[commit]) - set(tree)
        tree = {**{p: t for p, t in made.trees[trunk[at][0]].items() if p not in gone}, **tree}
        tip = made.commit(f"refs/heads/{name}", tree, tip, trunk[at][0])
        commit = trunk[at][0]
    return name, tip, commit


def _stack(made: Import, write: Writer, below: Tip) -> None:
    """A branch on top of another one."""
    name, tip, _ = below
    tree = made.trees[tip]
    parent = next((line.split()[-1] for p in sorted(tree)[-1:] for line in tree[p].splitlines()[:1]), "")
    _, where, text = write.migration(parent, 9, write.change())
    made.commit(f"refs/heads/{name}top", tree | {where: text}, tip)
