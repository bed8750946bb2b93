"""Connects to MariaDB or MySQL as a URL says, without doing on the client what the server asks for."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from mig.errors import RunnerError
from mig.runner.identity import process_name
from mig.runner.url import safe_url, scrub

if TYPE_CHECKING:
    from types import ModuleType

    import pymysql

_CONNECT_SECONDS = 10
_LONGEST_LOCK = 64
_TEXTS = frozenset(
    {"unix_socket", "ssl_ca", "ssl_cert", "ssl_key", "read_default_file", "read_default_group"}
)
_FLAGS = frozenset({"ssl_disabled", "ssl_verify_cert", "ssl_verify_identity"})


def connect(url: str, secrets: tuple[str, ...]) -> pymysql.Connection[pymysql.cursors.Cursor]:
    """A connection in autocommit mode.

    Raises:
        RunnerError: the driver is missing, the URL is wrong, or the server cannot be reached.
    """
    driver = _driver()
    arguments = _arguments(url)
    try:
        connection: pymysql.Connection[pymysql.cursors.Cursor] = driver.connect(**arguments)
    except (driver.Error, OSError, RuntimeError) as error:
        raise _unreachable(url, error, secrets) from None
    return connection


def lock_name(database: str, name: str) -> str:
    """The name of a history table's lock, the same in every process; locks are of the whole server."""
    readable = f"mig:{database}:{name}"
    if len(readable) <= _LONGEST_LOCK and readable.isascii() and not set(readable) & set("'\\"):
        return readable
    return "mig:" + hashlib.blake2b(readable.encode(), digest_size=16).hexdigest()


def _arguments(url: str) -> dict[str, Any]:
    """The driver's arguments, which are of several types."""
    _, _, rest = url.partition("://")
    head, _, query = rest.partition("?")
    login, _, place = head.rpartition("@")
    user, _, password = login.partition(":")
    address, _, database = place.partition("/")
    host, port = _host(url, address)
    return {
        "host": host,
        "port": port,
        "user": unquote(user) or None,
        "password": unquote(password) or os.environ.get("MYSQL_PWD", ""),
        "database": unquote(database) or None,
        "charset": "utf8mb4",
        "autocommit": True,
        "local_infile": False,
        "client_flag": 0,  # none for several statements in one text
        "program_name": process_name(),
        "connect_timeout": _CONNECT_SECONDS,
        **_parameters(url, query),
    }


def _host(url: str, address: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    if not colon or address.endswith("]"):
        host, port = address, ""
    if port and not port.isdecimal():
        hint = "write mysql://USER:PASSWORD@HOST:PORT/DATABASE, with %40 for an @ in the password"
        raise RunnerError(f"{safe_url(url)} cannot be reached: its port is no number", hint=hint)
    return host.strip("[]") or "127.0.0.1", int(port or 3306)


def _parameters(url: str, query: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in _TEXTS:
            found[name] = value
        elif name in _FLAGS:
            found[name] = value.lower() in ("1", "true", "yes")
        elif name == "connect_timeout" and value.isdecimal():
            found[name] = int(value)
        elif name != "charset":  # mig speaks utf8mb4 in any case
            known = ", ".join(sorted((*_TEXTS, *_FLAGS, "connect_timeout")))
            hint = f"what can follow the ? is {known}"
            raise RunnerError(f"{safe_url(url)} cannot be reached: {name} is no parameter", hint=hint)
    return found


def _driver() -> ModuleType:
    try:
        import pymysql
    except ImportError:
        hint = "pip install 'mig-db[mysql]'"
        raise RunnerError("the driver for MariaDB and MySQL (PyMySQL) is not installed", hint=hint) from None
    return pymysql


def _unreachable(url: str, error: Exception, secrets: tuple[str, ...]) -> RunnerError:
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    said = scrub(str(error.args[-1] if error.args else error).partition("\n")[0], secrets)
    hints = {
        1044: "GRANT ALL ON the database to that user",
        1045: "check user and password; MYSQL_PWD is read too",
        1049: "create it first (CREATE DATABASE NAME), or check the URL",
        1698: "that user may only log in through the socket: ?unix_socket=PATH",
    }
    hint = hints.get(number, "check that the server runs and that host, port and URL are right")
    return RunnerError(f"{safe_url(url)} cannot be reached: {said}", hint=hint)
