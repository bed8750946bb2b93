"""What is measured of the runner: the same SQL applied by mig, its peers and the driver alone, and fleets."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from measure import Case
from scenario import MIG

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

APPLY, NOTHING = "apply", "nothing to do"
FLOOR, OURS = "psycopg alone", "mig"
FLEET_FLOOR, FLEET, SCHEMAS = "psycopg alone", "mig, databases", "mig, schemas"
_GENERATOR = Path(__file__).with_name("gen_corpus.py")
_LAYOUTS = ("mig", "alembic", "django", "yoyo", "dbmate", "sqitch")
_PACKAGES = ("alembic", "django", "yoyo-migrations", "psycopg[binary]", "setuptools<80")

# One transaction and one row of a history for each migration, and nothing else.
_APPLY_FLOOR = """
import json, sys, psycopg
up = [(m["id"], m["up"]) for m in json.load(open(sys.argv[2]))["migrations"]]
with psycopg.connect(sys.argv[1], autocommit=True, prepare_threshold=None) as c:
    c.execute("CREATE TABLE floor_history (seq int PRIMARY KEY, id text UNIQUE, at timestamptz)")
    for seq, (id, statements) in enumerate(up):
        c.execute("BEGIN")
        for statement in statements:
            c.execute(statement)
        c.execute("INSERT INTO floor_history (seq, id, at) VALUES (%s, %s, now())", (seq, id))
        c.execute("COMMIT")
"""
_NOTHING_FLOOR = """
import sys, psycopg
with psycopg.connect(sys.argv[1], autocommit=True) as c:
    rows = c.execute("SELECT * FROM floor_history ORDER BY seq").fetchall()
"""
_FLEET_FLOOR = """
import sys, psycopg
for line in open(sys.argv[1]):
    with psycopg.connect(line.split()[1], autocommit=True) as c:
        rows = c.execute("SELECT id, checksum, state FROM mig_history ORDER BY seq").fetchall()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where it is measured; ``url`` names no database and ends with a slash."""

    url: str

    def query(self, database: str, *statements: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url + database, autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def renew(self, database: str) -> None:
        drop = f"DROP DATABASE IF EXISTS {database} WITH (FORCE)"
        self.query("postgres", drop, f"CREATE DATABASE {database}")

    def variables(self) -> dict[str, str]:
        """What libpq reads, for those that take no URL."""
        known = psycopg.conninfo.conninfo_to_dict(self.url)
        names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
        return {variable: str(known[key]) for key, variable in names.items() if key in known}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """The programs that were found or installed, by name; ``lacking`` says which are not, and why."""

    programs: Mapping[str, Path]
    lacking: tuple[str, ...] = ()


def install_peers(folder: Path) -> Peers:
    """Install what package indexes have into a folder of their own; Sqitch counts where it is on the PATH."""
    programs: dict[str, Path] = {}
    lacking = []
    venv = folder / "venv"
    try:
        _quietly(sys.executable, "-m", "venv", venv)
        _quietly(venv / "bin/python", "-m", "pip", "install", "--quiet", *_PACKAGES)
        programs |= {
            "alembic": venv / "bin/alembic",
            "yoyo": venv / "bin/yoyo",
            "django": venv / "bin/python",
        }
    except (OSError, subprocess.CalledProcessError):
        lacking.append("Alembic, Django and yoyo could not be installed")
    try:
        (folder / "npm").mkdir()
        _quietly("npm", "install", "--silent", "--prefix", folder / "npm", "dbmate")
        programs["dbmate"] = folder / "npm/node_modules/.bin/dbmate"
    except (OSError, subprocess.CalledProcessError):
        lacking.append("dbmate could not be installed")
    if found := shutil.which("sqitch"):
        programs["sqitch"] = Path(found)
    else:
        lacking.append("Sqitch is not on the PATH (Debian's packages sqitch and libdbd-pg-perl)")
    return Peers(programs=programs, lacking=tuple(lacking))


def build_run_cases(
    work: Path, size: int, server: Server, peers: Peers, environment: Mapping[str, str]
) -> dict[str, list[Case]]:
    """The cases of applying everything to a new database, and of doing so once more."""
    out = work / "corpus"
    layouts = [part for name in _LAYOUTS for part in ("--format", name)]
    _run([sys.executable, _GENERATOR, out, "--size", str(size), "--width", "1", *layouts], environment)
    _commit(out / "mig", environment)
    known = json.loads((out / "graph.json").read_text(encoding="utf-8"))
    created = {
        up.split()[2].strip('"')
        for m in known["migrations"]
        for up in m["up"]
        if up.startswith("CREATE TABLE")
    }
    cases: dict[str, list[Case]] = {APPLY: [], NOTHING: []}
    for name, command, folder, extra in _commands(out, server, peers):
        database = f"bench_{name.split()[0]}"

        def count(_: bytes, database: str = database) -> int:
            rows = server.query(database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            return len({str(row[0]) for row in rows} & created)

        def renew(database: str = database) -> None:
            server.renew(database)

        nothing = (command[0], *command[1:2], _NOTHING_FLOOR, *command[3:]) if name == FLOOR else command
        for kind, line, prepare in ((APPLY, command, renew), (NOTHING, nothing, _do_nothing)):
            cases[kind].append(
                Case(
                    name=name,
                    command=line,
                    folder=folder,
                    expected=range(len(created), len(created) + 1),
                    extra=extra,
                    prepare=prepare,
                    count=count,
                )
            )
    return cases


def _commands(
    out: Path, server: Server, peers: Peers
) -> Sequence[tuple[str, tuple[str, ...], Path, Mapping[str, str]]]:
    """Name, command, folder and variables; the database of each is called as it is."""
    url, alchemy = server.url, server.url.replace("postgresql:", "postgresql+psycopg:")
    known = server.variables()
    found = {name: str(path) for name, path in peers.programs.items()}
    graph = str(out / "graph.json")
    floor = (sys.executable, "-c", _APPLY_FLOOR, f"{url}bench_psycopg", graph)
    rows: list[tuple[str, tuple[str, ...], Path, Mapping[str, str]]] = [
        (FLOOR, floor, out, {}),
        (OURS, (*MIG, "up", "--quiet", "--url", f"{url}bench_mig"), out / "mig", {}),
    ]
    if "dbmate" in found:
        where = {"DATABASE_URL": f"{url}bench_dbmate?sslmode=disable"}
        rows.append(("dbmate", (found["dbmate"], "--no-dump-schema", "up"), out / "dbmate", where))
    if "alembic" in found:
        where = {"CORPUS_SQLALCHEMY_URL": f"{alchemy}bench_alembic"}
        rows.append(("alembic", (found["alembic"], "upgrade", "head"), out / "alembic", where))
    if "yoyo" in found:
        line = (found["yoyo"], "apply", "--batch", "--no-config-file", "--database", f"{alchemy}bench_yoyo")
        rows.append(("yoyo", (*line, "migrations"), out / "yoyo", {}))
    if "django" in found:
        line = (found["django"], "manage.py", "migrate", "--verbosity", "0")
        rows.append(("django", line, out / "django", {**known, "CORPUS_PG_NAME": "bench_django"}))
    if "sqitch" in found:
        target = f"db:pg:{url.partition(':')[2]}bench_sqitch"
        rows.append(("sqitch", (found["sqitch"], "deploy", target), out / "sqitch", known))
    return rows


def build_fleet_cases(work: Path, count: int, server: Server, environment: Mapping[str, str]) -> list[Case]:
    """Nothing to do in many databases, and in as many schemas."""
    repo = work / "fleet" / "mig"
    options = ("--size", "30", "--width", "1", "--format", "mig")
    _run([sys.executable, _GENERATOR, repo.parent, *options], environment)
    _commit(repo, environment)
    server.renew("fleet_template")
    _run([*MIG, "up", "--quiet", "--url", f"{server.url}fleet_template"], environment, repo)
    for number in range(count):
        copy = f"CREATE DATABASE fleet_{number} TEMPLATE fleet_template STRATEGY file_copy"
        server.query("postgres", copy)
    lines = "".join(f"t{number} {server.url}fleet_{number}\n" for number in range(count))
    tenants = work / "tenants.txt"
    tenants.write_text(lines, encoding="utf-8")
    server.renew("fleet_schemas")
    server.query("fleet_schemas", *(f"CREATE SCHEMA tenant_{number}" for number in range(count)))
    schemas = ("--url", f"{server.url}fleet_schemas", "--fleet", "schemas:tenant%")
    up = (*MIG, "up", "--quiet")
    _run([*up, *schemas], environment, repo)

    def case(name: str, command: tuple[str, ...], counted: Callable[[bytes], int] | None) -> Case:
        expected = range(count, count + 1) if counted else None
        return Case(
            name=name,
            command=command,
            folder=repo,
            expected=expected,
            extra={},
            prepare=_do_nothing,
            count=counted,
        )

    as_json = (*MIG, "up", "--format", "json")
    return [
        case(FLEET_FLOOR, (sys.executable, "-c", _FLEET_FLOOR, str(tenants)), None),
        case(FLEET, (*as_json, "--fleet", str(tenants)), _count_done),
        case(SCHEMAS, (*as_json, *schemas), _count_done),
    ]


def _count_done(out: bytes) -> int:
    shown = json.loads(out)
    return int(shown["done"] - shown["changed"])


def _commit(repo: Path, environment: Mapping[str, str]) -> None:
    for args in (("init", "--quiet", "--template="), ("add", "--all"), ("commit", "--quiet", "-m", "all")):
        _run(["git", *args], environment, repo)


def _do_nothing() -> None:
    """Nothing is to be prepared."""


def _run(command: Sequence[object], environment: Mapping[str, str], folder: Path | None = None) -> None:
    line = [os.fspath(part) if isinstance(part, Path) else str(part) for part in command]
    subprocess.run(line, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)


def _quietly(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True, stdin=subprocess.DEVNULL)
