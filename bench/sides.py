"""What reading for meaning costs: two branches with many new migrations each, and one comparison."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from measure import Case
from scenario import FLOOR, MIG

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

TRUNK = 200
NEW = 50
CHECK_SIDES = f"mig check, {NEW} against {NEW}, cold cache"
COMPARE_ONE = "compare one pair, in one process"
COMPARE_MANY = f"compare {NEW + 1} pairs, in one process"

_TABLES = 20
_COMPARE = """
import sys, mig
OURS = '''
CREATE TABLE invoices_{n} (id int PRIMARY KEY, user_id int REFERENCES users (id), total numeric NOT NULL);
CREATE INDEX ix_invoices_{n}_user ON invoices_{n} (user_id);
ALTER TABLE users ADD COLUMN plan_{n} text;
'''
THEIRS = '''
ALTER TABLE users ADD COLUMN phone_{n} text;
CREATE INDEX ix_users_phone_{n} ON users (phone_{n});
UPDATE users SET phone_{n} = 'none' WHERE phone_{n} IS NULL;
'''
BASE = "CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL);"
for n in range(int(sys.argv[1])):
    found = mig.compare(OURS.format(n=n), THEIRS.format(n=n), base=BASE)
    if found.verdict.value != "commute":
        sys.exit("the pair does not commute")
"""


def build_side_cases(work: Path, environment: Mapping[str, str]) -> list[Case]:
    """The cases, in a repository where ``feature`` and ``origin/main`` each have new migrations in a row."""
    repo = work / "sides"
    (repo / "migrations").mkdir(parents=True)
    _git(repo, environment, "init", "--quiet", "--template=", "--initial-branch=main")
    _write(repo, _trunk())
    _commit(repo, environment, "trunk")
    _git(repo, environment, "checkout", "--quiet", "-b", "feature")
    _write(repo, _side("a", _id("f", TRUNK - 1)))
    _commit(repo, environment, "ours")
    _git(repo, environment, "checkout", "--quiet", "main")
    _write(repo, _side("b", _id("f", TRUNK - 1)))
    _commit(repo, environment, "theirs")
    _git(repo, environment, "checkout", "--quiet", "feature")

    def forget() -> None:
        shutil.rmtree(repo / ".git" / "mig", ignore_errors=True)

    def case(name: str, command: tuple[str, ...], **rest: object) -> Case:
        values = {"prepare": lambda: None, "extra": {}, "count": None, **rest}
        return Case(name=name, command=command, folder=repo, **values)  # type: ignore[arg-type]

    check = (*MIG, "--format", "json", "check", "--base", "main")
    return [
        case(FLOOR, (sys.executable, "-c", "import click")),
        case(
            CHECK_SIDES,
            check,
            prepare=forget,
            status=1,
            expected=range(NEW * NEW, NEW * NEW + 1),
            count=_count,
        ),
        case(COMPARE_ONE, (sys.executable, "-P", "-c", _COMPARE, "1")),
        case(COMPARE_MANY, (sys.executable, "-P", "-c", _COMPARE, str(NEW + 1))),
    ]


def _trunk() -> Iterator[tuple[str, str, str]]:
    for n in range(TRUNK):
        table = f"t{n % _TABLES}"
        if n < _TABLES:
            refers = f", t{n - 1}_id int REFERENCES t{n - 1} (id)" if n else ""
            up = f"CREATE TABLE {table} (id int PRIMARY KEY, name text NOT NULL{refers});"
        else:
            up = f"ALTER TABLE {table} ADD COLUMN c{n} int; CREATE INDEX ix_{table}_c{n} ON {table} (c{n});"
        yield _id("f", n), _id("f", n - 1) if n else "", up


def _side(name: str, parent: str) -> Iterator[tuple[str, str, str]]:
    """New migrations in a row, on tables that both sides use; none clashes with one of the other side."""
    for n in range(NEW):
        table = f"t{n % _TABLES}"
        up = (
            f"CREATE TABLE {name}{n} (id int PRIMARY KEY, owner int REFERENCES {table} (id));",
            f"ALTER TABLE {table} ADD COLUMN {name}_{n} text; UPDATE {table} SET {name}_{n} = 'x';",
            f"CREATE INDEX ix_{table}_{name}{n} ON {table} (name);",
        )[n % 3]
        yield _id(name, n), parent, up
        parent = _id(name, n)


def _id(name: str, number: int) -> str:
    return f"{name}{number:011x}"


def _write(repo: Path, migrations: Iterator[tuple[str, str, str]]) -> None:
    for migration_id, parent, up in migrations:
        parents = f"-- mig:parents {parent}\n" if parent else ""
        text = f"-- mig:id {migration_id}\n{parents}-- mig:up\n{up}\n"
        (repo / "migrations" / f"{migration_id}.sql").write_text(text, encoding="utf-8")


def _commit(repo: Path, environment: Mapping[str, str], message: str) -> None:
    _git(repo, environment, "add", "--all")
    _git(repo, environment, "commit", "--quiet", "-m", message)


def _git(repo: Path, environment: Mapping[str, str], *args: str) -> None:
    subprocess.run(["git", *args], cwd=repo, env=environment, check=True, stdin=subprocess.DEVNULL)


def _count(out: bytes) -> int:
    return int(json.loads(out)["pairs"]["commute"])
