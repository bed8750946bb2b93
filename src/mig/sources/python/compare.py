"""Compares values that are partly known; asking an inspector for a name is a look at the database."""

# ruff: noqa: PLR0911 - one branch for each kind of value reads best in one place

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mig.effects import names
from mig.sources.python.quoting import is_known, quote_name
from mig.sources.python.tables import is_symbolic
from mig.sources.python.values import Binary, DialectName, Listed, Listing, Unknown, data, is_small

if TYPE_CHECKING:
    from mig.sources.python.machine import Machine

_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Eq: "=",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "IN",
    ast.NotIn: "NOT IN",
    ast.Is: "=",
    ast.IsNot: "!=",
}
_OF_ONE_TABLE = frozenset(
    {"foreign_keys", "pk_constraint", "indexes", "unique_constraints", "check_constraints"}
)
_NEGATED = (ast.NotEq, ast.NotIn, ast.IsNot)
_KINDS = {
    "columns": "column",
    "indexes": "index",
    "unique_constraints": "constraint",
    "foreign_keys": "constraint",
    "check_constraints": "constraint",
    "sequence_names": "sequence",
    "enums": "type",
    "schema_names": "schema",
}


def compare(left: object, operator: ast.cmpop, right: object, machine: Machine) -> object:
    """``left OPERATOR right``: True or False where that is known."""
    negated = isinstance(operator, _NEGATED)
    for one, other in ((left, right), (right, left)):
        if isinstance(one, (Listed, Listing)):
            return _ask(one, other, machine, negated=negated)
        if isinstance(one, DialectName):
            return _dialect(one, other, negated=negated)
    if is_symbolic(left) or is_symbolic(right):
        return Binary(_SIGNS[type(operator)], left, right)
    if isinstance(operator, (ast.Is, ast.IsNot)) and (left is None or right is None):
        other = right if left is None else left
        return data("whether something is None") if isinstance(other, Unknown) else (other is None) != negated
    if not (is_small(left) and is_small(right) and _is_settled(left) and _is_settled(right)):
        return data("a condition")
    try:
        return _settled(left, operator, right)
    except TypeError:
        return data("a condition")


def _is_settled(value: object, depth: int = 0) -> bool:
    match value:
        case None | bool() | int() | float() | bytes():
            return True
        case str():
            return is_known(value)
        case list() | tuple():
            doubtful = getattr(value, "is_doubtful", False)
            return not doubtful and depth < 20 and all(_is_settled(v, depth + 1) for v in value)
        case dict():
            doubtful = getattr(value, "is_doubtful", False)
            return (
                not doubtful
                and depth < 20
                and all(_is_settled(v, depth + 1) for v in (*value, *value.values()))
            )
        case _:
            return False


def _settled(left: object, operator: ast.cmpop, right: object) -> bool:
    match operator:
        case ast.Eq() | ast.Is():
            return left == right
        case ast.NotEq() | ast.IsNot():
            return left != right
        case ast.In():
            return left in right  # type: ignore[operator]
        case ast.NotIn():
            return left not in right  # type: ignore[operator]
        case ast.Lt():
            return bool(left < right)  # type: ignore[operator]
        case ast.LtE():
            return bool(left <= right)  # type: ignore[operator]
        case ast.Gt():
            return bool(left > right)  # type: ignore[operator]
        case _:
            return bool(left >= right)  # type: ignore[operator]


def _dialect(dialect: DialectName, other: object, *, negated: bool) -> object:
    given = (
        [other] if isinstance(other, str) else list(other) if isinstance(other, (list, tuple, dict)) else None
    )
    if given is None or not all(isinstance(g, str) and is_known(g) for g in given):
        return data("whether it is a certain dialect")
    met = [name in given for name in dialect.names]
    if all(met) or not any(met):
        return met[0] != negated
    return data("whether the driver calls the database mariadb or mysql")


def _ask(asked: Listed | Listing, other: object, machine: Machine, *, negated: bool) -> object:
    """Whether a name is among what an inspector lists."""
    listing = asked.of if isinstance(asked, Listed) else asked
    wanted = [other] if isinstance(other, str) else list(other) if isinstance(other, (list, tuple)) else []
    by_name = listing.names or listing.kind.endswith("tables") or listing.kind in {"views", "schema_names"}
    by_name = by_name or (isinstance(asked, Listed) and asked.is_name)
    if not wanted or not by_name or not all(isinstance(w, str) and is_known(w) for w in wanted):
        look_at_all(listing, machine)
        return data("what the inspector lists")
    resources = [r for w in wanted if isinstance(w, str) for r in resources_of(listing, w, machine.dialect)]
    machine.recorder.reads(*resources)
    exists = resources[-1] if len(wanted) == 1 else ""
    return Unknown("whether the database has it", is_plain=True, exists=exists, is_negated=negated)


def resources_of(listing: Listing, name: str, dialect: str) -> list[str]:
    """What a name that an inspector is asked for stands for; the thing itself comes last."""
    kind = _KINDS.get(listing.kind, "table")
    folded = names.fold(quote_name(name, dialect), dialect)
    if kind in {"table", "sequence", "type"}:
        found = resource_name(name, listing.schema, dialect)
        return [f"{kind}:{found}"] if kind == "type" else [f"relation:{found}", f"{kind}:{found}"]
    if kind == "schema":
        return [f"schema:{folded}"]
    table = resource_name(listing.table, listing.schema, dialect)
    if kind == "index" and dialect not in {"mysql", "mariadb"}:
        index = names.within(table, folded)
        return [f"relation:{index}", f"index:{index}"]
    return [f"{kind}:{table}.{folded}"]


def resource_name(name: str, schema: str, dialect: str) -> str:
    parts = [*([schema] if schema else []), name]
    return names.join(tuple(names.fold(quote_name(p, dialect), dialect) for p in parts), dialect)


def look_at_all(listing: Listing, machine: Machine) -> None:
    """All that an inspector lists is looked at, and not one name of it."""
    if listing.kind == "columns" and listing.table:
        table = resource_name(listing.table, listing.schema, machine.dialect)
        machine.recorder.needs(f"shape:{table}", f"table:{table}", f"relation:{table}")
    elif listing.kind in _OF_ONE_TABLE and listing.table:
        table = resource_name(listing.table, listing.schema, machine.dialect)
        machine.recorder.reads_all_of(table)
    else:
        machine.recorder.reads("catalogue")
