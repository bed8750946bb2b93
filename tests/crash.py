"""Kills ``mig up`` and ``mig down`` at random moments, recovers as documented, and compares with peace.

``python -m tests.crash DATABASE -n 200 --seed 1`` for sqlite, postgresql or mariadb.  Every trial has a
database of its own: it is killed on the way up, recovered, compared with a run that nobody disturbed; killed
on the way down, recovered, compared.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.database.test_runner_runs import Target
from tests.repositories import native
from tests.servers import fixtures, mariadb, postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COUNT = 30
_DOWN = ("down", "base", "--allow-data-loss")
_SETTINGS = 'source = "native"\npath = "migrations"\n'
_MOST_RECOVERIES = 6
_STARTS = {
    "mariadb": (mariadb.find_binaries, mariadb.start_server, "CHARACTER SET utf8mb4", ""),
    "postgresql": (postgresql.find_binaries, postgresql.start_server, "TEMPLATE template0", "WITH (FORCE)"),
}


def migrations(kind: str) -> dict[str, str]:
    """Thirty in a row: tables, columns, indexes, renames and rows, each of which shows if it runs twice."""
    ids = [f"{number:012x}" for number in range(1, COUNT + 1)]
    files = {}
    for number, id in enumerate(ids):
        up, down, header = _content(kind, number)
        parents = (ids[number - 1],) if number else ()
        files[f"migrations/{number:03}.sql"] = native(id, parents, up, down, header=header)
    return files


def _content(kind: str, number: int) -> tuple[str, str, str]:
    table, of_table = f"t{number // 5}", f" ON t{number // 5}" if kind == "mariadb" else ""
    concurrently = "CONCURRENTLY " if kind == "postgresql" else ""
    header = "-- mig:no-transaction"
    match number % 5:
        case 0:
            up = f"CREATE TABLE {table} (id integer, n integer);\n"
            up += f"INSERT INTO {table} VALUES (1, 10), (2, 20);\nINSERT INTO {table} VALUES (3, 30);"
            return up, f"DROP TABLE {table};", ""
        case 1:
            # The down takes all of it along, since a repair may undo and then apply it again.
            up = f"ALTER TABLE {table} ADD COLUMN more integer;\nUPDATE {table} SET more = n;\n"
            up += f"CREATE TABLE {table}_log (n integer);\nINSERT INTO {table}_log SELECT n FROM {table};"
            down = f"DROP TABLE {table}_log;\nALTER TABLE {table} DROP COLUMN more;"
            return up, down, header if number % 2 else ""
        case 2:
            up = f"UPDATE {table} SET n = n * 2;\nINSERT INTO {table} (id, n) VALUES (4, 40);"
            return up, f"DELETE FROM {table} WHERE id = 4;\nUPDATE {table} SET n = n / 2;", ""
        case 3:
            up = f"CREATE INDEX {concurrently}{table}_n ON {table} (n);\n"
            up += f"CREATE INDEX {concurrently}{table}_id ON {table} (id);"
            down = f"DROP INDEX {concurrently}{table}_id{of_table};\n"
            down += f"DROP INDEX {concurrently}{table}_n{of_table};"
            return up, down, header
        case _:
            up = f"ALTER TABLE {table} RENAME COLUMN more TO extra;\nUPDATE {table} SET extra = n + 1;\n"
            up += f"CREATE VIEW {table}_view AS SELECT id FROM {table};"
            down = f"DROP VIEW {table}_view;\nALTER TABLE {table} RENAME COLUMN extra TO more;"
            return up, down, header if number % 2 else ""


def image(database: Target) -> list[object]:
    """Schema and rows, and the history without moments."""
    shown: list[object] = []
    for name in database.tables():
        shown += [name, sorted(map(repr, database.query(f"SELECT * FROM {name}")))]
        if database.is_mariadb:
            shown.append(database.query(f"SHOW CREATE TABLE {name}"))
    if database.is_sqlite:
        made = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name NOT LIKE 'mig_%' ORDER BY 1, 2"
        shown.append(database.query(made))
    elif not database.is_mariadb:
        columns = "SELECT table_name, column_name, data_type FROM information_schema.columns"
        where = "WHERE table_schema = 'public' AND table_name NOT LIKE 'mig_%'"
        shown.append(database.query(f"{columns} {where} ORDER BY 1, ordinal_position"))
        indexes = "SELECT indexrelid::regclass::text, indisvalid FROM pg_index"
        shown.append(database.query(f"{indexes} WHERE indrelid::regclass::text LIKE 't%' ORDER BY 1"))
    shown.append(database.query("SELECT id, state FROM mig_history ORDER BY seq"))
    return shown


def write_files(folder: Path, kind: str) -> None:
    for path, text in (migrations(kind) | {"mig.toml": _SETTINGS}).items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)


Strike = Callable[[Target, int], None]


@dataclass(kw_only=True)
class Score:
    """What was met: kills by how the process ended, recoveries by the way that settled it."""

    kills: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)


class Crash:
    """Trials on one kind of database, in a folder with the migrations.

    ``strike`` is what happens to the database or to the client, whose pid it is told; the client is killed
    where nothing is said.
    """

    def __init__(
        self,
        kind: str,
        folder: Path,
        fresh: Callable[[], contextlib.AbstractContextManager[Target]],
        strike: Strike | None = None,
    ) -> None:
        self._folder = folder
        self._fresh = fresh
        self._strike = strike or _kill
        self._nowhere = os.open(os.devnull, os.O_WRONLY)
        write_files(folder, kind)
        self.score = Score()
        with fresh() as database:
            self._seconds = {"up": self._time(database, "up"), "down": 0.0}
            self._there = image(database)
            self._seconds["down"] = self._time(database, *_DOWN)
            self._gone = image(database)
            self._seconds["up"] = self._time(database, "up")  # without the first imports

    def run(self, chance: random.Random) -> None:
        """One trial: a kill on the way up and one on the way down."""
        with self._fresh() as database:
            for arguments, expected in ((("up",), self._there), (_DOWN, self._gone)):
                seconds = self._seconds[arguments[0]]
                self._kill(database, arguments, chance.uniform(0, seconds))
                self._recover(database, arguments, chance)
                found = image(database)
                if found != expected:
                    raise AssertionError(f"after {arguments}: {_difference(found, expected)}")

    def _time(self, database: Target, *arguments: str) -> float:
        began = time.monotonic()
        status, _ = self._mig(database, *arguments)
        if status:
            raise AssertionError(f"mig {arguments} in peace gave {status}")
        return time.monotonic() - began

    def _kill(self, database: Target, arguments: tuple[str, ...], seconds: float) -> None:
        child = fork_mig(self._folder, database.url, arguments, self._nowhere)
        time.sleep(seconds)
        self._strike(database, child)
        _, status = os.waitpid(child, 0)
        self.score.kills["had ended" if status == 0 else "killed"] += 1

    def _recover(self, database: Target, arguments: tuple[str, ...], chance: random.Random) -> None:
        met: list[tuple[object, str, int, str]] = []
        for _ in range(_MOST_RECOVERIES):
            _, said = self._mig(database, "status", "--format", "json")
            failed = json.loads(said)["failed"]
            if failed is None:
                status, said = self._mig(database, *arguments)
                if status:
                    raise AssertionError(f"mig {arguments} gave {status}: {said}")
                self.score.ways[f"mig {arguments[0]}"] += 1
                return
            # Where undoing is refused, the command says that going on is the way.
            refused = bool(met) and met[-1][2] == 3
            way = "--resume" if refused else chance.choice(["--resume", "--resume", "--revert"])
            status, said = self._mig(database, "repair", way)
            met.append((failed, way, status, said))
            shows = (
                "journal" if failed["certain"] else "database" if failed["known"] is not None else "nobody"
            )
            if status == 3 and way == "--revert":
                self.score.ways["repair --revert refused"] += 1
                continue
            if status:
                raise AssertionError(f"mig repair {way} gave {status}: {said} {failed}")
            self.score.ways[f"repair {way}, as the {shows} shows"] += 1
        raise AssertionError(f"it never got well: {met}")

    def _mig(self, database: Target, *arguments: str) -> tuple[int, str]:
        with tempfile.TemporaryFile() as output:
            child = fork_mig(self._folder, database.url, arguments, output.fileno())
            _, status = os.waitpid(child, 0)
            output.seek(0)
            return os.waitstatus_to_exitcode(status), output.read().decode()


def _kill(_database: Target, client: int) -> None:
    os.kill(client, signal.SIGKILL)


def fork_mig(folder: Path, url: str, arguments: Sequence[str], output: int) -> int:
    """The whole command in a process of its own, which need not import anything; its pid."""
    import mig.cli
    import mig.cli.down
    import mig.cli.repair
    import mig.cli.up

    child = os.fork()
    if child:
        return child
    os.chdir(folder)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
    status = mig.cli.main([*arguments, "--url", url])
    sys.stderr.flush()
    os._exit(status)


def _difference(found: list[object], expected: list[object]) -> str:
    pairs = [pair for pair in zip(found, expected, strict=False) if pair[0] != pair[1]]
    return "\n".join(f"{here}\ninstead of\n{there}" for here, there in pairs) or "a table more or less"


@contextlib.contextmanager
def place_of(kind: str, folder: Path) -> Iterator[Callable[[], contextlib.AbstractContextManager[Target]]]:
    """What makes empty databases of a kind."""
    if kind == "sqlite":
        yield lambda: contextlib.nullcontext(Target(f"sqlite:///{tempfile.mkdtemp(dir=folder)}/crash.db"))
        return
    find, start, create, drop = _STARTS[kind]
    with fixtures.server_url(kind, find, start) as url:
        yield lambda: fresh_target(url, create, drop)


@contextlib.contextmanager
def fresh_target(url: str, create: str, drop: str) -> Iterator[Target]:
    """An empty database of a server."""
    with fixtures.fresh_database(url, create, drop) as database:
        yield Target(database.plain_url.replace("mysql://", "mariadb://"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["sqlite", "postgresql", "mariadb"])
    parser.add_argument("-n", type=int, default=200, help="processes to kill before they end")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name, place_of(args.kind, Path(name)) as fresh:
        crash = Crash(args.kind, Path(name), fresh)
        trial = 0
        while crash.score.kills["killed"] < args.n:
            trial += 1
            try:
                crash.run(random.Random(f"{args.seed} {trial}"))  # noqa: S311 - no secret
            except AssertionError as error:
                sys.exit(f"trial {trial} of seed {args.seed}: {error}")
    seconds = time.monotonic() - began
    for title, counter in (("kills", crash.score.kills), ("recoveries", crash.score.ways)):
        for what, count in sorted(counter.items()):
            sys.stdout.write(f"{args.kind}  {title}  {what}: {count}\n")
    sys.stdout.write(f"{args.kind}  all as after a run in peace  {seconds:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
