from __future__ import annotations

from mig.schema.image import SchemaImage, find_differences, fingerprint, keep_drift

USERS = {
    "table:public.users": "table",
    "rights:table:public.users": "owner ada",
    "column:public.users.id": "integer NOT NULL",
    "column:public.users.email": "text",
    "index:public.users.ix_email": "CREATE INDEX ix_email ON public.users (email)",
    "sequence:public.users_id_seq": "integer start 1 owned by public.users.id",
    "comment:public.users.email (table column)": "where receipts go",
}


def image(objects: dict[str, str]) -> SchemaImage:
    return SchemaImage(objects=objects)


def test_the_order_of_objects_does_not_change_the_fingerprint() -> None:
    assert fingerprint(image(USERS)) == fingerprint(image(dict(reversed(USERS.items()))))
    assert len(fingerprint(image(USERS))) == 64


def test_any_change_of_a_definition_changes_the_fingerprint() -> None:
    for name in USERS:
        assert fingerprint(SchemaImage(objects=USERS | {name: "another"})) != fingerprint(image(USERS))


def test_what_comes_with_a_table_is_counted_and_not_listed() -> None:
    (found,) = find_differences(image({}), image(USERS))
    assert (found.object, found.kind, found.parts) == ("table:public.users", "added", len(USERS) - 2)
    (gone,) = find_differences(image(USERS), image({}))
    assert (gone.object, gone.kind, gone.parts) == ("table:public.users", "missing", len(USERS) - 2)


def test_a_changed_part_of_a_table_that_stays_is_listed_by_itself() -> None:
    changed = USERS | {"column:public.users.email": "varchar(80)"}
    del changed["index:public.users.ix_email"]
    found = find_differences(image(USERS), image(changed))
    assert [(one.object, one.kind) for one in found] == [
        ("column:public.users.email", "changed"),
        ("index:public.users.ix_email", "missing"),
    ]
    assert (found[0].expected, found[0].found) == ("text", "varchar(80)")


def test_a_table_whose_name_begins_like_another_is_no_part_of_it() -> None:
    both = {"table:a": "table", "table:ab": "table", "column:ab.x": "text"}
    found = find_differences(SchemaImage(), SchemaImage(objects=both))
    assert [(one.object, one.parts) for one in found] == [("table:a", 0), ("table:ab", 1)]


def test_drift_from_before_a_run_is_still_drift_after_it() -> None:
    expected = image({"table:a": "1", "table:b": "1", "table:c": "1"})
    before = image({"table:a": "by hand", "table:c": "1", "table:d": "by hand"})
    after = image({"table:a": "by hand", "table:c": "2", "table:d": "by hand", "table:e": "new"})
    kept = keep_drift(expected, before, after)
    assert kept.objects == {"table:a": "1", "table:b": "1", "table:c": "2", "table:e": "new"}


def test_what_a_run_changes_is_expected_from_then_on_even_where_it_had_drifted() -> None:
    kept = keep_drift(image({"table:a": "1"}), image({"table:a": "by hand"}), image({"table:a": "2"}))
    assert kept.objects == {"table:a": "2"}
