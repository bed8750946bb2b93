"""A Git repository as mig sees it: where it is, what its refs mean, what it is in the middle of."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mig.errors import GitError
from mig.git import process

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BASE_PATTERNS = (
    "refs/remotes/*/HEAD",
    *(f"refs/{w}/{b}" for w in ("remotes/*", "heads") for b in ("main", "master", "trunk")),
)


class Commit(NamedTuple):
    """A ref in a person's words and the commit that it names; an empty id: it does not exist yet."""

    ref: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repo:
    """One repository (or one of its work trees).

    ``root`` is the work tree's top folder, the Git directory itself in a bare repository.
    ``environment`` is what Git is run with: the variables that a hook was given are kept, with
    their paths made absolute, because Git is always run in ``root``.
    """

    root: Path
    git_dir: Path
    common_dir: Path
    bare: bool
    shallow: bool
    environment: Mapping[str, str] = field(repr=False)

    def start(self, *args: str, feed: bool = False) -> process.Running:
        return process.start(args, cwd=self.root, env=self.environment, feed=feed)

    def run(self, *args: str, data: bytes | None = None, ok: Sequence[int] = (0,)) -> bytes:
        return process.run(args, cwd=self.root, env=self.environment, data=data, ok=ok)

    def text(self, *args: str, ok: Sequence[int] = (0,)) -> str:
        return self.run(*args, ok=ok).decode("utf-8", "surrogateescape").rstrip("\n")

    def resolve(self, ref: str) -> Commit:
        """The commit that a ref names.

        Raises:
            GitError: it names none.
        """
        found = self.find(ref)
        if found is None:
            hint = "git fetch, then try again; git branch -a lists what there is"
            raise GitError(f"there is no commit {ref!r} in this repository", hint=hint)
        return found

    def find(self, ref: str) -> Commit | None:
        """The commit that a ref names, or None.  The ref is never an argument, so it is no option."""
        if not ref or "\n" in ref or "\0" in ref:
            return None
        line = f"{ref}^{{commit}}\n".encode("utf-8", "surrogateescape")
        answer = self.run("cat-file", "--batch-check=%(objectname) %(objecttype)", data=line).split()
        return Commit(ref, answer[0].decode()) if answer[1:] == [b"commit"] else None

    def head(self) -> Commit:
        """The checked-out commit; its id is empty on an unborn branch."""
        return self.find("HEAD") or Commit("HEAD", "")

    def branch(self) -> str:
        """The checked-out branch; empty when HEAD is detached."""
        return self.text("symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1))

    def default_base(self) -> Commit | None:
        """The branch that others start from: the remote's default, else main or master, else None.

        A remote called ``upstream`` goes before ``origin`` (a fork's clone), and any remote before
        local branches.
        """
        listed = self.text("for-each-ref", "--format=%(objectname) %(refname) %(symref)", *_BASE_PATTERNS)
        refs = [line.split(" ") for line in listed.splitlines()]
        if not refs:
            return None
        commit, name, symref = min(refs, key=lambda ref: _base_rank(ref[1]))
        short = (symref or name).removeprefix("refs/remotes/").removeprefix("refs/heads/")
        return Commit(short, commit)

    def merge_base(self, one: str, *others: str) -> str:
        """The best common ancestor of a commit and the (hypothetical) merge of the others.

        Returns an empty string where they share none.

        Raises:
            GitError: the history is shallow and ends before the merge base.
        """
        found = self.text("merge-base", one, *others, ok=(0, 1))
        if not found and self.shallow:
            raise GitError(
                "this clone is shallow and does not reach the merge base",
                hint="git fetch --unshallow, or in CI check out with fetch-depth: 0",
            )
        return found.splitlines()[0] if found else ""

    def merging(self) -> tuple[str, ...]:
        """The commits that a merge in progress brings in, besides HEAD.

        While the pre-merge-commit hook runs, Git has not yet written MERGE_HEAD; the commits are
        then named by GITHEAD_<id> variables (builtin/merge.c, prepare_to_commit).
        """
        try:
            return tuple((self.git_dir / "MERGE_HEAD").read_text().split())
        except (FileNotFoundError, NotADirectoryError):
            named = (k.removeprefix("GITHEAD_") for k in self.environment if k.startswith("GITHEAD_"))
            return tuple(sorted(named))

    def index_file(self) -> Path:
        """The index that Git names; a hook under ``git commit -a`` is given another one."""
        return Path(self.environment.get("GIT_INDEX_FILE", self.git_dir / "index"))


def open_repo(start: Path, environment: Mapping[str, str], *, elsewhere: bool = False) -> Repo:
    """The repository that a folder belongs to.

    Args:
        start: a folder in it.
        environment: the process's environment.
        elsewhere: the folder was named by the user, so the variables of a running hook, which are
            about another repository, do not count.

    Raises:
        GitError: there is none, or Git refuses to read it.
    """
    env = process.outside_environment(environment) if elsewhere else dict(environment)
    asked = ("--is-bare-repository", "--is-shallow-repository", "--absolute-git-dir", "--git-common-dir")
    answer = process.run(("rev-parse", *asked, "--show-cdup"), cwd=start, env=env)
    bare, shallow, git_dir, common, *up = answer.decode("utf-8", "surrogateescape").split("\n")
    is_bare = bare == "true"
    if not is_bare and (start / common).resolve() == start.resolve():
        is_bare = True
    root = Path(git_dir) if is_bare else Path(os.path.normpath(start.resolve() / up[0]))
    return Repo(
        root=root,
        git_dir=Path(git_dir),
        common_dir=Path(os.path.normpath(start.resolve() / common)),
        bare=is_bare,
        shallow=shallow == "true",
        environment=_anchored(env, start.resolve(), root),
    )


def _anchored(env: dict[str, str], start: Path, root: Path) -> dict[str, str]:
    """The environment with relative paths made absolute, since Git is run from another folder."""
    anchored = dict(env)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"):
        if anchored.get(name):
            # Git resolves GIT_INDEX_FILE from the top of the work tree, the others from where it is called.
            anchored[name] = os.path.join(root if name == "GIT_INDEX_FILE" else start, anchored[name])
    if "GIT_DIR" in anchored and "GIT_WORK_TREE" not in anchored:
        anchored["GIT_WORK_TREE"] = str(root)
    return anchored


def _base_rank(refname: str) -> tuple[int, int, str]:
    parts = refname.split("/")
    if parts[1] == "heads":
        return (3, ("main", "master", "trunk").index(parts[-1]), refname)
    remote = {"upstream": 0, "origin": 1}.get(parts[2], 2)
    return (remote, ("HEAD", "main", "master", "trunk").index(parts[-1]), refname)
