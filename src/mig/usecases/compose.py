"""Composes a new migration: its id, its text and its file, ready to be written and read back once."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mig.catalogue import severity_of
from mig.errors import SourceError, UsageError
from mig.findings import Severity
from mig.sources.registry import source_of
from mig.usecases.write import Change, read_on_disk

if TYPE_CHECKING:
    from mig.model import Lineage, LineageSnapshot
    from mig.sources.base import Draft, Reading
    from mig.usecases.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A new migration and the change that writes it."""

    id: str
    lineage: str
    parents: tuple[str, ...]
    change: Change
    order: tuple[tuple[str, str], ...] = ()
    beside: tuple[Change, ...] = ()
    """What other files must say then."""

    @property
    def path(self) -> str:
        return self.change.path


def one_line(message: str) -> str:
    """A message as every format can hold it: one line, single spaces.

    Raises:
        UsageError: it is empty, holds control characters, or would be read as a directive.
    """
    line = " ".join(message.split())
    if not line:
        raise UsageError(
            "the message is empty", hint='say what the migration does: mig new "Add users.email"'
        )
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in line):
        raise UsageError("the message holds control characters", hint="write it as plain text")
    if line.startswith("mig:"):
        raise UsageError(
            "a message cannot begin with mig:, which marks a directive", hint="begin with another word"
        )
    return line


def compose(project: Project, snapshot: LineageSnapshot, draft: Draft) -> Composed:
    """A new migration of a lineage, with an id of its own, in the form that its source gives it.

    Raises:
        UsageError: the message or the text of up cannot be kept.
        SourceError: the source cannot write this here.
    """
    lineage, source = snapshot.lineage, source_of(snapshot.lineage)
    known = {m.id: m for m in snapshot.migrations}
    own = source.new_id()
    while own in known:
        own = source.new_id()
    draft = replace(draft, id=own, message=one_line(draft.message))
    file = source.write(draft, lineage, project.tree(), known)
    if not source.is_candidate(lineage, file.path):
        raise SourceError(
            f"{file.path} would not be read as a migration", hint="check path in the configuration"
        )
    return Composed(
        id=_read_back(lineage, draft, source.read(file.path, file.data), file.path),
        lineage=lineage.name,
        parents=draft.parents,
        change=Change(path=file.path, before=None, after=file.data),
        order=draft.order,
        beside=tuple(
            Change(path=path, before=read_on_disk(project.root, path), after=data)
            for path, data in file.beside
        ),
    )


def _read_back(lineage: Lineage, draft: Draft, reading: Reading, path: str) -> str:
    """The id of what was composed.

    It must be read back as it was meant: a text can hold what looks like a directive.
    """
    wrong = [str(m) for code, m, _ in reading.problems if severity_of(str(code)) is Severity.ERROR]
    if draft.up.strip() and wrong:
        raise UsageError(
            f"the text cannot be kept as the up section: {wrong[0]}", hint="mend the text, then try again"
        )
    (found,) = source_of(lineage).resolve(lineage, (reading.migration(lineage.name, path),))
    named = bool(reading.id) and found.id == (draft.id or found.id)
    if not named or set(found.parents) != set(draft.parents) or found.order != draft.order:
        raise SourceError(
            f"{path} would not be read back as written", hint="please report this as a bug in mig"
        )
    return found.id
