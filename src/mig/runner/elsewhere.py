"""Migrations that are read from a Git ref and not from the disk: what of them cannot be executed there."""

from __future__ import annotations

import ast
import os
from typing import TYPE_CHECKING

from mig.errors import RunnerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.runner.plan import Plan


def refuse_project_imports(plan: Plan, root: str, ref: str) -> None:
    """Stop where a Python migration of a ref imports what the disk has at another version.

    Args:
        plan: with the work of each step.
        root: the folder that the project's own modules are imported from.
        ref: where the migrations come from.

    Raises:
        RunnerError: a migration imports a module of the project.
    """
    for step in plan.steps:
        if step.work is None or not step.work.is_python or step.work.stored:
            continue
        for name in _imported(step.work.text):
            if not name or _is_in_project(name, root):
                raise RunnerError(
                    f"{step.path} at {ref} imports {name or 'what lies beside it'}, and only the version that"
                    " is checked out could be imported; nothing was touched",
                    hint=f"check it out beside: git worktree add DIR {ref}, then mig -C DIR up",
                )


def _imported(text: str) -> Iterator[str]:
    """The top-level names that are imported anywhere; an empty one for a relative import."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return  # executing it will say so
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "" if node.level else (node.module or "").partition(".")[0]


def _is_in_project(name: str, root: str) -> bool:
    import sys
    from importlib.machinery import PathFinder

    if not root or name in sys.stdlib_module_names or name in {"alembic", "mig", "sqlalchemy"}:
        return False
    spec = PathFinder.find_spec(name, [root, *sys.path])
    places = [] if spec is None else [spec.origin or "", *(spec.submodule_search_locations or ())]
    inside = os.path.join(os.path.realpath(root), "")
    found = [os.path.realpath(place) for place in places if place]
    return any(place.startswith(inside) and "site-packages" not in place for place in found)
