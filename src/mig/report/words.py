"""Numbers and names as people say them, the same in every report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.findings import BASELINE, IGNORED, Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mig.findings import Finding
    from mig.usecases.check import CheckResult


def count(number: int, noun: str) -> str:
    """``1 note``, ``2 notes``, ``12,000 notes``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def sides(result: CheckResult, branch: str = "") -> str:
    """Who is checked against whom; ``branch`` is the one that is checked out, if any."""
    kind = {"worktree": "worktree", "index": "staged"}.get(result.head.ref)
    # A commit that CI names by its id is told by the branch that it is of.
    plain = result.head.ref if result.head.ref != result.head.id else branch or result.head.ref[:12]
    head = f"{branch} ({kind})" if kind and branch else kind or plain
    return f"{head} against {result.base.ref}" if result.base else head


def whose(result: CheckResult) -> str:
    """How many migrations each side adds."""
    if result.base is None:
        return f"no base branch: everything counts as ours, {count(len(result.ours), 'migration')}"
    return f"{count(len(result.ours), 'migration')} of ours, {len(result.theirs):,} of theirs"


def pairs(result: CheckResult) -> str:
    """How many pairs were compared, and what came out; empty where there are none."""
    found = result.pairs
    verdicts = (("commute", found.commute), ("conflict", found.conflict), ("unknown", found.unknown))
    shown = [f"{number:,} {verdict}" for verdict, number in verdicts if number]
    if found.assumed:
        shown[0] += f" ({found.assumed:,} if unread statements of the history touch only what they name)"
    replayed = f" ({found.replayed:,} replayed)" if found.replayed else ""
    return f"{count(found.checked, 'pair')}: {', '.join(shown)}{replayed}" if found.checked else ""


def severities(findings: Iterable[Finding]) -> list[str]:
    """How many findings there are of each severity, the worst first; none is left out."""
    ranks = [finding.severity for finding in findings]
    ordered = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
    return [count(ranks.count(one), one.value) for one in ordered if one in ranks]


def kinds(findings: Iterable[Finding]) -> list[str]:
    """How many findings there are: of conflicts and what stands beside them by name, else by severity."""
    found = list(findings)
    conflicts = [f for f in found if f.severity is Severity.ERROR and f.verdict is Verdict.CONFLICT]
    if not conflicts:
        return severities(found)
    divergences = [f for f in found if f.severity is Severity.ERROR and f.code == "MIG101"]
    named = {id(finding) for finding in (*conflicts, *divergences)}
    counts = [count(len(conflicts), "conflict")]
    counts += [count(len(divergences), "divergence")] if divergences else []
    others = severities(finding for finding in found if id(finding) not in named)
    return counts + [text.replace(" error", " other error") for text in others]


def suppressed(findings: Iterable[Finding]) -> str:
    """How many findings do not count because of a reason in a file or of the baseline; empty: none."""
    reasons = [finding.suppressed for finding in findings if finding.suppressed]
    said = {IGNORED: "ignored with a reason", BASELINE: "in the baseline"}
    return ", ".join(f"{reasons.count(one):,} {text}" for one, text in said.items() if one in reasons)


def command_of(fix: str) -> str:
    """The command that an instruction begins with; empty where it begins with none."""
    return fix.partition(",")[0] if fix.startswith(("mig ", "git ")) else ""


def next_step(result: CheckResult) -> str:
    """What to do first about a check that failed: the last line on standard error."""
    worst = result.findings[0]
    more = f"mig explain {worst.code} says more"
    if not worst.fix:
        return more
    return f"next: {_PURPOSES.get(worst.fix, worst.fix)}; {more}"


_PURPOSES = {
    "mig merge": "mig merge joins the heads",
    "mig rebase": "mig rebase puts ours after theirs",
    "mig rebase, or after the merge mig merge": "mig rebase puts ours after theirs",
    "mig rebase, or mig merge": "mig rebase puts ours after theirs",
}
