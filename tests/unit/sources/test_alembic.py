"""What a file of Alembic says, compared with what Alembic itself makes of it."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mig.errors import SourceError
from mig.graph.dag import build_graph
from mig.graph.reparent import branch_labels
from mig.model import Lineage, Migration
from mig.sources.base import Reading
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

UP_DOWN = "def upgrade():\n    op.a()\ndef downgrade():\n    op.b()\n"


def read(text: str | bytes) -> Reading:
    return SOURCE.read("versions/x.py", text.encode() if isinstance(text, str) else text)


def codes(reading: Reading) -> list[tuple[object, object]]:
    return [(code, line) for code, _, line in reading.problems]


@pytest.mark.parametrize(
    ("value", "parents"),
    [
        pytest.param("= None", (), id="root"),
        pytest.param("= 'b'", ("b",), id="one"),
        pytest.param('= "b"', ("b",), id="double quotes"),
        pytest.param("= ('b', 'c')", ("b", "c"), id="tuple"),
        pytest.param("= 'b', 'c'", ("b", "c"), id="tuple without parentheses"),
        pytest.param("= ['c', 'b']", ("c", "b"), id="list as written"),
        pytest.param("= {'c', 'b'}", ("b", "c"), id="set sorted"),
        pytest.param(": Union[str, Sequence[str], None] = 'b'", ("b",), id="annotated"),
        pytest.param(": str | None = (\n    'b',\n    'c',\n)", ("b", "c"), id="several lines"),
        pytest.param("= ()", (), id="empty tuple"),
        pytest.param("= ''", (), id="empty text"),
        pytest.param("= other = 'b'", ("b",), id="chained"),
        pytest.param("= base", ("zz",), id="earlier name"),
        pytest.param("= ('b', 'b')", ("b",), id="twice the same"),
    ],
)
def test_parents_are_read_however_they_are_written(value: str, parents: tuple[str, ...]) -> None:
    reading = read(f"base = 'zz'\nrevision = 'a'\ndown_revision {value}\n{UP_DOWN}")
    assert (reading.id, reading.line, reading.parents, reading.problems) == ("a", 2, parents, ())


def test_dependencies_labels_and_description_are_read() -> None:
    reading = read(migration_text("a", ["b"], labels=["x", "y"], depends=["c"], message="Add mail"))
    assert (reading.requires, reading.labels, reading.description) == (("c",), ("x", "y"), "Add mail")
    assert reading.reversible


@pytest.mark.parametrize(
    ("text", "description"),
    [
        pytest.param('"""\n\n  Add mail.\n\nRevision ID: a\n"""\n', "Add mail.", id="below the quotes"),
        pytest.param('from alembic import op\n"""Add mail."""\n', "Add mail.", id="below the imports"),
        pytest.param("import x\n# Add mail.\n#\n# Revision ID: a\n", "Add mail.", id="comment"),
        pytest.param("", "", id="none"),
    ],
)
def test_a_description_is_found_where_projects_put_it(text: str, description: str) -> None:
    assert read(f"{text}revision = 'a'\ndown_revision = None\n").description == description


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        pytest.param("down_revision = None\n" + UP_DOWN, [("MIG002", 1)], id="no revision"),
        pytest.param("def upgrade(): pass\n", [("MIG002", 1), ("MIG002", 1)], id="neither"),
        pytest.param("revision = 'a'\n" + UP_DOWN, [("MIG002", 1)], id="no down_revision"),
        pytest.param("revision = f()\ndown_revision = None", [("MIG002", 1)], id="computed revision"),
        pytest.param("revision = None\ndown_revision = None", [("MIG002", 1)], id="None as revision"),
        pytest.param("revision = 5\ndown_revision = None", [("MIG002", 1)], id="number as revision"),
        pytest.param("revision = 'a-b'\ndown_revision = None", [("MIG002", 1)], id="refused by Alembic"),
        pytest.param("revision = 'a'\ndown_revision = f()", [("MIG002", 2)], id="computed parents"),
        pytest.param("revision = 'a'\ndown_revision = 5", [("MIG002", 2)], id="number as parents"),
        pytest.param("revision = 'a'\ndown_revision = ('b', None)", [("MIG002", 2)], id="None among parents"),
        pytest.param("revision = 'a'\ndown_revision = 'b'\ndown_revision = 'c'", [("MIG002", 3)], id="twice"),
        pytest.param(
            "revision = 'a'\ndown_revision = 'b'\ndepends_on = f()", [("MIG002", 3)], id="depends_on"
        ),
    ],
)
def test_a_header_that_cannot_be_read_is_a_problem_with_its_line(
    body: str, problems: list[tuple[str, int]]
) -> None:
    assert codes(read(body)) == problems


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("TABLES = ['users']\n", id="helper"),
        pytest.param("# a comment\n", id="comment"),
        pytest.param("def up(): pass\n", id="functions"),
    ],
)
def test_a_file_that_is_no_migration_says_nothing(text: str) -> None:
    assert read(text) == Reading()


def test_labels_that_need_running_set_their_branch_apart() -> None:
    reading = read("revision = 'a'\ndown_revision = None\nbranch_labels = (cli.BRANCH,)\n")
    assert (reading.id, reading.labels, reading.problems) == ("a", ("computed in a",), ())


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        pytest.param("print 'x'\n", [("MIG006", 4)], id="python 2"),
        pytest.param("try: x()\nexcept X, e: pass\n", [("MIG006", 5)], id="python 2 except"),
        pytest.param("x = '\xff'\n", [("MIG001", 4)], id="undecodable"),
        pytest.param("x = '\0'\n", [("MIG006", 4)], id="nul"),
        pytest.param("x = " + "(" * 3000, [("MIG006", 4)], id="deep"),
        pytest.param("<<<<<<< ours\n=======\n>>>>>>> theirs\n", [("MIG012", 4)], id="conflict"),
        pytest.param("#" * 3_000_000, [("MIG006", 0)], id="3 MB"),
    ],
)
def test_a_file_that_does_not_parse_keeps_its_place_in_the_graph(
    text: str, problems: list[tuple[str, int]]
) -> None:
    header = "revision = 'a'\ndown_revision: str = (\n    'b', 'c')\n"
    reading = read((header + text).encode("latin-1"))
    assert (reading.id, reading.parents, reading.line) == ("a", ("b", "c"), 1)
    assert codes(reading) == problems


def test_an_empty_file_is_a_problem() -> None:
    assert codes(read(b"")) == [("MIG009", 0)]


def test_line_ends_and_byte_order_marks_are_noted_and_read() -> None:
    plain = migration_text("a", ["b"])
    reading = read(b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n"))
    assert codes(reading) == [("MIG010", 1), ("MIG011", 1)]
    assert reading._replace(problems=()) == read(plain)


@pytest.mark.parametrize(
    ("functions", "reversible"),
    [
        pytest.param(UP_DOWN, True, id="both"),
        pytest.param("def upgrade():\n    op.a()\n", False, id="no downgrade"),
        pytest.param("def upgrade():\n    op.a()\ndef downgrade():\n    pass\n", False, id="pass"),
        pytest.param(
            "def upgrade():\n    op.a()\ndef downgrade():\n    'No.'\n    ...\n", False, id="docstring"
        ),
        pytest.param("def upgrade():\n    op.a()\ndef downgrade():\n    raise E\n", False, id="raise"),
        pytest.param(
            "def upgrade():\n    pass\ndef downgrade():\n    raise E\n", False, id="empty and raise"
        ),
        pytest.param("def upgrade():\n    pass\ndef downgrade():\n    pass\n", True, id="merge"),
        pytest.param("from x import downgrade\ndef upgrade():\n    op.a()\n", True, id="imported"),
    ],
)
def test_a_migration_is_reversible_where_downgrade_undoes_something(functions: str, reversible: bool) -> None:
    assert read(f"revision = 'a'\ndown_revision = None\n{functions}").reversible is reversible


def test_the_checksum_covers_what_is_done_and_not_the_header() -> None:
    one = read(migration_text("a", ["b"]))
    other = read(migration_text("c", ["d", "e"], labels=["l"], depends=["x"], message="Else"))
    spaced = read(migration_text("a", ["b"]).replace(b"\n", b"  \r\n"))
    changed = read(migration_text("a", ["b"]).replace(b"select 2", b"select 3"))
    assert one.checksum == other.checksum == spaced.checksum
    assert changed.checksum != one.checksum
    assert re.fullmatch("[0-9a-f]{64}", one.checksum)


@pytest.mark.parametrize(
    ("depends", "resolved"),
    [
        pytest.param("bbbb2", "bbbb2", id="id"),
        pytest.param("billing", "aaaa1", id="label"),
        pytest.param("billing@head", "aaaa3", id="head of a branch"),
        pytest.param("billing@aaaa3", "aaaa3", id="id on a branch"),
        pytest.param("bbbb", "bbbb2", id="start of an id"),
        pytest.param("aaaa", "aaaa", id="start of several"),
        pytest.param("nowhere", "nowhere", id="unknown"),
        pytest.param("nowhere@head", "nowhere@head", id="unknown branch"),
    ],
)
def test_dependencies_become_ids(depends: str, resolved: str) -> None:
    def made(
        own: str, *parents: str, labels: tuple[str, ...] = (), requires: tuple[str, ...] = ()
    ) -> Migration:
        return Migration(id=own, lineage="x", parents=parents, path=own, labels=labels, requires=requires)

    migrations = [
        made("aaaa1", labels=("billing",)),
        made("aaaa3", "aaaa1"),
        made("bbbb2"),
        made("cccc4", "bbbb2", requires=(depends,)),
    ]
    lineage = Lineage(name="x", source="alembic", paths=("v",))
    assert SOURCE.resolve(lineage, migrations)[3].requires == (resolved,)


@pytest.mark.parametrize(
    ("path", "nested", "candidate"),
    [
        pytest.param("v/a.py", False, True, id="python"),
        pytest.param("v/sub/a.py", True, True, id="below"),
        pytest.param("v/sub/a.py", False, False, id="below, not searched"),
        pytest.param("v/__init__.py", True, False, id="package"),
        pytest.param("v/.#a.py", True, False, id="editor's lock"),
        pytest.param("v/env.py", True, False, id="environment"),
        pytest.param("v/a.pyc", True, False, id="compiled"),
        pytest.param("v/a.sql", True, False, id="sql"),
    ],
)
def test_the_files_are_those_that_alembic_loads(path: str, nested: bool, candidate: bool) -> None:
    lineage = Lineage(name="x", source="alembic", paths=("v",), nested=nested)
    assert SOURCE.is_candidate(lineage, path) is candidate


def test_a_script_shows_the_operations_of_both_directions() -> None:
    text = (
        "from alembic import op as do\nrevision = 'a'\ndown_revision = None\n"
        "def upgrade():\n    x = 1\n    do.add_column(\n        'users',\n        x)\n"
        "    with op.batch_alter_table('t') as b:\n        b.drop_column('" + "c" * 300 + "')\n"
        "def downgrade():\n    do.drop_column('users', 'x')\n"
    )
    script = SOURCE.script("x.py", text.encode(), "postgresql")
    assert (script.language, script.text) == ("python", text)
    assert [(one.text[:40], one.line) for one in script.up] == [
        ("do.add_column( 'users', x)", 6),
        ("with op.batch_alter_table('t') as b: b.d", 9),
    ]
    assert len(script.up[1].text) == 200
    assert script.down is not None
    assert [one.line for one in script.down] == [12]


def test_a_script_that_cannot_be_reverted_has_no_down() -> None:
    script = SOURCE.script("x.py", b"def upgrade():\n    op.a()\n", "")
    assert (len(script.up), script.down) == (1, None)


def test_a_script_that_does_not_parse_is_refused() -> None:
    with pytest.raises(SourceError, match="does not parse"):
        SOURCE.script("x.py", b"print 'x'", "")


def test_ids_look_like_those_of_alembic() -> None:
    made = {SOURCE.new_id() for _ in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch("[0-9a-f]{12}", one) for one in made)


@pytest.mark.parametrize("seed", range(12))
def test_heads_parents_and_order_are_those_that_alembic_computes(tmp_path: Path, seed: int) -> None:
    random_ = random.Random(seed)  # noqa: S311 - cases, no secrets
    locations = ["migrations/versions", "billing/versions"][: 1 + seed % 2]
    nested = seed % 3 == 0
    ini = (
        "[alembic]\nscript_location = %(here)s/migrations\npath_separator = os\n"
        f"recursive_version_locations = {str(nested).lower()}\n"
        f"version_locations = {':'.join('%(here)s/' + one for one in locations)}\n"
    )
    files = {"alembic.ini": ini.encode()}
    made: list[str] = []
    labels: list[str] = []
    for number in range(60):
        own = f"{random_.getrandbits(48):012x}"
        parents = (
            random_.sample(made[-6:], k=min(len(made), random_.choice((0, 1, 1, 1, 1, 2, 3))))
            if number
            else []
        )
        depends = [random_.choice(made)] if made and random_.random() < 0.1 else []
        depends += [random_.choice(labels)] if labels and random_.random() < 0.1 else []
        own_labels = [f"branch{number}"] if random_.random() < 0.05 else []
        folder = random_.choice(locations) + (random_.choice(("", "/2026")) if nested else "")
        files[f"{folder}/{own}_x.py"] = migration_text(own, parents, labels=own_labels, depends=depends)
        made.append(own)
        labels += own_labels
    tree = write_project(tmp_path, files)

    (lineage,) = SOURCE.recognise(tree)
    migrations = {one.id: one for one in read_lineage(tree, lineage)}
    directory = alembic_directory(
        tmp_path / "migrations", [tmp_path / one for one in locations], nested=nested
    )

    theirs = list(directory.walk_revisions())
    assert heads(tuple(migrations.values())) == sorted(directory.get_heads())
    assert {one.revision: set(one._versioned_down_revisions) for one in theirs} == {
        one.id: set(one.parents) for one in migrations.values()
    }
    assert {one.revision: set(one._resolved_dependencies) for one in theirs} == {
        one.id: set(one.requires) for one in migrations.values()
    }
    graph = build_graph(migrations.values())
    assert {head: set(branch_labels(graph, head)) for head in graph.heads()} == {
        head: directory.get_revision(head).branch_labels for head in directory.get_heads()
    }
    applied: set[str] = set()
    for script in reversed(theirs):
        one = migrations[script.revision]
        assert applied.issuperset((*one.parents, *one.requires))
        applied.add(one.id)
    assert {one.id: one.description for one in migrations.values()} == {
        one.revision: one.doc for one in theirs
    }


_FRAGMENTS = (
    *(
        "revision",
        "down_revision",
        "depends_on",
        " = ",
        ": ",
        "'a'",
        "(",
        ")",
        "[",
        ",",
        "None",
        "\n",
        "\r\n",
        "\0",
    ),
    *("def upgrade():", "    pass", '"""', "\ufeff", "é", "# coding: latin-1", "if x:", "\\", "<<<<<<< "),
)
HOSTILE = st.one_of(
    st.binary(max_size=400),
    st.text(max_size=400).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(
        st.sampled_from(_FRAGMENTS),
        max_size=40,
    ).map(lambda parts: "".join(parts).encode()),
)


@settings(max_examples=400, deadline=None)
@given(HOSTILE)
@example(b"revision = (" * 5000)
@example(b"revision=(\n" * 50_000)
@example(b"revision = '" + b"a" * 500 + b"'\ndown_revision = None")
@example(b"revision = 1" + b"0" * 4000 + b"\ndown_revision = 0x" + b"f" * 9000)
def test_no_bytes_make_the_reader_raise(data: bytes) -> None:
    reading = read(data)
    assert Reading(*json.loads(json.dumps(reading))).migration("x", "y").id == reading.id
    for code, message, line in reading.problems:
        assert re.fullmatch(r"MIG\d{3}", str(code))
        assert message
        assert isinstance(line, int)


def test_declared_orders_are_read_from_comments_and_not_from_texts() -> None:
    text = (
        '"""Join.\n\n# mig:order x y\n"""\nrevision = "m"\ndown_revision = ("a", "b")\n# mig:order a b\n'
        '  \n#mig:order  b   c\nother = 1  # mig:order c d\n\ndef upgrade():\n    """\n# mig:order e f\n"""\n'
    )
    assert read(text).directives == (("order", "a b", 7), ("order", "b c", 9))
    assert read(text).problems == ()
    assert read(text).migration("default", "x.py").order == (("a", "b"), ("b", "c"))


@pytest.mark.parametrize("value", ["", " a", " a a", " a b c"])
def test_an_order_of_other_than_two_is_a_problem_with_its_line(value: str) -> None:
    found = read(f'revision = "m"\ndown_revision = None\n# mig:order{value}\n')
    assert [(code, line) for code, _, line in found.problems] == [("MIG003", 3)]
    assert found.directives == ()


def test_a_declared_order_is_no_change_of_content() -> None:
    text = 'revision = "m"\ndown_revision = ("a", "b")\n{}\n\ndef upgrade():\n    pass\n'
    assert read(text.format("# mig:order a b")).checksum == read(text.format("")).checksum
