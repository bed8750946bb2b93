"""The project's modules are found where Python would find them, in the tree and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mig.effects.footprint import Access
from mig.sources.alembic import AlembicSource
from mig.sources.python_modules import ProjectModules, Surroundings
from mig.tree import Entry, MemoryTree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mig.effects.footprint import Operation

FOLDER = "app/db/migrations/versions"
DROPS = "from alembic import op\n\ndef clean(name):\n    op.drop_table(name)\n"


def tree_of(files: Mapping[str, str]) -> MemoryTree:
    return MemoryTree({path: text.encode() for path, text in files.items()})


def modules_of(files: Mapping[str, str]) -> ProjectModules:
    return ProjectModules(tree_of(files), (FOLDER,))


def read(
    files: Mapping[str, str], body: str, *, imports: str, harmless: Sequence[str] = ()
) -> tuple[tuple[Operation, ...], dict[str, str]]:
    around = Surroundings(modules_of(files), frozenset(harmless))
    text = f"from alembic import op\n{imports}\n\ndef upgrade():\n    {body}\n"
    path = f"{FOLDER}/a.py"
    return AlembicSource().operations(path, text.encode(), "postgresql", around), around.answers


def dropped(operations: tuple[Operation, ...]) -> list[str]:
    assert [o.opaque for o in operations if o.opaque] == []
    effects = [effect for operation in operations for effect in operation.effects]
    return [e.resource for e in effects if e.access is Access.DROP and e.kind == "table"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        pytest.param("helpers.py", "helpers", id="at the root of the repository"),
        pytest.param("app/helpers.py", "helpers", id="above the migrations"),
        pytest.param("app/db/migrations/helpers.py", "helpers", id="in the script's folder"),
        pytest.param("src/shop/helpers.py", "shop.helpers", id="below src"),
        pytest.param("app/lib/helpers.py", "helpers", id="below lib of a folder above"),
        pytest.param("shop/helpers/__init__.py", "shop.helpers", id="a package"),
    ],
)
def test_modules_are_found_where_python_would(path: str, name: str) -> None:
    modules = modules_of({path: DROPS})

    assert (found := modules.find(name)) is not None
    assert found.text == DROPS
    assert modules.key(name) == tree_of({path: DROPS}).entries()[path].key


@pytest.mark.parametrize("place", [".", "%(here)s/code", "code", "../code"])
def test_what_the_settings_prepend_is_looked_through(place: str) -> None:
    files = {
        "app/alembic.ini": f"[alembic]\nscript_location = db/migrations\nprepend_sys_path = {place}\n",
        "app/code/helpers.py": DROPS,
        "app/__init__.py": "",
        "code/helpers.py": DROPS,
    }

    assert (modules_of(files).find("helpers") is not None) is (place != ".")
    assert modules_of({**files, "app/helpers.py": DROPS}).find("helpers") is not None or place != "."


def test_a_folder_inside_of_a_package_is_no_place_to_import_from() -> None:
    files = {"app/__init__.py": "", "app/json_tools.py": DROPS}

    assert modules_of(files).find("json_tools") is None
    assert modules_of(files).find("app.json_tools") is not None


def test_a_package_goes_before_a_module_of_its_name() -> None:
    found = modules_of({"shop.py": "a = 1\n", "shop/__init__.py": "b = 2\n"}).find("shop")

    assert found is not None
    assert found.is_package
    assert found.text == "b = 2\n"


def test_a_name_with_two_meanings_is_not_known() -> None:
    assert modules_of({"helpers.py": DROPS, "app/helpers.py": "x = 1\n"}).find("helpers") is None
    assert modules_of({"helpers.py": DROPS, "app/helpers.py": DROPS}).find("helpers") is not None


@pytest.mark.parametrize(
    "name", ["", ".", "..x", "a..b", "a/b", "../../etc/passwd", "a.b." * 100, "a b", "0"]
)
def test_odd_names_lead_nowhere(name: str) -> None:
    modules = modules_of({"a.py": DROPS, "etc/passwd.py": DROPS})

    assert modules.find(name) is None
    assert modules.key(name) == ""


@pytest.mark.parametrize(
    "text",
    ["def broken(:\n", "x = '" + "a" * 300_000 + "'\n", "x = \0", "# coding: nonsense\n"],
    ids=["no Python", "too large", "a NUL", "no encoding"],
)
def test_a_module_that_cannot_be_read_is_not_known(text: str) -> None:
    assert modules_of({"helpers.py": text}).find("helpers") is None


class LinkedTree(MemoryTree):
    """A tree in which everything is a symbolic link."""

    def entries(self, under: Sequence[str] = ("",)) -> Mapping[str, Entry]:
        return {path: Entry("symlink") for path in super().entries(under)}


def test_a_link_is_not_followed() -> None:
    assert ProjectModules(LinkedTree({"helpers.py": DROPS.encode()}), (FOLDER,)).find("helpers") is None


def test_operations_of_a_helper_are_those_of_the_migration() -> None:
    operations, answers = read({"app/helpers.py": DROPS}, 'clean("a")', imports="from helpers import clean")

    assert dropped(operations) == ["table:a"]
    assert answers == {"helpers": modules_of({"app/helpers.py": DROPS}).key("helpers")}


def test_imports_inside_of_a_package_are_followed() -> None:
    files = {
        "shop/__init__.py": "from .tools import clean\n",
        "shop/tools/__init__.py": "from .deep.drops import clean\nfrom ..names import TABLE\n",
        "shop/tools/deep/drops.py": (
            "from alembic import op\nfrom ...names import TABLE\n\ndef clean():\n    op.drop_table(TABLE)\n"
        ),
        "shop/names.py": "TABLE = 'carts'\n",
    }

    assert dropped(read(files, "clean()", imports="from shop import clean")[0]) == ["table:carts"]
    assert dropped(read(files, "tools.clean()", imports="from shop import tools")[0]) == ["table:carts"]
    assert dropped(read(files, "shop.clean()", imports="import shop")[0]) == ["table:carts"]


def test_modules_that_import_each_other_end() -> None:
    files = {"a.py": "from b import clean\n", "b.py": "from a import clean\n"}
    operations, _ = read(files, "clean()", imports="from a import clean")

    assert [o.opaque for o in operations] != []


def test_what_is_in_no_file_stays_unknown_and_is_noted() -> None:
    operations, answers = read({}, 'clean("a")', imports="from helpers import clean")

    assert [o.opaque for o in operations] == ["calls helpers.clean, which is not in this file"]
    assert answers == {"helpers": ""}


def test_a_migration_that_imports_nothing_of_its_project_asks_nothing() -> None:
    _, answers = read({"a.py": "x = 1\n"}, 'op.drop_table(json.dumps("a"))', imports="import json")

    assert answers == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("from helpers import clean", True, id="from a module"),
        pytest.param("from shop import names", True, id="from a package without a file of its own"),
        pytest.param("from shop import (  # all\n    other,\n    names,\n)", True, id="over several lines"),
        pytest.param("def upgrade():\n    import shop.names as n", True, id="in a function"),
        pytest.param("import sqlalchemy as sa\nfrom alembic import op", False, id="of others"),
        pytest.param("import json, helpers", True, id="several at once"),
        pytest.param("# from helpers\nx = 'import helpers'", False, id="not at all"),
    ],
)
def test_it_is_told_from_the_lines_whether_a_module_is_imported(text: str, *, expected: bool) -> None:
    modules = modules_of({"helpers.py": DROPS, "shop/names.py": "a = 1\n", "app/json.py": ""})

    assert modules.are_imported(text.encode()) is expected


def test_harmless_names_reach_the_reader() -> None:
    operations, _ = read({}, "seeds.fill(op)", imports="import seeds", harmless=["seeds"])

    assert dropped(operations) == []


def test_what_one_migration_changes_in_a_module_is_not_there_for_the_next() -> None:
    helpers = "names = ['a']\nnamed = {'key': 'c'}\n\ndef forget():\n    global names\n    names = ['z']\n"
    modules = modules_of({"helpers.py": helpers})
    changes = ["names.append('b')", "named['key'] = 'd'", "named.clear()", "forget()"]
    for change in (*changes, "pass", "pass"):
        body = f"{change}\n    for name in [*names, named.get('key', 'e')]:\n        op.drop_table(name)"
        text = f"from alembic import op\nfrom helpers import *\n\ndef upgrade():\n    {body}\n"
        alone = Surroundings(modules_of({"helpers.py": helpers}))
        found, expected = (
            AlembicSource().operations(f"{FOLDER}/a.py", text.encode(), "postgresql", around)
            for around in (modules.surround(), alone)
        )
        assert found == expected
        assert found


def test_a_module_is_read_once_for_all_that_import_it() -> None:
    modules = modules_of({"helpers.py": DROPS})
    text = b"from helpers import clean\n\ndef upgrade():\n    clean('users')\n"
    first, second = (
        AlembicSource().operations(f"{FOLDER}/{name}.py", text, "postgresql", modules.surround())
        for name in "ab"
    )
    assert dropped(first) == dropped(second) == ["table:users"]
    assert [key[0] for key in modules.loaded] == ["helpers"]
