"""Writes the SQL that Django's schema editor sends for indexes and constraints, for the reader of SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.sources.django.calls import Made, Named
from mig.sources.django.names import index_name
from mig.sources.django.work import Work, list_columns, q
from mig.sources.python.quoting import quote_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mig.sources.django.state import Model


def read_sets(value: object) -> list[list[str]]:
    if not isinstance(value, (list, tuple, set)):
        return []
    if value and all(isinstance(one, str) for one in value):
        return [[str(one) for one in value]]
    return [[str(name) for name in one] for one in value if isinstance(one, (list, tuple))]


def column_of(work: Work, model: Model, name: str) -> str:
    one = model.fields.get(name.lstrip("-"))
    work.fields.append(name.lstrip("-"))
    return one.column if one is not None and one.column else name.lstrip("-")


def unique_on(model: Model, names: Sequence[str], work: Work) -> None:
    columns = [column_of(work, model, name) for name in names]
    name = q(index_name(model.table, columns, "_uniq"))
    work.sql(f"ALTER TABLE {q(model.table)} ADD CONSTRAINT {name} UNIQUE ({list_columns(columns)})")


def alter_together(work: Work) -> None:
    model = work.subject()
    is_unique = work.made.name == "AlterUniqueTogether"
    option = "unique_together" if is_unique else "index_together"
    given = work.made.get(1, option)
    if given is not None and not isinstance(given, (list, tuple, set)):
        work.problems.append(f"{option} is not known")
        return
    if not model.table:
        return
    before, after = read_sets(model.options.get(option)), read_sets(given)
    work.fields.extend(name for names in (*before, *after) for name in names)
    for names in before:
        if names not in after:
            columns = [column_of(work, model, name) for name in names]
            suffix = "_uniq" if is_unique else "_idx"
            name = q(index_name(model.table, columns, suffix))
            what = (
                f"ALTER TABLE {q(model.table)} DROP CONSTRAINT {name}" if is_unique else f"DROP INDEX {name}"
            )
            work.sql(what)
    for names in after:
        if names in before:
            continue
        if is_unique:
            unique_on(model, names, work)
        else:
            columns = [column_of(work, model, name) for name in names]
            work.sql(
                f"CREATE INDEX {q(index_name(model.table, columns, '_idx'))}"
                f" ON {q(model.table)} ({list_columns(columns)})"
            )


def add_index(work: Work) -> None:
    index_on(work.subject(), work.made.get(1, "index"), work)


def index_on(model: Model, given: object, work: Work) -> None:
    if not model.table:
        return
    names = given.named.get("fields") if isinstance(given, Made) else None
    name = given.named.get("name") if isinstance(given, Made) else None
    if (
        not isinstance(given, Made)
        or given.args
        or not isinstance(names, (list, tuple))
        or not isinstance(name, str)
    ):
        work.problems.append("the columns of the index are in expressions")
        if isinstance(name, str):
            work.sql(f"CREATE INDEX {q(name)} ON {q(model.table)} ((1))")
        return
    columns = [column_of(work, model, str(one)) for one in names]
    included = given.named.get("include")
    rest = (
        f" INCLUDE ({list_columns(column_of(work, model, str(c)) for c in included)})"
        if isinstance(included, (list, tuple))
        else ""
    )
    if given.named.get("condition") is not None:
        rest += f" WHERE {_condition(given.named['condition'], model, work)}"
    method = {"GinIndex": "gin", "GistIndex": "gist", "BrinIndex": "brin", "HashIndex": "hash"}.get(
        given.name, "btree"
    )
    work.sql(f"CREATE INDEX {q(name)} ON {q(model.table)} USING {method} ({list_columns(columns)}){rest}")


def _condition(value: object, model: Model, work: Work) -> str:
    """A condition that needs the columns that it names, and is told apart by its text."""
    words = {name for name in _lookups(value, work) if name in model.fields}
    digest = " ".join(sorted(set(repr(value).split())))
    parts = [f"{q(column_of(work, model, name))} IS NOT NULL" for name in sorted(words)]
    return " AND ".join([*parts, f"{quote_text(digest, 'postgresql')} IS NOT NULL"])


def _lookups(value: object, work: Work) -> Iterable[str]:
    match value:
        case Made():
            for key, inner in value.named.items():
                yield key.partition("__")[0]
                yield from _lookups(inner, work)
            for inner in value.args:
                yield from _lookups(inner, work)
        case str():
            yield value.partition("__")[0]
        case list() | tuple():
            for inner in value:
                yield from _lookups(inner, work)
        case None | bool() | int() | float() | Named():
            return
        case _:
            yield from _lookups_of_node(value, work)


def _lookups_of_node(value: object, work: Work) -> Iterable[str]:
    import ast

    node = getattr(value, "node", None)
    if node is None:
        work.problems.append("a condition that only running it would tell")
        return
    for inner in ast.walk(node):
        match inner:
            case ast.keyword(arg=str(name)) | ast.Constant(value=str(name)):
                yield name.partition("__")[0]
            case _:
                continue


def remove_index(work: Work) -> None:
    name = work.made.get(1, "name")
    if isinstance(name, str):
        work.sql(f"DROP INDEX IF EXISTS {q(name)}")
    else:
        work.problems.append("the name of the index is not known")


def rename_index(work: Work) -> None:
    old, new, fields = (
        work.made.named.get("old_name"),
        work.made.get(1, "new_name"),
        work.made.named.get("old_fields"),
    )
    model = work.subject()
    if isinstance(fields, (list, tuple)):
        old = index_name(model.table, [column_of(work, model, str(one)) for one in fields], "_idx")
    if isinstance(old, str) and isinstance(new, str):
        work.sql(f"ALTER INDEX {q(old)} RENAME TO {q(new)}")
    else:
        work.problems.append("the name of the index is not known")


def add_constraint(work: Work) -> None:
    constraint_on(work.subject(), work.made.get(1, "constraint"), work)


def constraint_on(model: Model, given: object, work: Work) -> None:
    name = given.named.get("name") if isinstance(given, Made) else None
    if not isinstance(given, Made) or not isinstance(name, str):
        work.problems.append("the constraint is not known")
        return
    if not model.table:
        return
    add = f"ALTER TABLE {q(model.table)} ADD CONSTRAINT {q(name)}"
    fields = given.named.get("fields")
    if given.name == "CheckConstraint":
        check = given.get(0, "check", given.named.get("condition"))
        work.sql(f"{add} CHECK ({_condition(check, model, work)})")
    elif given.name == "UniqueConstraint" and isinstance(fields, (list, tuple)) and not given.args:
        columns = [column_of(work, model, str(one)) for one in fields]
        condition = given.named.get("condition")
        if condition is None:
            work.sql(f"{add} UNIQUE ({list_columns(columns)})")
        else:
            where = _condition(condition, model, work)
            work.sql(
                f"CREATE UNIQUE INDEX {q(name)} ON {q(model.table)} ({list_columns(columns)}) WHERE {where}"
            )
    else:
        work.problems.append(f"what the constraint {given.name} holds is in expressions")


def remove_constraint(work: Work) -> None:
    name, model = work.made.get(1, "name"), work.subject()
    if not isinstance(name, str):
        work.problems.append("the name of the constraint is not known")
    elif model.table:
        work.sql(f"ALTER TABLE {q(model.table)} DROP CONSTRAINT IF EXISTS {q(name)}")
        # A unique constraint with a condition is an index.
        work.sql(f"DROP INDEX IF EXISTS {q(name)}")
