"""PostgreSQL's own parser sees no table, column or name that the reader of effects does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mig.effects.sql import read_statement
from mig.model import Statement
from tests.matrix.corpus import read_corpus
from tests.unit.effects.test_postgresql import CASES

if TYPE_CHECKING:
    from collections.abc import Iterator

pgparse = pytest.importorskip("pgparse")

CORPUS = read_corpus("postgresql")
MATRIX = [
    pytest.param(text, id=f"{name}-{number}")
    for name, texts in {"base": CORPUS.base, "rows": CORPUS.rows, **CORPUS.operations}.items()
    for number, text in enumerate(texts)
]
LISTED = [pytest.param(case.values[0], id=str(case.id)) for case in CASES]
_TABLES = frozenset({"relation", "view", "intoClause"})
_NOT_COLUMNS = frozenset({"value", "excluded"})


# Any: the parser gives plain JSON.
def walk(node: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    if isinstance(node, list):
        for each in node:
            yield from walk(each)
    elif isinstance(node, dict):
        for key, value in node.items():
            yield key, value
            yield from walk(value)


def names_of(value: Any) -> list[str]:  # noqa: ANN401
    return [field["String"]["sval"] for field in value if "String" in field]


def find_tables(tree: Any) -> set[str]:  # noqa: ANN401
    queries = {value["ctename"] for key, value in walk(tree) if key == "CommonTableExpr"}
    found = {
        value["relname"]
        for key, value in walk(tree)
        if (key == "RangeVar" or key in _TABLES) and isinstance(value, dict) and "relname" in value
    }
    return found - queries


def find_columns(tree: Any) -> set[str]:  # noqa: ANN401
    found: set[str] = set()
    for key, value in walk(tree):
        if key == "ColumnRef" and len(names := names_of(value["fields"])) == len(value["fields"]):
            found.add(names[-1])
        elif key in {"ColumnDef", "IndexElem"}:
            found.add(value.get("colname") or value.get("name") or "")
        elif key in {"fk_attrs", "pk_attrs", "keys"}:
            found.update(names_of(value))
    return found - {""} - _NOT_COLUMNS


def find_constraints(tree: Any) -> set[str]:  # noqa: ANN401
    return {value for key, value in walk(tree) if key in {"conname", "idxname"} and isinstance(value, str)}


@pytest.mark.parametrize("sql", [*MATRIX, *LISTED])
def test_what_the_parser_names_is_in_the_effects(sql: str) -> None:
    tree = pgparse.parse(sql)
    operation = read_statement(Statement(text=sql, line=1), "postgresql")
    kinds: dict[str, set[str]] = {}
    for effect in operation.effects:
        parts = effect.name.replace('"', "").split(".")
        kinds.setdefault(effect.kind, set()).update(parts)
    things = set().union(
        *(kinds.get(kind, set()) for kind in ("relation", "table", "index", "type", "grants"))
    )
    things |= set().union(
        *(kinds.get(kind, set()) for kind in ("trigger", "policy", "rule", "shape", "comment"))
    )
    columns = kinds.get("column", set()) | kinds.get("values", set())
    constraints = kinds.get("constraint", set()) | things
    aliases = {value.get("name") for key, value in walk(tree) if key == "ResTarget"}
    # A whole row is needed through the shape of its table.
    rows = {
        value["aliasname"] for key, value in walk(tree) if key in {"Alias", "alias"} and "aliasname" in value
    }
    if "catalogue" not in {effect.kind for effect in operation.effects}:
        assert find_tables(tree) <= things
        assert find_columns(tree) <= columns | aliases | rows | things
    assert find_constraints(tree) <= constraints
