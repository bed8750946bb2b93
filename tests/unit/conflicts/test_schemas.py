"""A schema that goes on from another one, by way of what is known of additions, is the one built anew."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mig.conflicts.additions import find_addition
from mig.conflicts.closure import build_schema, close, close_watched
from mig.conflicts.schemas import SchemaStore
from mig.effects.footprint import Footprint
from mig.effects.sql import read_sql
from tests.unit.usecases.test_overlaps import OF, TABLES

if TYPE_CHECKING:
    from mig.conflicts.schema import Schema

READ = {"plain": "postgresql", "postgresql": "postgresql", "sqlite": "sqlite"}


@st.composite
def scripts(draw: st.DrawFn, kind: str) -> tuple[Footprint, ...]:
    tables = st.sampled_from(TABLES[:4])
    texts = draw(st.lists(st.sampled_from(OF[kind]), min_size=4, max_size=12))
    filled = (text.format(t=draw(tables), u=draw(tables)) for text in texts)
    return tuple(Footprint(operations=tuple(read_sql(text, READ[kind]))) for text in filled)


def shown(schema: Schema) -> object:
    needing = {name: schema.users(name) for thing in schema.things.values() for name, _ in thing.needs}
    return schema.things.join(), needing, schema.opaque, schema.settings


@pytest.mark.parametrize("kind", READ)
def test_each_schema_is_the_one_that_all_its_migrations_leave(kind: str) -> None:
    added: list[bool] = []

    @settings(max_examples=80, deadline=None)
    @given(scripts(kind), st.data())
    def run(history: tuple[Footprint, ...], data: st.DataObject) -> None:
        ids = [f"{number:02}" for number in range(len(history))]
        by_id = dict(zip(ids, history, strict=True))
        parents = {later: (earlier,) for earlier, later in pairwise(ids)} | {ids[0]: ()}
        store = SchemaStore(by_id.__getitem__, READ[kind], ids, parents)
        for chosen in data.draw(st.lists(st.sets(st.sampled_from(ids)), min_size=2, max_size=6)):
            end = data.draw(st.sampled_from([0, len(chosen) // 2]))
            found = store.build(chosen, sorted(chosen)[:end])
            anew = build_schema([by_id[i] for i in sorted(chosen)], READ[kind], is_complete=False)
            assert shown(found) == shown(anew)
        operations = (one for footprint in history for one in footprint.operations)
        added.extend(find_addition(one, READ[kind]) is not None for one in operations)

    run()
    # The test would prove nothing if there were only one of the two ways.
    assert min(added.count(True), added.count(False)) > 100


def test_no_schema_is_gone_on_from_that_holds_what_comes_later() -> None:
    texts = {
        "a": "CREATE TABLE t (x integer)",
        "b": "ALTER TABLE t RENAME TO u",
        "c": "CREATE TABLE v (y date)",
    }
    by_id = {i: Footprint(operations=tuple(read_sql(text, "postgresql"))) for i, text in texts.items()}
    store = SchemaStore(by_id.__getitem__, "postgresql", tuple(texts), {"a": (), "b": ("a",), "c": ("b",)})
    store.build(["b", "c"])
    assert {"table:u", "table:v"} <= store.build(["a", "b", "c"]).things.join().keys()


def test_without_an_order_each_schema_is_built_in_the_order_that_is_given() -> None:
    texts = {"a": "CREATE TABLE t (x integer)", "b": "DROP TABLE t"}
    by_id = {i: Footprint(operations=tuple(read_sql(text, "postgresql"))) for i, text in texts.items()}
    store = SchemaStore(by_id.__getitem__, "postgresql", tuple(texts), None)
    assert not store.build(["b"]).things
    assert "table:t" not in store.build(["a", "b"]).things


@pytest.mark.parametrize("kind", READ)
def test_a_migration_does_the_same_in_each_schema_that_answers_the_same(kind: str) -> None:
    same: list[bool] = []

    @settings(max_examples=80, deadline=None)
    @given(scripts(kind), st.data())
    def run(history: tuple[Footprint, ...], data: st.DataObject) -> None:
        *before, last = history
        ids = [f"{number:02}" for number in range(len(before))]
        store = SchemaStore(dict(zip(ids, before, strict=True)).__getitem__, READ[kind], ids, None)
        some = st.sets(st.sampled_from(ids), min_size=len(ids) // 2)
        one, other = store.build(sorted(data.draw(some))), store.build(sorted(data.draw(some)))
        found, seen = close_watched(last, one)

        assert found == close(last, store.build(ids)) or not store.build(ids).answers_as(seen)
        assert found == close(last, other) or not other.answers_as(seen)
        same.append(other is not one and other.answers_as(seen))

    run()
    assert any(same)
