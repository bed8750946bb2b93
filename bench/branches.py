"""What the radar costs: hundreds of open branches with new migrations, on a long history that goes on."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from measure import Case
from scenario import FLOOR, MIG

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TRUNK = 10_000
BRANCHES = 500
RECENT = 200
"""How many migrations the base has got one by one; branches left it anywhere among these."""
RADAR = f"mig radar, {BRANCHES} branches"
RADAR_COLD = f"mig radar, {BRANCHES} branches, cold cache"
RADAR_ONE = "mig radar --only, one branch"

_GENERATOR = Path(__file__).with_name("gen_corpus.py")
_ID = re.compile(r"mig:id (\w+)")
_HOT = 0.2
_STALE = 100
"""One branch of so many left the base when it had half of what it has now."""
_TABLE = re.compile(r"CREATE TABLE (\w+)")
_WHO = "Bench <bench@example.org>"


def build_branch_cases(
    work: Path, environment: Mapping[str, str], trunk: int = TRUNK, branches: int = BRANCHES
) -> list[Case]:
    """The cases, in a repository with this many migrations on ``main`` and this many remote branches."""
    repo = build_branches(work / "radar", environment, trunk, branches)

    def forget() -> None:
        shutil.rmtree(repo / ".git" / "mig", ignore_errors=True)

    def case(name: str, command: tuple[str, ...], **rest: object) -> Case:
        values = {"prepare": lambda: None, "extra": {}, "count": None, **rest}
        return Case(name=name, command=command, folder=repo, **values)  # type: ignore[arg-type]

    radar = (*MIG, "--format", "json", "radar", "--base", "main")
    expected = {"expected": range(branches, branches + 1), "count": _count}
    return [
        case(FLOOR, (sys.executable, "-c", "import click")),
        case(RADAR_COLD, radar, prepare=forget, **expected),
        case(RADAR, radar, **expected),
        case(RADAR_ONE, (*radar, "--only", "origin/b7")),
    ]


def build_branches(out: Path, environment: Mapping[str, str], trunk: int, branches: int) -> Path:
    """The repository: one commit for what is old, one each for what is recent, and the branches."""
    options = ("--size", str(trunk), "--format", "mig")
    subprocess.run(
        [sys.executable, _GENERATOR, out, *options], env=environment, check=True, stdout=subprocess.DEVNULL
    )
    files = sorted((out / "mig" / "migrations").iterdir())
    texts = {file.name: file.read_text(encoding="utf-8") for file in files}
    graph = json.loads((out / "graph.json").read_text(encoding="utf-8"))
    tables = sorted({name for text in texts.values() for name in _TABLE.findall(text)})
    repo = out / "repo"
    git = ["git", "-C", str(repo)]
    subprocess.run(
        ["git", "init", "--quiet", "--template=", "--bare", str(repo / ".git")], env=environment, check=True
    )
    subprocess.run([*git, "config", "core.bare", "false"], env=environment, check=True)
    ids = {m["id"]: number for number, m in enumerate(graph["migrations"])}
    old = sorted(ids, key=ids.__getitem__)[: trunk // 2]
    stream = b"".join(_commits(texts, old, graph["heads"][0], tables, branches))
    subprocess.run([*git, "fast-import", "--quiet"], input=stream, env=environment, check=True)
    subprocess.run([*git, "symbolic-ref", "HEAD", "refs/heads/main"], env=environment, check=True)
    subprocess.run([*git, "reset", "--quiet", "--hard"], env=environment, check=True)
    subprocess.run([*git, "repack", "--quiet", "-a", "-d"], env=environment, check=True)
    return repo


def _commits(
    texts: Mapping[str, str], old: list[str], head: str, tables: list[str], branches: int
) -> Iterator[bytes]:
    """What ``git fast-import`` is told: an old state, what came since then, what is recent, the branches."""
    chance = random.Random(6)
    files = {f"migrations/{name}": text for name, text in texts.items()}
    known = {name for name in files if _ID.search(files[name])[1] in set(old)}  # type: ignore[index]
    yield _commit("refs/heads/main", 1, 0, {name: files[name] for name in sorted(known)})
    yield _commit("refs/heads/main", 2, 0, {name: files[name] for name in files if name not in known})
    ids = [head]
    for n in range(RECENT):
        ids.append(f"a{n:011x}")
        yield _commit(
            "refs/heads/main", n + 3, 0, _migration(ids[-1], ids[-2], _change(chance, tables, f"m{n}"))
        )
    for n in range(branches):
        is_stale = n % _STALE == 1
        left = chance.randrange(RECENT)
        added: dict[str, str] = {}
        parent = old[-1] if is_stale else ids[left]
        for number in range(chance.choice((1, 1, 1, 2, 3))):
            new = f"b{n:08x}{number:03x}"
            added |= _migration(new, parent, _change(chance, tables, f"b{n}_{number}"))
            parent = new
        yield _commit(f"refs/remotes/origin/b{n}", RECENT + 3 + n, 1 if is_stale else left + 2, added)


def _change(chance: random.Random, tables: list[str], name: str) -> str:
    """What people do to a table: most of it has to do with nobody else."""
    # Some tables are in everybody's hands.
    table = chance.choice(tables[:20] if chance.random() < _HOT else tables)
    return chance.choices(
        (
            f"ALTER TABLE {table} ADD COLUMN {name} text;",
            f"CREATE TABLE {name} (id int PRIMARY KEY, note text);",
            f"ALTER TABLE {table} ADD COLUMN {name} int; CREATE INDEX ix_{name} ON {table} ({name});",
            f"ALTER TABLE {table} ADD COLUMN {name} int; UPDATE {table} SET {name} = 0;",
            f"ALTER TABLE {table} ADD COLUMN archived boolean;",
        ),
        (40, 25, 20, 10, 5),
    )[0]


def _migration(new: str, parent: str, up: str) -> dict[str, str]:
    text = f"-- mig:id {new}\n-- mig:parents {parent}\n-- mig:up\n{up}\n"
    return {f"migrations/20270101000000_{new}.sql": text}


def _commit(ref: str, mark: int, parent: int, files: Mapping[str, str]) -> bytes:
    lines = [f"commit {ref}\nmark :{mark}\ncommitter {_WHO} {1_800_000_000 + mark} +0000\ndata 1\n.\n"]
    lines += [f"from :{parent}\n"] if parent else []
    for path, text in files.items():
        lines.append(f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}\n")
    return "".join(lines).encode()


def _count(out: bytes) -> int:
    return len(json.loads(out)["branches"])
