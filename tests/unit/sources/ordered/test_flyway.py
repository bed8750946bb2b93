"""Flyway's folders, names and settings."""

from __future__ import annotations

import pytest

from mig.model import Lineage
from mig.sources.ordered.flyway_settings import read_settings
from mig.sources.registry import find_source, source_of
from mig.tree import MemoryTree

SQL = b"CREATE TABLE t (i int);\n"


def recognised(*paths: str, **settings: str) -> dict[tuple[str, ...], Lineage]:
    files = dict.fromkeys(paths, SQL) | {
        name.replace("__", "/").replace("_", "."): text.encode() for name, text in settings.items()
    }
    return {one.paths: one for one in find_source("flyway").recognise(MemoryTree(files))}


def ids(lineage: Lineage, *paths: str) -> list[str]:
    source = source_of(lineage)
    readings = [(path, source.read(path, SQL)) for path in paths if source.is_candidate(lineage, path)]
    found = [reading.migration(lineage.name, path) for path, reading in readings if reading.id]
    return [one.id for one in source.resolve(lineage, found)]


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("V1__a.sql", "V1__a"),
        ("V1_2.3__a b-c.sql", "V1_2.3__a b-c"),
        ("R__views.sql", "R__views"),
        ("V7__Code.java", "V7__Code"),
        ("V8__Code.kt", "V8__Code"),
    ],
)
def test_what_flyway_applies_is_a_migration(name: str, id: str) -> None:
    lineage = Lineage(name="x", source="flyway", paths=("db",), late="refused")
    assert ids(lineage, f"db/{name}") == [id]


@pytest.mark.parametrize(
    "name", ["U1__a.sql", "beforeMigrate.sql", "afterMigrate__x.sql", "notes.sql", "v1__a.sql"]
)
def test_undo_files_callbacks_and_others_are_left_out(name: str) -> None:
    lineage = Lineage(name="x", source="flyway", paths=("db",), late="refused")
    assert not find_source("flyway").is_candidate(lineage, f"db/{name}")


@pytest.mark.parametrize(
    "name", ["V1_a.sql", "V__a.sql", "V1.x__a.sql", "Vx__a.sql", "V1__.txt.sql__", "B__a.sql"]
)
def test_a_version_that_is_none_is_a_finding(name: str) -> None:
    source = find_source("flyway")
    lineage = Lineage(name="x", source="flyway", paths=("db",), late="refused")
    if name.endswith(".sql"):
        assert source.is_candidate(lineage, f"db/{name}")
        assert [problem[0] for problem in source.read(f"db/{name}", SQL).problems] == ["MIG013"]
    assert not source.is_candidate(lineage, f"elsewhere/{name}")


def test_a_baseline_counts_only_where_what_it_stands_for_is_gone() -> None:
    lineage = Lineage(name="x", source="flyway", paths=("db",), late="refused")
    assert ids(lineage, "db/B5__all.sql", "db/V6__b.sql") == ["B5__all", "V6__b"]
    assert ids(lineage, "db/B5__all.sql", "db/V5__a.sql", "db/V6__b.sql") == ["V5__a", "V6__b"]


def test_repeatable_ones_come_last() -> None:
    lineage = Lineage(name="x", source="flyway", paths=("db",), late="refused")
    assert ids(lineage, "db/R__a.sql", "db/V10__b.sql", "db/V9__b.sql") == ["V9__b", "V10__b", "R__a"]


def test_java_beside_sql_is_one_history_and_a_helper_in_java_alone_is_none() -> None:
    sql, java = "server/src/main/resources/org/db/mysql", "server/src/main/java/org/db/mysql"
    found = recognised(f"{sql}/V2__a.sql", f"{java}/V1__A.java", "server/src/main/java/org/db/V3__Base.java")
    assert list(found) == [(java, sql)]
    assert found[java, sql].dialect == "mysql"


def test_folders_below_db_migration_are_one_history_but_for_dialects() -> None:
    root = "src/main/resources/db/migration"
    found = recognised(
        f"{root}/V1__a.sql", f"{root}/2026/V2__a.sql", f"{root}/h2/V1__a.sql", f"{root}/mysql/V1__a.sql"
    )
    assert {paths: one.dialect for paths, one in found.items()} == {
        (root, f"{root}/2026"): "",
        (f"{root}/h2",): "h2",
        (f"{root}/mysql",): "mysql",
    }


def test_folders_of_tests_are_left_out() -> None:
    assert not recognised("src/test/resources/db/migration/V1__a.sql", "node_modules/x/V1__a.sql")


def test_locations_of_one_setting_are_one_history() -> None:
    found = recognised(
        "sql/V1__a.sql",
        "more/V2__b.sql",
        "other/V1__c.sql",
        flyway_conf="flyway.locations=filesystem:sql, filesystem:more\n",
    )
    assert set(found) == {("more", "sql"), ("other",)}


def test_names_are_as_the_settings_say() -> None:
    toml = (
        '[flyway]\nsqlMigrationPrefix = "M"\nsqlMigrationSeparator = "-"\n'
        'sqlMigrationSuffixes = [".ddl", ".sql"]\noutOfOrder = true\n'
    )
    (lineage,) = recognised("sql/M1-a.ddl", "sql/V1__x.sql", flyway_toml=toml).values()
    assert lineage.late == "applied"
    assert ids(lineage, "sql/M1-a.ddl", "sql/M2-b.sql", "sql/V1__x.sql") == ["M1-a", "M2-b"]


def test_settings_of_one_module_say_nothing_of_another() -> None:
    found = recognised(
        "a/sql/M1__a.sql",
        "a/sql/M2__a.sql",
        "b/sql/V1__b.sql",
        a__flyway_conf="flyway.sqlMigrationPrefix=M\n",
    )
    assert set(found) == {("a/sql",), ("b/sql",)}


def test_settings_are_read_from_properties_and_yaml() -> None:
    wanted = {"locations": "classpath:db/a,classpath:db/b", "sqlmigrationprefix": "M", "outoforder": "true"}
    properties = (
        "# spring.flyway.locations=no\nspring.flyway.locations=classpath:db/a,classpath:db/b\n"
        "spring.flyway.sql-migration-prefix = M\nspring.flyway.outOfOrder: true\nspring.flyway.url=x\n"
    )
    block = (
        "server:\n  port: 1\nspring:\n  flyway: # ours\n    locations:\n"
        "      - classpath:db/a\n      - 'classpath:db/b'\n"
        '    sql-migration-prefix: "M"\n    out-of-order: true\n  other:\n    locations: no\n'
    )
    flow = (
        "spring:\n  flyway:\n    locations: [classpath:db/a, classpath:db/b]\n"
        "    sqlMigrationPrefix: M\n    outOfOrder: true\n"
    )
    assert read_settings("application.properties", properties) == wanted
    assert read_settings("application-dev.yml", block) == wanted
    assert read_settings("application.yaml", flow) == wanted


@pytest.mark.parametrize("text", ["[flyway", "flyway = 3", "flyway = []", ""])
def test_settings_that_cannot_be_read_say_nothing(text: str) -> None:
    assert read_settings("flyway.toml", text) == {}


def test_what_is_put_in_for_a_placeholder_is_not_known_and_java_is_not_read() -> None:
    source = find_source("flyway")
    plain, filled = source.operations("db/V1__a.sql", b"DROP TABLE a;\nDROP TABLE ${table};\n", "postgresql")
    assert plain.opaque == ""
    assert "${table}" in filled.opaque
    (java,) = source.operations("db/V1__A.java", b"class V1__A {}", "postgresql")
    assert "java" in java.opaque
    assert source.script("db/V1__A.java", b"class V1__A {}", "postgresql").up == ()
