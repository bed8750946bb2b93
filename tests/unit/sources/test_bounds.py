"""More folders than are looked at are an error: what was left out would look fine."""

from __future__ import annotations

import pytest

from mig.errors import SourceError
from mig.sources.registry import find_source
from mig.tree import MemoryTree
from tests.unit.sources.django_files import migration


@pytest.mark.parametrize(
    ("source", "files", "most"),
    [
        pytest.param("django", {"app{}/migrations/0001_initial.py": migration()}, 5000, id="django"),
        pytest.param("goose", {"db{}/migrations/001_a.sql": "-- +goose Up\nSELECT 1;"}, 5000, id="goose"),
        pytest.param(
            "alembic",
            {"db{}/env.py": "", "db{}/script.py.mako": "", "db{}/versions/a.py": "revision = 'a'"},
            200,
            id="alembic",
        ),
    ],
)
def test_too_many_folders_are_refused(source: str, files: dict[str, str], most: int) -> None:
    held = {path.format(n): text.encode() for n in range(most) for path, text in files.items()}
    assert find_source(source).recognise(MemoryTree(held))
    held |= {path.format(most): text.encode() for path, text in files.items()}
    with pytest.raises(SourceError, match=f"mig looks at {most:,} at most"):
        find_source(source).recognise(MemoryTree(held))
