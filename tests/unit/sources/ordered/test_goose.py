"""Goose: programs beside its SQL are migrations too, and not read."""

from __future__ import annotations

from mig.sources.ordered.source import OrderedSource
from mig.tree import MemoryTree

GOOSE = OrderedSource("goose")
SQL = b"-- +goose Up\nCREATE TABLE a (id int);\n-- +goose Down\nDROP TABLE a;\n"
GO = b"package db\n\nfunc init() { goose.AddMigration(up, down) }\n"


def test_a_migration_in_go_is_seen_and_what_it_does_is_not_known() -> None:
    paths = {"db/00002_a.sql": SQL, "db/00001_fill.go": GO, "db/00001_fill_test.go": GO, "db/main.go": GO}
    (lineage,) = GOOSE.recognise(MemoryTree(paths))
    assert [path for path in paths if GOOSE.is_candidate(lineage, path)] == [
        "db/00002_a.sql",
        "db/00001_fill.go",
    ]
    reading = GOOSE.read("db/00001_fill.go", GO)
    assert (reading.id, reading.reversible, reading.problems) == ("00001_fill", False, ())
    (found,) = GOOSE.operations("db/00001_fill.go", GO, "postgresql")
    assert found.opaque == "it is a program (go), which is not read"


def test_programs_alone_are_not_taken_for_a_history() -> None:
    assert GOOSE.recognise(MemoryTree({"db/00001_fill.go": GO})) == ()
