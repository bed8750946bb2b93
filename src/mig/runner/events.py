"""What the runner tells while it works; it prints nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mig.runner.extras import ExtraStep
    from mig.runner.plan import Plan, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class LockWaiting:
    """Another runner is at work; ``waited`` is in seconds."""

    holder: str
    waited: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMade:
    """What will be done; told again when another runner has meanwhile done a part of it."""

    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDoubted:
    """The plan is not shown to be safe for this database, or loses rows; ``allowed``: it may run.

    ``asks_reverts``: it is asked because it reverts at all.
    """

    plan: Plan
    allowed: bool
    asks_reverts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    step: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRunning:
    """A step takes long; told once a second, from another thread.

    ``progress`` is what the server says of it, ``blockers`` are the sessions that it waits for.
    """

    step: Step
    seconds: float
    progress: str = ""
    blockers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRetried:
    """The step, or one statement of it, has not got its locks, and is tried again after a pause in seconds.

    ``attempt`` counts from 1, of as many as ``limit``.
    """

    step: Step | ExtraStep
    attempt: int
    limit: int
    pause: float
    message: str
    blockers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementDone:
    """``index`` counts from 1."""

    step: Step
    index: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDone:
    step: Step
    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFailed:
    step: Step
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraStarted:
    """A repeatable or a callback begins."""

    step: ExtraStep


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraDone:
    step: ExtraStep
    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraFailed:
    step: ExtraStep
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something that people should know and that stops nothing."""

    message: str


Event = (
    LockWaiting
    | PlanDoubted
    | PlanMade
    | StepStarted
    | StatementDone
    | StepRunning
    | StepRetried
    | StepDone
    | StepFailed
    | ExtraStarted
    | ExtraDone
    | ExtraFailed
    | Noted
)
