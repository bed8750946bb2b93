"""The examples of configuration, native migrations and Python against the readers and the package."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

import mig
from mig.config import Config, Database, LineageConfig, load_config
from mig.findings import Finding
from mig.model import Migration, Snapshot
from mig.sources.native_directives import _VALUES as DIRECTIVES
from mig.sources.native_python import read_python
from mig.sources.native_sql import read_sql
from mig.sources.registry import source_names
from mig.usecases.check import CheckResult
from tests.docs.pages import DOCS, Block, all_blocks, find_blocks, first_column, identify, section, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repositories import GitSandbox


@pytest.mark.parametrize("block", all_blocks("toml"), ids=identify)
def test_examples_of_the_configuration_are_read(block: Block, tmp_path: Path) -> None:
    name = "pyproject.toml" if "tool.mig" in block.text else "mig.toml"
    (tmp_path / name).write_text(block.text, encoding="utf-8")
    assert load_config(tmp_path, tmp_path, sources=source_names()).file == name


def test_the_page_of_the_configuration_has_every_key_and_its_default() -> None:
    page = "docs/reference/configuration.md"
    tables = text_of(page).split("\nA database:\n")
    general, database, lineage = (tables[0], *tables[1].split("\nA lineage:\n"))
    top = {f.name for f in fields(Config)} - {
        *("file", "databases", "deployed", "lineages", "harmless", "conventions", "variables")
    }
    assert set(first_column(general)) >= top | {
        *(
            "databases.NAME",
            "deployed.NAME",
            "lineage",
            "python.harmless",
            "conventions.NAME",
            "variables.NAME",
        )
    }
    assert set(first_column(database)) == {f.name for f in fields(Database)}
    assert {f.name for f in fields(LineageConfig)} <= set(first_column(lineage))
    defaults = dict(re.findall(r"^\| `(\w+)` \| .* \| `(\w+)` \|$", text_of(page), re.MULTILINE))
    assert defaults == {
        "on_divergence": Config().on_divergence,
        "unknown": Config().unknown,
        "lock_timeout": Database(url="").lock_timeout,
        "statement_timeout": Database(url="").statement_timeout,
        "fingerprint": str(Database(url="").fingerprint).lower(),
        "lock_retries": str(Database(url="").lock_retries),
        "protected": str(Database(url="").protected).lower(),
    }


def test_a_wrong_key_is_named_as_the_page_says(tmp_path: Path) -> None:
    [block] = [b for b in find_blocks(DOCS / "reference/configuration.md") if b.language == "text"]
    (tmp_path / "mig.toml").write_text('source = "native"\npth = "migrations"\n')
    result = subprocess.run(
        [sys.executable, "-P", "-m", "mig", "heads"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr == block.text


@pytest.mark.parametrize("block", [b for b in all_blocks("sql") if "mig:id" in b.text], ids=identify)
def test_examples_in_sql_are_read_without_a_finding(block: Block) -> None:
    reading = read_sql(block.text.encode())
    assert not reading.problems
    assert reading.id
    assert reading.description


@pytest.mark.parametrize("block", [b for b in all_blocks("python") if "\nparents = " in b.text], ids=identify)
def test_examples_in_python_are_read_without_a_finding(block: Block) -> None:
    reading = read_python(block.text.encode())
    assert not reading.problems
    assert reading.id
    assert reading.reversible


def test_every_directive_is_described() -> None:
    words = first_column(section("docs/reference/native-format.md", "SQL"))
    named = [word.removeprefix("mig:").split()[0] for word in words if word.startswith("mig:")]
    assert sorted(named) == sorted(DIRECTIVES)


@pytest.mark.parametrize(
    "name", ["touches", "commutes-with", "order", "phase", "ignore", "lock-timeout", "statement-timeout"]
)
def test_a_directive_is_written_as_the_page_shows_it(name: str) -> None:
    page = text_of("docs/reference/native-format.md")
    [written] = re.findall(rf"^\| `mig:{name} (.*?)` \|", page, re.MULTILINE)
    value = written.replace("ID", "77bc02d1a9e0").replace("MIG3xx", "MIG300")
    value = value.replace("KIND:NAME ACCESS", "column:users.email write")
    value = value.replace("FIRST SECOND", "77bc02d1a9e0 b4e6105fd83c")
    assert not DIRECTIVES[name](value)


@pytest.mark.parametrize("number", range(4), ids=["check", "compare", "load", "run"])
def test_examples_of_the_api_run_in_the_demos_repository(new: GitSandbox, number: int) -> None:
    blocks = [b for b in find_blocks(DOCS / "reference/api.md") if b.language == "python"]
    assert len(blocks) == 4
    new.git("branch", "feature/receipts", "origin/feature/receipts~1")
    new.git("reset", "--quiet", "--hard", "HEAD~1" if number == 0 else "HEAD")
    command = [sys.executable, "-P", "-c", blocks[number].text]
    result = subprocess.run(command, cwd=new.path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    expected = [
        ("False", "MIG101 error"),
        ("conflict", "MIG302"),
        ("CREATE TABLE customers",),
        ("('b4e6105fd83c',)",),
    ]
    assert all(phrase in result.stdout for phrase in expected[number])


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        pytest.param("`CheckResult`", CheckResult, id="CheckResult"),
        pytest.param("`Finding`", Finding, id="Finding"),
        pytest.param("`Snapshot`", Snapshot, id="Snapshot"),
        pytest.param("`Migration`", Migration, id="Migration"),
    ],
)
def test_the_page_of_the_api_has_the_fields_of_what_is_given(title: str, kind: type) -> None:
    page = text_of("docs/reference/api.md")
    table = page[page.index(f"| {title} |") :].partition("\n\n")[0]
    named = {word.partition("(")[0] for word in first_column(table)} - {kind.__name__}
    assert named == {name for name in named if name in dir(kind)}
    assert {f.name for f in fields(kind)} - named <= {"read_script"}


def test_every_public_name_is_on_the_page_of_the_api() -> None:
    page = text_of("docs/reference/api.md")
    assert [name for name in mig.__all__ if name != "__version__" and name not in page] == []
