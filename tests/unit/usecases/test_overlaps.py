"""The index of what migrations touch says of no pair that it commutes unless the exact comparison does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mig.conflicts.closure import build_schema, close
from mig.conflicts.compare import compare_closures
from mig.findings import Verdict
from mig.graph.dag import build_graph
from mig.graph.unordered import unordered_pairs
from mig.model import Lineage
from mig.sources.native import NativeSource
from mig.tree import MemoryTree
from mig.usecases.meaning import Meaning
from mig.usecases.overlaps import Overlaps, words_of
from tests.repositories import native

if TYPE_CHECKING:
    from mig.conflicts.compare import Comparison
    from mig.graph.dag import Graph

LINEAGE = Lineage(name="default", source="native", paths=("migrations",))

COMMON = (
    "CREATE TABLE {t} (id integer PRIMARY KEY, a integer, b text DEFAULT 'x')",
    "CREATE TABLE {t} (id integer PRIMARY KEY, a integer REFERENCES {u} (id) ON DELETE CASCADE)",
    "DROP TABLE {t}",
    "DROP TABLE IF EXISTS {t}",
    "ALTER TABLE {t} ADD COLUMN c integer",
    "ALTER TABLE {t} DROP COLUMN a",
    "ALTER TABLE {t} RENAME COLUMN a TO d",
    "ALTER TABLE {t} RENAME TO {u}",
    "CREATE INDEX {t}_a ON {t} (a)",
    "CREATE UNIQUE INDEX {u}_a ON {t} (a)",
    "DROP INDEX {t}_a",
    "CREATE VIEW v_{t} AS SELECT a FROM {t}",
    "CREATE VIEW v_{t} AS SELECT * FROM {u}",
    "DROP VIEW v_{t}",
    "INSERT INTO {t} (id, a) VALUES (1, 2)",
    "INSERT INTO {t} SELECT * FROM {u}",
    "UPDATE {t} SET a = 1 WHERE id = 2",
    "UPDATE v_{t} SET a = 1",
    "DELETE FROM {t}",
)
OF = {
    "postgresql": (
        *COMMON,
        "CREATE FUNCTION f_{t}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM {u}; END $$",
        "CREATE TRIGGER g AFTER INSERT ON {t} FOR EACH ROW EXECUTE FUNCTION f_{t}()",
        "CREATE OR REPLACE FUNCTION f_{u}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "DROP FUNCTION f_{t}()",
        "SELECT f_{t}()",
        "EXECUTE {t}",
        "DO $$ BEGIN EXECUTE 'DROP TABLE {t}'; END $$",
        "SET lock_timeout = '5s'",
        "SET lock_timeout = '9s'",
        "SET search_path = other",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
        "ALTER TABLE {t} ADD CONSTRAINT {u}_k UNIQUE (a)",
        "CREATE TABLE {t} (PRIMARY KEY (id)) INHERITS ({u})",
        "CREATE SCHEMA {t}",
        "CREATE TYPE e_{t} AS ENUM ('a')",
        "ALTER TABLE {t} ADD COLUMN e e_{u}",
    ),
    "sqlite": (
        *COMMON,
        "CREATE TRIGGER g_{t} AFTER INSERT ON {t} BEGIN INSERT INTO {u} (id) VALUES (NEW.id); END",
        "CREATE TRIGGER g_{t} AFTER DELETE ON {t} BEGIN UPDATE {u} SET a = 2; END",
        "DROP TRIGGER g_{t}",
        "PRAGMA foreign_keys = ON",
        "PRAGMA busy_timeout = 1",
        "ATTACH DATABASE 'x' AS {t}",
        "CREATE TEMPORARY TABLE {t} (a integer)",
    ),
}
OF["plain"] = (
    "CREATE TABLE {t} (id integer PRIMARY KEY, a integer REFERENCES {u} (id), b text UNIQUE)",
    "CREATE TABLE {t} (id integer PRIMARY KEY, a integer, b text DEFAULT 'x')",
    "ALTER TABLE {t} ADD CONSTRAINT fk_{t} FOREIGN KEY (a) REFERENCES {u} (id)",
    "ALTER TABLE {t} ADD CONSTRAINT fb_{t} FOREIGN KEY (b) REFERENCES {u} (b)",
    "ALTER TABLE {t} ADD COLUMN c integer REFERENCES {u}",
    "ALTER TABLE {t} ADD COLUMN s serial",
    "ALTER TABLE {t} ALTER COLUMN a TYPE bigint",
    "ALTER TABLE {t} ALTER COLUMN a SET NOT NULL",
    "ALTER TABLE {t} ALTER COLUMN a SET DEFAULT nextval('s_{u}')",
    "ALTER TABLE {t} DROP CONSTRAINT fk_{u}",
    "ALTER TABLE {t} DROP COLUMN a CASCADE",
    "ALTER TABLE {t} DROP COLUMN id CASCADE",
    "ALTER TABLE {t} RENAME COLUMN a TO d",
    "ALTER TABLE {t} RENAME TO {u}",
    "CREATE UNIQUE INDEX {t}_b ON {t} (b)",
    "CREATE INDEX {t}_a ON {t} (a)",
    "CREATE SEQUENCE s_{t}",
    "ALTER SEQUENCE s_{t} OWNED BY {u}.a",
    "ALTER INDEX {t}_a RENAME TO {u}_a",
    "DROP INDEX {t}_b",
    "DROP INDEX IF EXISTS {t}_a",
    "DROP SEQUENCE s_{t}",
    "DROP TABLE {t} CASCADE",
    "INSERT INTO {t} (id, a) VALUES (1, 2)",
    "INSERT INTO {t} DEFAULT VALUES",
    "UPDATE {t} SET a = 1 WHERE id = 2",
    "DELETE FROM {t}",
    "TRUNCATE {t} CASCADE",
)
TABLES = tuple(f"t{number}" for number in range(9))


@st.composite
def histories(draw: st.DrawFn, kind: str) -> dict[str, str]:
    """Files of migrations by id: a trunk, and lines that leave it and are mostly not merged."""
    files: dict[str, str] = {}
    for number in range(draw(st.integers(4, 12))):
        i, before = f"{number + 1:012x}", sorted(files)
        near = before[-4:] if number < 3 else before[2:]
        parents = draw(st.lists(st.sampled_from(near), min_size=1, max_size=2, unique=True)) if before else ()
        t, u = draw(st.sampled_from(TABLES)), draw(st.sampled_from(TABLES))
        texts = draw(st.lists(st.sampled_from(OF[kind]), min_size=1, max_size=2))
        script = [text.format(t=t, u=u) for text in texts]
        files[i] = native(i, parents, up="\n".join(f"-- mig:statement\n{s}\n-- mig:end" for s in script))
    return files


def graph_of(files: dict[str, str]) -> Graph:
    return build_graph(
        NativeSource().read("x.sql", text.encode()).migration("default", f"migrations/{i}.sql")
        for i, text in files.items()
    )


def read(files: dict[str, str], dialect: str) -> tuple[Meaning, list[tuple[str, str]]]:
    tree = MemoryTree({f"migrations/{i}.sql": text.encode() for i, text in files.items()})
    graph = graph_of(files)
    return Meaning(graph, LINEAGE, dialect, [tree]), list(unordered_pairs(graph, graph.migrations))


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_what_has_nothing_in_common_commutes_when_it_is_compared_exactly(dialect: str) -> None:
    passed_over = []

    @settings(max_examples=150, deadline=None)
    @given(histories(dialect))
    def run(files: dict[str, str]) -> None:
        meaning, pairs = read(files, dialect)
        overlaps = Overlaps(meaning.surround, dialect)
        for one, other in pairs:
            if not overlaps.may_meet(one, other):
                found = meaning.compare_exactly(one, other)
                assert found.verdict is Verdict.COMMUTE, (files[one], files[other], found.reasons)
                passed_over.append((one, other))

    run()
    # The test would prove nothing if every pair were compared.
    assert len(passed_over) > 20


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_what_speaks_of_a_pair_says_as_much_as_all_that_comes_before(dialect: str) -> None:
    compared: list[Verdict] = []

    @settings(max_examples=100, deadline=None)
    @given(histories(dialect))
    def run(files: dict[str, str]) -> None:
        meaning, pairs = read(files, dialect)
        graph = graph_of(files)
        for one, other in pairs:
            before = [i for i in sorted(files) if i in graph.ancestors(one, other) - {one, other}]
            schema = build_schema(map(meaning.footprint, before), dialect, is_complete=False)
            first, second = (close(meaning.footprint(i), schema) for i in (one, other))
            whole = compare_closures(first, second, schema, dialect)
            found = meaning.compare_exactly(one, other)
            compared.append(whole.verdict)
            if found.verdict is Verdict.COMMUTE:
                assert whole.verdict is Verdict.COMMUTE, (files[one], files[other], whole.reasons)

    run()
    assert compared.count(Verdict.CONFLICT) > 20
    assert compared.count(Verdict.COMMUTE) > 20


def test_what_a_trigger_writes_is_looked_up_too() -> None:
    root, program, rows, keys = "a" * 12, "b" * 12, "c" * 12, "d" * 12
    trigger = "CREATE TRIGGER g AFTER DELETE ON t1 BEGIN UPDATE t0 SET a = 2; END"
    files = {
        root: native(root, up="CREATE TABLE t0 (id integer PRIMARY KEY, a integer REFERENCES t0 (id));"),
        program: native(program, root, up=f"CREATE TABLE t1 (id integer);\n{trigger};"),
        rows: native(rows, program, up="DELETE FROM t1;"),
        keys: native(keys, program, up="PRAGMA foreign_keys = ON;"),
    }
    meaning, _ = read(files, "sqlite")
    assert meaning.compare_exactly(rows, keys).verdict is Verdict.CONFLICT


def test_an_index_that_a_foreign_key_may_choose_is_not_apart_from_it() -> None:
    root, key, index = "a" * 12, "b" * 12, "c" * 12
    files = {
        root: native(root, up="CREATE TABLE t0 (b text);\nCREATE TABLE t1 (b text UNIQUE);"),
        key: native(key, root, up="ALTER TABLE t0 ADD CONSTRAINT k FOREIGN KEY (b) REFERENCES t1 (b);"),
        index: native(index, root, up="CREATE UNIQUE INDEX other ON t1 (b);"),
    }
    meaning, _ = read(files, "postgresql")
    assert not meaning.are_apart(key, index)


@pytest.mark.parametrize("kind", ["postgresql", "plain"])
def test_what_is_apart_by_what_it_does_itself_commutes_when_it_is_compared_exactly(kind: str) -> None:
    passed_over = []

    @settings(max_examples=300, deadline=None)
    @given(histories(kind))
    def run(files: dict[str, str]) -> None:
        meaning, pairs = read(files, "postgresql")
        for one, other in pairs:
            if meaning.are_apart(one, other):
                found = meaning.compare_exactly(one, other)
                assert found.verdict is Verdict.COMMUTE, (files, one, other, found.reasons)
                passed_over.append((one, other))

    run()
    assert len(passed_over) > 20


def test_only_pairs_that_have_something_in_common_are_compared_exactly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = "f" * 12
    files = {root: native(root, up="CREATE TABLE shared (id integer PRIMARY KEY);")}
    for number in range(40):
        i = f"{number + 1:012x}"
        files[i] = native(i, root, up=f"CREATE TABLE alone{number // 2}_{number} (id integer);")
    for number in (40, 41, 42):
        i = f"{number + 1:012x}"
        files[i] = native(i, root, up=f"ALTER TABLE shared ADD COLUMN c{number} integer;")
    meaning, pairs = read(files, "postgresql")
    exact: list[tuple[str, str]] = []
    compare_exactly = meaning.compare_exactly

    def note(one: str, other: str) -> Comparison:
        exact.append((one, other))
        return compare_exactly(one, other)

    monkeypatch.setattr(meaning, "compare_exactly", note)
    verdicts = {meaning.compare(one, other).verdict for one, other in pairs}
    assert verdicts == {Verdict.COMMUTE}
    assert len(pairs) == 43 * 42 // 2
    # The first few are compared without looking at what is around them; of the rest the three on one table.
    assert len(exact) < 50
    assert len([pair for pair in exact if min(pair) > f"{40:012x}"]) == 3


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        ("column:app.users.email", {"users"}),
        ("column:users.*", {"users"}),
        ("values:users.*", {"users"}),
        ("table:app.users", {"users"}),
        ("constraint:users.users_email_key", {"users", "users_email_key"}),
        ("sequence:users.auto", {"users", "auto"}),
        ("sequence:users.*", {"users"}),
        ("index:ix", {"ix"}),
        ('table:"odd name"', {"odd", "name"}),
        ("state:shop.order", {"shop.order"}),
        ("state:shop.order.note", {"shop.order"}),
        ("state:shop.order.(by_note)", {"shop.order"}),
        ('table:"!"', {'table:"!"'}),
        ("unseen:schema", set()),
    ],
)
def test_effects_that_can_meet_have_a_word_in_common(resource: str, words: set[str]) -> None:
    assert set(words_of(resource)) == words
