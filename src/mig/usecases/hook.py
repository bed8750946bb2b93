"""What the hooks ask: may this be committed or pushed, and what did a merge or a checkout bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.errors import GraphError, SourceError
from mig.findings import Severity
from mig.graph.dag import build_graph
from mig.graph.reparent import heads_by_labels
from mig.model import Snapshot
from mig.usecases.check import check_project
from mig.usecases.project import INDEX

if TYPE_CHECKING:
    from mig.git.repo import Repo
    from mig.git.staged import Push
    from mig.model import Migration
    from mig.usecases.check import CheckResult
    from mig.usecases.project import Project

_DIVERGENCE = "MIG101"
# What Git leaves in its folder while it applies commits one by one; nobody is asked anything then.
_SEQUENCES = ("rebase-merge", "rebase-apply", "sequencer", "CHERRY_PICK_HEAD", "REVERT_HEAD")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """How the migrations of one commit differ from those of another.

    ``diverged`` are the heads, by lineage, where the later commit has more than one.
    """

    added: tuple[Migration, ...]
    removed: tuple[Migration, ...]
    diverged: dict[str, tuple[str, ...]]
    diverged_before: bool

    @property
    def is_news(self) -> bool:
        return bool(self.added or self.removed or (self.diverged and not self.diverged_before))


def check_staged(project: Project) -> CheckResult | None:
    """The check of what is staged; None where there are no migrations at all.

    Raises:
        SourceError: HEAD has migrations and the index has none.
        GitError, ConfigError: as ``check_project`` says.
    """
    try:
        return check_project(project, head=INDEX)
    except SourceError:
        if _has_migrations(project, INDEX):
            raise
    if project.git.head().id and _has_migrations(project, "HEAD"):
        raise SourceError(
            "HEAD has migrations, and no more are recognised in what is staged",
            hint="git status shows what is staged; MIG_SKIP=1 git commit commits it if they are to go",
        )
    return None


def check_push(project: Project, push: Push, remote: str) -> CheckResult | None:
    """The check of a commit that is pushed, against what the remote has; None without migrations.

    Raises:
        GitError, ConfigError: as ``check_project`` says.
    """
    repo = project.git
    named = repo.find(push.local_ref)
    head = push.local_ref if named and named.id == push.commit else push.commit
    try:
        return check_project(project, head=head, base=_pushed_onto(project, push, remote))
    except SourceError:
        if _has_migrations(project, push.commit):
            raise
        return None


def find_taken_away(project: Project, push: Push, remote: str) -> tuple[Migration, ...]:
    """The migrations that a forced push removes from the base branch, where they are published.

    The check cannot see them: to it, the base has merely moved on.
    """
    repo = project.git
    if _pushed_onto(project, push, remote) is None or repo.merge_bases(push.known, push.commit) == (
        push.known,
    ):
        return ()
    return compare_commits(project, push.known, push.commit).removed


def is_merging(project: Project) -> bool:
    """Whether a person concludes a merge, rather than Git by itself in the middle of a rebase."""
    repo = project.git
    return bool(repo.merging()) and not is_in_sequence(repo)


def is_index_read_again(repo: Repo) -> bool:
    """Whether the commit that concludes a merge will hold what is staged now.

    ``git commit`` reads the index again after pre-commit.  ``git merge`` has made its tree before
    pre-merge-commit, at a time when MERGE_HEAD does not exist yet, and takes up nothing more.
    """
    return (repo.git_dir / "MERGE_HEAD").exists()


def is_in_sequence(repo: Repo) -> bool:
    """Whether Git is rebasing, cherry-picking or reverting."""
    return any((repo.git_dir / name).exists() for name in _SEQUENCES)


def can_mend(result: CheckResult) -> bool:
    """Whether a merge migration or a rebase is what the errors call for."""
    errors = [finding for finding in result.findings if finding.severity is Severity.ERROR]
    return any(one.code == _DIVERGENCE for one in errors) and all(
        one.code == _DIVERGENCE or one.verdict is not None for one in errors
    )


def mend(project: Project, how: str) -> tuple[str, ...]:
    """Mend a divergence in the working tree and stage it; the paths that were written.

    Args:
        project: where to work.
        how: ``merge`` makes the merge migration, ``rebase`` puts ours after theirs.

    Raises:
        MigError: it cannot be done safely; the message says why.
    """
    if how == "merge":
        from mig.usecases.merge import merge_heads

        result = merge_heads(project, add=True)
        if result.blocking:
            raise GraphError(
                f"the heads cannot be merged as they are: {result.blocking[0].message}",
                hint=result.blocking[0].fix or f"mig explain {result.blocking[0].code}",
            )
        return tuple(change.path for change in result.changes)
    from mig.usecases.rebase import rebase_migrations

    return tuple(change.path for change in rebase_migrations(project, add=True).changes)


def compare_commits(project: Project, before: str, after: str) -> Arrival:
    """What migrations one commit has and another has not.

    Raises:
        GitError, ConfigError: the commits or their migrations cannot be read.
    """
    old, new = _snapshot(project, before), _snapshot(project, after)
    had = {(m.lineage, m.id) for m in old.migrations}
    has = {(m.lineage, m.id) for m in new.migrations}
    return Arrival(
        added=tuple(m for m in new.migrations if (m.lineage, m.id) not in had),
        removed=tuple(m for m in old.migrations if (m.lineage, m.id) not in has),
        diverged=_diverged(new),
        diverged_before=bool(_diverged(old)),
    )


def _pushed_onto(project: Project, push: Push, remote: str) -> str | None:
    """What a push is compared with: for the base branch itself, what the remote has of it now."""
    repo = project.git
    base = project.config.base
    if not base:
        default = repo.default_base()
        base = default.ref if default else ""
    branch = push.remote_ref.removeprefix("refs/heads/")
    is_base = base.removeprefix("refs/remotes/").removeprefix("refs/heads/") in (f"{remote}/{branch}", branch)
    return push.known if is_base and push.known and repo.find(push.known) else None


def _has_migrations(project: Project, at: str) -> bool:
    try:
        return bool(project.lineages(project.tree(at)))
    except SourceError:
        return False


def _snapshot(project: Project, at: str) -> Snapshot:
    try:
        return project.snapshot(at)
    except SourceError:
        return Snapshot(ref=at)


def _diverged(snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in snapshot.lineages:
        groups = heads_by_labels(build_graph(one.migrations)).values()
        heads = tuple(sorted(head for group in groups if len(group) > 1 for head in group))
        if heads:
            found[one.lineage.name] = heads
    return found
