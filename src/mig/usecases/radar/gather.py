"""Which branches are open, and what each does to the migrations, as Git says it without reading files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mig.git.branches import LOCAL, REMOTE, find_ahead, find_changes, list_refs, resolve_refs
from mig.git.trees import CommitTree
from mig.sources.registry import source_of
from mig.tree import REGULAR, is_under
from mig.usecases.radar.imports import set_apart_importing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mig.git.branches import Ahead, Change, Ref
    from mig.git.repo import Commit
    from mig.model import Lineage
    from mig.tree import Entry
    from mig.usecases.project import Project

_MADE_LIKE_A_FILE = re.compile(r"\.(?:sql|py)/", re.IGNORECASE)
_MAY_BE_NEW = re.compile(r"\.sql\Z|(?:\A|/)(?:migrations|versions|migration)/.*\.(?:py|java|kt|groovy)\Z")
_SETTINGS = re.compile(
    r"(?:\A|/)(?:alembic\.ini|[^/]*\.ini|flyway\.(?:conf|toml)|dbconfig\.yml|diesel\.toml|apps\.py|settings[^/]*\.py)\Z"
)
_OF_ALEMBIC = re.compile(r"(?:\A|/)(?:pyproject\.toml|env\.py)\Z")


@dataclass(slots=True, kw_only=True)
class Open:
    """A branch with commits that the base has not.

    ``added`` are its new files of each lineage, by path.  ``peculiar`` says why it is checked by itself: it
    does more than to add migrations, or nobody can tell from afar.
    """

    ref: str
    also: tuple[str, ...]
    commit: str
    bases: tuple[str, ...]
    added: dict[str, dict[str, Entry]] = field(default_factory=dict)
    peculiar: str = ""
    alone: str = ""
    changes_code: bool = False
    """Whether it changes Python that is no migration."""

    @property
    def concerns_migrations(self) -> bool:
        return bool(self.added or self.peculiar)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The open branches that have to do with migrations; ``idle`` is how many have not.

    ``theirs`` are for each merge base the paths that the base has got since then, for lineages that are
    ordered by version.
    """

    opened: tuple[Open, ...]
    idle: int
    ahead: Ahead
    theirs: Mapping[str, frozenset[str]]


def find_refs(project: Project, named: Sequence[str] | None, *, local: bool) -> tuple[Ref, ...]:
    """The refs that somebody named, or else those of open branches.

    Without any remote (a bare repository on a server) the branches of the repository itself are meant.

    Raises:
        GitError: a ref that was named does not exist.
    """
    if named is not None:
        return resolve_refs(project.git, named)
    found = list_refs(project.git, (*REMOTE, *LOCAL) if local else REMOTE)
    return found or list_refs(project.git, LOCAL)


def gather(
    project: Project, base: Commit, refs: Iterable[Ref], tree: CommitTree, lineages: Sequence[Lineage]
) -> Gathered:
    """What the branches do to the migrations of these lineages.

    Raises:
        GitError: the clone is too shallow to tell.
    """
    names: dict[str, list[str]] = {}
    for ref in refs:
        if ref.name not in names.setdefault(ref.commit, []):
            names[ref.commit].append(ref.name)
    ahead = find_ahead(project.git, base.id, names)
    changes = find_changes(
        project.git, [(found[0], tip) for tip, found in ahead.bases.items() if found and len(found) == 1]
    )
    sorter = _Sorter(project, tree, lineages)
    opened = []
    for tip, bases in ahead.bases.items():
        first, *also = sorted(names[tip], key=_name_rank)
        one = Open(ref=first, also=tuple(also), commit=tip, bases=bases or ())
        if bases is None or len(bases) != 1:
            one.peculiar = (
                "it has no commit in common with the base" if bases == () else "it was merged crosswise"
            )
        else:
            sorter.sort(one, changes.get(tip, ()))
        if one.concerns_migrations:
            opened.append(one)
    set_apart_importing(project, opened)
    return Gathered(
        opened=tuple(sorted(opened, key=lambda one: one.ref)),
        idle=len(ahead.bases) - len(opened),
        ahead=ahead,
        theirs=_find_theirs(project, base, opened) if any(one.late for one in lineages) else {},
    )


def _name_rank(name: str) -> tuple[bool, str]:
    """A branch's name says more than the number of its pull request."""
    return name.startswith(("pull/", "merge-requests/")), name


def _find_theirs(project: Project, base: Commit, opened: Iterable[Open]) -> dict[str, frozenset[str]]:
    """For each merge base, the paths that only the base has."""
    wanted = {one.bases[0] for one in opened if len(one.bases) == 1 and one.bases[0] != base.id}
    changes = find_changes(project.git, [(base.id, commit) for commit in sorted(wanted)])
    # Seen from the base, what the merge base has not got yet is deleted there.
    return {
        commit: frozenset(one.path for one in found if one.after is None) for commit, found in changes.items()
    }


class _Sorter:
    """Tells what changed paths mean for the lineages."""

    def __init__(self, project: Project, tree: CommitTree, lineages: Sequence[Lineage]) -> None:
        self._project = project
        self._tree = tree
        self._lineages = lineages
        self._sources = [(one, source_of(one), tree.entries(one.paths)) for one in lineages]
        settings = project.config
        self._configured = tuple(filter(None, (settings.path, *(one.path for one in settings.lineages))))
        self._has_alembic = any(one.source == "alembic" for one in lineages)

    def sort(self, one: Open, changes: Iterable[Change]) -> None:
        """Put what a branch changes where it belongs."""
        is_elsewhere = False
        for change in changes:
            lineage = self._place(one, change)
            one.changes_code = one.changes_code or (lineage is None and change.path.endswith(".py"))
            is_elsewhere = is_elsewhere or (lineage is None and self._may_matter(change.path))
        if is_elsewhere and not one.peculiar and self._has_other_lineages(one):
            one.peculiar = "its migrations lie elsewhere than those of the base"

    def _place(self, one: Open, change: Change) -> Lineage | None:
        path, after = change.path, change.after
        for lineage, source, published in self._sources:
            if not any(is_under(path, folder) for folder in lineage.paths):
                continue
            if not source.is_candidate(lineage, path) and path not in lineage.paths:
                is_odd = _MADE_LIKE_A_FILE.search(path) or (after is not None and after.kind != REGULAR)
                one.peculiar = one.peculiar or (f"it changes {path}" if is_odd else "")
            elif change.before is None and after is not None and published.get(path) == after:
                pass
            elif (
                change.before is None
                and after is not None
                and after.kind == REGULAR
                and path not in published
            ):
                one.added.setdefault(lineage.name, {})[path] = after
            else:
                one.peculiar = one.peculiar or f"it changes {path}"
            return lineage
        return None

    def _may_matter(self, path: str) -> bool:
        """Whether a path that belongs to no lineage may make one, or be settings of one."""
        if _SETTINGS.search(path) or (self._has_alembic and _OF_ALEMBIC.search(path)):
            return True
        if self._configured and not any(is_under(path, folder) for folder in self._configured):
            return False
        return bool(_MAY_BE_NEW.search(path))

    def _has_other_lineages(self, one: Open) -> bool:
        tree = CommitTree(self._project.git, one.ref, one.commit)
        with self._project.listing(tree):
            return set(self._project.lineages(tree, self._tree)) != set(self._lineages)
