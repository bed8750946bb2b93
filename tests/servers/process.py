"""Starting a server program in a throwaway folder, under an account that it accepts."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SUPERVISOR = Path(__file__).with_name("supervise.py")
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
_ROOM = 1 << 30  # bytes that a server may need; containers often have far less there
_PATIENCE = 60  # seconds until a server must answer


class ServerUnavailableError(Exception):
    """No server can be had, and why."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder for a server's files, and the account that owns it (empty: the one of the tests)."""

    folder: Path
    account: str

    def run(self, command: Sequence[str | Path]) -> None:
        """Run a program that prepares the server.

        Raises:
            ServerUnavailableError: it cannot be run, or failed.
        """
        owner = pwd.getpwnam(self.account) if self.account else None
        try:
            subprocess.run(
                command,
                cwd=self.folder,
                env={"HOME": str(self.folder), "LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                check=True,
                user=owner.pw_uid if owner else None,
                group=owner.pw_gid if owner else None,
                extra_groups=[] if owner else None,
            )
        except OSError as error:
            raise ServerUnavailableError(str(error)) from error
        except subprocess.CalledProcessError as error:
            raise ServerUnavailableError(f"{command[0]}: {error.stdout.strip()[-500:]}") from error

    def write(self, name: str, text: str) -> Path:
        """Write a file that only the server's account can read."""
        file = self.folder / name
        file.touch(mode=0o600)
        file.write_text(text)
        if self.account:
            shutil.chown(file, self.account)
        return file

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def make_place(*accounts: str) -> Place:
    """A new folder, in memory where there is room; as root, owned by the first account that exists."""
    in_memory = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM
    folder = Path(tempfile.mkdtemp(prefix="mig-server-", dir=_MEMORY if in_memory else None))
    account = ""
    if os.geteuid() == 0:
        known = {entry.pw_name for entry in pwd.getpwall()}
        account = next(name for name in (*accounts, "nobody") if name in known)
        shutil.chown(folder, account)
    return Place(folder, account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server; ``supervisor`` stops it when its standard input closes."""

    url: str
    supervisor: subprocess.Popen[bytes]

    def stop(self) -> None:
        if self.supervisor.stdin:
            self.supervisor.stdin.close()
        self.supervisor.wait()


def start(place: Place, command: Sequence[str | Path], *, stop: str, url: str) -> Server:
    """Start a server and wait until it answers; from then on the folder goes away with it.

    Raises:
        ServerUnavailableError: it ended, or did not answer in time.
    """
    log = tempfile.TemporaryFile()  # noqa: SIM115 - the server's output, for as long as it runs
    with log:
        supervisor = subprocess.Popen(
            [sys.executable, _SUPERVISOR, place.account, stop, place.folder, *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        server = Server(url=url, supervisor=supervisor)
        try:
            _wait_until_it_answers(server)
        except BaseException as error:
            server.stop()
            log.seek(0)
            if isinstance(error, ServerUnavailableError):
                error.add_note(log.read().decode(errors="replace")[-2000:])
            raise
    return server


def find_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _wait_until_it_answers(server: Server) -> None:
    import sqlalchemy as sa

    engine = sa.create_engine(server.url, poolclass=sa.NullPool)
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            engine.connect().close()
        except sa.exc.OperationalError as error:
            reason = str(error.orig)
        else:
            return
        if server.supervisor.poll() is not None:
            raise ServerUnavailableError(f"the server ended with status {server.supervisor.returncode}")
        if time.monotonic() > deadline:
            raise ServerUnavailableError(f"the server did not answer: {reason}")
        time.sleep(0.05)
