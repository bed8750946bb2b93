from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mig.errors import SourceError
from mig.tree import DirectoryTree, Entry, MemoryTree, content_key, is_under, read_regular

if TYPE_CHECKING:
    from pathlib import Path

EMPTY_BLOB = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


def kinds(tree: DirectoryTree | MemoryTree, *under: str) -> dict[str, str]:
    return {path: entry.kind for path, entry in tree.entries(under or ("",)).items()}


def test_keys_are_the_ids_of_git_blobs() -> None:
    assert content_key(b"") == EMPTY_BLOB
    assert content_key(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


@pytest.mark.parametrize(
    ("path", "folder", "expected"),
    [
        pytest.param("a/b", "", True, id="root"),
        pytest.param("a/b", "a", True, id="below"),
        pytest.param("a", "a", True, id="itself"),
        pytest.param("ab/c", "a", False, id="beginning"),
        pytest.param("a", "a/b", False, id="above"),
    ],
)
def test_what_lies_in_a_folder(path: str, folder: str, *, expected: bool) -> None:
    assert is_under(path, folder) is expected


def test_a_folder_on_the_disk_is_listed_without_following_links(tmp_path: Path) -> None:
    (tmp_path / "db/sub").mkdir(parents=True)
    (tmp_path / "db/.hidden").mkdir()
    (tmp_path / "db/.hidden/x.sql").write_text("")
    (tmp_path / "db/a.sql").write_text("a")
    (tmp_path / "db/sub/b.sql").write_text("b")
    (tmp_path / "db/link").symlink_to("sub")
    (tmp_path / "db/loop").symlink_to("..")
    (tmp_path / "db/dangling.sql").symlink_to("nowhere")
    os.mkfifo(tmp_path / "db/pipe.sql")
    expected = {
        "db/a.sql": "file",
        "db/dangling.sql": "symlink",
        "db/link": "symlink",
        "db/loop": "symlink",
        "db/pipe.sql": "other",
        "db/sub": "directory",
        "db/sub/b.sql": "file",
    }
    tree = DirectoryTree(tmp_path)
    assert kinds(tree, "db") == expected
    assert list(tree.entries(("db",))) == sorted(expected)
    assert kinds(tree) == {"db": "directory", **expected}
    assert kinds(tree, "missing", "db/a.sql") == {}


def test_a_folder_that_is_a_link_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/x.sql").write_text("x")
    (tmp_path / "root").mkdir()
    (tmp_path / "root/db").symlink_to(tmp_path / "outside")
    assert kinds(DirectoryTree(tmp_path / "root"), "db") == {"db": "symlink"}
    assert kinds(DirectoryTree(tmp_path / "root"), "db/deeper") == {"db": "symlink"}


def test_reading_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"12345")
    assert read_regular(tmp_path / "x", "x", 5).data == b"12345"
    assert read_regular(tmp_path / "x", "x", 4) == ("x", 5, None, "")
    (content,) = DirectoryTree(tmp_path).read(["x"], 100)
    assert content == ("x", 5, b"12345", "")


@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "missing"])
def test_only_regular_files_are_read(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "x"
    match kind:
        case "link":
            (tmp_path / "y").write_text("y")
            file.symlink_to("y")
        case "folder":
            file.mkdir()
        case "pipe":
            os.mkfifo(file)
        case _:
            pass
    with pytest.raises(OSError, match=r"."):
        read_regular(file, "x", 10)
    (content,) = DirectoryTree(tmp_path).read(["x"], 10)
    assert content.data is None
    assert content.error


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_without_permission_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir(mode=0)
    with pytest.raises(SourceError, match="the folder db cannot be read"):
        DirectoryTree(tmp_path).entries(("db",))


def test_bytes_in_memory_are_a_tree() -> None:
    tree = MemoryTree({"b/x": b"", "a": b"12"})
    assert tree.entries() == {"a": Entry("file", content_key(b"12")), "b/x": Entry("file", EMPTY_BLOB)}
    assert kinds(tree, "b") == {"b/x": "file"}
    assert [content.data for content in tree.read(["a", "b/x"], 1)] == [None, b""]
