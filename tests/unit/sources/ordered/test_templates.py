"""Conventions that a project describes itself."""

from __future__ import annotations

import pytest

from mig.config import ConventionConfig
from mig.graph.versions import parse_version
from mig.sources.ordered.templates import build_convention
from mig.sources.registry import Sources, source_of
from mig.tree import MemoryTree


@pytest.mark.parametrize(
    ("template", "path", "folder", "id", "version"),
    [
        ("{version}_{name}.sql", "db/0007_add_email.sql", "db", "0007_add_email", (7,)),
        ("{version}_{name}.sql", "7_x.sql", "", "7_x", (7,)),
        ("v{version}.sql", "db/v1.10.sql", "db", "v1.10", (1, 10)),
        ("{name}-{version}.sql", "db/add-7.sql", "db", "add-7", (7,)),
        ("{version}/apply.sql", "db/20260101/apply.sql", "db", "20260101", (20260101,)),
        ("delta/{version}/{version}_{name}.sql", "s/delta/58/17_x.sql", "s/delta", "58/17_x", (58, 17)),
        ("*/{version}.up.sql", "db/a/3.up.sql", "db/a", "3", (3,)),
    ],
)
def test_a_template_says_folder_id_and_version(
    template: str, path: str, folder: str, id: str, version: tuple[int, ...]
) -> None:
    found = build_convention(ConventionConfig(name="ours", file=template)).file.fullmatch(path)
    assert found
    assert path[: found.start("id")].rstrip("/") == folder
    assert found["id"] == id
    assert parse_version(found["version"]) == version


@pytest.mark.parametrize("path", ["db/a_0007.sql", "db/0007_a.txt", "db/0007_a.sqlx", "0007_a/b.sql"])
def test_other_files_are_none(path: str) -> None:
    assert not build_convention(ConventionConfig(name="x", file="{version}_{name}.sql")).file.fullmatch(path)


def test_an_own_convention_is_recognised_first_and_reads_its_marks() -> None:
    own = ConventionConfig(
        name="ours",
        file="{version}_{name}.sql",
        down="{version}_{name}.undo.sql",
        up_mark="-- >>",
        down_mark="-- <<",
        late="skipped",
    )
    text = b"-- about it\n-- >> apply\nDROP TABLE a;\n-- << revert\nDROP TABLE b;\n"
    files = {"db/1_a.sql": text, "db/2_b.sql": text, "db/2_b.undo.sql": text}
    sources = Sources([own])
    assert sources.names[:2] == ("ours", "native")
    (lineage,) = sources.find("ours").recognise(MemoryTree(files))
    assert (lineage.source, lineage.paths, lineage.late) == ("ours", ("db",), "skipped")
    source = source_of(lineage)
    assert [path for path in files if source.is_candidate(lineage, path)] == ["db/1_a.sql", "db/2_b.sql"]
    script = source.script("db/1_a.sql", text, "postgresql")
    assert [one.text for one in script.up] == ["DROP TABLE a"]
    assert [one.text for one in script.down or ()] == ["DROP TABLE b"]
