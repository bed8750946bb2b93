"""The order of repeatables."""

from __future__ import annotations

from mig.conflicts.needs import find_needs, order_by_needs, with_dependents
from mig.effects.sql import read_sql


def needs(texts: dict[str, str], **declared: tuple[str, ...]) -> dict[str, set[str]]:
    operations = {name: read_sql(text, "postgresql") for name, text in texts.items()}
    return {name: set(found) for name, found in find_needs(operations, declared).items()}


def test_what_is_made_in_one_file_and_named_in_another_comes_first() -> None:
    found = needs(
        {
            "a": "CREATE OR REPLACE VIEW big AS SELECT * FROM small",
            "b": "CREATE OR REPLACE VIEW small AS SELECT id FROM users",
            "c": "GRANT SELECT ON big TO reader",
            "d": "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM small $$",
        }
    )
    assert found == {"a": {"b"}, "b": set(), "c": {"a"}, "d": {"b"}}


def test_a_statement_that_cannot_be_read_needs_what_it_names() -> None:
    found = needs(
        {
            "a": "DO $$ BEGIN EXECUTE 'GRANT SELECT ON small TO x'; END $$",
            "b": "CREATE VIEW small AS SELECT 1",
        }
    )
    assert found["a"] == {"b"}


def test_a_declared_order_goes_before_what_was_read() -> None:
    texts = {"a": "CREATE VIEW x AS SELECT * FROM y", "b": "CREATE VIEW y AS SELECT * FROM x"}
    assert needs(texts) == {"a": {"b"}, "b": {"a"}}
    assert needs(texts, b=("a",)) == {"a": set(), "b": {"a"}}


def test_a_circle_is_named_from_its_least_name() -> None:
    assert order_by_needs({"c": {"b"}, "b": {"a"}, "a": {"c"}, "d": set()}) == ((), ("a", "b", "c", "a"))


def test_the_order_is_by_name_where_needs_leave_it_open() -> None:
    assert order_by_needs({"b": set(), "a": {"c"}, "c": set()}) == (("b", "c", "a"), ())


def test_what_needs_a_changed_one_changes_with_it() -> None:
    found = {"a": {"b"}, "b": {"c"}, "c": set(), "d": set()}
    assert with_dependents({"c"}, found) == {"c": "", "b": "c", "a": "b"}
