"""sqlglot sees no table or column in the matrix that the reader of effects does not."""

from __future__ import annotations

import logging

import pytest

from mig.effects.sql import read_statement
from mig.model import Statement
from tests.matrix.corpus import read_corpus

sqlglot = pytest.importorskip("sqlglot")
exp = sqlglot.expressions

# Words that sqlglot takes for columns: a collation, a setting, an argument, an index that is rebuilt.
NO_COLUMNS = frozenset({"nocase", "off", "n", "reindex"})
CASES = [
    pytest.param(database, dialect, text, id=f"{database}-{name}-{number}")
    for database, dialect in (("mariadb", "mysql"), ("sqlite", "sqlite"))
    for name, texts in {
        "base": read_corpus(database).base,
        "rows": read_corpus(database).rows,
        **read_corpus(database).operations,
    }.items()
    for number, text in enumerate(texts)
]


@pytest.mark.parametrize(("database", "dialect", "sql"), CASES)
def test_what_a_second_parser_names_is_in_the_effects(database: str, dialect: str, sql: str) -> None:
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    try:
        tree = sqlglot.parse_one(sql, dialect=dialect)
    except sqlglot.errors.ParseError:
        return
    operation = read_statement(Statement(text=sql, line=1), database)
    if tree is None or isinstance(tree, exp.Command) or operation.opaque:
        return
    words = {part for effect in operation.effects for part in effect.name.replace('"', "").split(".")}
    aliases = {each.alias.lower() for each in tree.find_all(exp.Alias, exp.TableAlias, exp.CTE)}
    aliases |= {each.name.lower() for each in tree.find_all(exp.TableAlias)}
    named = {each.name.lower() for each in tree.find_all(exp.Table, exp.Column, exp.ColumnDef)}
    assert named - {""} - aliases - NO_COLUMNS <= words
