"""What each of Django's operations does to the state of the models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.effects.footprint import Access, Effect
from mig.sources.django.calls import Made

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL_FIRST = frozenset({
    "AddField", "AlterField", "RemoveField", "RenameField", "AddIndex", "RemoveIndex", "RenameIndex",
    "AddConstraint", "RemoveConstraint", "AddIndexConcurrently", "RemoveIndexConcurrently",
    "AddConstraintNotValid", "ValidateConstraint", "AlterConstraint",
})  # fmt: skip
"""Operations whose first argument is the model and not its name."""


def state_effects(app: str, made: Made) -> Iterator[Effect]:  # noqa: C901 - one branch for each operation
    """What an operation does to the models: ``state:app.model`` and ``state:app.model.field``."""
    name = made.name
    first = made.get(
        0, "model_name" if name in MODEL_FIRST else "old_name" if name == "RenameModel" else "name"
    )
    if not isinstance(first, str):
        return
    model = f"state:{app}.{first.lower()}"
    second = made.get(1, "old_name" if name == "RenameField" else "name")
    thing = f"{model}.{second.lower()}" if isinstance(second, str) else model
    need = Effect(resource=model, access=Access.NEED, aspect="table")
    match name:
        case "CreateModel":
            yield Effect(resource=model, access=Access.CREATE)
        case "DeleteModel":
            yield Effect(resource=model, access=Access.DROP)
        case "RenameModel":
            yield from _renamed(model, f"state:{app}.{str(made.get(1, 'new_name')).lower()}")
        case "AddField":
            yield from (need, Effect(resource=thing, access=Access.CREATE))
        case "RemoveField":
            yield from (need, Effect(resource=thing, access=Access.DROP))
        case "RenameField":
            yield from (need, *_renamed(thing, f"{model}.{str(made.get(2, 'new_name')).lower()}"))
        case "AlterField":
            yield from (
                need,
                Effect(resource=thing, access=Access.ALTER, aspect="definition", detail=made.text),
            )
        case "RenameIndex":
            yield need
        case _ if ("Index" in name[3:] and "Alter" not in name) or "Constraint" in name[3:]:
            yield from (need, *_of_named(model, made))
        case _:
            aspect = words_of_name(name)
            yield need
            yield Effect(
                resource=f"{model}.({aspect})", access=Access.ALTER, aspect="definition", detail=made.text
            )


def _of_named(model: str, made: Made) -> Iterator[Effect]:
    """An index or a constraint of a model, by the name that it is given."""
    value = made.get(1, "index", made.named.get("constraint"))
    name = made.get(1, "name")
    if not isinstance(name, str):
        name = value.named.get("name") if isinstance(value, Made) else None
    if isinstance(name, str) and made.name.startswith(("Add", "Remove")):
        access = Access.DROP if made.name.startswith("Remove") else Access.CREATE
        yield Effect(resource=f"{model}.({name})", access=access)


def _renamed(old: str, new: str) -> tuple[Effect, Effect]:
    return (
        Effect(resource=old, access=Access.DROP, renamed_to=new),
        Effect(resource=new, access=Access.CREATE, renamed_from=old),
    )


def words_of_name(name: str) -> str:
    """``AddField`` as ``add field``."""
    return "".join(
        f" {c.lower()}" if c.isupper() and at and not name[at - 1].isupper() else c.lower()
        for at, c in enumerate(name)
    )
