"""Every operation of the matrix is read, and the few that cannot be say why."""

from __future__ import annotations

import pytest

from mig.effects.sql import read_statements
from mig.model import Statement
from tests.matrix.corpus import DATABASES, read_corpus

OPAQUE = {
    ("mariadb", "call_procedure"): "CALL runs what is not written here",
    ("mariadb", "prepare_execute"): "PREPARE runs what is not written here",
    ("postgresql", "call_procedure"): "CALL runs what is not written here",
    ("postgresql", "do_loop_tables"): "block with dynamic SQL",
}
WITHOUT_EFFECTS = {("sqlite", "analyze"), ("sqlite", "vacuum"), ("sqlite", "transaction_insert")}


def read_reasons(database: str, statements: tuple[str, ...]) -> list[str]:
    read = read_statements([Statement(text=text, line=1) for text in statements], database)
    return [operation.opaque for operation in read if operation.opaque]


@pytest.mark.parametrize("database", DATABASES)
def test_schema_and_rows_of_the_matrix_are_read(database: str) -> None:
    corpus = read_corpus(database)
    assert read_reasons(database, corpus.base + corpus.rows) == []


@pytest.mark.parametrize("database", DATABASES)
def test_operations_that_cannot_be_read_are_these_and_say_why(database: str) -> None:
    corpus = read_corpus(database)
    found = {
        (database, name): reasons[0]
        for name, statements in corpus.operations.items()
        if (reasons := read_reasons(database, statements))
    }
    assert found == {key: reason for key, reason in OPAQUE.items() if key[0] == database}


@pytest.mark.parametrize("database", DATABASES)
def test_every_operation_that_does_something_has_effects(database: str) -> None:
    for name, statements in read_corpus(database).operations.items():
        read = read_statements([Statement(text=text, line=1) for text in statements], database)
        if (database, name) not in WITHOUT_EFFECTS:
            assert any(operation.effects for operation in read), name
