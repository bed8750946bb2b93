"""What a shell is offered behind a command: ids, refs, codes, names; nothing here fails or prints.

Imported only while a shell asks.
"""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from mig.catalogue import all_codes
from mig.cli._options import Globals
from mig.errors import MigError
from mig.report.escape import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import click

    from mig.usecases.project import Project

    Offers = Iterable[tuple[str, str]]

_MOST = 200
_NAMING_IDS = ("migration", "one", "other", "ids", "target", "onto", "apply_late", "mark_applied")
_NAMING_REFS = ("at", "base", "head", "only", "refs")
_TARGETS = {"up": ("head", "heads", "+1"), "down": ("base", "-1"), "redo": ("-1",)}


def offer_values(command: click.Command) -> None:
    """Let a command's options and arguments offer what they take, by their names.

    One table here instead of a word at each of them: a new command has it by itself.
    """
    for param in command.params:
        find = _VALUES.get(str(param.name))
        if find is not None:
            param.shell_complete = partial(_offer, find)  # type: ignore[method-assign] # of this one alone


def _offer(find: Callable[[Project], Offers], ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """What begins as a person has typed; nothing where it cannot be told."""
    options = ctx.obj if isinstance(ctx.obj, Globals) else Globals()
    try:
        words = ((word, "") for word in _TARGETS.get(ctx.info_name or "", ()) if find is _ids)
        found = [*words, *find(options.project())]
    except (MigError, OSError):
        return []
    # A shell takes a line for each, so what would not stay one word on one line is left out.
    fitting = (
        CompletionItem(value, help=one_line(about))
        for value, about in found
        if value.startswith(incomplete) and value.isprintable() and " " not in value
    )
    return list(islice(fitting, _MOST))


def _ids(project: Project) -> Iterator[tuple[str, str]]:
    """The newest first, with what they do."""
    found = sorted(project.snapshot().migrations, key=lambda migration: migration.path, reverse=True)
    return ((migration.id, migration.description) for migration in found)


def _refs(project: Project) -> Iterator[tuple[str, str]]:
    """Branches and tags, the latest first."""
    form = "--format=%(refname:short)%09%(contents:subject)"
    kinds = ("refs/heads", "refs/remotes", "refs/tags")
    for line in project.git.text("for-each-ref", "--sort=-committerdate", form, *kinds).splitlines():
        name, _, subject = line.partition("\t")
        yield name, subject


def _codes(_: Project) -> Offers:
    return ((code.code, code.title) for code in all_codes())


def _databases(project: Project) -> Offers:
    return ((name, "") for name in project.config.databases)


def _lineages(project: Project) -> Offers:
    return ((one.name, ", ".join(one.paths)) for one in project.lineages(project.tree()))


_VALUES: Mapping[str, Callable[[Project], Offers]] = {
    **dict.fromkeys(_NAMING_IDS, _ids),
    **dict.fromkeys(_NAMING_REFS, _refs),
    "code": _codes,
    "database": _databases,
    "lineage": _lineages,
}
