"""The cache of footprints: what is found again, and what is never trusted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mig.effects.footprint import Access, Effect, Operation
from mig.effects.sql import read_sql
from mig.sources.footprints import FootprintCache, find_words

if TYPE_CHECKING:
    from pathlib import Path

SQL = """CREATE TABLE Users (id integer PRIMARY KEY, "é" text DEFAULT 'a\tb\nc');
ALTER TABLE users RENAME COLUMN id TO key;
EXECUTE nothing;"""
OPERATIONS = read_sql(SQL, "postgresql")


def cache(folder: Path | None, version: int = 1, dialect: str = "postgresql") -> FootprintCache:
    return FootprintCache(folder, "native", version, dialect)


def filled(folder: Path, key: str = "sql:a") -> Path:
    made = cache(folder)
    made.keep_words(key, find_words(SQL.encode()))
    made.keep_operations(key, OPERATIONS)
    made.save()
    (file,) = folder.iterdir()
    return file


def test_what_was_kept_is_found_by_the_next_run(tmp_path: Path) -> None:
    filled(tmp_path)
    found = cache(tmp_path)
    assert found.operations("sql:a") == OPERATIONS
    assert found.known_words["sql:a"] == find_words(SQL.encode())
    assert found.operations("py:a") is None


def test_each_run_adds_to_the_file_what_it_has_read(tmp_path: Path) -> None:
    before = filled(tmp_path).read_bytes()
    second = cache(tmp_path)
    second.keep_words("sql:b", b" b ")
    second.save()
    assert next(tmp_path.iterdir()).read_bytes().startswith(before)
    third = cache(tmp_path)
    assert dict(third.known_words) == {"sql:a": find_words(SQL.encode()), "sql:b": b" b "}
    assert third.operations("sql:a") == OPERATIONS


def test_runs_at_the_same_time_keep_what_both_have_read(tmp_path: Path) -> None:
    one, other = cache(tmp_path), cache(tmp_path)
    for made, key in ((one, "sql:1"), (other, "sql:2")):
        made.keep_words(key, b" w ")
    one.save()
    other.save()
    assert set(cache(tmp_path).known_words) == {"sql:1", "sql:2"}


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: data[:-1], id="cut"),
        pytest.param(lambda data: data.replace(b"users", b"losers"), id="changed"),
        pytest.param(lambda data: data[:40] + b"!" + data[41:], id="in the header"),
        pytest.param(lambda data: b"\0" * len(data), id="foreign"),
    ],
)
def test_a_damaged_file_is_not_used_and_is_written_anew(tmp_path: Path, damage: object) -> None:
    file = filled(tmp_path)
    file.write_bytes(damage(file.read_bytes()))  # type: ignore[operator]
    found = cache(tmp_path)
    assert found.operations("sql:a") is None
    assert not found.known_words
    filled(tmp_path)
    assert cache(tmp_path).operations("sql:a") == OPERATIONS


def test_damage_at_the_end_leaves_what_stands_before_it(tmp_path: Path) -> None:
    file = filled(tmp_path)
    with file.open("ab") as stream:
        stream.write(b"mig-footprints 00")
    found = cache(tmp_path)
    assert found.operations("sql:a") == OPERATIONS
    found.use(["sql:a"])
    found.keep_words("sql:b", b" b ")
    found.save()
    assert b"mig-footprints 00" not in file.read_bytes()[40:]
    assert set(cache(tmp_path).known_words) == {"sql:a", "sql:b"}


def test_another_reader_and_another_dialect_know_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path)
    assert cache(tmp_path, version=2).operations("sql:a") is None
    assert cache(tmp_path, dialect="sqlite").operations("sql:a") is None
    monkeypatch.setattr("mig.__version__", "0.0.0")
    assert cache(tmp_path).operations("sql:a") is None


def test_a_file_that_grows_too_large_is_written_anew_with_what_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path, "sql:old")
    used = cache(tmp_path)
    monkeypatch.setattr("mig.sources.footprints._MAX_BYTES", next(tmp_path.iterdir()).stat().st_size)
    used.use(["sql:gone"])
    used.keep_words("sql:new", b" new ")
    used.save()
    assert dict(cache(tmp_path).known_words) == {"sql:new": b" new "}


def test_where_it_cannot_be_written_it_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "file" / "mig"
    (tmp_path / "file").write_text("")
    made = cache(folder)
    made.keep_words("sql:a", b" a ")
    made.save()
    nowhere = cache(None)
    nowhere.keep_operations("k", OPERATIONS)
    nowhere.save()
    assert nowhere.operations("k") == OPERATIONS
    assert os.listdir(tmp_path) == ["file"]


@given(st.text())
def test_words_are_those_that_an_expression_finds(text: str) -> None:
    import re

    kept = text.encode("utf-8", "replace")
    expected = set(re.findall(r"\w+", kept.decode().lower()))
    assert set(find_words(kept).decode().split(" ")) - {""} == expected


@given(st.lists(st.text(), min_size=7, max_size=7), st.sampled_from(list(Access)))
def test_every_operation_comes_back_as_it_was(texts: list[str], access: Access) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    effect = Effect(resource=texts[0], access=access, aspect=texts[1], detail=texts[2], implicit=texts[3])
    made = cache(None)
    operation = Operation(kind=texts[4], text=texts[5], line=3, column=2, effects=(effect,), opaque=texts[6])
    made.keep_operations("k", [operation, Operation(kind="", text="", line=1)])
    assert made.operations("k") == (operation, Operation(kind="", text="", line=1))
