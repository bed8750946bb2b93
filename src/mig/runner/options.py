"""How a runner works, and what it has done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mig.runner.dialects import Settings
from mig.sqltext.variables import Variables

if TYPE_CHECKING:
    from mig.runner.extras import ExtraStep
    from mig.runner.plan import Step
    from mig.runner.safety import Advisor


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a runner works.

    ``root`` is the folder that the snapshot's paths are relative to; ``git_commit`` and
    ``git_branch`` are recorded; ``lock_wait`` is in seconds; ``allow_changed`` passes over applied
    migrations whose files were edited.  ``apply_late`` and ``mark_applied`` name migrations that come
    too late for a declared order: to be run all the same, or only recorded.  ``at`` is the Git ref that
    the snapshot was read from, where that is not the disk.  ``advisor`` is asked whether a plan is safe
    for the database; without one nobody is.  ``allow_unsafe`` runs what it doubts, ``allow_data_loss``
    reverts what takes rows along; ``ask_before_reverts`` has it asked whether anything is reverted.
    ``allow_batch_loss`` has batches of Alembic's lose on SQLite what cannot be kept.
    ``variables`` are what stands for ``${name}`` in SQL files; without any, these are run as they are.
    ``fingerprint`` keeps what the schema is after a run, for ``verify``.
    """

    root: str = ""
    at: str = ""
    git_commit: str = ""
    git_branch: str = ""
    lock_wait: float = 60.0
    allow_changed: bool = False
    apply_late: tuple[str, ...] = ()
    mark_applied: tuple[str, ...] = ()
    advisor: Advisor | None = None
    allow_unsafe: bool = False
    allow_data_loss: bool = False
    allow_batch_loss: bool = False
    fingerprint: bool = True
    ask_before_reverts: bool = False
    settings: Settings = field(default_factory=Settings)
    variables: Variables = field(default_factory=Variables)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run has done.

    ``heads`` are the newest migrations that the database has now.  ``repeated`` are the repeatables that
    were run, ``left_out`` the names of those that wait for a run of everything.
    """

    database: str
    steps: tuple[Step, ...]
    heads: tuple[str, ...]
    duration_ms: int
    repeated: tuple[ExtraStep, ...] = ()
    left_out: tuple[str, ...] = ()
