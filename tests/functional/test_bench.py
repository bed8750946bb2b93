from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench/run.py"
CASES = (
    "python -c 'import click'",
    "mig --version",
    "pre-commit hook, no migration staged",
    "mig check, one new migration",
    "mig check --staged, one new migration",
    "mig check, one new migration, diverging",
    "mig check, diverging, cold cache",
    "mig check --all",
    "mig heads",
    "alembic heads",
    "alembic heads, fresh clone",
)


def bench(*args: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, BENCH, *args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_the_bench_prints_a_table_for_each_size_and_writes_page_and_figures(tmp_path: Path) -> None:
    page, figures = tmp_path / "performance.md", tmp_path / "figures.json"
    page.write_text("Before.\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nAfter.\n")
    result = bench("--quick", "--sizes", "20", "30", "-n", "1", "--json", figures, "--write", page)
    assert result.returncode == 0, result.stdout + result.stderr

    tables = [line for line in result.stdout.splitlines() if line.startswith("| ")]
    assert "### 20 migrations" in result.stdout
    assert "### 30 migrations" in result.stdout
    for case in CASES:
        expected = 3 if case == "python -c 'import click'" else 2
        assert sum(line.split("|")[1].strip() == case for line in tables) == expected

    stored = json.loads(figures.read_text())
    assert set(stored["sizes"]) == {"20", "30"}
    rows = {row["case"]: row for row in stored["sizes"]["30"]}
    assert set(CASES) <= set(rows)
    assert {row["fastest"] <= row["median"] <= row["slowest"] for row in rows.values()} == {True}
    assert all(row["peak"] > 1_000_000 for row in rows.values())
    # The work was done: each of them saw what there is.
    assert rows["alembic heads"]["found"] == 2
    assert rows["mig check, one new migration"]["found"] == 0
    assert rows["mig check, one new migration, diverging"]["found"] >= 1
    assert rows["mig heads"]["found"] == 1
    assert len(stored["targets"]) == 9

    assert page.read_text() == f"Before.\n<!-- bench:begin -->\n{result.stdout}<!-- bench:end -->\nAfter.\n"


def test_a_page_without_marks_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing here\n")
    result = bench("--write", page)
    assert result.returncode == 2
    assert "has no <!-- bench:begin -->" in result.stderr
    assert page.read_text() == "nothing here\n"
