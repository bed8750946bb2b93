from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mig.catalogue import FAMILIES, all_codes
from tests.repositories import GitSandbox

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> GitSandbox:
    """A folder without a repository: codes are explained anywhere."""
    return GitSandbox.at(tmp_path)


def test_a_code_is_explained_with_an_example_and_the_way_out(folder: GitSandbox) -> None:
    assert folder.mig("explain", "MIG101").stdout == (
        "MIG101 error  divergence\n"
        "a lineage has more than one head\n"
        "\n"
        "Parallel branches each continued the same migration. What runs last depends on who merged when.\n"
        "\n"
        "example\n"
        "  main and feature both add a migration whose parent is 51d0c3a9e8f2\n"
        "\n"
        "what to do\n"
        "  Before the merge: mig rebase. After it: mig merge.\n"
    )


def test_a_code_about_meaning_names_its_page(folder: GitSandbox) -> None:
    [line] = [line for line in folder.mig("explain", "MIG302").stdout.splitlines() if ".md" in line]
    assert (ROOT / line.split(":")[0].strip()).is_file()


@pytest.mark.parametrize("written", ["mig101", "101", "Mig101", "MIG-101", "divergence"])
def test_a_code_can_be_written_in_several_ways(folder: GitSandbox, written: str) -> None:
    assert folder.mig("explain", written).stdout == folder.mig("explain", "MIG101").stdout


def test_without_a_code_all_are_listed_by_family(folder: GitSandbox) -> None:
    shown = folder.mig("explain").stdout
    assert [line.split()[0] for line in shown.splitlines() if line.startswith("  MIG")] == [
        code.code for code in all_codes()
    ]
    assert all(f"{prefix}xx  {family}\n" in shown for prefix, family in FAMILIES.items())


def test_json_has_one_code_or_all(folder: GitSandbox) -> None:
    one = json.loads(folder.mig("explain", "MIG104", "--format", "json").stdout)
    assert one["slug"] == "cycle"
    every = json.loads(folder.mig("explain", "--format", "json").stdout)
    assert one in every["codes"]
    assert len(every["codes"]) == len(all_codes())


@pytest.mark.parametrize(("written", "near"), [("MIG1044", "MIG104"), ("mig3000", "MIG300")])
def test_the_nearest_code_is_named(folder: GitSandbox, written: str, near: str) -> None:
    result = folder.mig("explain", written, expect=2)
    assert result.stderr.splitlines() == [
        f"mig: there is no code '{written}'; did you mean {near}?",
        "mig explain lists all codes",
    ]


def test_the_page_of_the_docs_is_what_the_catalogue_says() -> None:
    command = [sys.executable, "-P", "-m", "mig.report.explain"]
    made = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    page = (ROOT / "docs/reference/codes.md").read_text(encoding="utf-8")
    assert page == made.stdout, "python -m mig.report.explain > docs/reference/codes.md"
    assert all(f'<a id="{code.code.lower()}"></a>' in page for code in all_codes())
