"""The SQL that makes a database's schema anew, written by the database's own tool."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

from mig.errors import RunnerError
from mig.runner.expected import ask_all
from mig.runner.url import safe_url, scrub, secrets_of
from mig.schema.image import OWN_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mig.runner.execute import Executor
    from mig.schema.statements import Made

_SCHEME = re.compile(r"\w+(?:\+\w+)?://")
_META = re.compile(r"^\\(?:un)?restrict\b.*\n", re.MULTILINE)
_HEADING = re.compile(
    r"^--\n-- (?:Name: |PostgreSQL database dump|Dumped |TOC entry ).*\n(?:-- .*\n)*--\n", re.MULTILINE
)
_DUMPED = re.compile(r"^-- Dumped (?:from|by) .*\n", re.MULTILINE)
# What mig sets for itself, and what an older server does not know.
_SETTINGS = re.compile(
    r"^SET (?:statement_timeout|lock_timeout|idle_in_transaction_session_timeout|transaction_timeout"
    r"|client_encoding|standard_conforming_strings|client_min_messages|row_security) = .*;\n",
    re.MULTILINE,
)
_OF_EXTENSIONS = re.compile(r"^COMMENT ON EXTENSION .*;\n", re.MULTILINE)
_PUBLIC = re.compile(r"^CREATE SCHEMA public;$", re.MULTILINE)
_MADE = re.compile(r"^(?:CREATE|ALTER|COMMENT)\b", re.MULTILINE)
_OTHERS = """
SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = 'mig_history' AND c.relkind = 'r' AND n.nspname <> current_schema()
"""
# A dump without rows leaves them empty, so that nothing can be selected from them.
_FILLED = """
SELECT format('REFRESH MATERIALIZED VIEW %I.%I;', n.nspname, c.relname), n.nspname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'm' AND c.relispopulated ORDER BY c.oid
"""
_SECONDS = 600


def dump_schema(executor: Executor, url: str) -> str:
    """What makes the schema of a database, without mig's own tables; empty where there is nothing.

    Raises:
        RunnerError: the database's own tool is missing, or older than the server, or fails.
    """
    from mig.schema.statements import mariadb_statements, sqlite_statements

    session = executor.session
    match executor.dialect.name:
        case "postgresql":
            return _dump_postgresql(executor, url)
        case "sqlite":
            return _render(sqlite_statements(session.query))
        case _:
            return _render(mariadb_statements(lambda queries: ask_all(session, queries)))


def _render(statements: Iterable[Made]) -> str:
    return "\n".join(
        f"-- mig:statement\n{made.text};\n-- mig:end\n" if made.program else f"{made.text};\n"
        for made in statements
    )


def _dump_postgresql(executor: Executor, url: str) -> str:
    program = _find_pg_dump(executor)
    others = [str(row[0]) for row in executor.session.query(_OTHERS)]
    command = [program, "--schema-only", "--no-owner", "--no-privileges", "--no-tablespaces"]
    command += ["--no-publications", "--no-subscriptions", "--no-security-labels", "--encoding=UTF8"]
    command += [f'--exclude-table=*."{table}"' for table in OWN_TABLES]
    command += ["--exclude-schema=" + '"' + name.replace('"', '""') + '"' for name in others]
    place, environment = _connection(url)
    try:
        done = subprocess.run(
            [*command, place],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RunnerError(
            f"pg_dump did not end within {_SECONDS} s", hint="a lock may be in its way"
        ) from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        said = scrub(lines[0], secrets_of(url))
        hint = "pg_dump needs to read every table; check the account's rights"
        raise RunnerError(f"pg_dump of {safe_url(url)} failed: {said}", hint=hint)
    filled = [str(sql) for sql, schema in executor.session.query(_FILLED) if str(schema) not in others]
    return _tidied("\n".join([done.stdout.decode("utf-8", "surrogateescape"), *filled]))


def _find_pg_dump(executor: Executor) -> str:
    """The program, where it is not older than the server."""
    number = int(str(executor.session.query("SELECT current_setting('server_version_num')")[0][0])) // 10_000
    program = shutil.which("pg_dump")
    install = f"install the client of PostgreSQL {number} (postgresql-client-{number}), and put it on PATH"
    if program is None:
        raise RunnerError("pg_dump, which writes the schema of PostgreSQL, is not on PATH", hint=install)
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\b(\d+)(?:\.|devel|beta|rc|\b)", said)
    if found and int(found[1]) < number:
        raise RunnerError(f"pg_dump is of version {found[1]}, and the server of {number}", hint=install)
    return program


def _connection(url: str) -> tuple[str, Mapping[str, str]]:
    """How pg_dump is told where to connect: no secret stands where other users of the machine can see it."""
    import psycopg

    given = psycopg.conninfo.conninfo_to_dict(_SCHEME.sub("postgresql://", url, count=1))
    password = given.pop("password", None)
    given.pop("sslpassword", None)
    environment = dict(os.environ) | ({"PGPASSWORD": str(password)} if password else {})
    return f"--dbname={psycopg.conninfo.make_conninfo('', **given)}", environment


def _tidied(text: str) -> str:
    """A dump without what is psql's, what mig sets itself, and headings."""
    for pattern in (_META, _HEADING, _DUMPED, _SETTINGS, _OF_EXTENSIONS):
        text = pattern.sub("", text)
    text = _PUBLIC.sub("CREATE SCHEMA IF NOT EXISTS public;", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n" if _MADE.search(text) else ""
