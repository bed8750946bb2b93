"""What every test gets: an environment sealed from the user's, and the databases that it asks for."""

from __future__ import annotations

import os
import re
import signal
import tempfile
from pathlib import Path

import hypothesis
import pytest

from tests.servers.fixtures import mariadb_database, mariadb_url, postgresql_database, postgresql_url

__all__ = ["mariadb_database", "mariadb_url", "postgresql_database", "postgresql_url"]

hypothesis.settings.register_profile("mig", deadline=None)  # no test depends on how fast the machine is
hypothesis.settings.load_profile("mig")

# A shell starts what runs in the background with interrupts ignored, and children inherit that: those that
# a test interrupts would never end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_LEAKS = re.compile(
    r"(GIT_|GITHUB_|GITLAB_|XDG_|LC_|PG|MYSQL_|MARIADB_|PRE_COMMIT).*"
    r"|MIG_(?!TEST_|REQUIRE_).*"
    r"|CI|NO_COLOR|FORCE_COLOR|CLICOLOR|CLICOLOR_FORCE|COLORTERM|COLUMNS|LINES|TERM|LANG|LANGUAGE"
    r"|DATABASE_URL|EDITOR|VISUAL|PAGER|LESS|EMAIL|SKIP|TTY_INTERACTIVE|TTY_COMPATIBLE"
)

_GITCONFIG = """\
[user]
    name = Ada Example
    email = ada@example.org
[init]
    defaultBranch = main
[core]
    autocrlf = false
[commit]
    gpgSign = false
[gc]
    auto = 0
[maintenance]
    auto = false
[advice]
    detachedHead = false
[protocol "file"]
    allow = always
"""

_ENVIRONMENT = {
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05+00:00",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05+00:00",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_EDITOR": "true",
    "GIT_MERGE_AUTOEDIT": "no",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes", numbered=False)


@pytest.fixture(autouse=True)
def sealed(homes: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for the test, and nothing in the environment that changes what Git or mig do."""
    home = Path(tempfile.mkdtemp(dir=homes))
    (home / ".gitconfig").write_text(_GITCONFIG)
    for name in [name for name in os.environ if _LEAKS.fullmatch(name)]:
        monkeypatch.delenv(name)
    for name, value in _ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    # A test's folder is in no repository, wherever the temporary folders of this machine are.
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(homes.parent))
    return home
