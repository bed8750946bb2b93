"""What a plan has beside migrations: the repeatables that are to be run, and the callbacks."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - fields are looked up by name in the docs
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mig.model import Extra
    from mig.runner.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraStep:
    """One repeatable or callback to be executed.

    ``checksum`` is that of the text with the values of variables in it, and ``why`` says for people
    why a repeatable is to be run.
    """

    extra: Extra
    work: Work
    checksum: str = ""
    why: str = ""

    @property
    def name(self) -> str:
        return self.extra.name

    @property
    def id(self) -> str:
        """What messages call it, as they call migrations by their ids."""
        return self.extra.name

    @property
    def path(self) -> str:
        return self.extra.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What a plan has beside its steps.

    ``repeatables`` are in the order in which they run, after all steps; ``left_out`` are the names of
    those that would run if the target were all heads.  ``callbacks`` are by the moment at which
    they run.
    """

    repeatables: tuple[ExtraStep, ...] = ()
    callbacks: Mapping[str, ExtraStep] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


class RepeatableState(Enum):
    """How a database stands to a repeatable."""

    CURRENT = "current"
    PENDING = "pending"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatableStatus:
    """One repeatable in the state of a database; ``path`` is empty where the file is gone."""

    name: str
    state: RepeatableState
    path: str = ""
    applied_at: str = ""
