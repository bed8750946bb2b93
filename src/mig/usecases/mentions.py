"""Tells where a repository names, outside its migrations, what a rebase gives another name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mig.git.mentions import find_mentions
from mig.tree import is_under

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mig.model import Lineage
    from mig.usecases.place import Rewritten
    from mig.usecases.project import Project

_SHOWN = 5


def note_mentions(
    project: Project, lineage: Lineage, rewritten: Sequence[Rewritten]
) -> tuple[Rewritten, ...]:
    """The same, each with a note for the places that name it still: tests, scripts, other settings."""
    names = {_name(one): one.id_before for one in rewritten if one.id != one.id_before}
    if not names:
        return tuple(rewritten)
    notes: dict[str, list[str]] = {}
    for mention in find_mentions(project.git, names.keys()):
        if not any(is_under(mention.path, folder) for folder in lineage.paths):
            said = notes.setdefault(names[mention.name], [])
            said.append(f"{mention.path}:{mention.line} names {mention.name} still")
    return tuple(
        replace(one, notes=(*one.notes, *_shortened(notes.get(one.id_before, ())))) for one in rewritten
    )


def _name(one: Rewritten) -> str:
    """How others name it: Django's without the app, which stands apart from it there."""
    return one.id_before.removeprefix(f"{one.app}.") if one.app else one.id_before


def _shortened(notes: Sequence[str]) -> Sequence[str]:
    rest = len(notes) - _SHOWN
    return notes if rest < 2 else (*notes[:_SHOWN], f"and {rest} more places name it still")
