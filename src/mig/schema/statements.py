"""The statements that make a schema anew, as SQLite and MariaDB or MySQL themselves give them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mig.schema import mariadb, sqlite
from mig.schema.image import OWN_TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mig.schema.mariadb import Answer, Ask, Named
    from mig.schema.sqlite import Query

_SQLITE_KINDS = {"table": 0, "index": 1, "view": 2, "trigger": 3}
# A default may take a number of a sequence; a view may call a function; triggers and events use all of them.
_MARIADB_KINDS = {
    "SEQUENCE": 0,
    "TABLE": 1,
    "FUNCTION": 2,
    "PROCEDURE": 2,
    "VIEW": 3,
    "TRIGGER": 4,
    "EVENT": 5,
}
_PROGRAMS = frozenset({"FUNCTION", "PROCEDURE", "TRIGGER", "EVENT"})


class Made(NamedTuple):
    """One statement without a semicolon at its end; ``program``: there are some inside."""

    text: str
    program: bool = False


def sqlite_statements(query: Query) -> list[Made]:
    """What makes everything in the file but mig's own tables, in an order that works."""
    shadows = {
        str(name) for (name,) in query("SELECT name FROM pragma_table_list WHERE type = 'shadow'")
    }  # a virtual table makes them itself
    kept = [
        (kind, sql)
        for kind, name, table, sql in sqlite.list_objects(query)
        if table not in OWN_TABLES and name not in shadows
    ]
    ordered = sorted(kept, key=lambda one: _SQLITE_KINDS[one[0]])
    return [Made(sql, program=kind == "trigger") for kind, sql in ordered]


def mariadb_statements(ask: Ask) -> list[Made]:
    """What makes everything in the database but mig's own tables, in an order that works."""
    named = [
        one for one in mariadb.list_objects(ask) if one.name not in OWN_TABLES and one.table not in OWN_TABLES
    ]
    answers = dict(zip(named, ask([one.query for one in named]), strict=True))
    found: list[Made] = []
    setting = ""
    for one in _in_order(named, answers):
        text, own_setting = _statement(one, answers[one])
        if own_setting and own_setting != setting:
            found.append(Made(f"SET SESSION {own_setting}"))
            setting = own_setting
        found.append(Made(text, program=one.kind in _PROGRAMS))
    # Tables may refer to each other in a circle.
    return [Made("SET SESSION foreign_key_checks = 0"), *found] if found else []


def _statement(one: Named, answer: Answer) -> tuple[str, str]:
    """The text of SHOW CREATE, and the settings that it was made under, where they count."""
    cells = [str(cell) for cell in answer.rows[0]] if answer.rows else [""] * 4
    if one.kind not in _PROGRAMS:
        return mariadb.COUNTER.sub("", mariadb.DEFINER.sub("", cells[1])), ""
    setting, text = f"sql_mode = '{cells[1]}'", cells[2]
    if one.kind == "EVENT":
        setting, text = f"{setting}, time_zone = '{cells[2]}'", cells[3]
    return mariadb.DEFINER.sub("", text), setting


def _in_order(named: Sequence[Named], answers: dict[Named, Answer]) -> list[Named]:
    ordered = sorted(named, key=lambda one: _MARIADB_KINDS[one.kind])
    views = [one for one in ordered if one.kind == "VIEW"]
    at = next((i for i, one in enumerate(ordered) if one.kind == "VIEW"), 0)
    ordered[at : at + len(views)] = _views_in_order(views, answers)
    return ordered


def _views_in_order(views: Sequence[Named], answers: dict[Named, Answer]) -> list[Named]:
    """Views after those that they select from."""
    texts = {one: _statement(one, answers[one])[0] for one in views}
    needs = {
        one: {o for o in views if o is not one and re.search(re.escape(mariadb.quote(o.name)), texts[one])}
        for one in views
    }
    found: list[Named] = []
    left = list(views)
    while left:
        ready = [one for one in left if needs[one] <= set(found)] or left
        found += ready
        left = [one for one in left if one not in ready]
    return found
