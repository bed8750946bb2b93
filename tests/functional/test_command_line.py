"""How the command line fails, what it imports, and where its options may stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mig import errors
from tests.functional.shop import OURS, ROOT, USERS, make_shop
from tests.repositories import GitSandbox, native

DOCS = Path(__file__).parents[2] / "docs/reference"
HEAVY = {"alembic", "networkx", "psycopg", "rich", "sqlalchemy", "sqlglot"}


@pytest.fixture
def shop(tmp_path: Path) -> GitSandbox:
    return make_shop(tmp_path / "shop")


@pytest.mark.parametrize(
    ("args", "status", "message", "hint"),
    [
        pytest.param(["frobnicate"], 2, "no such command 'frobnicate'", "mig --help", id="no-command"),
        pytest.param(
            ["chek"], 2, "no such command 'chek'; did you mean 'check'?", "mig --help", id="near-command"
        ),
        pytest.param(["check", "--bas", "x"], 2, "no such option", "mig check --help", id="no-option"),
        pytest.param(["check", "--base"], 2, "option '--base' requires an argument", "--help", id="no-value"),
        pytest.param(["log", "-n", "x"], 2, "invalid value for '-n'", "mig log --help", id="no-number"),
        pytest.param(["show"], 2, "missing argument 'ID'", "mig show --help", id="no-argument"),
        pytest.param(
            ["-C", "/not/there", "check"], 2, "'/not/there' does not exist", "mig --help", id="no-folder"
        ),
        pytest.param(
            ["check", "--staged", "--head", "main"], 2, "exclude each other", "mig check --help", id="both"
        ),
        pytest.param(
            ["check", "--base", "nope"], 3, "the base 'nope' does not exist", "git fetch", id="no-base"
        ),
        pytest.param(["check", "--head", "nope"], 3, "no commit 'nope'", "git fetch", id="no-head"),
        pytest.param(["heads", "--at", "--all"], 3, "no commit '--all'", "git fetch", id="option-as-ref"),
        pytest.param(["heads", "--lineage", "x"], 2, "there is no lineage 'x'", "default", id="no-lineage"),
        pytest.param(
            ["check", "--config", "no.toml"], 2, "no.toml: cannot be read", "mig init", id="no-config"
        ),
        pytest.param(["show", "zz"], 3, "no migration has the id 'zz'", "mig log", id="no-migration"),
    ],
)
def test_a_failure_says_what_is_wrong_and_what_to_do_next(
    shop: GitSandbox, args: list[str], status: int, message: str, hint: str
) -> None:
    result = shop.mig(*args, expect=status)
    first, *_, last = result.stderr.splitlines()
    assert not result.stdout
    assert first.startswith("mig: ")
    assert message in result.stderr
    assert hint in last


def test_without_a_repository_nothing_can_be_compared(tmp_path: Path) -> None:
    folder = GitSandbox.at(tmp_path)
    folder.write(USERS, native(ROOT, (), "SELECT 1;"))
    result = folder.mig("check", expect=3)
    assert result.stderr.startswith("mig: no Git repository here or above\n")
    assert "mig -C DIR" in result.stderr.splitlines()[-1]


def test_without_migrations_the_hint_is_to_start(tmp_path: Path) -> None:
    result = GitSandbox(tmp_path / "empty").mig("check", expect=3)
    assert "mig init" in result.stderr.splitlines()[-1]


def test_a_result_is_not_mixed_with_what_went_wrong(shop: GitSandbox) -> None:
    result = shop.mig("check", expect=1)
    assert "next: " not in result.stdout
    assert result.stderr.count("\n") == 1


def test_a_hostile_argument_does_not_command_the_terminal(shop: GitSandbox) -> None:
    stderr = shop.mig("show", "\x1b[2J", expect=3).stderr + shop.mig("\x1b[2J", expect=2).stderr
    assert "\x1b" not in stderr


def test_global_options_stand_before_or_after_the_command(shop: GitSandbox, tmp_path: Path) -> None:
    elsewhere = GitSandbox(tmp_path / "elsewhere")
    before = elsewhere.mig("-C", str(shop.path), "--format", "json", "heads").stdout
    assert before == elsewhere.mig("heads", "--format", "json", "-C", str(shop.path)).stdout
    assert OURS in before


def imported(shop: GitSandbox, *args: str) -> set[str]:
    """The top-level packages that a run imports."""
    code = (
        "import sys; from mig.cli import main; status = main(sys.argv[1:]);"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), sep='\\n', file=sys.stderr);"
        "print(*(name for name in sys.modules if name.startswith('mig.')), sep='\\n', file=sys.stderr)"
    )
    command = [sys.executable, "-P", "-c", code, *args]
    result = subprocess.run(command, cwd=shop.path, capture_output=True, encoding="utf-8", check=True)
    return set(result.stderr.splitlines())


def test_the_version_costs_click_and_the_standard_library(shop: GitSandbox) -> None:
    known = {*sys.stdlib_module_names, "__main__", "click", "mig"}
    found = {name for name in imported(shop, "--version") if not name.startswith(("_", "mig."))}
    # Whatever an environment's .pth files import is not mig's.
    bare = subprocess.run(
        [sys.executable, "-P", "-c", "import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found - known - {name.partition(".")[0] for name in bare.stdout.split()} == set()


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(["check", "--format", "json"], id="json"),
        pytest.param(["check", "--format", "github"], id="github"),
        pytest.param(["check"], id="text"),
        pytest.param(["check", "--base", "HEAD"], id="green"),
        pytest.param(["heads"], id="heads"),
        pytest.param(["show", OURS], id="show"),
        pytest.param(["explain", "MIG101"], id="explain"),
    ],
)
def test_nothing_heavy_is_imported_where_it_is_not_needed(shop: GitSandbox, args: list[str]) -> None:
    modules = imported(shop, *args)
    assert "mig.cli" in modules
    assert not modules & HEAVY


def test_the_docs_have_the_status_of_every_error() -> None:
    page = (DOCS / "exit-status.md").read_text(encoding="utf-8")
    listed = {int(found) for found in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.MigError)]
    assert {c.exit_code for c in classes} <= listed
    assert listed == {0, 1, 2, 3, 4, 70, 130}


@pytest.mark.parametrize("name", ["check", "explain", "heads", "log", "show"])
def test_the_docs_name_every_option_of_a_command(shop: GitSandbox, name: str) -> None:
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    section = next(part for part in page.split("\n## ") if part.startswith(f"mig {name}"))
    usage = shop.mig(name, "--help").stdout
    options = set(re.findall(r"^  (?:-\w, )?(--[\w-]+)", usage, re.MULTILINE)) - {"--help", "--format"}
    assert {option for option in options if option not in section and option != "--max-count"} == set()
