from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench/runner.py"


@pytest.mark.postgresql
@pytest.mark.slow
def test_the_bench_of_the_runner_prints_its_tables_and_writes_page_and_figures(
    postgresql_url: str, tmp_path: Path
) -> None:
    page, figures = tmp_path / "performance.md", tmp_path / "figures.json"
    page.write_text("Before.\n<!-- runner:begin -->\nold\n<!-- runner:end -->\nAfter.\n")
    url = postgresql_url.replace("+psycopg", "").rpartition("/")[0]
    options = ["--size", "20", "--fleet", "3", "-n", "1", "--no-peers"]
    result = subprocess.run(
        [sys.executable, BENCH, "--url", url, *options, "--json", figures, "--write", page],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    stored = json.loads(figures.read_text())
    rows = {table["title"]: [row["case"] for row in table["rows"]] for table in stored["tables"]}
    assert rows == {
        "20 migrations, apply": ["psycopg alone", "mig"],
        "20 migrations, nothing to do": ["psycopg alone", "mig"],
        "3 tenants, nothing to do": ["psycopg alone", "mig, databases", "mig, schemas"],
    }
    assert len(stored["targets"]) == 4
    assert page.read_text() == f"Before.\n<!-- runner:begin -->\n{result.stdout}<!-- runner:end -->\nAfter.\n"
