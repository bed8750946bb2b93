from __future__ import annotations

import sys
import zlib
from typing import TYPE_CHECKING

import pytest

from mig.sources.base import Problem, Reading
from mig.sources.cache import ReadingCache

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

READING = Reading(
    id="9f31c0a2b7de",
    parents=("51d0c3a9e8f2",),
    directives=(("order", "a b", 3),),
    problems=(Problem("MIG010", "odd \udc80 text é", 1),),
)


def filled(folder: Path, *, source: str = "native", version: int = 1) -> Path:
    cache = ReadingCache(folder, source, version)
    cache.keep("sql:key", READING)
    cache.save()
    return folder / f"readings-{source}.json"


def test_what_was_kept_is_found_by_the_next_run(tmp_path: Path) -> None:
    filled(tmp_path)
    found = ReadingCache(tmp_path, "native", 1).find("sql:key")
    assert found is not None
    assert found.migration("default", "p") == READING.migration("default", "p")
    assert [list(problem) for problem in found.problems] == [list(READING.problems[0])]


def test_one_content_is_one_object(tmp_path: Path) -> None:
    filled(tmp_path)
    cache = ReadingCache(tmp_path, "native", 1)
    assert cache.find("sql:key") is cache.find("sql:key")
    cache.keep("sql:new", READING)
    assert cache.find("sql:new") is READING


def test_an_unknown_key_is_not_found(tmp_path: Path) -> None:
    filled(tmp_path)
    cache = ReadingCache(tmp_path, "native", 1)
    assert cache.find("py:key") is None
    assert cache.find("") is None


def test_a_deleted_cache_is_made_again(tmp_path: Path) -> None:
    file = filled(tmp_path / "mig")
    file.unlink()
    file.parent.rmdir()
    assert ReadingCache(tmp_path / "mig", "native", 1).find("sql:key") is None
    assert filled(tmp_path / "mig").exists()


def test_no_other_file_is_left_behind(tmp_path: Path) -> None:
    filled(tmp_path)
    assert [item.name for item in tmp_path.iterdir()] == ["readings-native.json"]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda _: b"", id="emptied"),
        pytest.param(lambda data: data[:-20], id="cut"),
        pytest.param(lambda data: data.replace(b"9f31c0a2b7de", b"9f31c0a2b7df"), id="one-digit"),
        pytest.param(lambda data: data.replace(b"MIG010", b"MIG0\xff0"), id="bytes"),
        pytest.param(lambda data: b"\0" * len(data), id="zeros"),
        pytest.param(lambda data: data[9:], id="no-checksum"),
        pytest.param(lambda _: b"%08x\n" % zlib.crc32(b"[1]") + b"[", id="other"),
    ],
)
def test_a_damaged_cache_is_not_used_and_is_replaced(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    file = filled(tmp_path)
    file.write_bytes(damage(file.read_bytes()))
    assert ReadingCache(tmp_path, "native", 1).find("sql:key") is None
    filled(tmp_path)
    assert ReadingCache(tmp_path, "native", 1).find("sql:key") is not None


def test_a_cache_of_another_version_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path)
    assert ReadingCache(tmp_path, "native", 2).find("sql:key") is None
    assert ReadingCache(tmp_path, "alembic", 1).find("sql:key") is None
    with monkeypatch.context() as patch:
        patch.setattr("mig.sources.cache.__version__", "0.0.0")
        assert ReadingCache(tmp_path, "native", 1).find("sql:key") is None
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version_info", (3, 99, 0))
        assert ReadingCache(tmp_path, "native", 1).find("sql:key") is None
    assert ReadingCache(tmp_path, "native", 1).find("sql:key") is not None


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not filled(tmp_path / "file").exists()
    assert ReadingCache(tmp_path / "file", "native", 1).find("sql:key") is None


def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    cache = ReadingCache(None, "native", 1)
    cache.keep("k", READING)
    cache.save()
    assert cache.find("k") is READING


def test_what_nobody_asked_for_in_a_long_time_is_dropped(tmp_path: Path) -> None:
    cache = ReadingCache(tmp_path, "native", 1)
    for number in range(1100):
        cache.keep(f"sql:{number}", READING)
    cache.save()
    later = ReadingCache(tmp_path, "native", 1)
    assert later.find("sql:7") is not None
    later.keep("sql:new", READING)
    later.save()
    last = ReadingCache(tmp_path, "native", 1)
    assert last.find("sql:7") is not None
    assert last.find("sql:new") is not None
    assert last.find("sql:8") is None
