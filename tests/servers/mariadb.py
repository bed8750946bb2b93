"""MariaDB for tests, from binaries found on the machine."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from tests.servers.process import Place, Server, find_free_port, make_place, start

# Nothing here has to survive a power cut.
_OPTIONS = (
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--innodb-buffer-pool-size=32M",
    "--innodb-flush-log-at-trx-commit=2",  # a killed server has kept what it has committed
    "--innodb-doublewrite=0",
    "--innodb-stats-persistent=0",
)


def find_binaries() -> tuple[Path, ...]:
    """Server programs that have their installer beside them on the machine, the best first."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
    found = (shutil.which(name, path=path) for name in ("mariadbd", "mysqld"))
    programs = dict.fromkeys(Path(program).resolve() for program in found if program)
    return tuple(programs) if _installer() else ()


def start_server(program: Path) -> Server:
    """Start a throwaway server.

    Raises:
        ServerUnavailableError: it does not start here.
    """
    place = make_place("mysql")
    try:
        return _start(place, program)
    except BaseException:
        place.remove()
        raise


def _start(place: Place, program: Path) -> Server:
    data, password, port = place.folder / "data", secrets.token_hex(8), find_free_port()
    place.run([_installer(), "--no-defaults", f"--datadir={data}", "--skip-test-db"])
    account = f"CREATE USER 'mig'@'%' IDENTIFIED BY '{password}';\n"
    init = place.write("init.sql", f"{account}GRANT ALL ON *.* TO 'mig'@'%' WITH GRANT OPTION;\n")
    places = (f"--datadir={data}", f"--init-file={init}", f"--port={port}", f"--socket={place.folder}/socket")
    pid = f"--pid-file={place.folder}/pid"
    url = f"mysql+pymysql://mig:{password}@127.0.0.1:{port}/mysql"
    return start(place, [program, "--no-defaults", *places, pid, *_OPTIONS], stop="SIGTERM", url=url)


def _installer() -> str:
    return shutil.which("mariadb-install-db") or shutil.which("mysql_install_db") or ""
