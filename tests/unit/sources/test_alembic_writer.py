"""What mig writes, Alembic loads; and a rewritten header leaves every other byte alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mig.errors import SourceError
from mig.sources.base import Draft
from mig.tree import DirectoryTree, MemoryTree
from tests.unit.sources.alembic_files import (
    SOURCE,
    alembic_directory,
    heads,
    migration_text,
    read_lineage,
    write_project,
)

if TYPE_CHECKING:
    from pathlib import Path

    from mig.sources.base import NewFile
    from mig.tree import Tree

CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NEW = "0123456789ab"

ANNOTATED = b'''"""Start."""
from collections.abc import Sequence

from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision: str = "a"
down_revision: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("select 1")


def downgrade() -> None:
    op.execute("select 1")
'''

HEADER_FIRST = b'''"""Start.

Revision ID: a
Revises: None
"""

# revision identifiers, used by Alembic.
revision = 'a'
down_revision = None

from alembic import op

def upgrade(tables=None, tester=None):
    op.execute("select 1")

def downgrade(tables=None, tester=None):
    op.execute("select 1")
'''

COMMENT_STYLE = b"""# Copyright 2026 The Shop
#

from alembic import op

# Start
#
# Revision ID: a
# Revises: None

revision = 'a'
down_revision = None


def upgrade():
    op.execute("select 1")
"""

UNIMPORTABLE = b"""import typing as t
revision: t.Any = 'a'
down_revision: t.Optional[str] = None
def upgrade(): pass
"""

MAKO = b'''"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}

"""
<% import os; os.system("touch /tmp/never") %>
from alembic import op

revision: str = ${repr(up_revision)}
down_revision: str | None = ${repr(down_revision)}

def upgrade() -> None:
    """Upgrade schema."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Downgrade schema."""
    ${downgrades if downgrades else "pass"}
'''


def write(tree: Tree, *parents: str, message: str = "Add mail", up: str = "", down: str = "") -> NewFile:
    (lineage,) = SOURCE.recognise(tree)
    migrations = {one.id: one for one in read_lineage(tree, lineage)}
    draft = Draft(id=NEW, parents=parents, message=message, created=CREATED, up=up, down=down)
    return SOURCE.write(draft, lineage, tree, migrations)


def text_of(root: dict[str, bytes], *parents: str, up: str = "", down: str = "") -> str:
    files = {"alembic.ini": b"[alembic]\nscript_location = m\n", "m/env.py": b""} | root
    return write(MemoryTree(files), *parents, up=up, down=down).data.decode()


@pytest.mark.parametrize(
    ("files", "parents"),
    [
        pytest.param({}, (), id="the first"),
        pytest.param({"a.py": migration_text("a")}, ("a",), id="one parent"),
        pytest.param(
            {"a.py": migration_text("a"), "b.py": migration_text("b", "a"), "c.py": migration_text("c", "a")},
            ("c", "b"),
            id="merge",
        ),
        pytest.param({"a.py": ANNOTATED}, ("a",), id="annotated"),
        pytest.param({"a.py": HEADER_FIRST}, ("a",), id="header first"),
        pytest.param({"a.py": COMMENT_STYLE}, ("a",), id="comment"),
        pytest.param({"a.py": UNIMPORTABLE}, ("a",), id="annotations that need another import"),
        pytest.param({"a.py": ANNOTATED.replace(b"\n", b"\r\n")}, ("a",), id="crlf"),
    ],
)
def test_alembic_loads_what_is_written(
    tmp_path: Path, files: dict[str, bytes], parents: tuple[str, ...]
) -> None:
    files = {f"migrations/versions/{name}": data for name, data in files.items()}
    tree = write_project(tmp_path, files)
    (lineage,) = SOURCE.recognise(tree)
    before = {}
    for path, data in files.items():
        reading = SOURCE.read(path, data)
        before[reading.id] = reading.migration("default", path)
    message = 'Add "mail" \\ to """users""" \x00 "'
    draft = Draft(id=NEW, parents=parents, message=message, created=CREATED, up="op.execute('select 1')")
    path, data, _ = SOURCE.write(draft, lineage, tree, before)
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_bytes(data)

    directory = alembic_directory(tmp_path / "migrations")
    assert directory.get_heads() == [NEW]
    script = directory.get_revision(NEW)
    assert script is not None
    assert script._versioned_down_revisions == tuple(sorted(parents))
    assert hasattr(script.module, "upgrade")
    reading = SOURCE.read(path, data)
    assert (reading.id, reading.parents, reading.problems) == (NEW, tuple(sorted(parents)), ())


def test_without_a_neighbour_the_text_is_that_of_alembics_template() -> None:
    assert (
        text_of({})
        == f'''"""Add mail

Revision ID: {NEW}
Revises:
Create Date: 2026-01-02 03:04:05+00:00

"""

from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision: str = '{NEW}'
down_revision: Union[str, Sequence[str], None] = None
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    pass


def downgrade() -> None:
    """Downgrade schema."""
    pass
'''
    )


def test_the_style_is_that_of_the_parent() -> None:
    assert (
        text_of({"m/versions/a.py": ANNOTATED}, "a", up="op.execute('x')\n")
        == f'''"""Add mail"""

from collections.abc import Sequence

from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision: str = "{NEW}"
down_revision: str | Sequence[str] | None = "a"


def upgrade() -> None:
    op.execute('x')


def downgrade() -> None:
    pass
'''
    )


def test_signatures_and_the_place_of_the_header_are_kept() -> None:
    text = text_of({"m/versions/a.py": HEADER_FIRST}, "a")
    assert text.index("revision = ") < text.index("from alembic import op")
    assert "def upgrade(tables=None, tester=None):" in text
    assert "Create Date" not in text


def test_a_licence_is_kept_and_a_downgrade_nobody_writes_is_left_out() -> None:
    text = text_of({"m/versions/a.py": COMMENT_STYLE}, "a")
    assert text.startswith("# Copyright 2026 The Shop\n#\n")
    assert "downgrade" not in text


def test_operations_get_the_imports_that_they_need() -> None:
    bare = b"revision = 'a'\ndown_revision = None\ndef upgrade(): pass\n"
    text = text_of({"m/versions/a.py": bare}, "a", up="op.add_column('t', sa.Column('c'))")
    assert "\nfrom alembic import op\nimport sqlalchemy as sa\n" in text
    assert "import" not in text_of(
        {"m/versions/a.py": bare.replace(b"()", b"(op, sa)")}, "a", up="op.x(sa.y)"
    )


def test_a_template_is_read_and_never_run() -> None:
    text = text_of({"m/script.py.mako": MAKO})
    assert "os.system" not in text
    assert "${" not in text
    assert "down_revision: str | None = None" in text
    assert '"""Upgrade schema."""' in text


@pytest.mark.parametrize(
    ("template", "path"),
    [
        pytest.param("", f"m/versions/{NEW}_add_mail.py", id="default"),
        pytest.param("%%(slug)s_%%(rev)s", f"m/versions/add_mail_{NEW}.py", id="slug first"),
        pytest.param(
            "%%(year)d_%%(month).2d_%%(day).2d_%%(hour).2d%%(minute).2d%%(second).2d-%%(rev)s",
            f"m/versions/2026_01_02_030405-{NEW}.py",
            id="date",
        ),
        pytest.param("%%(epoch)d", f"m/versions/{int(CREATED.timestamp())}.py", id="epoch"),
        pytest.param("%%(year)d/%%(rev)s", f"m/versions/2026/{NEW}.py", id="folders"),
    ],
)
def test_a_file_is_named_as_the_settings_say(template: str, path: str) -> None:
    ini = f"[alembic]\nscript_location = m\n{f'file_template = {template}' if template else ''}\n"
    tree = MemoryTree(
        {"alembic.ini": ini.encode(), "m/env.py": b"", "m/versions/2025/a.py": migration_text("a")}
    )
    found = write(tree) if "/" not in template else write(tree, "a")
    assert found.path == path


def test_a_long_message_is_cut_between_words() -> None:
    path = write(
        MemoryTree({"m/env.py": b"", "m/versions/a.py": migration_text("a")}), "a", message="Word " * 20
    ).path
    assert path == f"m/versions/{NEW}_word_word_word_word_word_word_word_word_.py"


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("%%(nope)s", id="unknown token"),
        pytest.param("%%(year)999999999d", id="endless width"),
        pytest.param("%%(slug)d", id="wrong kind"),
        pytest.param("%%s", id="no token"),
        pytest.param("../../%%(rev)s", id="outside"),
        pytest.param("/etc/%%(rev)s", id="absolute"),
        pytest.param("__init__%%(rev)s", id="not loaded by Alembic"),
    ],
)
def test_a_template_for_names_that_cannot_be_followed_is_refused(template: str) -> None:
    ini = f"[alembic]\nscript_location = m\nfile_template = {template}\n"
    with pytest.raises(SourceError, match=r"alembic\.ini: file_template"):
        write(MemoryTree({"alembic.ini": ini.encode(), "m/env.py": b""}))


def test_a_migration_lies_beside_its_first_parent() -> None:
    ini = b"[alembic]\nscript_location = m\nversion_locations = a b\n"
    tree = MemoryTree(
        {"alembic.ini": ini, "m/env.py": b"", "a/x.py": migration_text("x"), "b/y.py": migration_text("y")}
    )
    assert write(tree, "y", "x").path == f"b/{NEW}_add_mail.py"
    assert write(tree).path == f"a/{NEW}_add_mail.py"


def test_a_declared_order_is_written_below_the_header_and_read_back() -> None:
    tree = MemoryTree({"m/env.py": b"", "m/versions/a.py": migration_text("a")})
    (lineage,) = SOURCE.recognise(tree)
    draft = Draft(id=NEW, parents=("a", "b"), message="x", created=CREATED, order=(("a", "b"), ("c", "d")))
    file = SOURCE.write(draft, lineage, tree, {})
    assert b"\n# mig:order a b\n# mig:order c d\n" in file.data
    reading = SOURCE.read(file.path, file.data)
    assert reading.problems == ()
    assert reading.migration("default", file.path).order == draft.order
    plain = SOURCE.write(replace(draft, order=()), lineage, tree, {})
    assert b"mig" not in plain.data


REPARENTED = [
    pytest.param("down_revision = 'b'", ("c",), "down_revision = 'c'", id="one for one"),
    pytest.param(
        'down_revision = "b"  # why', ("c", "d"), 'down_revision = ("c", "d")  # why', id="one for two"
    ),
    pytest.param("down_revision=('b', 'c',)", ("d",), "down_revision='d'", id="two for one"),
    pytest.param("down_revision = 'b', 'c'", ("d", "e"), "down_revision = ('d', 'e')", id="bare tuple"),
    pytest.param("down_revision = ['b']", ("c",), "down_revision = ['c']", id="list"),
    pytest.param(
        "down_revision: str | None = None", ("c",), "down_revision: str | None = 'c'", id="annotated root"
    ),
    pytest.param("down_revision = u'b'", (), "down_revision = None", id="to a root"),
    pytest.param(
        "down_revision = (\n    'b',\n    'c',\n)", ("d",), "down_revision = 'd'", id="several lines"
    ),
    pytest.param(
        "é = 'ü'; down_revision = 'b'; x = 'ß'",
        ("c",),
        "é = 'ü'; down_revision = 'c'; x = 'ß'",
        id="non-ascii",
    ),
]


@pytest.mark.parametrize("newline", [pytest.param("\n", id="lf"), pytest.param("\r\n", id="crlf")])
@pytest.mark.parametrize("mark", [pytest.param(b"", id="plain"), pytest.param(b"\xef\xbb\xbf", id="bom")])
@pytest.mark.parametrize(("line", "parents", "expected"), REPARENTED)
def test_only_the_parents_are_rewritten(
    line: str, parents: tuple[str, ...], expected: str, mark: bytes, newline: str
) -> None:
    frame = (
        '"""Ünit  \n\nRevision ID: a\nRevises: {0}\nCreate Date: x\n"""\n'
        "revision = 'a'\n{1}\n\n\ndef upgrade():\n    op.x('Revises: b')\t \n"
    )

    def file(revises: str, header: str) -> bytes:
        return mark + frame.format(revises, header).replace("\n", newline).encode()

    written = SOURCE.reparent("x.py", file("b", line), parents)
    assert written == file(", ".join(parents), expected)
    assert SOURCE.reparent("x.py", written, parents) == written
    assert SOURCE.read("x.py", written).checksum == SOURCE.read("x.py", file("b", line)).checksum


def test_a_root_that_names_no_parents_gets_them_with_a_space() -> None:
    data = b'"""X\n\nRevises:\n"""\nrevision = "a"\ndown_revision = None\n'
    expected = data.replace(b"Revises:", b"Revises: b").replace(b"None", b'"b"')
    assert SOURCE.reparent("x.py", data, ("b",)) == expected


def test_a_comment_that_names_the_parents_follows() -> None:
    text = "# Add\n#\n# Revision ID: a\n# Revises: b\nrevision = 'a'\ndown_revision = 'b'\n# Revises: b\n"
    written = SOURCE.reparent("x.py", text.encode(), ("c",)).decode()
    assert written == text.replace("Revises: b\nrev", "Revises: c\nrev").replace("= 'b'", "= 'c'")


def test_the_encoding_of_the_file_is_kept() -> None:
    data = b"# coding: latin-1\nrevision = 'a'\ndown_revision = 'b'  # \xe9\n"
    assert SOURCE.reparent("x.py", data, ("c",)) == data.replace(b"'b'", b"'c'")
    with pytest.raises(SourceError, match="encoding"):
        SOURCE.reparent("x.py", data.replace(b"latin-1", b"ascii  ").replace(b"\xe9", b"e"), ("é",))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("revision = 'a'\ndown_revision = f()", id="call"),
        pytest.param("revision = 'a'\ndown_revision = base", id="unknown name"),
        pytest.param("base = 'b'\nrevision = 'a'\ndown_revision = base", id="known name"),
        pytest.param("revision = 'a'\ndown_revision = 'b' + 'c'", id="sum"),
        pytest.param("revision = 'a'\ndown_revision = x = 'b'", id="shared value"),
        pytest.param("revision = 'a'\ndown_revision = 'b'\ndown_revision = 'c'", id="twice"),
        pytest.param("revision = 'a'\ndown_revision, x = 'b', 'c'", id="unpacked"),
        pytest.param("revision = 'a'\nx = 1", id="missing"),
        pytest.param("revision = 'a'\ndown_revision = 'b'\nprint 'x'", id="does not parse"),
        pytest.param("", id="empty"),
    ],
)
def test_what_cannot_be_rewritten_safely_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match=r"x\.py: the parents cannot be rewritten"):
        SOURCE.reparent("x.py", text.encode(), ("d",))


@settings(max_examples=150, deadline=None)
@given(st.text(min_size=1, max_size=30), st.lists(st.text(min_size=1, max_size=12), max_size=3, unique=True))
def test_any_message_and_any_parents_are_read_back(message: str, parents: list[str]) -> None:
    tree = MemoryTree({"m/env.py": b"", "m/versions/a.py": migration_text("a")})
    (lineage,) = SOURCE.recognise(tree)
    draft = Draft(id=NEW, parents=tuple(parents), message=message, created=CREATED)
    path, data, _ = SOURCE.write(draft, lineage, tree, {})
    reading = SOURCE.read(path, data)
    assert (reading.id, reading.parents, reading.problems) == (NEW, tuple(sorted(parents)), ())
    moved = SOURCE.reparent(path, data, ("zz",))
    assert SOURCE.read(path, moved).parents == ("zz",)


def test_after_a_merge_there_is_one_head(tmp_path: Path) -> None:
    files = {
        f"migrations/versions/{own}.py": migration_text(own, parents)
        for own, parents in [("a", ""), ("b", "a"), ("c", "a")]
    }
    tree = write_project(tmp_path, files)
    path, data, _ = write(tree, "b", "c")
    (tmp_path / path).write_bytes(data)
    after = DirectoryTree(tmp_path)
    assert heads(read_lineage(after, SOURCE.recognise(after)[0])) == [NEW]
    assert b"down_revision = ('b', 'c')" in data
