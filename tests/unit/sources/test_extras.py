"""What repeatables and callbacks say, and what is wrong with them."""

from __future__ import annotations

import pytest

from mig.model import Lineage
from mig.sources.cache import ReadingCache
from mig.sources.extras import find_place, read_extra
from mig.tree import MemoryTree
from mig.usecases.load import LineageReader, snapshot_of

LINEAGE = Lineage(name="default", source="native", paths=("db/migrations",))


def problems(role: str, text: str) -> list[tuple[str, str, int]]:
    return [
        (str(code), str(message), int(line))
        for code, message, line in read_extra(role, text.encode()).problems
    ]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("db/migrations/repeatable/v.sql", ("repeatable", "v")),
        ("db/migrations/repeatable/views/V.SQL", ("repeatable", "views/V")),
        ("db/migrations/callbacks/after_up.sql", ("callbacks", "after_up")),
        ("db/migrations/v.sql", None),
        ("db/migrations/repeatable.sql", None),
        ("db/migrations/repeatable/v.py", None),
        ("db/migrations/repeatable/.v.sql", None),
        ("db/migrations/other/repeatable/v.sql", None),
        ("db/migrations2/repeatable/v.sql", None),
        ("repeatable/v.sql", None),
    ],
)
def test_the_folder_says_what_a_file_is(path: str, place: tuple[str, str] | None) -> None:
    assert find_place(LINEAGE, path) == place


def test_a_lineage_at_the_root_has_its_folders_there() -> None:
    root = Lineage(name="default", source="native", paths=("",))
    assert find_place(root, "repeatable/v.sql") == ("repeatable", "v")
    assert find_place(root, "db/repeatable/v.sql") is None


def test_needs_and_dialects_are_read() -> None:
    text = "-- mig:needs a, b/c\n-- mig:dialect sqlite\n-- mig:needs a\nSELECT 1;"
    reading = read_extra("repeatable", text.encode())
    assert (reading.requires, reading.dialects, reading.problems) == (("a", "b/c"), ("sqlite",), ())


@pytest.mark.parametrize(
    ("role", "text", "expected"),
    [
        pytest.param(
            "repeatable",
            "-- mig:need x\nSELECT 1;",
            ("MIG003", "unknown directive mig:need (did you mean mig:needs?)", 1),
            id="typing error",
        ),
        pytest.param(
            "callbacks",
            "-- mig:needs x\nSELECT 1;",
            ("MIG003", "unknown directive mig:needs", 1),
            id="callback",
        ),
        pytest.param(
            "repeatable", "SELECT 1;\n-- mig:up", ("MIG003", "unknown directive mig:up", 2), id="no section"
        ),
        pytest.param(
            "repeatable",
            "-- mig:needs\nSELECT 1;",
            ("MIG003", "mig:needs must be names of repeatables, separated by commas", 1),
            id="no name",
        ),
        pytest.param("repeatable", "", ("MIG009", "the file is empty", 0), id="empty"),
        pytest.param(
            "repeatable", "-- soon\n", ("MIG009", "the file holds no statement", 0), id="comment only"
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(role: str, text: str, expected: tuple[str, str, int]) -> None:
    assert problems(role, text) == [expected]


def test_an_open_quote_is_a_finding() -> None:
    assert [code for code, _, _ in problems("repeatable", "SELECT 'it;\n")] == ["MIG006"]


def test_a_text_counts_for_the_database_that_it_is_for() -> None:
    assert problems("repeatable", "-- mig:dialect mariadb\nSELECT `it;\n") != []
    assert problems("repeatable", "-- mig:dialect postgresql\nSELECT $$it's;$$;\n") == []


def test_a_callback_that_would_never_run_is_a_finding() -> None:
    tree = MemoryTree({"db/migrations/callbacks/afterup.sql": b"SELECT 1;"})
    found = snapshot_of(LineageReader(LINEAGE, ReadingCache(None, "native", 1)).read(tree))
    assert [(one.code, one.message, one.locations[0].path) for one in found.findings] == [
        (
            "MIG014",
            "there is no callback afterup (did you mean after_up?)",
            "db/migrations/callbacks/afterup.sql",
        )
    ]


def test_one_content_means_another_thing_in_another_folder() -> None:
    text = b"SELECT 1;\n"
    paths = ["db/migrations/a.sql", "db/migrations/repeatable/a.sql", "db/migrations/callbacks/after_up.sql"]
    found = snapshot_of(
        LineageReader(LINEAGE, ReadingCache(None, "native", 1)).read(MemoryTree(dict.fromkeys(paths, text)))
    )
    assert [(one.role, one.name) for one in found.extras] == [("callbacks", "after_up"), ("repeatable", "a")]
    assert {one.locations[0].path for one in found.findings} == {"db/migrations/a.sql"}
