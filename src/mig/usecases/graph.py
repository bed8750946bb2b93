"""The DAG to be drawn: of one tree, or of what a head and its base will be once they are merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.usecases.picture import picture_of_findings, picture_of_snapshot
from mig.usecases.project import WORKTREE

if TYPE_CHECKING:
    from mig.usecases.picture import Picture
    from mig.usecases.project import Project


def draw_graph(project: Project, *, at: str = "", head: str = "", base: str = "") -> Picture:
    """What a picture of the DAG shows.

    Args:
        project: where to look.
        at: draw this tree alone and compare nothing; empty: compare, where there is Git.
        head: what is compared with the base: ``worktree`` (also where it is empty), ``index`` or a ref.
        base: what it is compared with; empty: as configured, else the remote's default branch.

    Raises:
        GitError: there is no such ref, or the clone is too shallow to tell.
        SourceError: no migrations are configured or recognised.
    """
    if at or project.repo is None:
        where = at or WORKTREE
        return picture_of_snapshot(project.snapshot(where), (project.tree(where),))
    from mig.usecases.check import check_project  # a picture of one tree does without

    result = check_project(project, head=head or WORKTREE, base=base or None)
    return result.read_picture() if result.read_picture else picture_of_findings(result)
