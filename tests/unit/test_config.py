from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mig.config import (
    Config,
    ConventionConfig,
    Database,
    LineageConfig,
    dialect_of_url,
    load_config,
    resolve_url,
)
from mig.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = ("native", "alembic")

WHOLE = """\
source = "native"
path = "migrations"
dialect = "sqlite"
base = "origin/main"
on_divergence = "allow"
unknown = "block"

[python]
harmless = ["tester", "app.log"]

[databases.default]
url = "env:DATABASE_URL"
lock_timeout = "500ms"
statement_timeout = "2min"

[databases.other]
url = "sqlite:///dev.db"

[conventions.ours]
file = "{version}_{name}.sql"
up_mark = "-- up"
late = "refused"

[[lineage]]
name = "billing"
path = "services/billing/migrations"

[[lineage]]
name = "users"
path = "services/users"
source = "alembic"
"""


def write(folder: Path, text: str, name: str = "mig.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


def load(root: Path, start: Path | None = None, explicit: Path | None = None) -> Config:
    return load_config(start or root, root, explicit, sources=SOURCES)


def wrong(root: Path, text: str, name: str = "mig.toml") -> ConfigError:
    write(root, text, name)
    with pytest.raises(ConfigError) as raised:
        load(root)
    return raised.value


def test_no_file_gives_the_defaults(tmp_path: Path) -> None:
    found = load(tmp_path)
    assert found == Config()
    assert (found.on_divergence, found.unknown, found.sql_dialect) == ("block", "warn", "postgresql")


@pytest.mark.parametrize(
    "name", [pytest.param("mig.toml", id="mig"), pytest.param("pyproject.toml", id="py")]
)
def test_every_key_is_read_from_both_files(tmp_path: Path, name: str) -> None:
    text = WHOLE
    if name == "pyproject.toml":
        text = "[tool.mig]\n" + re.sub(r"^\[+", r"\g<0>tool.mig.", WHOLE, flags=re.MULTILINE)
    write(tmp_path, text, name)
    assert load(tmp_path) == Config(
        file=name,
        source="native",
        path="migrations",
        dialect="sqlite",
        base="origin/main",
        on_divergence="allow",
        unknown="block",
        harmless=frozenset({"tester", "app.log"}),
        databases={
            "default": Database(url="env:DATABASE_URL", lock_timeout="500ms", statement_timeout="2min"),
            "other": Database(url="sqlite:///dev.db"),
        },
        conventions=(
            ConventionConfig(name="ours", file="{version}_{name}.sql", up_mark="-- up", late="refused"),
        ),
        lineages=(
            LineageConfig(name="billing", path="services/billing/migrations"),
            LineageConfig(name="users", path="services/users", source="alembic"),
        ),
    )


def test_mig_toml_goes_before_pyproject_in_one_folder(tmp_path: Path) -> None:
    write(tmp_path, 'path = "one"')
    write(tmp_path, '[tool.mig]\npath = "two"', "pyproject.toml")
    assert load(tmp_path).path == "one"


def test_a_pyproject_about_other_things_is_passed_over_on_the_way_up(tmp_path: Path) -> None:
    write(tmp_path, 'path = "db"')
    write(tmp_path / "sub", "[project]\nname = 'x'\n[tool.other]\na = 1\n", "pyproject.toml")
    found = load(tmp_path, tmp_path / "sub")
    assert (found.file, found.path) == ("mig.toml", "db")


def test_the_nearest_file_holds_and_its_paths_are_relative_to_it(tmp_path: Path) -> None:
    write(tmp_path, 'path = "db"')
    write(
        tmp_path / "a" / "b",
        '[tool.mig]\npath = "../db"\n[[tool.mig.lineage]]\nname="x"\npath="."',
        "pyproject.toml",
    )
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir()
    found = load(tmp_path, deep)
    assert (found.file, found.path) == ("a/b/pyproject.toml", "a/db")
    assert found.lineages[0].path == "a/b"


def test_nothing_above_the_repository_is_looked_at(tmp_path: Path) -> None:
    write(tmp_path, "nonsense = 1")
    (tmp_path / "repo").mkdir()
    assert load(tmp_path / "repo") == Config()


def test_an_explicit_file_is_read_instead(tmp_path: Path) -> None:
    write(tmp_path, 'path = "found"')
    asked = write(tmp_path / "conf", 'path = "asked"', "other.toml")
    assert load(tmp_path, explicit=asked).path == "conf/asked"


def test_an_explicit_file_that_says_nothing_of_mig_is_an_error(tmp_path: Path) -> None:
    asked = write(tmp_path, "[project]\nname = 'x'\n", "pyproject.toml")
    with pytest.raises(ConfigError, match=r"pyproject.toml has no \[tool.mig\]"):
        load(tmp_path, explicit=asked)


def test_an_explicit_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: cannot be read: No such file"):
        load(tmp_path, explicit=tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        pytest.param('\npth = "x"', "mig.toml:2: unknown key 'pth'", "did you mean path?", id="key"),
        pytest.param(
            "zzz = 1", "mig.toml:1: unknown key 'zzz'", "the keys are source, path", id="no-near-key"
        ),
        pytest.param(
            "path = 1", "mig.toml:1: path must be a text, not a number", 'path = "..."', id="number"
        ),
        pytest.param("base = true", "mig.toml:1: base must be a text, not true or false", "base", id="bool"),
        pytest.param(
            '# x\n\nunknown = "wrn"',
            "mig.toml:3: unknown cannot be 'wrn'",
            "one of warn, block, allow",
            id="value",
        ),
        pytest.param(
            'dialect = "oracle"', "mig.toml:1: dialect cannot be 'oracle'", "postgresql", id="dialect"
        ),
        pytest.param('source = "alembik"', "mig.toml:1: source cannot be 'alembik'", "alembic", id="source"),
        pytest.param("conventions = 1", "mig.toml:1: conventions must be a table", "conventions]", id="own"),
        pytest.param(
            "[conventions.ours]", "mig.toml:1: the convention 'ours' has no file", "{version}", id="own-file"
        ),
        pytest.param(
            '[conventions.native]\nfile = "{version}.sql"',
            "mig.toml:1: a convention cannot be called 'native'",
            "a new name",
            id="own-name",
        ),
        pytest.param(
            '[conventions.ours]\nfile = "{version}.sql"\nlat = "skipped"',
            "mig.toml:3: unknown key 'lat'",
            "did you mean late?",
            id="own-key",
        ),
        pytest.param(
            '[conventions.ours]\nfile = "{version}.sql"\nlate = "never"',
            "mig.toml:3: late cannot be 'never'",
            "applied, refused, skipped",
            id="own-late",
        ),
        pytest.param(
            '[conventions.ours]\nfile = "{version}.sql"\ndown_mark = "-- down"',
            "mig.toml:3: down_mark needs up_mark",
            "-- up",
            id="own-mark",
        ),
        *(
            pytest.param(
                f'[conventions.ours]\nfile = "{file}"',
                "mig.toml:2: file must be the end of a path with {version} in it",
                "{version}_{name}.sql",
                id=f"own-{file}",
            )
            for file in (
                "x.sql",
                "{versoin}.sql",
                "/{version}.sql",
                "**/{version}.sql",
                "{version}{name}{version}",
            )
        ),
        pytest.param('on_divergence = "warn"', "mig.toml:1: on_divergence", "block, allow", id="divergence"),
        pytest.param('path = "../x"', "mig.toml:1: path '../x' leads out", "inside it", id="outside"),
        pytest.param('path = "/etc"', "mig.toml:1: path '/etc' leads out", "inside it", id="absolute"),
        pytest.param('path = "a/../../b"', "mig.toml:1: path", "inside it", id="outside-in-steps"),
        pytest.param(
            "databases = 1", "mig.toml:1: databases must be a table", "[tool.mig.databases]", id="table"
        ),
        pytest.param(
            "[python]\nharmles = ['x']", "mig.toml:2: unknown key 'harmles'", "harmless", id="harmles"
        ),
        pytest.param("python = 1", "mig.toml:1: python must be a table", "[tool.mig.python]", id="python"),
        pytest.param(
            "[python]\nharmless = 'x'", "mig.toml:2: harmless must be a list", "tester", id="harmless"
        ),
        pytest.param("[python]\nharmless = [1]", "mig.toml:2: harmless must be a text", "...", id="element"),
        pytest.param("python.harmless = ['a b']", "mig.toml:1: 'a b' is no name", "app.log", id="name"),
        pytest.param(
            "[databases]\ndefault = 'x'",
            "mig.toml:2: default must be a table",
            "databases.default",
            id="database",
        ),
        pytest.param(
            "[databases.default]\nlock_timeout = '1s'",
            "mig.toml:1: the database 'default' has no url",
            "env:DATABASE_URL",
            id="no-url",
        ),
        pytest.param(
            "[databases.default]\nurl = 'sqlite://'\n\nlock_timout = '1s'",
            "mig.toml:4: unknown key 'lock_timout'",
            "did you mean lock_timeout?",
            id="database-key",
        ),
        pytest.param(
            "[databases.default]\nurl = 'sqlite://'\nlock_timeout = 'long'",
            "mig.toml:3: lock_timeout cannot be 'long'",
            '"5s"',
            id="duration",
        ),
        pytest.param(
            "[databases.default]\nurl = 'sqlite://'\nlock_retries = '3'",
            "mig.toml:3: lock_retries must be a number",
            "lock_retries = 3",
            id="retries",
        ),
        pytest.param(
            "[databases.default]\nurl = 'sqlite://'\nprotected = 'yes'",
            "mig.toml:3: protected must be true or false",
            "protected = false",
            id="switch",
        ),
        pytest.param("lineage = 'x'", "mig.toml:1: lineage must be written as [[", "brackets", id="lineage"),
        pytest.param(
            "[lineage]\nname = 'x'", "mig.toml:1: lineage must be written", "brackets", id="one-bracket"
        ),
        pytest.param(
            "[[lineage]]\nname='a'\npath='a'\n\n[[lineage]]\nname='b'\n",
            "mig.toml:5: a lineage has no path",
            'path = "..."',
            id="second-lineage",
        ),
        pytest.param(
            "[[lineage]]\nname='a'\npath='a'\n\n[[lineage]]\npath='b'\nname='a'\n",
            "mig.toml:7: two lineages have the name 'a'",
            "rename",
            id="two-lineages",
        ),
        pytest.param(
            "[[lineage]]\nname='a'\npath='a'\n\n[[lineage]]\nname='b'\npath='b'\nsorce='native'\n",
            "mig.toml:8: unknown key 'sorce'",
            "did you mean source?",
            id="key-of-second-lineage",
        ),
        pytest.param('a = "\n', "mig.toml:1: not valid TOML", "mend", id="broken"),
        pytest.param("a = 1\na = 2\n", "mig.toml:2: not valid TOML", "mend", id="twice"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line_and_what_is_right(
    tmp_path: Path, text: str, message: str, hint: str
) -> None:
    error = wrong(tmp_path, text)
    assert error.message.startswith(message)
    assert hint in error.hint
    assert error.exit_code == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("[project]\nname='x'\n[tool.mig]\nbse = 'x'", "pyproject.toml:4: unknown key", id="key"),
        pytest.param("[tool]\nmig = 3", "pyproject.toml:2: tool.mig must be a table", id="no-table"),
        pytest.param(
            "[tool.other]\nunknown = 'x'\n[tool.mig]\nunknown = 'x'",
            "pyproject.toml:4: unknown",
            id="same-key",
        ),
        pytest.param('[tool]\nmig.unknown = "x"', "pyproject.toml:2: unknown", id="dotted"),
        pytest.param('tool.mig.databases."a b".url = 1', "pyproject.toml:1: url", id="quoted"),
    ],
)
def test_lines_of_pyproject_are_those_of_its_own_table(tmp_path: Path, text: str, message: str) -> None:
    assert wrong(tmp_path, text, "pyproject.toml").message.startswith(message)


def test_a_file_that_is_not_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "mig.toml").write_bytes(b'path = "a"\n# \xe9\n')
    with pytest.raises(ConfigError, match=r"mig\.toml:2: not UTF-8"):
        load(tmp_path)


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "mig.toml").write_bytes(b'\xef\xbb\xbfpath = "a"\n')
    assert load(tmp_path).path == "a"


def test_tables_nested_too_deeply_are_an_error_and_no_crash(tmp_path: Path) -> None:
    assert "not valid TOML" in wrong(tmp_path, "a = " + "[" * 100_000).message


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(".", "", id="root"),
        pytest.param("db/", "db", id="slash"),
        pytest.param("./db//x/../y", "db/y", id="dots"),
        pytest.param("..db", "..db", id="name-with-dots"),
        pytest.param("a b/é", "a b/é", id="odd"),
    ],
)
def test_paths_come_out_plain(tmp_path: Path, path: str, expected: str) -> None:
    write(tmp_path, f'path = "{path}"')
    assert load(tmp_path).path == expected


def test_the_url_comes_from_the_environment(tmp_path: Path) -> None:
    assert resolve_url("env:DB", {"DB": "sqlite://"}) == "sqlite://"
    assert resolve_url("sqlite:///x", {}) == "sqlite:///x"
    with pytest.raises(ConfigError, match=r"the environment variable DB, .* is not set") as raised:
        resolve_url("env:DB", {"DB": ""})
    assert "export DB=" in raised.value.hint


@pytest.mark.parametrize(
    ("url", "dialect"),
    [
        pytest.param("postgresql+psycopg://h/d", "postgresql", id="driver"),
        pytest.param("postgres://h/d", "postgresql", id="short"),
        pytest.param("MYSQL://h/d", "mysql", id="case"),
        pytest.param("sqlite://", "sqlite", id="sqlite"),
        pytest.param("env:X", "", id="environment"),
        pytest.param("oracle://h", "", id="other"),
    ],
)
def test_the_dialect_comes_from_the_url(url: str, dialect: str) -> None:
    assert dialect_of_url(url) == dialect
    assert Config(databases={"default": Database(url=url)}).sql_dialect == (dialect or "postgresql")
    assert Config(dialect="mariadb", databases={"default": Database(url=url)}).sql_dialect == "mariadb"
