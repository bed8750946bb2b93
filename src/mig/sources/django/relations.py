"""What joins the tables of models: foreign keys, the tables between two, and their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.sources.django.names import index_name, shortened
from mig.sources.django.work import q

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.sources.django.state import Field, Model
    from mig.sources.django.work import Work


def key_name(table: str, column: str, to_table: str, to_column: str) -> str:
    return q(shortened(index_name(table, [column], f"_fk_{to_table}_{to_column}")))


def foreign_key(table: str, column: str, to_table: str, to_column: str) -> str:
    name = key_name(table, column, to_table, to_column)
    return (
        f"ALTER TABLE {q(table)} ADD CONSTRAINT {name} FOREIGN KEY ({q(column)}) "
        f"REFERENCES {q(to_table)} ({q(to_column)}) DEFERRABLE INITIALLY DEFERRED"
    )


def columns_between(model: Model, target: Model) -> tuple[str, str]:
    """The columns of the table between two models that are many to many."""
    if model.key == target.key and model.app == target.app:
        return f"from_{model.key}_id", f"to_{model.key}_id"
    return f"{model.key}_id", f"{target.key}_id"


def keys_to(model: Model, column: str, work: Work) -> Iterator[tuple[str, str]]:
    """The columns, each after its table, that refer to a column of a model."""
    name = next((one.name for one in model.fields.values() if one.column == column), column)
    usual = name if column == model.primary else ""
    for other in work.all_models():
        for one in other.fields.values():
            is_key = one.is_to_one and one.made.named.get("to_field", usual) == name
            if is_key and other.table and _leads_to(model, one, other, work):
                yield other.table, one.column
    if usual:
        yield from links_to(model, work)


def links_to(model: Model, work: Work) -> Iterator[tuple[str, str]]:
    """The columns of tables between models, each after its table, that hold keys of a model."""
    for other in work.all_models():
        for one in other.fields.values():
            if not one.is_to_many or one.made.named.get("through") is not None or not other.table:
                continue
            is_far = _leads_to(model, one, other, work)
            is_near = (other.app, other.key) == (model.app, model.key)
            near, far = columns_between(other, model) if is_far else (f"{other.key}_id", "")
            if is_near:
                yield many_table(other, one), near
            if is_far:
                yield many_table(other, one), far


def _leads_to(model: Model, one: Field, other: Model, work: Work) -> bool:
    name = one.target
    if name.startswith("settings:"):
        found = work.find_model(name)
        return found is not None and (found.app, found.key) == (model.app, model.key)
    app, dot, target = name.lower().rpartition(".")
    if name == "self":
        app, target = other.app, other.key
    return (app if dot else other.app).lower() == model.app.lower() and target == model.key


def many_table(model: Model, one: Field) -> str:
    named = one.made.named.get("db_table")
    return named if isinstance(named, str) else f"{model.table}_{one.name}"
