"""Where migrations are kept is found from settings and marks, and no settings make recognition fail."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mig.model import Lineage
from mig.sources.alembic import AlembicSource
from mig.sources.alembic_layout import find_layouts, layout_of
from mig.tree import MemoryTree

SOURCE = AlembicSource()


def recognised(*paths: str, **texts: str) -> dict[str, tuple[str, ...]]:
    """Names and folders of what is recognised among paths; ``texts`` are the settings' contents."""
    return {one.name: one.paths for one in SOURCE.recognise(tree_of(*paths, **texts))}


def tree_of(*paths: str, **texts: str) -> MemoryTree:
    files = dict.fromkeys(paths, b"") | {
        name.replace("__", "/").replace("_ini", ".ini").replace("_toml", ".toml"): text.encode()
        for name, text in texts.items()
    }
    return MemoryTree(files)


def ini(*lines: str, section: str = "alembic") -> str:
    return "\n".join([f"[{section}]", *lines, ""])


@pytest.mark.parametrize(
    ("paths", "texts", "expected"),
    [
        pytest.param(
            ["m/env.py", "m/versions/a.py"],
            {"alembic_ini": ini("script_location = m")},
            {"default": ("m/versions",)},
            id="plain",
        ),
        pytest.param(
            ["db/m/env.py", "db/m/versions/a.py"],
            {"db__alembic_ini": ini("script_location = %(here)s/m")},
            {"default": ("db/m/versions",)},
            id="here",
        ),
        pytest.param(
            ["db/m/env.py", "db/m/versions/a.py"],
            {"db__alembic_ini": ini("script_location = db/m")},
            {"default": ("db/m/versions",)},
            id="relative to the root",
        ),
        pytest.param(
            ["m/env.py"],
            {"alembic_ini": ini("script_location = m")},
            {"default": ("m/versions",)},
            id="no migration yet",
        ),
        pytest.param(
            ["src/shop/db/m/env.py", "src/shop/db/m/versions/a.py"],
            {"alembic_ini": ini("script_location = shop.db:m")},
            {"default": ("src/shop/db/m/versions",)},
            id="package below src",
        ),
        pytest.param(
            ["src/shop/db/m/env.py", "src/shop/db/m/versions/a.py"],
            {"src__shop__db__alembic_ini": ini("script_location = shop:db:m")},
            {"default": ("src/shop/db/m/versions",)},
            id="package above the settings",
        ),
        pytest.param(
            ["m/env.py", "a/x.py", "b/y.py"],
            {"alembic_ini": ini("script_location = m", "version_locations = %(here)s/a %(here)s/b")},
            {"default": ("a", "b")},
            id="locations, legacy separator",
        ),
        pytest.param(
            ["m/env.py", "a b/x.py", "c/y.py"],
            {"alembic_ini": ini("path_separator = os", "script_location = m", "version_locations = a b:c")},
            {"default": ("a b", "c")},
            id="locations, os",
        ),
        pytest.param(
            ["m/env.py", "a/x.py", "b/y.py"],
            {
                "alembic_ini": ini(
                    "version_path_separator = newline",
                    "script_location = m",
                    "version_locations =",
                    "  a",
                    "  b",
                )
            },
            {"default": ("a", "b")},
            id="locations, newline",
        ),
        pytest.param(
            ["m/env.py", "a/x.py", "b/y.py"],
            {"alembic_ini": ini("path_separator = ;", "script_location = m", "version_locations = a;b")},
            {"default": ("a", "b")},
            id="locations, semicolon",
        ),
        pytest.param(
            ["shop/m/env.py", "shop/m/versions/x.py"],
            {"alembic_ini": ini("root = shop", "script_location = %(root)s/m")},
            {"default": ("shop/m/versions",)},
            id="setting that names a setting",
        ),
        pytest.param(
            ["m/env.py", "m/versions/a.py", "a/x.py"],
            {"pyproject_toml": '[tool.alembic]\nscript_location = "%(here)s/m"\nversion_locations = ["a"]\n'},
            {"default": ("a",)},
            id="pyproject",
        ),
        pytest.param(
            ["migrations/env.py", "migrations/script.py.mako", "migrations/versions/a.py"],
            {"migrations__alembic_ini": ini()},
            {"default": ("migrations/versions",)},
            id="settings inside, without a location",
        ),
        pytest.param(
            ["m/env.py", "m/versions/a.py"],
            {
                "alembic_ini": ini("script_location = m", section="shop")
                + ini("script_location = m", section="test")
            },
            {"default": ("m/versions",)},
            id="two sections for one folder",
        ),
        pytest.param(
            ["a/m/env.py", "a/m/versions/x.py", "b/m/env.py", "b/m/versions/y.py"],
            {
                "alembic_ini": ini("script_location = a/m", section="a")
                + ini("script_location = b/m", section="b")
            },
            {"a/m": ("a/m/versions",), "b/m": ("b/m/versions",)},
            id="two sections",
        ),
        pytest.param(
            ["x/env.py", "x/script.py.mako", "x/versions/a.py"], {}, {"default": ("x/versions",)}, id="marks"
        ),
        pytest.param(
            ["x/env.py", "x/versions/a.py"], {}, {"default": ("x/versions",)}, id="env and versions"
        ),
        pytest.param(
            ["x/env.py", "x/script.py.mako"], {}, {"default": ("x/versions",)}, id="env and template"
        ),
        pytest.param(["env.py", "versions/a.py"], {}, {"default": ("versions",)}, id="at the root"),
        pytest.param(["x/env.py"], {}, {}, id="env alone"),
        pytest.param(["versions/a.py"], {}, {}, id="versions alone"),
        pytest.param(
            ["m/env.py"],
            {"alembic_ini": ini("script_location = nowhere")},
            {},
            id="location that is not there",
        ),
        pytest.param(
            ["m/x.py"],
            {"alembic_ini": ini("script_location = m")},
            {},
            id="location without any sign of Alembic",
        ),
        pytest.param(
            ["m/env.py", "m/versions/a.py"],
            {"alembic_ini": ini("script_location = ../../etc")},
            {"default": ("m/versions",)},
            id="location outside",
        ),
        pytest.param(
            [
                "node_modules/x/env.py",
                "node_modules/x/versions/a.py",
                ".venv/y/env.py",
                ".venv/y/versions/a.py",
            ],
            {},
            {},
            id="vendored",
        ),
        pytest.param(
            ["tests/x/env.py", "tests/x/versions/a.py"],
            {},
            {"default": ("tests/x/versions",)},
            id="tests alone",
        ),
        pytest.param(
            ["tests/x/env.py", "tests/x/versions/a.py", "m/env.py", "m/versions/a.py"],
            {},
            {"default": ("m/versions",)},
            id="tests beside another",
        ),
        pytest.param(
            [
                *("services/billing/migrations/env.py", "services/billing/migrations/versions/a.py"),
                *("services/users/migrations/env.py", "services/users/migrations/versions/a.py"),
            ],
            {},
            {
                "billing": ("services/billing/migrations/versions",),
                "users": ("services/users/migrations/versions",),
            },
            id="two services",
        ),
        pytest.param(
            ["m/env.py", "m/versions/sqlite/a.py", "m/versions/postgresql/b.py"],
            {},
            {"postgresql": ("m/versions/postgresql",), "sqlite": ("m/versions/sqlite",)},
            id="one history for each database",
        ),
    ],
)
def test_lineages_are_recognised(
    paths: list[str], texts: dict[str, str], expected: dict[str, tuple[str, ...]]
) -> None:
    assert recognised(*paths, **texts) == expected


@pytest.mark.parametrize(
    ("paths", "setting", "nested"),
    [
        pytest.param(["m/versions/a.py", "m/versions/sub/b.py"], "", False, id="as Alembic does by itself"),
        pytest.param(
            ["m/versions/a.py", "m/versions/sub/b.py"], "recursive_version_locations = true", True, id="set"
        ),
        pytest.param(["m/versions/x/a.py", "m/versions/y/b.py"], "", True, id="nothing at the top"),
        pytest.param(
            ["m/versions/a.py", "m/versions/x/b.py", "m/versions/y/c.py"], "", True, id="mostly below"
        ),
        pytest.param(
            ["m/versions/a.py", "m/versions/old/b.py", "m/versions/old/c.py"], "", False, id="retired"
        ),
    ],
)
def test_folders_below_are_searched_where_the_project_does(
    paths: list[str], setting: str, nested: bool
) -> None:
    (lineage,) = SOURCE.recognise(
        tree_of("m/env.py", *paths, alembic_ini=ini("script_location = m", setting))
    )
    assert lineage.nested is nested


def revision(id: str, parent: str | None = None) -> bytes:
    return f"revision = {id!r}\ndown_revision: str | None = (\n    {parent!r},\n)\n".encode()


@pytest.mark.parametrize(
    ("below", "nested"),
    [
        pytest.param(revision("b", "a"), True, id="a child of one above"),
        pytest.param(revision("z"), True, id="the parent of one above"),
        pytest.param(revision("b", "x"), False, id="another history"),
        pytest.param(b"def help_us():\n    pass\n", False, id="a helper"),
    ],
)
def test_folders_below_are_searched_where_one_history_lies_in_both(below: bytes, nested: bool) -> None:
    above = {"m/versions/a.py": revision("a", "z"), "m/versions/c.py": revision("c", "a")}
    tree = MemoryTree({"m/env.py": b"", **above, "m/versions/liberty/expand/b.py": below})
    (lineage,) = SOURCE.recognise(tree)
    assert lineage.nested is nested


def test_the_path_of_versions_tells_the_dialect() -> None:
    tree = tree_of(
        "m/env.py",
        "m/versions/sqlite/a.py",
        "m/versions/postgresql/b.py",
        "other/env.py",
        "other/versions/c.py",
    )
    assert {lineage.name: lineage.dialect for lineage in SOURCE.recognise(tree)} == {
        "other": "",
        "postgresql": "postgresql",
        "sqlite": "sqlite",
    }


def test_settings_of_files_are_kept_with_their_layout() -> None:
    tree = tree_of(
        "m/env.py",
        alembic_ini=ini(
            "script_location = m", "file_template = %%(year)d_%%(rev)s", "truncate_slug_length = 9"
        ),
    )
    (layout,) = find_layouts(tree)
    assert (layout.settings.file_template, layout.settings.slug_length) == ("%(year)d_%(rev)s", 9)


@pytest.mark.parametrize(
    ("path", "script", "versions"),
    [
        pytest.param("m/versions", "m", "m/versions", id="versions"),
        pytest.param("other", "other", "other", id="folder without marks"),
        pytest.param("x/m", "x/m", "x/m/versions", id="script folder"),
        pytest.param("x/m/versions/deep", "x/m", "x/m/versions/deep", id="folder below"),
    ],
)
def test_a_configured_path_has_a_layout_too(path: str, script: str, versions: str) -> None:
    tree = tree_of("m/env.py", "m/versions/a.py", "x/m/script.py.mako")
    layout = layout_of(Lineage(name="x", source="alembic", paths=(path,)), tree)
    assert (layout.script, layout.versions) == (script, (versions,))


HOSTILE_INI = st.one_of(
    st.binary(max_size=300),
    st.lists(
        st.sampled_from(
            [
                "[alembic]\n",
                "[x]\n",
                "script_location",
                "version_locations",
                " = ",
                "%(here)s",
                "%(x)s",
                "%",
                "..",
                "/",
            ]
        ),
        max_size=20,
    ).map(lambda parts: "".join(parts).encode()),
)


@settings(max_examples=200, deadline=None)
@given(HOSTILE_INI)
@example(b"[alembic]\nscript_location = " + b"%(script_location)s" * 40)
@example(
    b"[alembic]\n"
    + b"".join(b"a%d = %s\n" % (n, b"%%(a%d)s" % (n + 1) * 40) for n in range(40))
    + b"script_location=%(a0)s"
)
@example(b"[alembic]\nx" + b" " * 60_000 + b"y")
@example(b"[alembic]\nscript_location = \xff\0\n")
@example(b"x = 1\n")
@example(b"[alembic]\nscript_location = m\ntruncate_slug_length = x\n")
def test_no_settings_make_recognition_fail(data: bytes) -> None:
    tree = MemoryTree({"alembic.ini": data, "m/env.py": b"", "m/versions/a.py": b""})
    assert {one.paths for one in SOURCE.recognise(tree)} >= {("m/versions",)} or b"version_locations" in data


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[tool.alembic\n", id="syntax"),
        pytest.param("alembic = " + "[" * 5000, id="deep"),
        pytest.param("[tool]\nalembic = 5\n", id="no table"),
        pytest.param("tool = 'alembic'\n", id="no tool table"),
        pytest.param("[tool.alembic]\nscript_location = 5\n", id="wrong type"),
        pytest.param(
            "[tool.alembic]\nscript_location = 'm'\nfile_template = 5\nversion_locations = 5\n", id="types"
        ),
    ],
)
def test_a_broken_pyproject_leaves_the_marks(text: str) -> None:
    assert recognised("m/env.py", "m/versions/a.py", pyproject_toml=text) == {"default": ("m/versions",)}
