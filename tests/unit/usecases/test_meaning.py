"""The verdicts on migrations of a lineage, against what real databases did with the same pairs.

The truth comes from the matrix: every pair was run in both orders on a real database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mig.findings import Verdict
from mig.graph.dag import build_graph
from mig.model import Lineage
from mig.sources.native import NativeSource
from mig.tree import MemoryTree
from mig.usecases.meaning import Meaning
from tests.matrix.corpus import read_corpus
from tests.matrix.truth import read_truth
from tests.repositories import native

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LINEAGE = Lineage(name="default", source="native", paths=("migrations",))
BASE, ROWS = "a" * 12, "b" * 12


def meaning_of(files: Mapping[str, str], dialect: str) -> Meaning:
    tree = MemoryTree({f"migrations/{i}.sql": text.encode() for i, text in files.items()})
    source = NativeSource()
    readings = {i: source.read("x.sql", text.encode()) for i, text in files.items()}
    graph = build_graph(
        [reading.migration("default", f"migrations/{i}.sql") for i, reading in readings.items()]
    )
    return Meaning(graph, LINEAGE, dialect, [tree])


def script(statements: Sequence[str]) -> str:
    return "".join(f"-- mig:statement\n{text}\n-- mig:end\n" for text in statements)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_no_pair_that_conflicts_in_a_database_is_said_to_commute(database: str) -> None:
    corpus, truth = read_corpus(database), read_truth(database)
    ids = {name: f"{number:012x}" for number, name in enumerate(sorted(corpus.operations), 1)}
    files = {
        BASE: native(BASE, up=script(corpus.base)),
        ROWS: native(ROWS, (BASE,), up=script(corpus.rows)),
        **{ids[name]: native(ids[name], (ROWS,), up=script(corpus.operations[name])) for name in ids},
    }
    meaning = meaning_of(files, database)
    # LOCK TABLE wants a transaction, which the run of a pair has not always got.
    pairs = [pair for pair in sorted(truth.conflicts) if len(set(pair)) == 2 and "lock_table" not in pair]
    assert len(pairs) > 400
    chosen = pairs[:: max(1, len(pairs) // 400)]
    wrong = [pair for pair in chosen if meaning.compare(*(ids[n] for n in pair)).verdict is Verdict.COMMUTE]
    assert wrong == []


USERS = native(
    BASE, up="CREATE TABLE users (id int PRIMARY KEY, email text);\nCREATE INDEX ix ON users (email);"
)


@pytest.mark.parametrize(
    ("one", "other", "dialect", "verdict"),
    [
        pytest.param(
            "DROP INDEX ix;",
            "ALTER TABLE users DROP COLUMN email;",
            "postgresql",
            "conflict",
            id="from-history",
        ),
        pytest.param(
            "ALTER TABLE users ADD a int;",
            "ALTER TABLE users ADD b int;",
            "postgresql",
            "commute",
            id="columns",
        ),
        pytest.param(
            "ALTER TABLE users ADD a int;",
            "ALTER TABLE users ADD b int;",
            "mysql",
            "unknown",
            id="not-proved",
        ),
        pytest.param(
            "ALTER TABLE users ADD a int;",
            "ALTER TABLE users ADD b int;",
            "mariadb",
            "commute",
            id="columns in MariaDB",
        ),
        pytest.param(
            "ALTER TABLE users ADD a int;", "ALTER TABLE users ADD a int;", "mariadb", "conflict", id="surely"
        ),
        pytest.param("CALL p();", "ALTER TABLE users ADD b int;", "postgresql", "unknown", id="opaque"),
        pytest.param("", "ALTER TABLE users ADD b int;", "postgresql", "commute", id="nothing"),
    ],
)
def test_the_verdict_on_two_migrations(one: str, other: str, dialect: str, verdict: str) -> None:
    files = {
        BASE: USERS,
        "c" * 12: native("c" * 12, (BASE,), up=one),
        "d" * 12: native("d" * 12, (BASE,), up=other),
    }
    found = meaning_of(files, dialect).compare("c" * 12, "d" * 12)
    assert found.verdict.value == verdict


def test_a_declaration_settles_what_cannot_be_read() -> None:
    opaque = "DO $$ BEGIN EXECUTE 'x'; END $$;"
    other = native("d" * 12, (BASE,), up="ALTER TABLE orders ADD b int;")
    for header, verdict in (
        ("", Verdict.UNKNOWN),
        ("-- mig:touches column:users.email write\n", Verdict.COMMUTE),
    ):
        files = {BASE: USERS, "c" * 12: native("c" * 12, (BASE,), up=opaque, header=header), "d" * 12: other}
        assert meaning_of(files, "postgresql").compare("c" * 12, "d" * 12).verdict is verdict


def test_an_unread_statement_of_the_history_makes_doubtful_what_it_names() -> None:
    doubtful = native(BASE, up="CREATE TABLE users (id int);\nDO $$ BEGIN EXECUTE 'on users'; END $$;")
    one, other = native("c" * 12, (BASE,), up="ALTER TABLE users ADD a int;"), "ALTER TABLE users ADD b int;"
    files = {BASE: doubtful, "c" * 12: one, "d" * 12: native("d" * 12, (BASE,), up=other)}
    assert meaning_of(files, "postgresql").compare("c" * 12, "d" * 12).verdict is Verdict.UNKNOWN
