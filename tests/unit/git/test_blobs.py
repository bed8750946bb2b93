"""Files that are read one by one come through two Git processes, which end with what asked for them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mig.errors import GitError
from mig.git.blobs import BlobSession
from mig.git.repo import open_repo
from mig.git.trees import CommitTree, read_blobs
from tests.repositories import GitSandbox

if TYPE_CHECKING:
    from pathlib import Path

    from mig.git.process import Running
    from mig.git.repo import Repo

FILES = {"a.sql": b"SELECT 1;\n", "empty.sql": b"", "two.sql": b"\n\0\nblob 4\n", "b c.sql": "ä".encode()}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    GitSandbox(tmp_path / "shop").commit("start", FILES)
    return open_repo(tmp_path / "shop", os.environ)


@pytest.fixture
def started(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> list[Running]:
    """The processes that are started with something to be fed, in order."""
    found: list[Running] = []
    plain = type(repo).start

    def start(self: Repo, *args: str, feed: bool = False) -> Running:
        running = plain(self, *args, feed=feed)
        if feed:
            found.append(running)
        return running

    monkeypatch.setattr(type(repo), "start", start)
    return found


def is_over(running: Running) -> bool:
    return running._process.returncode is not None


def test_each_file_is_read_as_it_is_by_two_processes(repo: Repo, started: list[Running]) -> None:
    tree = CommitTree(repo, "HEAD", repo.head().id)
    tree.entries()
    with repo.reading():
        for _ in range(3):
            for path, data in FILES.items():
                assert [content.data for content in tree.read([path], 1000)] == [data]
        assert [content.data for content in tree.read(FILES, 1000)] == list(FILES.values())
        assert len(started) == 2
        assert not any(map(is_over, started))
    assert all(map(is_over, started))


def test_nothing_is_started_before_anybody_reads(repo: Repo, started: list[Running]) -> None:
    with repo.reading():
        pass
    assert not started


def test_the_processes_end_when_what_reads_is_interrupted(repo: Repo, started: list[Running]) -> None:
    tree = CommitTree(repo, "HEAD", repo.head().id)

    def read() -> None:
        with repo.reading():
            next(iter(tree.read(["a.sql"], 1000)))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read()
    assert len(started) == 2
    assert all(map(is_over, started))


def test_what_is_over_the_limit_is_never_transferred(repo: Repo, started: list[Running]) -> None:
    tree = CommitTree(repo, "HEAD", repo.head().id)
    with repo.reading():
        assert [(one.size, one.data) for one in tree.read(["a.sql"], 9)] == [(10, None)]
        assert len(started) == 1


def test_a_missing_blob_is_the_same_error_as_without_a_session(repo: Repo) -> None:
    wanted = [("gone.sql", "ab" * 20)]
    with pytest.raises(GitError) as plain:
        list(read_blobs(repo, wanted, 1000))
    with repo.reading(), pytest.raises(GitError) as found:
        list(read_blobs(repo, wanted, 1000))
    assert found.value.message == plain.value.message


def test_a_process_that_has_ended_is_replaced(repo: Repo, started: list[Running]) -> None:
    tree = CommitTree(repo, "HEAD", repo.head().id)
    with repo.reading():
        for _ in range(2):
            assert next(iter(tree.read(["a.sql"], 1000))).data == FILES["a.sql"]
            for running in started:
                running._process.kill()
                running._process.wait()


def test_a_blob_that_was_replaced_is_read_as_it_was(repo: Repo) -> None:
    sandbox = GitSandbox.at(repo.root)
    sandbox.git("replace", *(sandbox.git("rev-parse", f"HEAD:{name}") for name in ("a.sql", "two.sql")))
    tree = CommitTree(repo, "HEAD", repo.head().id)
    with repo.reading():
        assert next(iter(tree.read(["a.sql"], 1000))).data == FILES["a.sql"]


@pytest.mark.parametrize("key", ["", "HEAD:a.sql", "--all", "a" * 40 + "\n" + "b" * 40])
def test_nothing_but_ids_is_asked_for(repo: Repo, key: str, started: list[Running]) -> None:
    with BlobSession(repo.start) as session:
        assert session.sizes([key]) is None
    assert not started


def test_many_files_and_large_ones_come_in_one_batch(repo: Repo, started: list[Running]) -> None:
    files = {f"{number}.sql": b"SELECT %d;" % number for number in range(200)} | {"big.sql": b"x" * 5_000_000}
    GitSandbox.at(repo.root).commit("more", files)
    tree = CommitTree(repo, "HEAD", repo.head().id)
    with repo.reading():
        assert [content.data for content in tree.read(files, 10_000_000)] == list(files.values())
        assert not started
        assert [content.data for content in tree.read(["big.sql"], 10_000_000)] == [files["big.sql"]]
        assert len(started) == 1
