from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mig.usecases.check import check
from tests.repositories import GitSandbox

GENERATOR = Path(__file__).parents[3] / "bench/gen_corpus.py"


def generate(out: Path, *args: str, hash_seed: str = "0") -> Path:
    """Run the generator as a user does, without anything but the standard library."""
    subprocess.run(
        [sys.executable, "-S", GENERATOR, out, *args],
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(out.parent), "PYTHONHASHSEED": hash_seed},
        check=True,
        capture_output=True,
    )
    return out


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_same_seed_and_size_give_the_same_bytes(tmp_path: Path) -> None:
    first = contents(generate(tmp_path / "one", "--size", "60", "--open", "2"))
    second = contents(generate(tmp_path / "two", "--size", "60", "--open", "2", hash_seed="7"))
    assert len(first) > 500
    assert first == second


def test_another_seed_gives_another_history(tmp_path: Path) -> None:
    one = generate(tmp_path / "one", "--size", "30", "--format", "mig")
    two = generate(tmp_path / "two", "--size", "30", "--format", "mig", "--seed", "2")
    assert set(contents(one / "mig")).isdisjoint(contents(two / "mig"))


def test_the_repository_is_the_graph_and_mig_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    out = generate(tmp_path / "out", "--size", "80", "--open", "2", "--format", "mig", "--git")
    graph = json.loads((out / "graph.json").read_text())
    repo = GitSandbox.at(out / "git")

    merged = [m for m in graph["migrations"] if not m["branch"].startswith("open/")]
    assert len(merged) == 80
    assert repo.git("rev-list", "--count", "main") == "80"
    assert len(repo.git("for-each-ref", "--format=%(refname)", "refs/heads/open").splitlines()) == 2

    result = check(repo.path)
    assert result.findings == ()
    assert result.total == 80
    assert result.heads == {"default": (merged[-1]["id"],)}
    assert not repo.git("status", "--porcelain")


@pytest.mark.parametrize(
    ("defect", "code"),
    [
        pytest.param("cycle", "MIG104", id="cycle"),
        pytest.param("dangling-parent", "MIG102", id="missing parent"),
        pytest.param("duplicate-id", "MIG103", id="duplicate id"),
        pytest.param("same-column", "MIG101", id="two heads"),
    ],
)
def test_a_defect_is_what_mig_finds(tmp_path: Path, defect: str, code: str) -> None:
    out = generate(tmp_path / "out", "--size", "40", "--format", "mig", "--defect", defect)
    repo = GitSandbox.at(out / "mig")
    repo.git("init", "--quiet")
    repo.git("add", "--all")
    repo.commit("all")
    assert code in {finding.code for finding in check(repo.path).findings}
