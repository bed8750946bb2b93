"""What the radar tells: the open branches, which of them clash, and in which order they can be merged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from mig.findings import Verdict

if TYPE_CHECKING:
    from mig.findings import Finding
    from mig.git.repo import Commit


class Standing(Enum):
    """How a branch stands to the base, from the best to the worst.

    ``diverges``: it needs a rebase or a merge migration, and nothing else.  ``error``: ``mig check`` finds
    something in the branch that is no pair of migrations: a published one edited, a file that cannot be read.
    """

    OK = "ok"
    DIVERGES = "diverges"
    UNKNOWN = "unknown"
    ERROR = "error"
    CONFLICT = "conflict"

    @property
    def rank(self) -> int:
        return list(Standing).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """An open branch that has migrations, or does something to them, which the base has not.

    ``also`` are other names of the same commit, ``committed`` the time of its tip in seconds since 1970.
    ``on_top_of`` are branches that it holds.  ``findings`` are what ``mig check`` would say of it, but for
    notes; where ``alone`` says why, it was not compared with other branches.  ``same_version`` are those that
    take one of its versions for another migration: whoever comes second is numbered anew.
    """

    ref: str
    also: tuple[str, ...]
    commit: str
    author: str
    committed: int
    migrations: tuple[str, ...]
    on_top_of: tuple[str, ...]
    standing: Standing
    findings: tuple[Finding, ...]
    fix: str = ""
    alone: str = ""
    same_version: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Two branches, each of which may be right by itself, and why they do not go together.

    ``first`` is the one that can be merged first without harm; empty where the second one has to be
    rewritten whichever that is.
    """

    branches: tuple[str, str]
    verdict: Verdict
    first: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A branch in the order of merging: behind which others it has to come, and for which it is rewritten.

    ``rewritten_for`` are those before it with which it clashes in both orders, or against the order that
    would do.
    """

    ref: str
    after: tuple[str, ...] = ()
    rewritten_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Radar:
    """What the radar found.

    ``idle`` is how many open branches have nothing to do with migrations.  ``checked`` counts the pairs of
    migrations that the graph leaves unordered, ``compared`` those that had something in common, and
    ``skipped`` those that were too many to be compared.  ``problem`` says why nothing can be told about any
    branch, or not about all that they have in common.
    """

    base: Commit
    branches: tuple[Branch, ...]
    clashes: tuple[Clash, ...]
    order: tuple[Step, ...]
    idle: int
    checked: int
    compared: int
    skipped: int
    problem: str = ""

    def concerning(self, ref: str) -> tuple[Clash, ...]:
        """The clashes of a branch, and of those that it is on top of."""
        held = {ref, *next((one.on_top_of for one in self.branches if one.ref == ref), ())}
        return tuple(one for one in self.clashes if held.intersection(one.branches))

    def is_at_least(self, standing: Standing) -> bool:
        """Whether any branch or clash is as bad as that."""
        worst = {Verdict.CONFLICT: Standing.CONFLICT, Verdict.UNKNOWN: Standing.UNKNOWN}
        ranks = [one.standing.rank for one in self.branches]
        ranks += [Standing.UNKNOWN.rank] if self.problem else []
        ranks += [worst[one.verdict].rank for one in self.clashes]
        return any(rank >= standing.rank for rank in ranks)
